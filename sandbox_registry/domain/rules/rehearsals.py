"""A procedure tried without an account: what decides whose case it is and which papers it needs, and the likely dates.

Nothing here is stored or binds anybody. The questions are those that routes and papers of the procedure depend on; the
dates are the terms of the procedure one after the other, from a moment on, as if nobody asked for anything.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.rules.calendars import Calendar, CalendarGap, Deadline, Term, Unit, deadline
from sandbox_registry.domain.rules.form_fields import (
    Answers,
    Condition,
    DossierComponent,
    Field,
    FieldKind,
    Section,
    every_condition,
    holds,
    is_shown,
)
from sandbox_registry.domain.rules.forms import visible
from sandbox_registry.domain.rules.procedures import Parameter, Procedure
from sandbox_registry.domain.stages import Stage

_WAY = {
    Stage.SUBMITTED: "completeness.term",
    Stage.UNDER_APPRAISAL: "appraisal.term",
    Stage.AWAITING_DECISION: "decision.term",
    Stage.APPROVED: "issue.term",
}
"""The stages in which somebody here has the case, in their order, and the parameter that times each."""
_MOMENT = timedelta(microseconds=1)
CHOSEN_OR_COUNTED = frozenset({FieldKind.BOOLEAN, FieldKind.CHOICE, FieldKind.CHOICES, FieldKind.INTEGER})
"""Kinds of questions that a trial run puts: what must be written out in full decides nothing before there is a dossier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question of the form; `path` is `section.field`."""

    path: str
    field: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelyStep:
    """A step of the way: whose it is, its term, and the last day it may take; null where a term or a calendar is missing."""

    stage: Stage
    owner: Role | None
    term: Term | None
    parameter: Parameter | None
    deadline: Deadline | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """What a dossier with these answers must hold, what it holds if it is there already, and what it need not hold."""

    needed: tuple[DossierComponent, ...]
    if_there: tuple[DossierComponent, ...]
    not_needed: tuple[DossierComponent, ...]


def routing_questions(procedure: Procedure) -> tuple[Question, ...]:
    """List the questions whose answers decide which authority is competent, in the order of the form."""
    return _questions(procedure, (each for route in procedure.routes for each in every_condition(route.when)))


def paper_questions(procedure: Procedure) -> tuple[Question, ...]:
    """List the questions whose answers decide which papers, fees and consultations are needed, but for those that route."""
    routing = {each.path for each in routing_questions(procedure)}
    conditions = (
        *(part.required_when for part in procedure.parts),
        *(fee.when for fee in procedure.fees),
        *(rule.when for rule in procedure.consultations),
    )
    every = _questions(procedure, (each for when in conditions for each in every_condition(when)))
    return tuple(each for each in every if each.path not in routing)


def open_questions(procedure: Procedure, questions: Iterable[Question], answers: Answers) -> tuple[Question, ...]:
    """List the questions that these answers leave to be asked: shown, and not answered. A choice of several may be empty."""
    asked = visible(procedure, answers)
    return tuple(
        each
        for each in questions
        if is_shown(each.field, asked) and each.path.partition(".")[2] not in asked[each.path.partition(".")[0]]
    )


def papers(procedure: Procedure, answers: Answers) -> Papers:
    """Say which papers a dossier with these answers must hold, and which of the others it may."""
    asked = visible(procedure, answers)
    conditional = [each for each in procedure.parts if each.required_when and not each.required]
    needed = tuple(each for each in procedure.parts if each.required or _is_needed(each, asked))
    return Papers(
        needed=needed,
        if_there=tuple(each for each in procedure.parts if each not in needed and each not in conditional),
        not_needed=tuple(each for each in conditional if each not in needed),
    )


def likely_steps(procedure: Procedure, calendar: Calendar, *, at: datetime) -> tuple[LikelyStep, ...]:
    """Return the way of a dossier filed at a moment: each step begins when the one before must have ended."""
    return tuple(_steps(procedure, calendar, at))


def sum_of_terms(steps: Iterable[LikelyStep]) -> Term | None:
    """Add the terms up when they are all in working days, leaving out steps without one; null when there is nothing to add."""
    terms = [each.term for each in steps if each.term is not None]
    if not terms or {each.unit for each in terms} != {Unit.WD}:
        return None
    return Term(sum(each.value for each in terms), Unit.WD)


def decided_by(steps: Iterable[LikelyStep]) -> Deadline | None:
    """Return the last day of a decision; null when a term before it is open, or a calendar does not reach.

    Where the decision is part of the appraisal, that of the appraisal.
    """
    dates = {each.stage: each.deadline for each in steps}
    return dates.get(Stage.AWAITING_DECISION, dates.get(Stage.UNDER_APPRAISAL))


def _steps(procedure: Procedure, calendar: Calendar, at: datetime) -> Iterator[LikelyStep]:
    owners = {rule.stage: rule.owner for rule in procedure.stages}
    begins: datetime | None = at
    for stage, name in _WAY.items():
        is_included = name == "decision.term" and procedure.flag("decision.included_in_appraisal")
        if stage not in owners or is_included:
            continue
        term = procedure.term(name)
        computed = None if term is None or begins is None else _computed(term, begins, calendar)
        begins = None if computed is None or computed.due is None else computed.due - _MOMENT
        yield LikelyStep(
            stage=stage,
            owner=owners[stage],
            term=term,
            parameter=procedure.parameters.get(name),
            deadline=computed,
        )


def _computed(term: Term, begins: datetime, calendar: Calendar) -> Deadline | None:
    try:
        return deadline(term, start=begins, calendar=calendar)
    except CalendarGap:
        return None


def _is_needed(part: DossierComponent, asked: Answers) -> bool:
    return bool(part.required_when) and holds(part.required_when, asked)


def _questions(procedure: Procedure, conditions: Iterable[Condition]) -> tuple[Question, ...]:
    wanted = {each.field for each in conditions}
    fields = dict(_fields(procedure.sections))
    unread = set(wanted)
    while unread:  # What is asked only after another answer needs that question too.
        unread = {
            each.field for path in unread if path in fields for each in every_condition(fields[path].shown_when)
        } - wanted
        wanted |= unread
    return tuple(
        Question(path=path, field=field)
        for path, field in fields.items()
        if path in wanted and field.kind in CHOSEN_OR_COUNTED
    )


def _fields(sections: Iterable[Section]) -> Iterator[tuple[str, Field]]:
    for section in sections:
        for field in section.fields:
            yield f"{section.key}.{field.key}", field
