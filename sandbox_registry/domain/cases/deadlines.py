"""Deadlines of a case: derived from its facts, the pinned procedure and the calendar; each explains itself by day.

A date that was given binds until another one takes its place: it is read, not derived again (`promises.py`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sandbox_registry.domain.cases.applications import Application, Complaint, SupplementRequest
from sandbox_registry.domain.cases.appraisal import Clarification, Consultation
from sandbox_registry.domain.cases.competence import retained_at
from sandbox_registry.domain.cases.promises import APPOINTMENT, Promise, of_deadline
from sandbox_registry.domain.errors import ConditionNotMet, FieldError, Invalid
from sandbox_registry.domain.rules.calendars import (
    Calendar,
    CalendarGap,
    Deadline,
    Pause,
    Term,
    Unit,
    deadline,
    last_day_before,
    latest_before,
    local_date,
)
from sandbox_registry.domain.rules.forms import route
from sandbox_registry.domain.rules.procedures import Parameter, Procedure
from sandbox_registry.domain.stages import OPEN_STAGES, Stage
from sandbox_registry.domain.texts import Phrase


class Timing(StrEnum):
    """How a deadline stands at a moment. `gap`: there is no date, so no timer runs; `Gap` says why."""

    RUNNING = "running"
    PAUSED = "paused"
    OVERDUE = "overdue"
    MET = "met"
    MISSED = "missed"
    GAP = "gap"


class Gap(StrEnum):
    """Why a deadline has no date: the procedure sets no term, or the calendar does not reach that far."""

    PROCEDURE = "procedure"
    CALENDAR = "calendar"


class ResponsibleParty(StrEnum):
    """Who must act before a deadline."""

    APPLICANT = "applicant"
    AUTHORITY = "authority"
    CONSULTED = "consulted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What deadlines are derived from."""

    application: Application
    supplements: tuple[SupplementRequest, ...] = ()
    clarifications: tuple[Clarification, ...] = ()
    consultations: tuple[Consultation, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    promises: tuple[Promise, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDeadline:
    """One deadline of a case: its parameter, who must act, the computation (null for a gap), and the act that met it.

    `promises` are the dates it was given, oldest first; the last is that of the computation.
    """

    name: str
    responsible: ResponsibleParty
    timing: Timing
    computation: Deadline | None
    fulfilled_at: datetime | None
    basis: str
    subject: str = ""
    gap: Gap | None = None
    promises: tuple[Promise, ...] = ()


def case_deadlines(
    facts: CaseFacts, *, procedure: Procedure, calendar: Calendar, at: datetime
) -> tuple[CaseDeadline, ...]:
    """List every deadline of a case, past and running, in the order in which the law starts them.

    Each has the date it was last given; one that was never given a date is computed with the calendar in force when its
    clock started.
    """
    return tuple(_each(_Computation(facts, procedure, calendar, at)))


def computed_afresh(
    facts: CaseFacts, *, procedure: Procedure, calendar: Calendar, at: datetime, by_latest: bool
) -> tuple[CaseDeadline, ...]:
    """Compute every deadline from the facts alone, ignoring the dates given, with the last date's calendar or the latest."""
    return tuple(_each(_Computation(facts, procedure, calendar, at, binds=False, by_latest=by_latest)))


def next_due(facts: CaseFacts, *, procedure: Procedure, calendar: Calendar, at: datetime) -> datetime | None:
    """Return the nearest due moment that still binds somebody; what lists sort and filter by. Null for a closed case."""
    if facts.application.stage not in OPEN_STAGES:
        return None
    open_ones = (
        each.computation.due
        for each in case_deadlines(facts, procedure=procedure, calendar=calendar, at=at)
        if each.timing in {Timing.RUNNING, Timing.OVERDUE} and each.computation is not None
    )
    return min((due for due in open_ones if due is not None), default=None)


def supplement_deadline(
    request: SupplementRequest, *, procedure: Procedure, calendar: Calendar, promises: tuple[Promise, ...]
) -> Deadline | None:
    """Say until when the applicant may answer a supplement request; null when no term is set or no calendar reaches."""
    term, earlier = procedure.term("supplement.term"), of_deadline(promises, "supplement.term", str(request.round))
    if term is None:
        return None
    by = _calendar_of(earlier, calendar, started=request.requested_at)
    try:
        return _bound(deadline(term, start=request.requested_at, calendar=by), earlier)
    except CalendarGap:
        return None


def complaint_deadline(
    application: Application, *, procedure: Procedure, calendar: Calendar, promises: tuple[Promise, ...]
) -> Deadline | None:
    """Say until when a refusal may be complained of in time; null when no term is set or no calendar reaches."""
    term, earlier = procedure.term("complaint.term"), of_deadline(promises, "complaint.term")
    if term is None:
        return None
    started = _refused_at(application)
    try:
        return _bound(deadline(term, start=started, calendar=_calendar_of(earlier, calendar, started=started)), earlier)
    except CalendarGap:
        return None


def clarification_deadline(
    clarification: Clarification, *, procedure: Procedure, calendar: Calendar, promises: tuple[Promise, ...]
) -> Deadline | None:
    """Say until when the applicant may answer a question; null when no term is set or no calendar reaches."""
    term = procedure.term("clarification.term")
    earlier = of_deadline(promises, "clarification.term", str(clarification.round))
    if term is None:
        return None
    by = _calendar_of(earlier, calendar, started=clarification.asked_at)
    try:
        return _bound(deadline(term, start=clarification.asked_at, calendar=by), earlier)
    except CalendarGap:
        return None


def require_waited(
    term: Term | None,
    due: Deadline | None,
    *,
    asked_at: datetime,
    letters: tuple[datetime, ...],
    still_open: ConditionNotMet,
    at: datetime,
) -> None:
    """Refuse to stop waiting for the applicant while the term runs.

    An open term never starts a timer: then a letter to the applicant, sent since the question and before today, is the
    notice; nobody loses a case on the day they are told.

    Raises:
        ConditionNotMet: `still_open` while the term runs; `notice_missing` without a term and such a letter.

    """
    if term is not None:
        if due is None or not due.is_over(at):
            raise still_open
    elif not any(sent > asked_at and local_date(sent) < local_date(at) for sent in letters):
        raise ConditionNotMet("notice_missing")


def require_closing_reason(reason: str | None, *, term: Term | None) -> None:
    """Refuse to stop waiting without a reason where no term of the procedure is the reason."""
    if term is None and not reason:
        raise Invalid((FieldError(field="reason", code="required", message=Phrase("lifecycle.closing_unexplained")),))


def appointment(facts: CaseFacts, *, procedure: Procedure, calendar: Calendar, at: datetime) -> datetime | None:
    """Return the day of the result, as it was promised last or is promised now, by the calendar that its deadline goes by.

    Null when a term it needs is open, or no calendar reaches it.
    """
    for each in case_deadlines(facts, procedure=procedure, calendar=calendar, at=at):
        if each.name == APPOINTMENT and each.computation is not None:
            return each.computation.due
    return None


def latest_apology(application: Application, *, procedure: Procedure, calendar: Calendar) -> datetime | None:
    """Compute the last moment for a notice of delay, counted back from the appointment; null when none is set."""
    before = procedure.term("apology.before")
    if before is None or application.appointment_at is None:
        return None
    try:
        return latest_before(before, end=application.appointment_at, calendar=calendar).due
    except CalendarGap:
        return None


def latest_promise(application: Application, *, procedure: Procedure, calendar: Calendar) -> datetime | None:
    """Compute how late the new date of an apology may be, counted from the one promised; null when nothing bounds it."""
    term, promised = procedure.term("apology.max_delay"), application.appointment_at
    if term is None or promised is None:
        return None
    try:
        return deadline(term, start=promised - _MOMENT, calendar=calendar).due
    except CalendarGap:
        return None


_MOMENT = timedelta(microseconds=1)
Compute = Callable[[Calendar], Deadline | None]


def _calendar_of(promises: tuple[Promise, ...], calendar: Calendar, *, started: datetime) -> Calendar:
    """Return the version a deadline goes by: that of its last date, or the one in force when its clock started."""
    if not promises:
        return calendar.at(started)
    return calendar.named(promises[-1].calendar_version) or calendar.at(promises[-1].made_at)


def _bound(computed: Deadline, promises: tuple[Promise, ...]) -> Deadline:
    """Put the date given last in the place of the computed one, should they differ."""
    if not promises or computed.due == promises[-1].due:
        return computed
    due = promises[-1].due
    return _moved(computed, due) if due is not None else replace(computed, due=None, due_date=None, paused=True)


def _moved(computed: Deadline, due: datetime) -> Deadline:
    day = local_date(due) if computed.term.unit is Unit.H else last_day_before(due)
    return replace(computed, due=due, due_date=day, paused=False)


@dataclass(frozen=True, slots=True)
class _Computation:
    facts: CaseFacts
    procedure: Procedure
    calendar: Calendar
    at: datetime | None
    binds: bool = True
    by_latest: bool = False

    def calendar_for(self, promises: tuple[Promise, ...], started: datetime) -> Calendar:
        return self.calendar if self.by_latest else _calendar_of(promises, self.calendar, started=started)

    def counted(self, name: str, started: datetime, calendar: Calendar) -> Deadline | None:
        """Compute a term that runs from an event without a stop."""
        term = self.procedure.term(name)
        return None if term is None else deadline(term, start=started, calendar=calendar)

    def completeness(self, started: datetime, calendar: Calendar) -> Deadline | None:
        term = self.procedure.term("completeness.term")
        if term is None:
            return None
        return deadline(term, start=started, calendar=calendar, pauses=self._supplement_pauses(started))

    def _supplement_pauses(self, started: datetime) -> tuple[Pause, ...]:
        return tuple(
            Pause(start=each.requested_at, end=each.answered_at, reason=Phrase("ledger.waiting_for_supplement"))
            for each in self.facts.supplements
            if each.answered_at is None or each.answered_at > started
        )

    def appraisal(self, calendar: Calendar) -> Deadline | None:
        application, term = self.facts.application, self.procedure.term("appraisal.term")
        if application.accepted_at is None or term is None:
            return None
        started, pauses = application.accepted_at, self._clarification_pauses()
        if self.procedure.word("clarification.clock_policy") == "restart" and pauses:
            ended = [pause.end for pause in pauses if pause.end is not None]
            started = max([started, *ended])
            pauses = tuple(pause for pause in pauses if pause.end is None)
        return deadline(term, start=started, calendar=calendar, pauses=pauses)

    def _clarification_pauses(self) -> tuple[Pause, ...]:
        if self.procedure.word("clarification.clock_policy") not in {"continue", "restart"}:
            return ()
        return tuple(
            Pause(
                start=each.asked_at,
                end=each.closed_at or each.answered_at,
                reason=Phrase("ledger.waiting_for_clarification"),
            )
            for each in self.facts.clarifications
        )

    def result(self, calendar: Calendar) -> Deadline | None:
        """Compute the whole way from acceptance to the result: appraisal, then decision unless it is included."""
        appraisal = self.appraisal(calendar)
        if appraisal is None or appraisal.due is None or self.procedure.flag("decision.included_in_appraisal"):
            return appraisal
        return self.counted("decision.term", appraisal.due - _MOMENT, calendar)

    def appointment(self, calendar: Calendar) -> Deadline | None:
        """Compute the day of the result, or take the one new day promised with an apology."""
        computed, apology = self.result(calendar), self.facts.application.apology
        return computed if apology is None or computed is None else _moved(computed, apology.promised_at)


def _each(computation: _Computation) -> Iterator[CaseDeadline]:
    application = computation.facts.application
    if application.submitted_at is None:
        yield _counted(
            computation, "draft.ttl", ResponsibleParty.APPLICANT, application.created_at, _closing_at(computation)
        )
    else:
        started = application.completeness_from or application.submitted_at
        yield _deadline(
            computation,
            "completeness.term",
            responsible=ResponsibleParty.AUTHORITY,
            started=started,
            compute=lambda calendar: computation.completeness(started, calendar),
            done=application.accepted_at or _closing_at(computation),
        )
        yield from _transfer(computation, application)
    for request in computation.facts.supplements:
        done, subject = request.answered_at or _closing_at(computation), str(request.round)
        yield _counted(
            computation, "supplement.term", ResponsibleParty.APPLICANT, request.requested_at, done, subject=subject
        )
    if application.accepted_at is not None:
        yield from _of_accepted(computation, application, application.accepted_at)
    for question in computation.facts.clarifications:
        done, subject = question.answered_at or question.closed_at or _closing_at(computation), str(question.round)
        yield _counted(
            computation, "clarification.term", ResponsibleParty.APPLICANT, question.asked_at, done, subject=subject
        )
    for consultation in computation.facts.consultations:
        yield _consultation(computation, consultation)
    if application.recommended_at is not None and not computation.procedure.flag("decision.included_in_appraisal"):
        done = application.decided_at or _closing_at(computation)
        yield _counted(computation, "decision.term", ResponsibleParty.AUTHORITY, application.recommended_at, done)
    if application.stage is Stage.APPROVED and application.decided_at is not None:
        issued_at = application.issued_at
        yield _counted(computation, "issue.term", ResponsibleParty.AUTHORITY, application.decided_at, issued_at)
    if application.stage in {Stage.REFUSED, Stage.INTAKE_REFUSED}:
        done = next((each.filed_at for each in computation.facts.complaints), None)
        yield _counted(computation, "complaint.term", ResponsibleParty.APPLICANT, _refused_at(application), done)


def _transfer(computation: _Computation, application: Application) -> Iterator[CaseDeadline]:
    """Compute until when a case of another authority is sent there, or the head says why it stays."""
    referral = route(computation.procedure, application.answers)
    if application.received_at is None or referral is None or referral.authority is None:
        return
    done = retained_at(application, referral) or application.decided_at or _closing_at(computation)
    yield _counted(computation, "transfer.term", ResponsibleParty.AUTHORITY, application.received_at, done)


def _of_accepted(computation: _Computation, application: Application, accepted_at: datetime) -> Iterator[CaseDeadline]:
    """Compute the appraisal and the day of the result."""
    included = computation.procedure.flag("decision.included_in_appraisal")
    appraised_at = application.decided_at if included else application.recommended_at
    yield _deadline(
        computation,
        "appraisal.term",
        responsible=ResponsibleParty.AUTHORITY,
        started=accepted_at,
        compute=computation.appraisal,
        done=appraised_at or _closing_at(computation),
    )
    promised = _deadline(
        computation,
        APPOINTMENT,
        responsible=ResponsibleParty.AUTHORITY,
        started=accepted_at,
        compute=computation.appointment,
        done=application.decided_at or _closing_at(computation),
    )
    is_postponed = application.apology is not None and promised.computation is not None
    yield replace(promised, subject="promised") if is_postponed else promised


def _refused_at(application: Application) -> datetime:
    closing = application.closing
    return application.decided_at or (application.updated_at if closing is None else closing.at)


def _closing_at(computation: _Computation) -> datetime | None:
    closing = computation.facts.application.closing
    return None if closing is None else closing.at


def _consultation(computation: _Computation, consultation: Consultation) -> CaseDeadline:
    """Compute until when an agency may answer: by the calendar in force when it was asked, whatever comes later."""
    term = Term(value=consultation.term_value, unit=Unit(consultation.term_unit))
    return _deadline(
        replace(computation, by_latest=False),
        "consult.term",
        responsible=ResponsibleParty.CONSULTED,
        started=consultation.asked_at,
        compute=lambda calendar: deadline(term, start=consultation.asked_at, calendar=calendar),
        done=consultation.answered_at or consultation.closed_silent_at or _closing_at(computation),
        subject=str(consultation.id),
    )


def _counted(
    computation: _Computation,
    name: str,
    responsible: ResponsibleParty,
    started: datetime,
    done: datetime | None,
    *,
    subject: str = "",
) -> CaseDeadline:
    """Compute a deadline whose term runs from an event without a stop."""
    return _deadline(
        computation,
        name,
        responsible=responsible,
        started=started,
        compute=lambda calendar: computation.counted(name, started, calendar),
        done=done,
        subject=subject,
    )


def _deadline(
    computation: _Computation,
    name: str,
    *,
    responsible: ResponsibleParty,
    started: datetime,
    compute: Compute,
    done: datetime | None,
    subject: str = "",
) -> CaseDeadline:
    parameter: Parameter | None = computation.procedure.parameters.get(name)
    promises = of_deadline(computation.facts.promises, name, subject)
    computed, gap = _computed(compute, computation.calendar_for(promises, started))
    if computed is not None and computation.binds:
        computed = _bound(computed, promises)
    return CaseDeadline(
        name=name,
        responsible=responsible,
        timing=_timing(computed, done, computation.at),
        computation=computed,
        fulfilled_at=done,
        basis="" if parameter is None else parameter.basis,
        subject=subject,
        gap=gap,
        promises=promises,
    )


def _computed(compute: Compute, calendar: Calendar) -> tuple[Deadline | None, Gap | None]:
    """Compute a deadline, or say why there is none: a gap of the calendar is shown, and stops nobody from reading."""
    try:
        computed = compute(calendar)
    except CalendarGap:
        return None, Gap.CALENDAR
    return computed, Gap.PROCEDURE if computed is None else None


def _timing(computed: Deadline | None, done: datetime | None, at: datetime | None) -> Timing:
    if computed is None:
        return Timing.GAP
    if done is not None:
        return Timing.MISSED if computed.is_over(done) else Timing.MET
    if computed.due is None:
        return Timing.PAUSED
    return Timing.OVERDUE if at is not None and computed.is_over(at) else Timing.RUNNING
