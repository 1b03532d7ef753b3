"""Deadlines of a case: derived from its facts, the pinned procedure and the calendar; each explains itself by day."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sandbox_registry.domain.cases.applications import Application, SupplementRequest
from sandbox_registry.domain.cases.appraisal import Clarification, Consultation
from sandbox_registry.domain.rules.calendars import (
    Calendar,
    Deadline,
    Pause,
    Term,
    Unit,
    deadline,
    last_day_before,
    latest_before,
)
from sandbox_registry.domain.rules.procedures import Parameter, Procedure
from sandbox_registry.domain.stages import OPEN_STAGES, Stage
from sandbox_registry.domain.texts import Phrase


class Timing(StrEnum):
    """How a deadline stands at a moment. `gap`: the procedure leaves the term open, so no timer runs."""

    RUNNING = "running"
    PAUSED = "paused"
    OVERDUE = "overdue"
    MET = "met"
    MISSED = "missed"
    GAP = "gap"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDeadline:
    """One deadline of a case: its parameter, who must act, the computation (null for a gap), and the act that met it."""

    name: str
    responsible: ResponsibleParty
    timing: Timing
    computation: Deadline | None
    fulfilled_at: datetime | None
    basis: str
    subject: str = ""


def case_deadlines(
    facts: CaseFacts, *, procedure: Procedure, calendar: Calendar, at: datetime
) -> tuple[CaseDeadline, ...]:
    """List every deadline of a case, past and running, in the order in which the law starts them."""
    return tuple(_each(_Computation(facts, procedure, calendar, at)))


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


def supplement_deadline(request: SupplementRequest, *, procedure: Procedure, calendar: Calendar) -> Deadline | None:
    """Compute until when the applicant may answer a supplement request; null when no term is set."""
    term = procedure.term("supplement.term")
    return None if term is None else deadline(term, start=request.requested_at, calendar=calendar)


def appointment(facts: CaseFacts, procedure: Procedure, calendar: Calendar) -> datetime | None:
    """Compute the day of the result promised on the receipt slip; null when a term it needs is open."""
    computed = _Computation(facts, procedure, calendar, None).result()
    return None if computed is None else computed.due


def latest_apology(application: Application, *, procedure: Procedure, calendar: Calendar) -> datetime | None:
    """Compute the last moment for a notice of delay, counted back from the appointment; null when none is set."""
    before = procedure.term("apology.before")
    if before is None or application.appointment_at is None:
        return None
    return latest_before(before, end=application.appointment_at, calendar=calendar).due


_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Computation:
    facts: CaseFacts
    procedure: Procedure
    calendar: Calendar
    at: datetime | None

    def draft(self) -> Deadline | None:
        """Compute how long a draft is kept for: it is shown, and nothing is deleted."""
        term = self.procedure.term("draft.ttl")
        started = self.facts.application.created_at
        return None if term is None else deadline(term, start=started, calendar=self.calendar)

    def completeness(self) -> Deadline | None:
        started, term = self.facts.application.completeness_from, self.procedure.term("completeness.term")
        if started is None or term is None:
            return None
        cutoff = self.procedure.clock_time("intake.cutoff")
        return deadline(
            term, start=started, calendar=self.calendar, pauses=self._supplement_pauses(started), cutoff=cutoff
        )

    def _supplement_pauses(self, started: datetime) -> tuple[Pause, ...]:
        return tuple(
            Pause(start=each.requested_at, end=each.answered_at, reason=Phrase("ledger.waiting_for_supplement"))
            for each in self.facts.supplements
            if each.answered_at is None or each.answered_at > started
        )

    def appraisal(self) -> Deadline | None:
        application, term = self.facts.application, self.procedure.term("appraisal.term")
        if application.accepted_at is None or term is None:
            return None
        started, pauses = application.accepted_at, self._clarification_pauses()
        if self.procedure.word("clarification.clock_policy") == "restart" and pauses:
            ended = [pause.end for pause in pauses if pause.end is not None]
            started = max([started, *ended])
            pauses = tuple(pause for pause in pauses if pause.end is None)
        return deadline(term, start=started, calendar=self.calendar, pauses=pauses)

    def _clarification_pauses(self) -> tuple[Pause, ...]:
        if self.procedure.word("clarification.clock_policy") not in {"continue", "restart"}:
            return ()
        return tuple(
            Pause(start=each.asked_at, end=each.answered_at, reason=Phrase("ledger.waiting_for_clarification"))
            for each in self.facts.clarifications
        )

    def decision(self) -> Deadline | None:
        """Compute the decision's own term after the recommendation; null when it runs inside the appraisal."""
        started, term = self.facts.application.recommended_at, self.procedure.term("decision.term")
        if started is None or term is None or self.procedure.flag("decision.included_in_appraisal"):
            return None
        return deadline(term, start=started, calendar=self.calendar)

    def result(self) -> Deadline | None:
        """Compute the whole way from acceptance to the result: appraisal, then decision unless it is included."""
        appraisal = self.appraisal()
        if appraisal is None or appraisal.due is None or self.procedure.flag("decision.included_in_appraisal"):
            return appraisal
        term = self.procedure.term("decision.term")
        return None if term is None else deadline(term, start=appraisal.due - _MOMENT, calendar=self.calendar)


