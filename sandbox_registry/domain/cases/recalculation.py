"""New dates for the deadlines of a case: by an act that starts, stops or moves a clock, or by a calendar that helps.

Of two calendars that may count the one that helps the citizen does: the authority's dates come sooner by it, the
applicant's later. What was promised is so never moved to somebody's harm by a calendar approved later.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.cases.deadlines import (
    CaseDeadline,
    CaseFacts,
    ResponsibleParty,
    case_deadlines,
    computed_afresh,
)
from sandbox_registry.domain.cases.promises import APPOINTMENT, RECALCULATED, Promise
from sandbox_registry.domain.rules.calendars import Calendar, Deadline
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import OPEN_STAGES, Stage


def dates_given(
    facts: CaseFacts, *, procedure: Procedure, calendar: Calendar, cause: str, at: datetime, new_id: Callable[[], UUID]
) -> tuple[Promise, ...]:
    """List the dates that an act gives: of each deadline that its facts started, stopped or moved."""
    by_its_calendar = computed_afresh(facts, procedure=procedure, calendar=calendar, at=at, by_latest=False)
    latest = computed_afresh(facts, procedure=procedure, calendar=calendar, at=at, by_latest=True)
    return tuple(
        _promise(before, chosen, facts=facts, cause=cause, at=at, new_id=new_id)
        for before, after in zip(by_its_calendar, latest, strict=True)
        if _is_promised(before, facts) and (chosen := _date_given(before, after.computation)) is not None
    )


def recalculated(
    facts: CaseFacts, *, procedure: Procedure, calendar: Calendar, at: datetime, new_id: Callable[[], UUID]
) -> tuple[Promise, ...]:
    """List the dates that the calendar in force now gives to deadlines that still run, where that helps the citizen.

    A date that would lie in the past by it stays where it is, and so does one that was promised with an apology.
    """
    if facts.application.stage not in OPEN_STAGES:
        return ()
    standing = case_deadlines(facts, procedure=procedure, calendar=calendar, at=at)
    latest = computed_afresh(facts, procedure=procedure, calendar=calendar, at=at, by_latest=True)
    return tuple(
        _promise(before, after.computation, facts=facts, cause=RECALCULATED, at=at, new_id=new_id)
        for before, after in zip(standing, latest, strict=True)
        if _is_promised(before, facts)
        and not _is_postponed(before, facts)
        and after.computation is not None
        and _helps(before, after.computation, at=at)
    )


def _is_promised(deadline: CaseDeadline, facts: CaseFacts) -> bool:
    """Tell whether the citizen goes by a date: of a filed case, not of an agency's answer, and not met yet."""
    return (
        facts.application.stage is not Stage.DRAFT
        and facts.application.submitted_at is not None
        and deadline.responsible is not ResponsibleParty.CONSULTED
        and deadline.fulfilled_at is None
    )


def _is_postponed(deadline: CaseDeadline, facts: CaseFacts) -> bool:
    return deadline.name == APPOINTMENT and facts.application.apology is not None


def _date_given(deadline: CaseDeadline, latest: Deadline | None) -> Deadline | None:
    """Return the date the facts lead to, null where that is the one given last."""
    computed = deadline.computation
    if not deadline.promises:
        return latest if computed is None else _better(deadline, computed, latest)
    if computed is None or computed.due == deadline.promises[-1].due:
        return None
    return _better(deadline, computed, latest)


def _better(deadline: CaseDeadline, first: Deadline, second: Deadline | None) -> Deadline:
    return second if second is not None and _is_better(deadline, first, second) else first


def _is_better(deadline: CaseDeadline, first: Deadline, second: Deadline) -> bool:
    if first.due is None or second.due is None:
        return False
    is_later = second.due > first.due
    return is_later if deadline.responsible is ResponsibleParty.APPLICANT else second.due < first.due


def _helps(standing: CaseDeadline, latest: Deadline, *, at: datetime) -> bool:
    computed = standing.computation
    if computed is None or computed.is_over(at) or latest.is_over(at):
        return False
    return _is_better(standing, computed, latest)


def _promise(
    deadline: CaseDeadline,
    chosen: Deadline,
    *,
    facts: CaseFacts,
    cause: str,
    at: datetime,
    new_id: Callable[[], UUID],
) -> Promise:
    return Promise(
        id=new_id(),
        version=1,
        application_id=facts.application.id,
        name=deadline.name,
        subject="" if deadline.name == APPOINTMENT else deadline.subject,
        due=chosen.due,
        calendar_version=chosen.calendar_version,
        cause=cause,
        made_at=at,
    )
