"""What the pinned procedure bounds a permit by: one function for every act that sets, confirms or changes terms.

Recommending, deciding and issuing call it; so does whatever changes a permit later.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction

from sandbox_registry.domain.permits.permits import Comparator, PermitKind, PermitTerms, TechnicalLimit
from sandbox_registry.domain.rules.ceilings import TOO_BIG, TOO_SMALL, applying, measure, passed, sides
from sandbox_registry.domain.rules.form_fields import Answers, holds
from sandbox_registry.domain.rules.forms import visible
from sandbox_registry.domain.rules.procedures import BOUNDS, Ceiling, HoursRule, PhaseRule, Procedure
from sandbox_registry.domain.texts import Phrase

Problem = tuple[str, str, Phrase]
TERRITORY, CYBER = "territory", "cyber"
"""Kinds of space that are no places; every other kind is a place on the list of sites."""
_EXEMPTS: Mapping[str, bool] = {PermitKind.EXEMPTION_FROM_PROVISIONS: True, PermitKind.TIME_LIMITED_LICENCE: False}
BOUNDING = {TOO_BIG: Comparator.AT_MOST, TOO_SMALL: Comparator.AT_LEAST}
"""How a limit bounds its quantity on each side."""


def bound_problems(
    terms: PermitTerms, *, procedure: Procedure, answers: Answers, ceiling: datetime | None
) -> Iterator[Problem]:
    """List every bound of the procedure that the terms pass; `open_bound_problems` lists those without a basis.

    `answers` are the dossier's; `ceiling` is the last possible end, null when nothing sets one (see `permits.latest_end`).
    """
    visible_answers = visible(procedure, answers)
    if ceiling is not None and terms.end > ceiling:
        yield "end", "end_beyond_ceiling", Phrase("terms.beyond_ceiling", ceiling=ceiling)
    if terms.kind not in permit_kinds(procedure):
        yield "kind", "unknown_kind", Phrase("terms.unknown_kind")
    yield from _spaces(terms, procedure)
    for each in applying(procedure, visible_answers):
        yield from _ceiling(terms, each, procedure)
    yield from _phases(terms, procedure.permit.phases)
    for rule in procedure.permit.hours:
        if holds(rule.when, visible_answers):
            yield from _hours(terms, rule)
    for standing in procedure.permit.conditions:
        if holds(standing.when, visible_answers) and standing.text.vi not in terms.conditions:
            yield "conditions", "condition_of_law_missing", Phrase("terms.condition_of_law", condition=standing.text)


def open_bounds(procedure: Procedure, answers: Answers) -> tuple[str, ...]:
    """Name the bounds that the procedure leaves open for a dossier: a decision says on what each rests instead.

    A parameter that is null leaves nothing open where other rules bind: the titles of `[[permit.signers]]`, the kinds and
    spaces that `[permit]` lists.
    """
    titles = procedure.titles_for(visible(procedure, answers))
    bound = {
        "signer_titles": titles,
        "permit_kind": procedure.permit.kinds,
        "space_kinds": procedure.permit.space_kinds,
    }
    return tuple(name for name in BOUNDS if _is_null(procedure, name) and not bound.get(name))


def permit_kinds(procedure: Procedure) -> tuple[str, ...]:
    """List the kinds of permit that a procedure gives.

    Those of its parameter, else those of its permit rules, else those among which its form asks, else all that are known.
    """
    ruled = tuple(each.value for each in procedure.permit.kinds)
    field = procedure.field(procedure.permit.asked.kind)
    asked = () if field is None else tuple(each.value for each in field.choices)
    return procedure.items("permit_kind") or ruled or asked or tuple(PermitKind)


def exempts(kind: str, procedure: Procedure) -> bool | None:
    """Tell whether a permit of a kind sets provisions aside; null where it may, and need not."""
    rule = next((each for each in procedure.permit.kinds if each.value == kind), None)
    own = None if rule is None else rule.exempts
    return _EXEMPTS.get(kind) if own is None else own


def restrictions_of_law(procedure: Procedure, answers: Answers) -> frozenset[str]:
    """Name the conditions and the limited quantities that the procedure itself puts on a permit for a dossier."""
    visible_answers = visible(procedure, answers)
    conditions = (each.text.vi for each in procedure.permit.conditions if holds(each.when, visible_answers))
    return frozenset((*conditions, *(each.quantity for each in applying(procedure, visible_answers) if each.quantity)))


def _is_null(procedure: Procedure, name: str) -> bool:
    parameter = procedure.parameters.get(name)
    return parameter is None or parameter.value is None


def open_bound_problems(terms: PermitTerms, *, procedure: Procedure, answers: Answers) -> Iterator[Problem]:
    """List every open bound for which the terms say no basis, and every basis of a bound that is not open."""
    named, left_open = [each.parameter for each in terms.open_bounds], open_bounds(procedure, answers)
    for name in left_open:
        if name not in named:
            yield (
                "open_bounds",
                "bound_without_basis",
                Phrase("terms.bound_open", parameter=Phrase(f"parameter.{name}")),
            )
    for index, each in enumerate(terms.open_bounds):
        if each.parameter not in left_open or each.parameter in named[:index]:
            yield f"open_bounds.{index}.parameter", "bound_not_open", Phrase("terms.bound_not_open")
        if not each.basis.strip():
            yield f"open_bounds.{index}.basis", "required", Phrase("terms.bound_basis_missing")


def _spaces(terms: PermitTerms, procedure: Procedure) -> Iterator[Problem]:
    kinds = procedure.items("space_kinds") or tuple(each.value for each in procedure.permit.space_kinds)
    if not kinds:
        return
    allowed = {"territory": TERRITORY in kinds, "cyber_space": CYBER in kinds}
    allowed["sites"] = any(kind not in {TERRITORY, CYBER} for kind in kinds)
    for field, is_allowed in allowed.items():
        if getattr(terms, field) and not is_allowed:
            yield field, "space_not_allowed", Phrase("terms.space_not_allowed")


def _ceiling(terms: PermitTerms, ceiling: Ceiling, procedure: Procedure) -> Iterator[Problem]:
    if ceiling.quantity:
        yield from _limits(terms, ceiling)
        return
    for path, value in _values(terms, ceiling, procedure):
        if value is None and ceiling.maximum is not None:
            yield path, "bound_missing", _at_bound(ceiling, TOO_BIG)
        elif value is not None and (side := passed(Fraction(value), ceiling)) is not None:
            yield path, "beyond_bound", _at_bound(ceiling, side)


def _values(terms: PermitTerms, ceiling: Ceiling, procedure: Procedure) -> Iterator[tuple[str, int | None]]:
    """Yield what the terms say of the number that the form asks for at the ceiling's field."""
    fields = procedure.permit.asked
    if not ceiling.column and (name := rows_stated(procedure).get(ceiling.field)):
        yield name, len(getattr(terms, name))
        return
    if ceiling.field == fields.phases:
        for index, phase in enumerate(terms.phases):
            yield f"phases.{index}.max_users", terms.max_users if phase.max_users is None else phase.max_users
        return
    values = {
        fields.max_users: ("max_users", terms.max_users),
        fields.money_per_person: ("money.per_person", terms.money.per_person),
        fields.money_per_day: ("money.per_day", terms.money.per_day),
        fields.money_total: ("money.total", terms.money.total),
    }
    yield values[ceiling.field]


