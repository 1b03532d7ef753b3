"""What `rules check` says of the bounds of a permit, and of the answers that its terms are proposed from."""

from collections import Counter
from collections.abc import Mapping
from itertools import combinations, permutations

from sandbox_registry.domain.identity.people import WORKFLOW_ROLES
from sandbox_registry.domain.permits.bounds import exempts, permit_kinds, rows_stated
from sandbox_registry.domain.permits.permits import Comparator, Effect
from sandbox_registry.domain.rules.form_fields import Conditions, Field, FieldKind, every_condition
from sandbox_registry.domain.rules.form_values import LONGEST, MOST_ROWS
from sandbox_registry.domain.rules.procedures import AskedFields, Ceiling, Confidence, FeeKind, PhaseRule, Procedure
from sandbox_registry.rulebook.condition_checks import NUMBERS, can_hold, conjunctions, leaves_out
from sandbox_registry.rulebook.faults import Faults, fault, quoted

_WORDS, _TABLE = frozenset(LONGEST), frozenset({FieldKind.TABLE})
_DAYS, _WHOLE, _CHOICE = frozenset({FieldKind.DATE}), frozenset({FieldKind.INTEGER}), frozenset({FieldKind.CHOICE})
_DONG = frozenset({"vnd", "vnđ", "đ", "đồng"})
_BY_DEFAULT = AskedFields()
_READ: Mapping[str, frozenset[FieldKind]] = {
    "kind": _CHOICE,
    "exempted_provisions": _TABLE,
    "space_kinds": frozenset({FieldKind.CHOICES}),
    "sites": _TABLE,
    "cyber_space": _WORDS,
    "excluded_zones": _WORDS,
    "start": _DAYS,
    "end": _DAYS,
    "phases": _TABLE,
    "eligible_users": _WORDS,
    "max_users": _WHOLE,
    "minors_allowed": frozenset({FieldKind.BOOLEAN}),
    "money_per_person": frozenset({FieldKind.MONEY}),
    "money_per_day": frozenset({FieldKind.MONEY}),
    "money_total": frozenset({FieldKind.MONEY}),
    "limits": _TABLE,
    "data_categories": _TABLE,
    "safeguard": _WORDS,
    "risks": _TABLE,
    "contact_name": _WORDS,
    "contact_phone": _WORDS,
    "summary": _WORDS,
}
"""As what each answer is read when terms are proposed; any other kind would be taken for no answer."""
_COLUMNS: Mapping[str, Mapping[str, frozenset[FieldKind]]] = {
    "exempted_provisions": {"document": _WORDS, "article": _WORDS, "effect": _CHOICE},
    "sites": {"name": _WORDS},
    "phases": {"name": _WORDS, "start": _DAYS, "end": _DAYS, "max_users": _WHOLE},
    "limits": {"quantity": _WORDS, "comparator": _CHOICE, "value": NUMBERS, "unit": _WORDS},
    "data_categories": {"name": _WORDS},
    "risks": {"stop_condition": _WORDS},
}
_MAY_LACK = frozenset({"max_users"})
_WORDS_READ: Mapping[str, frozenset[str]] = {"comparator": frozenset(Comparator), "effect": frozenset(Effect)}


def permit_faults(procedure: Procedure) -> Faults:
    """List the faults of bounds that bind nothing, and for terms that could not be proposed."""
    permit = procedure.permit
    for ceiling in permit.ceilings:
        yield from _ceiling_faults(procedure, ceiling)
    for index, rule in enumerate(permit.hours):
        if rule.end <= rule.start:
            yield fault("wrong_bounds.hours", f"permit.hours.{index}")
    yield from _meeting_faults(procedure)
    if permit.phases is not None:
        yield from _phase_faults(procedure, permit.phases)
    if procedure.takes_dossiers:
        yield from _asked_faults(procedure)
        yield from _unproposable(procedure)


