"""Quotas as rows: one statement takes from several at once or from none, whatever other processes do meanwhile."""

import asyncio
from datetime import datetime

from sqlalchemy import Integer, LargeBinary, Text, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import SQLAlchemyError

from sandbox_registry.db import tables
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.operations.availability import DatabaseUnavailable
from sandbox_registry.domain.operations.quotas import Quota, Room

ANSWER_TIMEOUT_S = 2.0
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
    """The limits cannot be read."""


async def take(
    database: Database, quotas: list[tuple[Quota, bytes]], *, amount: int, at: datetime | None
) -> tuple[int, tuple[Room, ...]]:
    """Take up to `amount` from every quota asked; return how many each granted (0 takes nothing) and what is left.

    `at` is null in real life: the database's own clock is the one all processes share. Raises Unreachable.
    """
    values = {
        "names": [limit.name for limit, _ in quotas],
        "subjects": [subject for _, subject in quotas],
        "quotas": [limit.quota for limit, _ in quotas],
        "windows": [limit.window for limit, _ in quotas],
        "wanted": amount,
        "at": at,
    }
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S), database.primary() as connection:
            rows = await _TAKE.rows(connection, values)
    except (DatabaseUnavailable, SQLAlchemyError, OSError) as error:
        raise Unreachable from error
    rooms = (
        Room(limit=limit, left=left_over, opens_in=opens_in, full_in=full_in)
        for (limit, _), (_, left_over, opens_in, full_in) in zip(quotas, rows, strict=True)
    )
    return rows[0][0], tuple(rooms)


async def purge(database: Database) -> int:
    """Delete the quotas that are full again, which say nothing; return how many."""
    async with database.primary() as connection:
        return await Statement(delete(_LIMITS).where(_LIMITS.c.full_at < func.clock_timestamp())).execute(connection)
