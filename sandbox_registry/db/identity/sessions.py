"""Sessions of browsers as rows: whose a secret is, and what its owner is shown of them."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import and_, bindparam, exists, func, insert, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.db.identity.people import USE_KEPT_EVERY, ActorRow, actor_of, standing
from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.domain.identity.sessions import BrowserSession, OwnSession
from sandbox_registry.domain.texts import Language

_SESSIONS, _PEOPLE = tables.browser_sessions, tables.people
_SESSION = [_SESSIONS.c[name] for name in BrowserSession.__dataclass_fields__]
_SHOWN = (_SESSIONS.c.last_seen_at, _SESSIONS.c.address, _SESSIONS.c.browser)
_AT = bindparam("at", type_=tables.Stamp)
_IDLE_SINCE = bindparam("idle_since", type_=tables.Stamp)
_UNKEPT_SINCE = bindparam("unkept_since", type_=tables.Stamp)
_IN_FORCE = and_(_SESSIONS.c.ended_at.is_(None), _SESSIONS.c.expires_at > _AT, _SESSIONS.c.last_seen_at > _IDLE_SINCE)
_NO_LIMITS = tuple(null().label(name) for name in ("scopes", "procedures", "addresses"))


class Found(NamedTuple):
    """A session by its secret: whose it is, with what power it began, and, unless it is over, who acts."""

    session: BrowserSession
    full_name: str
    language: Language | None
    power: str
    actor: Actor | None


_IS_IT = _SESSIONS.c.hash == bindparam("secret_hash")
_IS_WAITING = exists().where(tables.passwords.c.person_id == _SESSIONS.c.person_id, tables.passwords.c.is_given)
_BY_SECRET = Statement(
    select(
        *(_SESSIONS.c.person_id, _SESSIONS.c.method, *_NO_LIMITS, _SESSIONS.c.expires_at, *standing(_PEOPLE.c.id)),
        _IS_WAITING.label("is_waiting"),
        *(each.label(f"session_{each.key}") for each in _SESSION),
        _SESSIONS.c.power,
        _SESSIONS.c.last_seen_at,
        _PEOPLE.c.full_name,
        _PEOPLE.c.language,
        and_(_IN_FORCE, _PEOPLE.c.disabled_at.is_(None)).label("is_in_force"),
    )
    .join(_PEOPLE, _PEOPLE.c.id == _SESSIONS.c.person_id)
    .where(_IS_IT)
)
_KEEP_USE = Statement(
    update(_SESSIONS)
    .where(_IS_IT, _SESSIONS.c.last_seen_at < _UNKEPT_SINCE)
    .values(last_seen_at=_AT)
    .returning(func.set_config("synchronous_commit", "off", True))  # noqa: FBT003 - for this transaction only.
)
_ACTOR_FIELDS = len(ActorRow._fields)


async def find(
    connection: AsyncConnection, secret_hash: bytes, *, at: datetime, idle: timedelta, request_id: str
) -> Found | None:
    """Return the session of a secret, over or not; null for a secret that is nobody's.

    It is in force unless it ended, expired, was not used for `idle`, or the account is closed. Give a connection on which
    each statement stands alone, to the server that takes writes.
    """
    unkept_since = at - USE_KEPT_EVERY
    for row in await _BY_SECRET.rows(connection, {"secret_hash": secret_hash, "at": at, "idle_since": at - idle}):
        record, rest = ActorRow(*row[:_ACTOR_FIELDS]), row[_ACTOR_FIELDS:]
        *session, power, last_seen_at, full_name, language, is_in_force = rest
        if is_in_force and last_seen_at < unkept_since:
            use = {"secret_hash": secret_hash, "at": at, "unkept_since": unkept_since}
            await _KEEP_USE.execute(connection, use)
        return Found(
            session=msgspec.convert(
                dict(zip(BrowserSession.__dataclass_fields__, session, strict=True)), BrowserSession
            ),
            full_name=full_name,
            language=None if language is None else Language(language),
            power=power,
            actor=actor_of(record, method=record.method, request_id=request_id) if is_in_force else None,
        )
    return None


async def add(
    connection: AsyncConnection, session: BrowserSession, *, secret_hash: bytes, address: str | None, browser: str
) -> None:
    """Store a new session with the digest of its secret; `set_power` follows."""
    shown = {"last_seen_at": session.created_at, "address": address, "browser": browser}
    await Statement(
        insert(_SESSIONS).values(
            **{**asdict(session), "method": session.method.value}, **shown, hash=secret_hash, power=""
        )
    ).execute(connection)


async def set_power(connection: AsyncConnection, session_id: UUID, power: str) -> None:
    """Keep what counted for a person when a session of theirs began."""
    await Statement(update(_SESSIONS).where(_SESSIONS.c.id == session_id).values(power=power)).execute(connection)


async def sessions_of(
    connection: AsyncConnection, person_id: UUID, *, at: datetime, idle: timedelta
) -> tuple[OwnSession, ...]:
    """List the sessions of a person that are in force, the one used last first."""
    query = select(*_SESSION, *_SHOWN).where(_SESSIONS.c.person_id == person_id, _IN_FORCE)
    query = query.order_by(_SESSIONS.c.last_seen_at.desc(), _SESSIONS.c.id)
    rows = await Statement(query).dicts(connection, {"at": at, "idle_since": at - idle})
    return tuple(_own(row) for row in rows)


def _own(row: dict[str, Any]) -> OwnSession:
    shown = {column.key: row.pop(column.key) for column in _SHOWN}
    return OwnSession(session=msgspec.convert(row, BrowserSession), **shown)


async def lock(connection: AsyncConnection, session_id: UUID, *, person_id: UUID) -> BrowserSession | None:
    """Load a session of a person, and let nobody else change it until the transaction ends."""
    query = select(*_SESSION).where(_SESSIONS.c.id == session_id, _SESSIONS.c.person_id == person_id)
    for row in await Statement(query.with_for_update()).dicts(connection):
        return msgspec.convert(row, BrowserSession)
    return None


async def session(connection: AsyncConnection, session_id: UUID) -> BrowserSession | None:
    """Load a session of anybody."""
    for row in await Statement(select(*_SESSION).where(_SESSIONS.c.id == session_id)).dicts(connection):
        return msgspec.convert(row, BrowserSession)
    return None


async def rotate(connection: AsyncConnection, session: BrowserSession, *, secret_hash: bytes) -> None:
    """Store a session with another secret."""
    changed = {"version": session.version, "method": session.method.value, "proved_at": session.proved_at}
    statement = update(_SESSIONS).where(_SESSIONS.c.id == session.id).values(**changed, hash=secret_hash)
    await Statement(statement).execute(connection)


async def end(
    connection: AsyncConnection, person_id: UUID, *, at: datetime, only: UUID | None = None, but: UUID | None = None
) -> tuple[BrowserSession, ...]:
    """End the sessions of a person that nobody ended, or the `only` one, or all `but` one; return them as they stand then."""
    statement = update(_SESSIONS).where(_SESSIONS.c.person_id == person_id, _SESSIONS.c.ended_at.is_(None))
    statement = statement.where(*[_SESSIONS.c.id == only] * (only is not None))
    statement = statement.where(*[_SESSIONS.c.id != but] * (but is not None))
    statement = statement.values(ended_at=at, version=_SESSIONS.c.version + 1)
    ended = msgspec.convert(await Statement(statement.returning(*_SESSION)).dicts(connection), list[BrowserSession])
    return tuple(sorted(ended, key=lambda each: each.id))


async def forget(connection: AsyncConnection, person_id: UUID) -> None:
    """Empty what sessions of a person say of where they were."""
    emptied = update(_SESSIONS).where(_SESSIONS.c.person_id == person_id).values(address=None, browser=None)
    await Statement(emptied).execute(connection)


async def forget_over(connection: AsyncConnection, *, before: datetime) -> int:
    """Empty what sessions say of where they were that ended, or could last no longer, before a moment; return how many."""
    was_over = or_(_SESSIONS.c.ended_at < before, _SESSIONS.c.expires_at < before)
    says = or_(_SESSIONS.c.address.is_not(None), _SESSIONS.c.browser.is_not(None))
    emptied = update(_SESSIONS).where(was_over, says).values(address=None, browser=None).returning(_SESSIONS.c.id)
    return len(await Statement(emptied).rows(connection))