def _unproposable(procedure: Procedure) -> Faults:
    """What no dossier could be decided without, and yet need not answer."""
    asked = procedure.permit.asked
    kinds = permit_kinds(procedure)
    needed = ("start", "end", "summary", *(() if len(kinds) == 1 else ("kind",)))
    for name in needed:
        field = procedure.field(getattr(asked, name))
        if field is None:
            yield fault("absent_field", f"permit.asked.{name}", field=getattr(asked, name))
        elif not field.required or field.shown_when:
            yield fault("may_stay_open", f"permit.asked.{name}", field=getattr(asked, name))
    summary = procedure.field(asked.summary)
    if summary is not None and not summary.public:
        yield fault("absent_field.summary", "permit.asked.summary", field=asked.summary)
    if any(exempts(kind, procedure) for kind in kinds) and procedure.field(asked.exempted_provisions) is None:
        yield fault("absent_field", "permit.asked.exempted_provisions", field=asked.exempted_provisions)
    if all(procedure.field(path) is None for path in (asked.sites, asked.cyber_space, asked.space_kinds)):
        yield fault("absent_field.space", "permit.asked.sites")


def _asked_faults(procedure: Procedure) -> Faults:
    """What a permit allows is read from answers of the right kind, each its own."""
    paths = {name: getattr(procedure.permit.asked, name) for name in _READ}
    for name, path in paths.items():
        key, field = f"permit.asked.{name}", procedure.field(path)
        if list(paths.values()).count(path) > 1:
            yield fault("contradiction.asked", key, field=path)
        if field is None:
            if path != getattr(_BY_DEFAULT, name):
                yield fault("absent_field", key, field=path)
        elif field.kind not in _READ[name]:
            yield fault(
                "wrong_field_kind.asked", key, field=path, kind=field.kind, accepted=quoted(sorted(_READ[name]))
            )
        else:
            yield from _column_faults(key, field, _COLUMNS.get(name, {}))


def _column_faults(key: str, field: Field, read: Mapping[str, frozenset[FieldKind]]) -> Faults:
    columns = {column.key: column for column in field.columns}
    for name, kinds in read.items():
        column = columns.get(name)
        if name not in _MAY_LACK and (column is None or not column.required):
            yield fault("absent_field.column", key, field=field.key, column=name)
        if column is None:
            continue
        if column.kind not in kinds:
            yield fault("wrong_field_kind.asked", key, field=name, kind=column.kind, accepted=quoted(sorted(kinds)))
        for choice in column.choices:
            if choice.value not in _WORDS_READ.get(name, {choice.value}):
                yield fault("unknown_item", key, item=choice.value, accepted=quoted(sorted(_WORDS_READ[name])))


def fee_faults(procedure: Procedure) -> Faults:
    """List the faults of what is said of fees: every dossier is told that one is due, that none is, or that nobody knows."""
    for index, fee in enumerate(procedure.fees):
        key, is_fixed = f"fees.{index}", fee.kind is FeeKind.FIXED
        if is_fixed is not (fee.amount is not None and fee.amount > 0):
            yield fault("wrong_fee.amount", f"{key}.amount")
        if (fee.kind is FeeKind.NOT_LAID_DOWN) is not (fee.confidence is Confidence.NS):
            yield fault("wrong_fee.source", f"{key}.confidence")
        if not is_fixed and not fee.when and len(procedure.fees) > 1:
            yield fault("contradiction.fees", key)
    if procedure.takes_dossiers and leaves_out(procedure, (each.when for each in procedure.fees)):
        yield fault("no_fee_statement", "fees")


def _phase_faults(procedure: Procedure, rule: PhaseRule) -> Faults:
    if rule.minimum < 0:
        yield fault("wrong_bounds.phases", "permit.phases.minimum")
    if rule.gated is not (rule.opening is not None and rule.opened_by is not None):
        yield fault("half_a_gate", "permit.phases")
    if rule.opened_by is not None and rule.opened_by not in WORKFLOW_ROLES:
        yield fault("wrong_opener", "permit.phases.opened_by")
    asked = procedure.field(procedure.permit.asked.phases)
    columns = set() if asked is None else {column.key for column in asked.columns}
    if rule.gated and procedure.takes_dossiers and "entry_gate" not in columns:
        yield fault("absent_field.gate", "permit.phases", field=procedure.permit.asked.phases, column="entry_gate")
    if rule.minimum and procedure.takes_dossiers and (asked is None or rule.minimum > (asked.maximum or MOST_ROWS)):
        yield fault("impossible_phases", "permit.phases.minimum", field=procedure.permit.asked.phases)


