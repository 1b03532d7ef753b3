"""Which acts on a case can succeed now, with some input: the guards with which the acts themselves begin.

The policy says who may do something; a guard says whether the facts of the case allow it at this moment. What depends
on what is sent, and on people and units outside the case, is the act's own to check.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases import (
    assignments,
    assistance,
    attachments,
    competence,
    complaints,
    consultations,
    councils,
    decisions,
    filings,
    intake,
    lifecycle,
    returns,
    reviews,
)
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.appraisal_guards import unmet
from sandbox_registry.domain.cases.case_records import Applicant, CaseRecords
from sandbox_registry.domain.cases.deadlines import latest_apology
from sandbox_registry.domain.cases.links import require_outside_chain
from sandbox_registry.domain.cases.promises import with_appointment
from sandbox_registry.domain.errors import DomainError, NotFound
from sandbox_registry.domain.identity.people import Actor, Role, Standing
from sandbox_registry.domain.rules.calendars import Calendar
from sandbox_registry.domain.rules.forms import validate
from sandbox_registry.domain.rules.procedures import Procedure

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What decides which acts can succeed: the facts of a case and its rules, and who is to act, at an instant.

    `records` hold at least the records that the guards in question read. `allowed` are the acts that the policy allows the
    person. `bar` says what keeps the person from leading the case, by the code of the refusal; null when nothing does.
    `takes_drafts` is the setting of the installation.
    """

    application: Application
    procedure: Procedure
    calendar: Calendar
    records: CaseRecords
    actor: Actor
    standing: Standing
    allowed: frozenset[Action]
    bar: str | None
    at: datetime
    takes_drafts: bool


@dataclass(frozen=True, slots=True)
class Guard:
    """One way to do an act: `check` raises the refusal; `reads` names the parts of `CaseRecords` it looks at."""

    check: Callable[[Situation], object]
    reads: frozenset[str]


def is_possible(action: Action, situation: Situation) -> bool:
    """Tell whether an act that the policy allows this person can succeed now with some input."""
    try:
        lifecycle.require_step(situation.application, action, situation.procedure)
    except DomainError:
        return False
    return any(_passes(guard, situation) for guard in GUARDS.get(action, ()))


def records_needed(actions: Iterable[Action]) -> frozenset[str]:
    """Name the parts of `CaseRecords` that must be read to tell which of these acts are possible."""
    return frozenset[str]().union(*(guard.reads for action in actions for guard in GUARDS.get(action, ())))


def _passes(guard: Guard, situation: Situation) -> bool:
    try:
        guard.check(situation)
    except DomainError:
        return False
    return True


def _require_one(candidates: Iterable[T], check: Callable[[T], object], *, what: str) -> None:
    """Refuse where the check passes for none; with none at all, there is no such thing."""
    refusal: DomainError = NotFound(what=what)
    for each in candidates:
        try:
            check(each)
        except DomainError as error:
            refusal = error
        else:
            return
    raise refusal


def _applicant(now: Situation) -> Applicant:
    if now.records.applicant is None:
        message = "the applicant was not read"
        raise AssertionError(message)
    return now.records.applicant


def _submit(now: Situation) -> None:
    require_outside_chain(now.actor, now.records.handling_units)
    _file(now)


def _file_assisted(now: Situation) -> None:
    assistance.require_signed_paper(now.records.papers)
    _file(now)
    assistance.desk_of(now.actor)


def _file(now: Situation) -> None:
    filings.require_applicant_kind(_applicant(now).kind, now.procedure)
    attached = frozenset(each.part for each in now.records.documents)
    errors = validate(now.procedure, now.application.answers, attached)
    filings.require_submittable(
        now.application, procedure=now.procedure, errors=errors, takes_drafts=now.takes_drafts, at=now.at
    )


