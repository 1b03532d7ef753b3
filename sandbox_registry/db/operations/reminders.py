"""Who is to be reminded on a day: consulted units that have not answered yet, and holders of tokens that end soon."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import Interval, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement, any_of
from sandbox_registry.domain.stages import OPEN_STAGES

_CONSULTATIONS = tables.consultations
_APPLICATIONS = tables.applications
_PEOPLE, _TOKENS = tables.people, tables.tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """A consultation that its unit is to be reminded of."""

    consultation_id: UUID
    application_id: UUID
    code: str | None
    unit_id: UUID
    is_required: bool


_DUE = Statement(
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
        any_of(_APPLICATIONS.c.stage, OPEN_STAGES),
    )
    .order_by(_CONSULTATIONS.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingToken:
    """A token that its holder is to replace in time."""

    id: UUID
    person_id: UUID
    name: str
    expires_at: datetime


_ENDING = [_TOKENS.c[name] for name in EndingToken.__dataclass_fields__]
_NOTE = Statement(
    update(_TOKENS)
    .where(
        _TOKENS.c.expires_at > bindparam("at", type_=tables.Stamp),
        _TOKENS.c.expires_at < bindparam("until", type_=tables.Stamp),
        _TOKENS.c.expires_at - _TOKENS.c.created_at > bindparam("notice", type_=Interval),
        _TOKENS.c.revoked_at.is_(None),
        _TOKENS.c.told_at.is_(None),
    )
    .values(told_at=bindparam("at", type_=tables.Stamp))
    .returning(*_ENDING)
)
_HOLDER = Statement(
    select(*_ENDING, _PEOPLE.c.email)
    .join(_PEOPLE, _PEOPLE.c.id == _TOKENS.c.person_id)
    .where(
        _TOKENS.c.id == bindparam("token_id"),
        _TOKENS.c.expires_at > bindparam("at", type_=tables.Stamp),
        _TOKENS.c.revoked_at.is_(None),
        _PEOPLE.c.disabled_at.is_(None),
    )
)


async def note_ending(
    connection: AsyncConnection, *, at: datetime, until: datetime, notice: timedelta
) -> tuple[EndingToken, ...]:
    """Note as told, and return, the tokens that end before `until`, were made to last longer than `notice`, and were not.

    Of two that ask at once each token is given to one.
    """
    rows = await _NOTE.dicts(connection, {"at": at, "until": until, "notice": notice})
    return tuple(sorted(msgspec.convert(rows, list[EndingToken]), key=lambda token: token.id))


async def holder_of(connection: AsyncConnection, token_id: UUID, *, at: datetime) -> tuple[EndingToken, str] | None:
    """Return a token and its holder's e-mail address; null once it has ended or its holder's account is closed."""
    for row in await _HOLDER.dicts(connection, {"token_id": token_id, "at": at}):
        email = row.pop("email")
        return msgspec.convert(row, EndingToken), email
    return None


async def consultations_on(connection: AsyncConnection, *, day: date) -> tuple[Reminder, ...]:
    """List the open consultations whose reminder falls on a day."""
    return msgspec.convert(await _DUE.dicts(connection, {"day": day}), tuple[Reminder, ...])
