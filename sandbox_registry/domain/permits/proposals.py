"""Terms of a permit as the dossier asks for them, and what other terms allow beyond that."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sandbox_registry.domain.permits.bounds import BOUNDING, TERRITORY, Problem, binds, permit_kinds
from sandbox_registry.domain.permits.permits import (
    Comparator,
    DailyHours,
    Effect,
    ExemptedProvision,
    Justification,
    MoneyCaps,
    OpenBound,
    PermitTerms,
    Phase,
    Site,
    TechnicalLimit,
)
from sandbox_registry.domain.rules.calendars import end_of, local_date, start_of
from sandbox_registry.domain.rules.ceilings import TOO_BIG, applying, sides
from sandbox_registry.domain.rules.form_fields import Answers, answer_at, holds
from sandbox_registry.domain.rules.form_values import read_date
from sandbox_registry.domain.rules.forms import visible
from sandbox_registry.domain.rules.procedures import AskedFields, Ceiling, Procedure
from sandbox_registry.domain.texts import Phrase, verbatim

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Dossier:
    """The answers to the questions that are asked, read by what a permit needs."""

    answers: Answers
    fields: AskedFields

    def text(self, path: str) -> str:
        value = answer_at(self.answers, path)
        return value if isinstance(value, str) else ""

    def number(self, path: str) -> int | None:
        value = answer_at(self.answers, path)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def rows(self, path: str) -> tuple[Row, ...]:
        value = answer_at(self.answers, path)
        return tuple(row for row in value if isinstance(row, Mapping)) if isinstance(value, list | tuple) else ()

    def chosen(self, path: str) -> frozenset[str]:
        value = answer_at(self.answers, path)
        return (
            frozenset(each for each in value if isinstance(each, str))
            if isinstance(value, list | tuple)
            else frozenset()
        )


def propose(
    procedure: Procedure,
    answers: Answers,
    *,
    supervising_unit_id: UUID,
    conditions: Iterable[str] = (),
    open_bounds: tuple[OpenBound, ...] = (),
    at: datetime,
) -> PermitTerms | None:
    """Write the terms that the dossier asks for, with what the law adds; null where the dossier asks for no window of time.

    Windows are half-open: a last day ends at its 24:00. A start that has passed becomes the next midnight.
    """
    visible_answers = visible(procedure, answers)
    dossier, fields = _Dossier(visible_answers, procedure.permit.asked), procedure.permit.asked
    first, last = read_date(dossier.text(fields.start)), read_date(dossier.text(fields.end))
    kind = _kind(dossier, procedure)
    if first is None or last is None or kind is None:
        return None
    standing = (each.text.vi for each in procedure.permit.conditions if holds(each.when, visible_answers))
    terms = PermitTerms(
        kind=kind,
        legal_basis=tuple(each.citation for each in procedure.legal_documents),
        exempted_provisions=tuple(map(_provision, dossier.rows(fields.exempted_provisions))),
        sites=tuple(map(_site, dossier.rows(fields.sites))),
        cyber_space=dossier.text(fields.cyber_space),
        territory=_territory(dossier, procedure),
        excluded_zones=dossier.text(fields.excluded_zones),
        start=start_of(first),
        end=end_of(last),
        daily_hours=_hours(procedure, visible_answers),
        phases=tuple(each for each in map(_phase, dossier.rows(fields.phases)) if each is not None),
        eligible_users=dossier.text(fields.eligible_users),
        max_users=dossier.number(fields.max_users) or 0,
        minors_allowed=answer_at(visible_answers, fields.minors_allowed) is True,
        money=MoneyCaps(
            per_person=dossier.number(fields.money_per_person),
            per_day=dossier.number(fields.money_per_day),
            total=dossier.number(fields.money_total),
        ),
        limits=_limits(dossier, applying(procedure, visible_answers)),
        data_categories=tuple(_word(row, "name") for row in dossier.rows(fields.data_categories)),
        safeguards=tuple(filter(None, (dossier.text(fields.safeguard),))),
        conditions=tuple(dict.fromkeys((*standing, *conditions))),
        stop_cases=tuple(filter(None, (_word(row, "stop_condition") for row in dossier.rows(fields.risks)))),
        supervising_unit_id=supervising_unit_id,
        stop_contact=", ".join(filter(None, map(dossier.text, (fields.contact_name, fields.contact_phone)))),
        public_summary=verbatim(dossier.text(fields.summary)),
        open_bounds=open_bounds,
    )
    return starting_after(terms, at)


def starting_after(terms: PermitTerms, at: datetime) -> PermitTerms:
    """Return terms whose window does not begin before a moment: it opens with the next day, and phases that are over go."""
    if terms.start >= at:
        return terms
    start = end_of(local_date(at))
    phases = tuple(replace(each, start=max(each.start, start)) for each in terms.phases if each.end > start)
    moved = replace(terms, start=start, phases=phases)
    return replace(moved, justifications=_reviewed_within(moved, terms.justifications))


def with_conditions(
    terms: PermitTerms, conditions: Iterable[str], justifications: tuple[Justification, ...] = ()
) -> PermitTerms:
    """Return terms under more conditions, each once; new justifications take the place of earlier ones of the same."""
    justified_again = {each.of for each in justifications}
    remaining = (each for each in terms.justifications if each.of not in justified_again)
    return replace(
        terms,
        conditions=tuple(dict.fromkeys((*terms.conditions, *conditions))),
        justifications=(*remaining, *justifications),
    )


def with_safeguards_of(terms: PermitTerms, recommended: PermitTerms) -> PermitTerms:
    """Return terms that keep what others rest on, how they protect and when they stop a trial, each once."""
    return replace(
        terms,
        legal_basis=_each_once(recommended.legal_basis, terms.legal_basis),
        safeguards=_each_once(recommended.safeguards, terms.safeguards),
        stop_cases=_each_once(recommended.stop_cases, terms.stop_cases),
    )


def _each_once(*groups: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for group in groups for each in group))


def justified_as(terms: PermitTerms, earlier: PermitTerms) -> PermitTerms:
    """Return terms that take over the justifications of earlier ones, where they restrict the same and do not say why."""
    justified = {each.of for each in terms.justifications}
    taken_over = tuple(each for each in earlier.justifications if each.of in terms.restrictions - justified)
    return replace(terms, justifications=(*terms.justifications, *_reviewed_within(terms, taken_over)))


def _reviewed_within(terms: PermitTerms, justifications: tuple[Justification, ...]) -> tuple[Justification, ...]:
    """A review that was to take place outside the window takes place on its first or last day."""
    first, last = terms.days
    return tuple(replace(each, review_on=min(max(each.review_on, first), last)) for each in justifications)


def beyond_request(terms: PermitTerms, requested: PermitTerms | None) -> Iterator[Problem]:
    """List what terms allow that the applicant did not ask for; null where the dossier asks for no permit at all.

    What is said in words cannot be weighed: other words allow something else.
    """
    requested = _nothing_of(terms) if requested is None else requested
    words = Phrase("terms.beyond_request")
    for field, is_beyond in (
        ("kind", terms.kind != requested.kind),
        ("start", terms.start < requested.start),
        ("end", terms.end > requested.end),
        ("exempted_provisions", not all(_is_requested(each, requested) for each in terms.exempted_provisions)),
        ("sites", not set(terms.sites) <= set(requested.sites)),
        ("excluded_zones", requested.excluded_zones not in terms.excluded_zones),
        ("cyber_space", terms.cyber_space not in {"", requested.cyber_space}),
        ("territory", terms.territory not in {"", requested.territory}),
        ("eligible_users", terms.eligible_users != requested.eligible_users),
        ("max_users", terms.max_users > requested.max_users),
        ("phases", terms.max_users <= requested.max_users and _lets_more_users_in(terms, requested)),
        ("minors_allowed", terms.minors_allowed and not requested.minors_allowed),
        ("data_categories", not set(terms.data_categories) <= set(requested.data_categories)),
        ("safeguards", not set(requested.safeguards) <= set(terms.safeguards)),
        ("stop_cases", not set(requested.stop_cases) <= set(terms.stop_cases)),
        ("limits", any(not _is_kept(each, terms.limits) for each in requested.limits)),
        ("money.per_person", _is_above(terms.money.per_person, requested.money.per_person)),
        ("money.per_day", _is_above(terms.money.per_day, requested.money.per_day)),
        ("money.total", _is_above(terms.money.total, requested.money.total)),
    ):
        if is_beyond:
            yield field, "beyond_request", words


def _nothing_of(terms: PermitTerms) -> PermitTerms:
    """Return terms of the same kind that allow nothing, at no time."""
    return replace(
        terms,
        exempted_provisions=(),
        sites=(),
        cyber_space="",
        territory="",
        start=terms.end,
        end=terms.start,
        phases=(),
        eligible_users="",
        max_users=0,
        minors_allowed=False,
        limits=(),
        data_categories=(),
    )


def _is_above(value: int | None, requested: int | None) -> bool:
    """A cap that the applicant offered may be lowered, neither raised nor dropped."""
    return requested is not None and (value is None or value > requested)


def _is_kept(requested: TechnicalLimit, limits: tuple[TechnicalLimit, ...]) -> bool:
    """Tell whether a limit that the applicant offered still stands, or a tighter one of the same quantity and unit."""
    amount = Decimal(requested.value) / requested.scale
    for each in limits:
        if (each.quantity, each.unit, each.comparator) != (requested.quantity, requested.unit, requested.comparator):
            continue
        value = Decimal(each.value) / max(each.scale, 1)
        if value == amount or (requested.comparator is Comparator.AT_MOST and value < amount):
            return True
        if requested.comparator is Comparator.AT_LEAST and value > amount:
            return True
    return False


def _is_requested(provision: ExemptedProvision, requested: PermitTerms) -> bool:
    """Tell whether the applicant asked to be freed of a provision as far; what is replaced was not set aside altogether."""
    place = (provision.document, provision.article, provision.clause)
    return any(
        (each.document, each.article, each.clause) == place and each.effect in {provision.effect, Effect.SET_ASIDE}
        for each in requested.exempted_provisions
    )


def _lets_more_users_in(terms: PermitTerms, requested: PermitTerms) -> bool:
    """Tell whether at some moment more users may take part than the applicant's own phases foresaw."""
    turns = {moment for each in (*terms.phases, *requested.phases) for moment in (each.start, each.end)}
    moments = (each for each in (terms.start, *turns) if terms.start <= each < terms.end)
    return any(_users_at(terms, each) > _users_at(requested, each) for each in moments)