def _edit(now: Situation) -> None:
    filings.require_editable(
        now.application,
        supplements=now.records.supplements,
        promises=now.records.promises,
        procedure=now.procedure,
        calendar=now.calendar,
        at=now.at,
    )


def _submit_supplement(now: Situation) -> None:
    require_outside_chain(now.actor, now.application.unit_ids)
    attached = frozenset(each.part for each in now.records.documents)
    filings.require_supplementable(
        now.application,
        supplements=now.records.supplements,
        promises=now.records.promises,
        procedure=now.procedure,
        calendar=now.calendar,
        errors=validate(now.procedure, now.application.answers, attached),
        at=now.at,
    )


def _lapse(now: Situation) -> None:
    intake.require_lapsable(
        now.application,
        supplements=now.records.supplements,
        promises=now.records.promises,
        letters=now.records.letters,
        procedure=now.procedure,
        calendar=now.calendar,
        at=now.at,
    )


def _apologize(now: Situation) -> None:
    intake.require_unapologized(now.application)
    application = with_appointment(now.application, now.records.promises)
    latest = latest_apology(application, procedure=now.procedure, calendar=now.calendar)
    intake.require_apologizable(application, latest=latest, at=now.at)


def _release(now: Situation) -> None:
    is_head = Role.FOCAL_HEAD in now.actor.roles_towards(now.standing)
    participations = now.records.assignments
    if not any(assignments.may_release(each, by=now.actor.person_id, is_head=is_head) for each in participations):
        raise NotFound(what="assignment")


def _answer_clarification(now: Situation) -> None:
    check = consultations.require_unanswered_clarification
    _require_one(now.records.clarifications, check, what="clarification")


def _close_clarification(now: Situation) -> None:
    _require_one(
        now.records.clarifications,
        lambda each: consultations.require_closable(
            each,
            letters=now.records.letters,
            promises=now.records.promises,
            procedure=now.procedure,
            calendar=now.calendar,
            at=now.at,
        ),
        what="clarification",
    )


def _settle(now: Situation) -> None:
    _require_one(now.records.complaints, complaints.require_open, what="complaint")


def _answer_consultation(now: Situation) -> None:
    own = (each for each in now.records.consultations if each.unit_id in now.actor.consulted_units)
    _require_one(own, consultations.require_unanswered_consultation, what="consultation")


def _close_consultation(now: Situation) -> None:
    _require_one(
        now.records.consultations,
        lambda each: consultations.require_silent(each, calendar=now.calendar, at=now.at),
        what="consultation",
    )


def _convene(now: Situation) -> None:
    councils.require_council(now.procedure)
    councils.require_no_session(now.records.sessions)


def _recompose(now: Situation) -> None:
    council = councils.council_of(now.procedure)
    _require_one(
        now.records.sessions,
        lambda each: councils.require_not_binding(each, council=council),
        what="council session",
    )


def _vote(now: Situation) -> None:
    _require_one(
        now.records.sessions,
        lambda each: councils.require_vote(each, votes=now.records.votes, by=now.actor.person_id, at=now.at),
        what="council session",
    )


def _conclude(now: Situation) -> None:
    council = councils.council_of(now.procedure)
    _require_one(
        now.records.sessions,
        lambda each: councils.require_concludable(
            each, votes=now.records.votes, conflicted=now.records.conflicted, council=council, at=now.at
        ),
        what="council session",
    )


def _confirm_minutes(now: Situation) -> None:
    council = councils.council_of(now.procedure)
    _require_one(
        now.records.sessions,
        lambda each: councils.require_confirmable(each, council=council, by=now.actor.person_id),
        what="council session",
    )


def _recommend(now: Situation) -> None:
    missing = unmet(now.procedure, now.application.answers, now.records)
    decisions.require_recommendable(now.application, unmet=missing)


def _approve(now: Situation) -> None:
    licence_end = _applicant(now).licence_end
    decisions.require_approvable(now.application, procedure=now.procedure, licence_end=licence_end, at=now.at)
    recommendation = decisions.live(now.records.recommendations)
    decisions.require_answered(recommendation, consultations=now.records.consultations, agencies={})