def rows_stated(procedure: Procedure) -> dict[str, str]:
    """Name the lists of a permit by the tables of the form that ask for them; a ceiling may bound their length."""
    names = ("data_categories", "exempted_provisions", "limits", "phases", "sites")
    return {getattr(procedure.permit.asked, name): name for name in names}


def _phases(terms: PermitTerms, rule: PhaseRule | None) -> Iterator[Problem]:
    if rule is None:
        return
    if len(terms.phases) < rule.minimum:
        yield "phases", "too_few_phases", Phrase("terms.too_few_phases", minimum=rule.minimum)
    for index, phase in enumerate(terms.phases):
        if rule.gated and index > 0 and not phase.entry_gate.strip():
            yield f"phases.{index}.entry_gate", "required", Phrase("terms.gate_missing")


def _limits(terms: PermitTerms, ceiling: Ceiling) -> Iterator[Problem]:
    """A bounded quantity is one that the permit limits, in the unit of the law, and no more loosely than the law."""
    stated = [(index, each) for index, each in enumerate(terms.limits) if each.quantity == ceiling.quantity]
    for bounded in sides(ceiling):
        if not any(each.unit == ceiling.unit and binds(each, bounded) for _, each in stated):
            yield "limits", "limit_of_law_missing", _at_bound(ceiling, bounded)
    for index, each in stated:
        if each.unit != ceiling.unit:
            yield f"limits.{index}.unit", "wrong_unit", Phrase("terms.wrong_unit", unit=ceiling.unit)
        elif (side := passed(_amount(each), ceiling)) is not None:
            yield f"limits.{index}.value", "beyond_bound", _at_bound(ceiling, side)


def binds(limit: TechnicalLimit, side: str) -> bool:
    """Tell whether a limit bounds its quantity on a side, always."""
    return limit.comparator in {BOUNDING[side], Comparator.EQUAL} and not limit.condition


def _amount(limit: TechnicalLimit) -> Fraction:
    return Fraction(limit.value, limit.scale) if limit.scale > 0 else Fraction(limit.value)


def _at_bound(ceiling: Ceiling, side: str) -> Phrase:
    limit = measure(ceiling, side)
    if side == TOO_SMALL:
        return Phrase("terms.below_bound", label=ceiling.label, limit=limit)
    return Phrase("terms.beyond_bound", label=ceiling.label, limit=limit)


def _hours(terms: PermitTerms, rule: HoursRule) -> Iterator[Problem]:
    hours = terms.daily_hours
    if hours is None or hours.start < rule.start or hours.end > rule.end:
        window = f"{rule.start:%H:%M}-{rule.end:%H:%M}"
        yield "daily_hours", "beyond_hours", Phrase("terms.beyond_hours", window=window)