def _users_at(terms: PermitTerms, moment: datetime) -> int:
    caps = (each.max_users for each in terms.phases if each.start <= moment < each.end)
    return min((each for each in caps if each is not None), default=terms.max_users)


def _kind(dossier: _Dossier, procedure: Procedure) -> str | None:
    """Return the kind asked for; a procedure with a single kind need not ask."""
    kinds = permit_kinds(procedure)
    kind = dossier.text(dossier.fields.kind) or (kinds[0] if len(kinds) == 1 else "")
    return kind if kind in kinds else None


def _territory(dossier: _Dossier, procedure: Procedure) -> str:
    if TERRITORY not in dossier.chosen(dossier.fields.space_kinds):
        return ""
    return Phrase("terms.whole_territory", body=procedure.issuing_body).vi


def _hours(procedure: Procedure, visible_answers: Answers) -> DailyHours | None:
    rules = [each for each in procedure.permit.hours if holds(each.when, visible_answers)]
    if not rules:
        return None
    return DailyHours(start=max(each.start for each in rules), end=min(each.end for each in rules))


def _limits(dossier: _Dossier, ceilings: tuple[Ceiling, ...]) -> tuple[TechnicalLimit, ...]:
    """The limits that the applicant offers, and those of the law that they do not name."""
    offered = tuple(map(_limit, dossier.rows(dossier.fields.limits)))
    by_law = (
        _limit_of_law(ceiling, side, dossier)
        for ceiling in ceilings
        for side in (sides(ceiling) if ceiling.quantity else ())
        if not any(each.quantity == ceiling.quantity and binds(each, side) for each in offered)
    )
    return (*offered, *by_law)


