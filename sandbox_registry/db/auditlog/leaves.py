"""The log as rows: the head of the tree, and the names of people in it."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement

_NAMES = Statement(
    select(tables.people.c.id, tables.people.c.full_name).where(
        tables.people.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))
    )
)
_HEAD = Statement(select(tables.log_head.c.size, tables.log_head.c.hashes))


async def head(connection: AsyncConnection) -> tuple[int, tuple[bytes, ...]]:
    """Return the size of the log and the hashes of its compact range, largest subtree first; where somebody took the row away, none."""
    for size, hashes in await _HEAD.rows(connection):
        return size, tuple(hashes)
    return 0, ()


async def names_of(connection: AsyncConnection, person_ids: set[UUID]) -> dict[UUID, str]:
    """Return the names behind the people in a log's records."""
    return dict(await _NAMES.rows(connection, {"ids": sorted(person_ids)}))
