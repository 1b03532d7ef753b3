"""Counts of logins that failed, until a leaf says how many there were."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement

_COUNTS = tables.refused_logins
_COUNT = Statement(
    insert(_COUNTS)
    .values(since=bindparam("since"), person_id=bindparam("tried"), tries=1)
    .on_conflict_do_update(index_elements=[_COUNTS.c.since, _COUNTS.c.person_id], set_={"tries": _COUNTS.c.tries + 1})
)
_FIRST = select(func.min(_COUNTS.c.since)).where(_COUNTS.c.since <= bindparam("until")).scalar_subquery()
_TAKE = Statement(
    delete(_COUNTS).where(_COUNTS.c.since == _FIRST).returning(_COUNTS.c.since, _COUNTS.c.person_id, _COUNTS.c.tries)
)
_WAITING = Statement(select(_COUNTS.c.since).where(_COUNTS.c.since <= bindparam("until")).limit(1))


async def count(connection: AsyncConnection, tried: UUID, *, since: datetime) -> None:
    """Count one more login that failed at an account, or at none, in the interval that began at `since`."""
    await _COUNT.execute(connection, {"since": since, "tried": tried})


async def is_waiting(connection: AsyncConnection, *, until: datetime) -> bool:
    """Say whether there are counts of an interval that began at this moment, or before."""
    return await _WAITING.row(connection, {"until": until}) is not None


async def take(connection: AsyncConnection, *, until: datetime) -> tuple[datetime, dict[UUID, int]] | None:
    """Take the counts of the oldest interval that began at this moment or before; another who takes it gets nothing."""
    rows = await _TAKE.rows(connection, {"until": until})
    return (rows[0][0], {person_id: tries for _, person_id, tries in rows}) if rows else None