def _limit_of_law(ceiling: Ceiling, side: str, dossier: _Dossier) -> TechnicalLimit:
    """State a bound of the law, or what the applicant asked for within it."""
    answer = answer_at(dossier.answers, ceiling.field) if ceiling.field else None
    bound = ceiling.maximum if side == TOO_BIG else ceiling.minimum
    number = answer if isinstance(answer, int | float) and not isinstance(answer, bool) else bound
    value, scale = _fixed(number)
    return TechnicalLimit(
        quantity=ceiling.quantity, comparator=BOUNDING[side], value=value, scale=scale, unit=ceiling.unit
    )


def _limit(row: Row) -> TechnicalLimit:
    value, scale = _fixed(row.get("value"))
    return TechnicalLimit(
        quantity=_word(row, "quantity"),
        comparator=Comparator(_word(row, "comparator")),
        value=value,
        scale=scale,
        unit=_word(row, "unit"),
        condition=_word(row, "condition"),
        method=_word(row, "method"),
    )


def _fixed(value: object) -> tuple[int, int]:
    """Write a decimal as a whole count of fractions: 1.57 as 157 hundredths."""
    exact = Decimal(str(value))
    scale = 10 ** max(0, -int(exact.as_tuple().exponent))
    return int(exact * scale), scale


def _phase(row: Row) -> Phase | None:
    first, last = read_date(row.get("start")), read_date(row.get("end"))
    if first is None or last is None:
        return None
    users = row.get("max_users")
    return Phase(
        name=_word(row, "name"),
        start=start_of(first),
        end=end_of(last),
        entry_gate=_word(row, "entry_gate"),
        max_users=users if isinstance(users, int) else None,
    )


def _site(row: Row) -> Site:
    position = row.get("position")
    place = position if isinstance(position, Mapping) else {}
    return Site(
        name=_word(row, "name"),
        commune=_word(row, "commune"),
        address=_word(row, "address"),
        latitude=place.get("lat"),
        longitude=place.get("lon"),
    )


def _provision(row: Row) -> ExemptedProvision:
    return ExemptedProvision(
        document=_word(row, "document"),
        article=_word(row, "article"),
        clause=_word(row, "clause"),
        effect=Effect(_word(row, "effect")),
        condition=_word(row, "replacement"),
    )


def _word(row: Row, key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""
