"""The dates a case was given: each kept with when, why and by which calendar; a new one takes the place of the last."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.cases.applications import Application

APPOINTMENT = "appointment"
RECALCULATED = "deadline:recalculate"
"""The cause of a date that no act in the case gave but a new calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A date that a deadline of a case was given, and that binds until the next one; never changed.

    `name` and `subject` are the deadline's. `due` is exclusive, as of a `Deadline`, and null when the clock was stopped.
    `cause` is the act that gave it, and `calendar_version` what it was computed with.
    """

    id: UUID
    version: int
    application_id: UUID
    name: str
    subject: str
    due: datetime | None
    calendar_version: str
    cause: str
    made_at: datetime


def of_deadline(promises: Iterable[Promise], name: str, subject: str = "") -> tuple[Promise, ...]:
    """List the dates one deadline was given, oldest first; the last one counts."""
    return tuple(each for each in promises if (each.name, each.subject) == (name, subject))


def with_appointment(application: Application, promises: Iterable[Promise]) -> Application:
    """Return a case with the day of the result as it was last promised: the record of a case keeps that of its last act."""
    promised = of_deadline(promises, APPOINTMENT)
    return replace(application, appointment_at=promised[-1].due) if promised else application
