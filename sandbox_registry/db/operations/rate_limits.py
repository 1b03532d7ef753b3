"""Quotas as rows: one statement takes from several at once or from none, whatever other processes do meanwhile."""

import asyncio
from datetime import datetime

from sqlalchemy import Integer, LargeBinary, Text, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import SQLAlchemyError

from sandbox_registry.db import tables
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.operations.quotas import Quota, Room

PATIENCE = 2.0
"""Seconds to wait for an answer before the limits count as unknown."""
_LIMITS = tables.rate_limits
_TAKE = Statement(
    select(
        func.take_from_limits(
            bindparam("names", type_=ARRAY(Text)),
            bindparam("subjects", type_=ARRAY(LargeBinary)),
            bindparam("quotas", type_=ARRAY(Integer)),
            bindparam("windows", type_=ARRAY(Integer)),
            bindparam("wanted", type_=Integer),
            bindparam("at", type_=tables.Stamp),
        ).table_valued("granted", "left_over", "opens_in", "full_in")
    )
)


class Unreachable(Exception):
    """The limits could not be asked."""


async def take(
    database: Database, asked: list[tuple[Quota, bytes]], *, wanted: int, at: datetime | None
) -> tuple[int, tuple[Room, ...]]:
    """Take up to `wanted` from every quota asked; return how many each granted (0 takes nothing) and what is left.

    `at` is null in real life: the database's own clock is the one all processes share. Raises Unreachable.
    """
    given = {
        "names": [limit.name for limit, _ in asked],
        "subjects": [subject for _, subject in asked],
        "quotas": [limit.quota for limit, _ in asked],
        "windows": [limit.window for limit, _ in asked],
        "wanted": wanted,
        "at": at,
    }
    try:
        async with asyncio.timeout(PATIENCE), database.primary() as connection:
            rows = await _TAKE.rows(connection, given)
    except (SQLAlchemyError, OSError) as error:
        raise Unreachable from error
    rooms = (
        Room(limit=limit, left=left_over, opens_in=opens_in, full_in=full_in)
        for (limit, _), (_, left_over, opens_in, full_in) in zip(asked, rows, strict=True)
    )
    return rows[0][0], tuple(rooms)


async def purge(database: Database) -> int:
    """Delete the quotas that are full again, which say nothing; return how many."""
    async with database.primary() as connection:
        return await Statement(delete(_LIMITS).where(_LIMITS.c.full_at < func.clock_timestamp())).execute(connection)
