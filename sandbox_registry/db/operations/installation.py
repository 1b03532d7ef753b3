"""What the log last said of the installation, read from the log itself: no second place could contradict it."""

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.operations.installation import Known

_LEAVES, _RECORDS = tables.audit_leaves, tables.audit_records
_LAST_OF = Statement(
    select(_RECORDS.c.record)
    .join(_LEAVES, _LEAVES.c.index == _RECORDS.c.index)
    .where(_LEAVES.c.object_id == bindparam("object_id"))
    .order_by(_LEAVES.c.index.desc())
    .limit(1)
)
_LAST_AT = Statement(select(_LEAVES.c.at).order_by(_LEAVES.c.index.desc()).limit(1))
_SIZE_AND_TIME = Statement(
    select(
        tables.log_head.c.size,
        select(_LEAVES.c.at).where(_LEAVES.c.index == bindparam("index", type_=BigInteger)).scalar_subquery(),
    )
)
_LOCK = Statement(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0))))


async def last_known(connection: AsyncConnection, fact_id: UUID) -> Known | None:
    """Return what the log last said of a fact; null when it never did."""
    record = await _LAST_OF.value(connection, {"object_id": fact_id})
    if record is None:
        return None
    state = json.loads(record)["objects"][0]["state"]
    return Known(version=state["version"], value=state["after"])


async def last_leaf_at(connection: AsyncConnection) -> datetime | None:
    """Return when the newest leaf was written, by the clock of the process that wrote it."""
    written_at: datetime | None = await _LAST_AT.value(connection)
    return written_at


async def size_and_time_of(connection: AsyncConnection, *, index: int) -> tuple[int, datetime | None]:
    """Return how many leaves the log has, and the time of one of them; null when there is no such one."""
    rows = await _SIZE_AND_TIME.rows(connection, {"index": index})
    size, written_at = rows[0]
    return size, written_at


async def lock(connection: AsyncConnection, fact_id: UUID) -> None:
    """Let processes that put one fact on record go one after another, until the transaction ends."""
    await _LOCK.execute(connection, {"name": str(fact_id)})