def _each(known: _Computation) -> Iterator[CaseDeadline]:
    application = known.facts.application
    if application.submitted_at is None:
        yield _deadline(known, "draft.ttl", ResponsibleParty.APPLICANT, known.draft(), _closing_at(known))
    else:
        done = application.accepted_at or _closing_at(known)
        yield _deadline(known, "completeness.term", ResponsibleParty.AUTHORITY, known.completeness(), done)
    for request in known.facts.supplements:
        computed = supplement_deadline(request, procedure=known.procedure, calendar=known.calendar)
        done = request.answered_at or _closing_at(known)
        yield _deadline(
            known, "supplement.term", ResponsibleParty.APPLICANT, computed, done, subject=str(request.round)
        )
    if application.accepted_at is not None:
        included = known.procedure.flag("decision.included_in_appraisal")
        done = (application.decided_at if included else application.recommended_at) or _closing_at(known)
        yield _deadline(known, "appraisal.term", ResponsibleParty.AUTHORITY, known.appraisal(), done)
        yield _appointment(known)
    for consultation in known.facts.consultations:
        yield _consultation(known, consultation)
    if application.recommended_at is not None and not known.procedure.flag("decision.included_in_appraisal"):
        done = application.decided_at or _closing_at(known)
        yield _deadline(known, "decision.term", ResponsibleParty.AUTHORITY, known.decision(), done)
    if application.stage in {Stage.REFUSED, Stage.INTAKE_REFUSED}:
        yield _complaint(known)


def _closing_at(known: _Computation) -> datetime | None:
    closing = known.facts.application.closing
    return None if closing is None else closing.at


def _appointment(known: _Computation) -> CaseDeadline:
    """Return the day of the result on the receipt slip, or the one new day promised with an apology."""
    application, computed = known.facts.application, known.result()
    done = application.decided_at or _closing_at(known)
    if application.apology is None or computed is None:
        return _deadline(known, "appointment", ResponsibleParty.AUTHORITY, computed, done)
    promised = application.apology.promised_at
    postponed = replace(computed, due=promised, due_date=last_day_before(promised), paused=False)
    return _deadline(known, "appointment", ResponsibleParty.AUTHORITY, postponed, done, subject="promised")


def _consultation(known: _Computation, consultation: Consultation) -> CaseDeadline:
    term = Term(value=consultation.term_value, unit=Unit(consultation.term_unit))
    computed = deadline(term, start=consultation.asked_at, calendar=known.calendar)
    done = consultation.answered_at or consultation.closed_silent_at or _closing_at(known)
    return _deadline(known, "consult.term", ResponsibleParty.CONSULTED, computed, done, subject=str(consultation.id))


def _complaint(known: _Computation) -> CaseDeadline:
    application, term = known.facts.application, known.procedure.term("complaint.term")
    started = application.decided_at or _closing_at(known)
    computed = None if term is None or started is None else deadline(term, start=started, calendar=known.calendar)
    return _deadline(known, "complaint.term", ResponsibleParty.APPLICANT, computed, None)


def _deadline(
    known: _Computation,
    name: str,
    responsible: ResponsibleParty,
    computed: Deadline | None,
    done: datetime | None,
    *,
    subject: str = "",
) -> CaseDeadline:
    parameter: Parameter | None = known.procedure.parameters.get(name)
    return CaseDeadline(
        name=name,
        responsible=responsible,
        timing=_timing(computed, done, known.at),
        computation=computed,
        fulfilled_at=done,
        basis="" if parameter is None else parameter.basis,
        subject=subject,
    )


def _timing(computed: Deadline | None, done: datetime | None, at: datetime | None) -> Timing:
    if computed is None:
        return Timing.GAP
    if done is not None:
        return Timing.MISSED if computed.is_over(done) else Timing.MET
    if computed.due is None:
        return Timing.PAUSED
    return Timing.OVERDUE if at is not None and computed.is_over(at) else Timing.RUNNING