def _ceiling_faults(procedure: Procedure, ceiling: Ceiling) -> Faults:
    key, asked = f"permit.ceilings.{ceiling.name}", procedure.permit.asked
    stated = {asked.max_users, asked.money_per_person, asked.money_per_day, asked.money_total}
    is_stated = ceiling.field in stated or (ceiling.field, ceiling.column) == (asked.phases, "max_users")
    counts_rows = not ceiling.column and ceiling.field in rows_stated(procedure)
    if ceiling.maximum is None and ceiling.minimum is None:
        yield fault("missing_key.ceiling", key)
    elif ceiling.maximum is not None and ceiling.minimum is not None and ceiling.maximum < ceiling.minimum:
        yield fault("wrong_bounds.order", key)
    if not ceiling.quantity and not is_stated and not counts_rows:
        yield fault("ceiling_binds_nothing", key)
    if counts_rows and ceiling.quantity:
        yield fault("ceiling_counts_rows", key)
    if not ceiling.field:
        return
    field = _bounded_by(procedure, ceiling)
    if field is None or field.kind not in {FieldKind.TABLE if counts_rows else None, *NUMBERS}:
        yield fault("absent_field.number", key, field=ceiling.field)
    else:
        yield from _answer_faults(key, ceiling, field)


def _bounded_by(procedure: Procedure, ceiling: Ceiling) -> Field | None:
    """Return the field, or the column, whose answer a ceiling bounds."""
    field = procedure.field(ceiling.field)
    if field is None or not ceiling.column:
        return field
    return next((column for column in field.columns if column.key == ceiling.column), None)


def _answer_faults(key: str, ceiling: Ceiling, field: Field) -> Faults:
    """A ceiling fits the answers that the form takes: in unit, in precision, and neither idle nor beyond all of them."""
    most, least = ceiling.maximum, ceiling.minimum
    lowest = field.minimum if field.minimum is not None else 0
    if most is not None and (most < lowest or (most == 0 and field.required and field.minimum != 0)):
        yield fault("impossible_ceiling.below", key, field=ceiling.field, most=most)
    if most is not None and field.maximum is not None and most > field.maximum:
        yield fault("idle_ceiling", key, most=field.maximum)
    if least is not None and field.maximum is not None and least > field.maximum:
        yield fault("impossible_ceiling.above", key, field=ceiling.field, least=least)
    if field.kind is not FieldKind.DECIMAL and any(bound != int(bound) for bound in (most, least) if bound is not None):
        yield fault("wrong_bounds.whole", key)
    is_money = ceiling.unit.strip().casefold() in _DONG
    if is_money is not (field.kind is FieldKind.MONEY) or (field.unit is not None and field.unit != ceiling.unit):
        yield fault("wrong_unit.ceiling", key, unit=ceiling.unit, field=ceiling.field)


def _meeting_faults(procedure: Procedure) -> Faults:
    """Rules that may hold for one dossier leave it some number and some hour."""
    ceilings, hours = procedure.permit.ceilings, procedure.permit.hours
    bounded = Counter((each.field, each.column, each.quantity, each.when) for each in ceilings)
    for (field, _, quantity, _), count in bounded.items():
        if count > 1:
            name = field or quantity
            yield fault("duplicate_key.ceilings", f"permit.ceilings.{name}", name=name, times=count)
    for first, second in permutations(ceilings, 2):
        is_same = (first.field, first.column, first.quantity) == (second.field, second.column, second.quantity)
        least, most = first.minimum, second.maximum
        if not is_same or least is None or most is None or least <= most:
            continue
        if _may_meet(procedure, first.when, second.when):
            yield fault("contradiction.ceilings", f"permit.ceilings.{first.name}", name=first.name)
    for (_, earlier), (index, later) in combinations(enumerate(hours), 2):
        excludes = max(earlier.start, later.start) >= min(earlier.end, later.end)
        if excludes and _may_meet(procedure, earlier.when, later.when):
            yield fault("contradiction.hours", f"permit.hours.{index}")


def _may_meet(procedure: Procedure, first: Conditions, second: Conditions) -> bool:
    fields = (procedure.field(each.field) for each in every_condition((*first, *second)))
    return None not in fields and any(can_hold(procedure, way, second) for way in conjunctions(first))
