"""What the terms of a permit must satisfy: window, ceiling, kind, space, phases, numbers; every broken rule at once."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.permits.bounds import (
    Problem,
    bound_problems,
    exempts,
    open_bound_problems,
    restrictions_of_law,
)
from sandbox_registry.domain.permits.permits import Effect, PermitTerms, latest_end
from sandbox_registry.domain.permits.proposals import beyond_request, propose
from sandbox_registry.domain.rules.calendars import local_date, start_of
from sandbox_registry.domain.rules.form_fields import Answers
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import AnyOf, Phrase


def grant_errors(
    terms: PermitTerms, *, procedure: Procedure, answers: Answers, decided_at: datetime, licence_end: datetime | None
) -> tuple[FieldError, ...]:
    """List every rule these terms break, of the procedure, of sense, and of what was asked; empty when they may be given.

    Everyone who sets terms calls it: who recommends, who decides. `answers` are the dossier's, `licence_end` is the end of
    the holder's own licence.
    """
    ceiling = latest_end(terms.start, procedure=procedure, licence_end=licence_end)
    return _errors(
        bound_problems(terms, procedure=procedure, answers=answers, ceiling=ceiling),
        open_bound_problems(terms, procedure=procedure, answers=answers),
        _window(terms, decided_at=decided_at),
        _kind(terms, procedure=procedure),
        _legal_basis(terms, procedure=procedure),
        _space(terms),
        _phases(terms),
        _numbers(terms),
        _beyond(terms, procedure=procedure, answers=answers, at=decided_at),
        _justifications(terms, procedure=procedure, answers=answers),
    )


def confirmation_errors(
    terms: PermitTerms, *, procedure: Procedure, answers: Answers, decided_at: datetime, ceiling: datetime | None
) -> tuple[FieldError, ...]:
    """List the rules that no permit may break on whatever day it is issued; for the confirmation of terms set before.

    The bounds of the procedure, what the kind of permit allows, and what was asked when it was decided.
    """
    return _errors(
        bound_problems(terms, procedure=procedure, answers=answers, ceiling=ceiling),
        _kind(terms, procedure=procedure),
        _beyond(terms, procedure=procedure, answers=answers, at=decided_at),
    )


def open_bound_errors(terms: PermitTerms, *, procedure: Procedure, answers: Answers) -> tuple[FieldError, ...]:
    """List the bounds left open for which nobody has said on what they rest instead, and wrong bases."""
    return _errors(open_bound_problems(terms, procedure=procedure, answers=answers))


def _errors(*broken: Iterable[Problem]) -> tuple[FieldError, ...]:
    return tuple(
        FieldError(field=f"terms.{field}", code=code, message=message)
        for problems in broken
        for field, code, message in problems
    )


def _beyond(terms: PermitTerms, *, procedure: Procedure, answers: Answers, at: datetime) -> Iterator[Problem]:
    """What goes beyond the request is refused, or needs a reason where the procedure allows it."""
    requested = propose(procedure, answers, supervising_unit_id=terms.supervising_unit_id, at=at)
    problems = tuple(beyond_request(terms, requested))
    if procedure.word("grant.beyond_request") != "reason":
        yield from problems
    elif problems and not terms.beyond_request:
        yield "beyond_request", "required", Phrase("terms.beyond_request_unexplained")


def _justifications(terms: PermitTerms, *, procedure: Procedure, answers: Answers) -> Iterator[Problem]:
    """Every condition and limit says which risk it answers, what would lift it and when it is reviewed.

    What the law itself demands answers the law.
    """
    justified, by_law = [each.of for each in terms.justifications], restrictions_of_law(procedure, answers)
    for index, condition in enumerate(terms.conditions):
        if condition not in by_law and condition not in justified:
            yield f"conditions.{index}", "unjustified", Phrase("terms.unjustified")
    for index, limit in enumerate(terms.limits):
        if limit.quantity not in by_law and limit.quantity not in justified:
            yield f"limits.{index}", "unjustified", Phrase("terms.unjustified")
    first, last = terms.days
    for index, each in enumerate(terms.justifications):
        path = f"justifications.{index}"
        if each.of not in terms.restrictions or each.of in justified[:index]:
            yield f"{path}.of", "justifies_nothing", Phrase("terms.justifies_nothing")
        for name in ("risk", "lifted_by"):
            if not getattr(each, name).strip():
                yield f"{path}.{name}", "required", Phrase("terms.unjustified")
        if terms.start < terms.end and not first <= each.review_on <= last:
            yield f"{path}.review_on", "review_outside_trial", Phrase("terms.review_outside_trial")


def _window(terms: PermitTerms, *, decided_at: datetime) -> Iterator[Problem]:
    if terms.start < start_of(local_date(decided_at)):
        yield "start", "start_in_past", Phrase("terms.start_in_past")
    if terms.end <= terms.start:
        yield "end", "end_before_start", Phrase("terms.end_before_start")
    elif terms.end <= decided_at:
        yield "end", "end_in_past", Phrase("terms.end_in_past")
    if terms.daily_hours is not None and terms.daily_hours.end <= terms.daily_hours.start:
        yield "daily_hours.end", "end_before_start", Phrase("terms.end_before_start")


def _kind(terms: PermitTerms, *, procedure: Procedure) -> Iterator[Problem]:
    sets_aside = exempts(terms.kind, procedure)
    if sets_aside is True and not terms.exempted_provisions:
        yield "exempted_provisions", "exemption_names_no_provision", Phrase("terms.provision_missing")
    if sets_aside is False and terms.exempted_provisions:
        yield "exempted_provisions", "licence_exempts_nothing", Phrase("terms.licence_exempts_nothing")
    for index, provision in enumerate(terms.exempted_provisions):
        if provision.effect is Effect.REPLACED_BY and not provision.condition:
            yield f"exempted_provisions.{index}.condition", "required", Phrase("terms.replacement_missing")


def _legal_basis(terms: PermitTerms, *, procedure: Procedure) -> Iterator[Problem]:
    """A permit rests on the documents of its procedure, at least on one; on what else, the decision says."""
    titles = tuple(document.title for document in procedure.legal_documents)
    if not terms.legal_basis:
        yield "legal_basis", "required", Phrase("terms.legal_basis_missing")
    elif titles and not any(title in each for title in titles for each in terms.legal_basis):
        yield "legal_basis", "another_law", Phrase("terms.another_law", titles=AnyOf(titles))


def _space(terms: PermitTerms) -> Iterator[Problem]:
    if not terms.sites and not terms.cyber_space and not terms.territory:
        yield "sites", "no_space", Phrase("terms.no_space")
    for index, site in enumerate(terms.sites):
        if (site.latitude is None) != (site.longitude is None):
            yield f"sites.{index}", "half_a_position", Phrase("terms.half_position")


def _phases(terms: PermitTerms) -> Iterator[Problem]:
    previous = terms.start
    for index, phase in enumerate(terms.phases):
        if phase.start < previous or phase.end <= phase.start or phase.end > terms.end:
            yield f"phases.{index}", "phase_out_of_order", Phrase("terms.phase_order")
        if phase.max_users is not None and phase.max_users > terms.max_users:
            yield f"phases.{index}.max_users", "phase_users_above_cap", Phrase("terms.phase_users")
        previous = phase.end


def _numbers(terms: PermitTerms) -> Iterator[Problem]:
    if terms.max_users < 0:
        yield "max_users", "negative", Phrase("terms.negative")
    caps = {"per_person": terms.money.per_person, "per_day": terms.money.per_day, "total": terms.money.total}
    for name, cap in caps.items():
        if cap is not None and cap < 0:
            yield f"money.{name}", "negative", Phrase("terms.negative")
        elif cap is not None and terms.money.total is not None and cap > terms.money.total:
            yield f"money.{name}", "above_total", Phrase("terms.above_total")
    for index, phase in enumerate(terms.phases):
        if phase.max_users is not None and phase.max_users < 0:
            yield f"phases.{index}.max_users", "negative", Phrase("terms.negative")
    for index, limit in enumerate(terms.limits):
        if limit.scale < 1:
            yield f"limits.{index}.scale", "not_positive", Phrase("terms.not_positive")
