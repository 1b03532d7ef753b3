"""Complaints against a refusal: one for each decision, whenever it comes; late ones are marked, and each has an outcome."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.cases.applications import Application, Complaint, ComplaintOutcome, Settlement
from sandbox_registry.domain.cases.deadlines import complaint_deadline
from sandbox_registry.domain.cases.lifecycle import require_stage
from sandbox_registry.domain.cases.promises import Promise
from sandbox_registry.domain.errors import Duplicate
from sandbox_registry.domain.rules.calendars import Calendar
from sandbox_registry.domain.rules.procedures import Procedure


def complain(
    application: Application,
    *,
    complaint_id: UUID,
    grounds: str,
    earlier: Iterable[Complaint],
    promises: tuple[Promise, ...],
    procedure: Procedure,
    calendar: Calendar,
    by: UUID,
    at: datetime,
) -> Complaint:
    """Record a complaint. A late one is taken and marked: whether its reasons excuse that is not for a program to say.

    Raises:
        TransitionNotAllowed: nothing was refused.
        Duplicate: there is a complaint against this decision already.

    """
    require_complainable(application, complaints=earlier)
    due = complaint_deadline(application, procedure=procedure, calendar=calendar, promises=promises)
    return Complaint(
        id=complaint_id,
        version=1,
        application_id=application.id,
        filed_by=by,
        filed_at=at,
        grounds=grounds,
        is_late=due is not None and due.is_over(at),
    )


def require_complainable(application: Application, *, complaints: Iterable[Complaint]) -> None:
    """Refuse a complaint where nothing was refused, and a second one: a case ends with one decision."""
    require_stage(application, "complain")
    if any(True for _ in complaints):
        raise Duplicate(what="complaint")


def settle(
    complaint: Complaint, *, outcome: ComplaintOutcome, reasons: str, document: str, by: UUID, at: datetime
) -> Complaint:
    """Record how a complaint ended.

    Raises:
        Duplicate: its outcome is recorded already.

    """
    require_open(complaint)
    settlement = Settlement(at=at, by=by, outcome=outcome, reasons=reasons, document=document)
    return replace(complaint, version=complaint.version + 1, settlement=settlement)


def require_open(complaint: Complaint) -> None:
    """Refuse what comes after the outcome."""
    if complaint.settlement is not None:
        raise Duplicate(what="outcome_of_complaint")
