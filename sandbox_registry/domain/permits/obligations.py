"""What the holder of a permit owes and when: derived from the permit, its procedure and the calendar, never stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sandbox_registry.domain.permits.permits import Permit
from sandbox_registry.domain.rules.calendars import (
    Calendar,
    CalendarGap,
    Deadline,
    Term,
    Unit,
    add_term,
    deadline,
    end_of,
    latest_before,
    local_date,
)
from sandbox_registry.domain.rules.procedures import DutyStart, Procedure, TrialObligation

_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitObligation:
    """One obligation of the procedure as this permit owes it.

    `term` is null when the procedure leaves it open: no timer runs. `dues` are the moments known now, in order; none for
    an obligation that waits for an event. `is_complete` is false when more follow that the calendar of working days does not
    reach yet, or that are too many to list.
    """

    obligation: TrialObligation
    term: Term | None
    dues: tuple[Deadline, ...]
    is_complete: bool


def obligations_of(permit: Permit, procedure: Procedure, calendar: Calendar) -> tuple[PermitObligation, ...]:
    """List what the holder owes, in the order of the procedure.

    Periodic obligations are counted from the issue, each period from the same day, so month ends do not drift; the last one
    is that whose period is over when the trial ends. Of the calendar in force at the issue and the one in force now, the
    one that gives the holder more time counts.
    """
    return tuple(
        _with_dues(obligation, permit, procedure.term(obligation.term), calendar) for obligation in procedure.duties
    )


def _with_dues(obligation: TrialObligation, permit: Permit, term: Term | None, calendar: Calendar) -> PermitObligation:
    if term is None:
        return PermitObligation(obligation=obligation, term=term, dues=(), is_complete=True)
    promised, is_complete = _dues_by(obligation, permit, term, calendar.at(permit.issued_at))
    latest, is_complete_now = _dues_by(obligation, permit, term, calendar)
    dues = tuple(map(_later, promised, latest))
    rest = max(promised, latest, key=len)[len(dues) :]
    return PermitObligation(
        obligation=obligation, term=term, dues=(*dues, *rest), is_complete=is_complete or is_complete_now
    )


def _later(promised: Deadline, latest: Deadline) -> Deadline:
    """Return the date that helps the holder: no calendar approved after the issue takes a day away."""
    is_later = promised.due is not None and latest.due is not None and latest.due > promised.due
    return latest if is_later else promised


def _dues_by(
    obligation: TrialObligation, permit: Permit, term: Term, calendar: Calendar
) -> tuple[tuple[Deadline, ...], bool]:
    """List the dates one calendar knows, and say whether those are all."""
    dues: list[Deadline] = []
    try:
        for due in _dues(obligation, permit, term, calendar):
            if len(dues) == _MOST:
                return tuple(dues), False
            dues.append(due)
    except CalendarGap:
        return tuple(dues), False
    return tuple(dues), True


def _dues(obligation: TrialObligation, permit: Permit, term: Term, calendar: Calendar) -> Iterator[Deadline]:
    if obligation.starts is DutyStart.BEFORE_END:
        yield latest_before(term, end=permit.terms.end, calendar=calendar)
    elif obligation.starts is DutyStart.ISSUE and obligation.recurring:
        yield from _periods(permit, term, calendar)
    elif obligation.starts is DutyStart.ISSUE:
        yield deadline(term, start=permit.issued_at, calendar=calendar)
    elif obligation.starts is DutyStart.COMPLETION and permit.completed_at is not None:
        yield deadline(term, start=permit.completed_at, calendar=calendar)


def _periods(permit: Permit, term: Term, calendar: Calendar) -> Iterator[Deadline]:
    for count in range(1, _MOST + 2):
        periods = Term(term.value * count, term.unit)
        due = deadline(periods, start=permit.issued_at, calendar=calendar)
        if _over(periods, due, permit.issued_at) > permit.terms.end:
            return
        yield due


def _over(periods: Term, due: Deadline, issued_at: datetime) -> datetime:
    """Return when the periods are over, before a last day on a day off moves the due date."""
    if periods.unit in {Unit.H, Unit.WD}:
        return due.due or issued_at
    return end_of(add_term(local_date(issued_at), periods))