def _issue(now: Situation) -> None:
    decisions.require_unissued(now.application, has_permit=now.records.has_permit)
    licence_end = _applicant(now).licence_end
    decisions.require_issuable(
        now.application,
        decision=now.records.decisions[0],
        procedure=now.procedure,
        licence_end=licence_end,
        at=now.at,
    )


def _lift(now: Situation) -> None:
    if not now.records.has_hold:
        raise NotFound(what="legal_hold")


def _when(check: Callable[[Situation], object], *reads: str) -> tuple[Guard, ...]:
    return (Guard(check, frozenset(reads)),)


_WHENEVER_ALLOWED = _when(lambda _: None)
GUARDS: Mapping[Action, tuple[Guard, ...]] = {
    Action.APPLICATION_ACCEPT: _when(lambda now: intake.require_acceptable(now.application, procedure=now.procedure)),
    Action.APPLICATION_APOLOGIZE: _when(_apologize, "promises"),
    Action.APPLICATION_CLASSIFY: _when(
        lambda now: intake.require_classifiable(now.application, procedure=now.procedure)
    ),
    Action.APPLICATION_COMPLAIN: _when(
        lambda now: complaints.require_complainable(now.application, complaints=now.records.complaints), "complaints"
    ),
    Action.APPLICATION_DELIVER: _when(lambda now: intake.require_deliverable(now.application)),
    Action.APPLICATION_DISCARD: _when(lambda now: lifecycle.require_stage(now.application, "discard")),
    Action.APPLICATION_EDIT: _when(_edit, "promises", "supplements"),
    Action.APPLICATION_ENTRUST: _WHENEVER_ALLOWED,
    Action.APPLICATION_FILE_ASSISTED: _when(_file_assisted, "applicant", "documents", "papers"),
    Action.APPLICATION_LAPSE: _when(_lapse, "letters", "promises", "supplements"),
    Action.APPLICATION_READ: _WHENEVER_ALLOWED,
    Action.APPLICATION_READ_BUNDLE: _WHENEVER_ALLOWED,
    Action.APPLICATION_READ_TIMELINE: _WHENEVER_ALLOWED,
    Action.APPLICATION_RECEIVE: _when(
        lambda now: intake.require_receivable(now.application, agency_code=now.records.agency_code), "agency_code"
    ),
    Action.APPLICATION_RECLASSIFY: _when(
        lambda now: intake.require_reclassifiable(now.application, procedure=now.procedure)
    ),
    Action.APPLICATION_RECOMMEND: _when(
        _recommend, "assignments", "clarifications", "conflicted", "consultations", "returns", "reviewed_by", "sessions"
    ),
    Action.APPLICATION_REFER: _when(lambda now: intake.require_referable(now.application, procedure=now.procedure)),
    Action.APPLICATION_REFUSE_INTAKE: _when(
        lambda now: intake.require_intake_refusable(now.application, procedure=now.procedure)
    ),
    Action.APPLICATION_REQUEST_SUPPLEMENT: _when(
        lambda now: intake.require_intake(now.application, "request_supplement")
    ),
    Action.APPLICATION_REQUEST_WITHDRAWAL: _when(
        lambda now: filings.require_withdrawable(now.application, procedure=now.procedure)
    ),
    Action.APPLICATION_RETAIN: _when(
        lambda now: competence.require_retainable(now.application, procedure=now.procedure)
    ),
    Action.APPLICATION_SHARE: _WHENEVER_ALLOWED,
    Action.APPLICATION_STOP: _when(lambda now: intake.withdrawal_of(now.application)),
    Action.APPLICATION_SUBMIT: _when(_submit, "applicant", "documents", "handling_units"),
    Action.APPLICATION_SUBMIT_SUPPLEMENT: _when(_submit_supplement, "documents", "promises", "supplements"),
    Action.ASSIGNMENT_ASSIGN: _WHENEVER_ALLOWED,
    Action.ASSIGNMENT_CLAIM: _when(
        lambda now: assignments.require_claimable(now.records.assignments, bar=now.bar), "assignments"
    ),
    Action.ASSIGNMENT_RELEASE: _when(_release, "assignments"),
    Action.ATTACHMENT_ADD: _when(lambda now: attachments.require_attaching(now.allowed)),
    Action.CLARIFICATION_ANSWER: _when(_answer_clarification, "clarifications"),
    Action.CLARIFICATION_ASK: _when(
        lambda now: consultations.require_clarifiable(now.records.clarifications, procedure=now.procedure),
        "clarifications",
    ),
    Action.CLARIFICATION_CLOSE: _when(_close_clarification, "clarifications", "letters", "promises"),
    Action.CLARIFICATION_READ: _WHENEVER_ALLOWED,
    Action.COMPLAINT_SETTLE: _when(_settle, "complaints"),
    Action.CONSULTATION_ANSWER: _when(_answer_consultation, "consultations"),
    Action.CONSULTATION_ASK: _WHENEVER_ALLOWED,
    Action.CONSULTATION_CLOSE: _when(_close_consultation, "consultations"),
    Action.CONSULTATION_READ: _WHENEVER_ALLOWED,
    Action.COUNCIL_CONCLUDE: _when(_conclude, "conflicted", "sessions", "votes"),
    Action.COUNCIL_CONFIRM: _when(_confirm_minutes, "sessions"),
    Action.COUNCIL_CONVENE: (*_when(_convene, "sessions"), *_when(_recompose, "sessions")),
    Action.COUNCIL_READ: _WHENEVER_ALLOWED,
    Action.COUNCIL_VOTE: _when(_vote, "sessions", "votes"),
    Action.DECISION_APPROVE: _when(_approve, "applicant", "consultations", "recommendations"),
    Action.DECISION_READ: _when(lambda now: decisions.require_decided(now.application)),
    Action.DECISION_REFUSE: _when(lambda now: decisions.require_refusable(now.application, procedure=now.procedure)),
    Action.DECLARATION_MAKE: _when(lambda now: reviews.require_declarable(conflicted=now.standing.conflicted)),
    Action.DECLARATION_READ: _WHENEVER_ALLOWED,
    Action.FILE_RESUBMIT: _when(
        lambda now: returns.require_resubmittable(now.application, returns=now.records.returns), "returns"
    ),
    Action.FILE_RETURN_TO_HEAD: _when(lambda now: lifecycle.require_stage(now.application, "return_to_head")),
    Action.FILE_RETURN_TO_OFFICER: _when(
        lambda now: returns.require_returnable_to_officer(
            now.application, assignments=now.records.assignments, returns=now.records.returns
        ),
        "assignments",
        "returns",
    ),
    Action.HOLD_LIFT: _when(_lift, "has_hold"),
    Action.HOLD_PLACE: _WHENEVER_ALLOWED,
    Action.HOLD_READ: _WHENEVER_ALLOWED,
    Action.MESSAGE_READ: _WHENEVER_ALLOWED,
    Action.MESSAGE_SEND: _WHENEVER_ALLOWED,
    Action.PERMIT_ISSUE: _when(_issue, "applicant", "decisions", "has_permit"),
    Action.REVIEW_READ: _WHENEVER_ALLOWED,
    Action.REVIEW_SUBMIT: _when(
        lambda now: reviews.require_unfiled(now.records.reviewed_by, reviewer_id=now.actor.person_id), "reviewed_by"
    ),
    Action.SITE_VISIT_RECORD: _WHENEVER_ALLOWED,
}
"""Every act on a case, and the ways to do it; an act with no line here is offered to nobody."""
