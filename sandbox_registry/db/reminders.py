"""Who is to be reminded on a day: consulted units that have not answered yet, and holders of tokens that end soon."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import Interval, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.records import as_dict
from sandbox_registry.domain.stages import OPEN_STAGES

_CONSULTATIONS = tables.consultations
_APPLICATIONS = tables.applications
_TOKENS = tables.tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A consultation that its unit is to be reminded of."""

    consultation_id: UUID
    application_id: UUID
    code: str | None
    unit_id: UUID
    is_required: bool


_DUE = (
    select(
        _CONSULTATIONS.c.id.label("consultation_id"),
        _CONSULTATIONS.c.application_id,
        _APPLICATIONS.c.code,
        _CONSULTATIONS.c.unit_id,
        _CONSULTATIONS.c.is_required,
    )
    .join(_APPLICATIONS, _APPLICATIONS.c.id == _CONSULTATIONS.c.application_id)
    .where(
        _CONSULTATIONS.c.remind_on == bindparam("day"),
        _CONSULTATIONS.c.answered_at.is_(None),
        _CONSULTATIONS.c.closed_silent_at.is_(None),
        _APPLICATIONS.c.stage.in_(sorted(OPEN_STAGES)),
    )
    .order_by(_CONSULTATIONS.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingToken:
    """A token that its holder is to replace in time."""

    token_id: UUID
    person_id: UUID
    expires_at: datetime


_ENDING = (
    select(_TOKENS.c.id.label("token_id"), _TOKENS.c.person_id, _TOKENS.c.expires_at)
    .where(
        _TOKENS.c.expires_at >= bindparam("start", type_=tables.Stamp),
        _TOKENS.c.expires_at < bindparam("end", type_=tables.Stamp),
        _TOKENS.c.expires_at - _TOKENS.c.created_at > bindparam("notice", type_=Interval),
        _TOKENS.c.revoked_at.is_(None),
    )
    .order_by(_TOKENS.c.id)
)


async def tokens_ending(
    connection: AsyncConnection, *, start: datetime, end: datetime, notice: timedelta
) -> tuple[EndingToken, ...]:
    """List the tokens that end from `start` until before `end` and were made to last longer than `notice`."""
    found = await connection.execute(_ENDING, {"start": start, "end": end, "notice": notice})
    return tuple(msgspec.convert(as_dict(row), EndingToken) for row in found)


async def consultations_on(connection: AsyncConnection, *, day: date) -> tuple[Reminder, ...]:
    """List the open consultations whose reminder falls on a day."""
    return tuple(msgspec.convert(as_dict(row), Reminder) for row in await connection.execute(_DUE, {"day": day}))
