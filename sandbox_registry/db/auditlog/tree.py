"""The log as its signer and verifiers read it: with reading rights only, in slices, never through the application's eyes."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from sqlalchemy import bindparam, func, literal, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.db.core.availability import one_line
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.operations.availability import DatabaseUnavailable

READER, APPLICATION = "registry_read", "registry_app"


class LogUnreachable(Exception):
    """The database does not answer, or the rights are missing; the message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """What the database says of its log: the size, and the compact range, largest subtree first."""

    size: int
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf as stored. `leaf_hash` is what the database claims; nobody should take its word for it."""

    index: int
    entry: bytes
    leaf_hash: bytes


_LEAVES = Statement(
    select(tables.audit_leaves.c.index, tables.audit_leaves.c.entry, tables.audit_leaves.c.leaf_hash)
    .where(tables.audit_leaves.c.index >= bindparam("start"), tables.audit_leaves.c.index < bindparam("end"))
    .order_by(tables.audit_leaves.c.index)
)
_MAY_READ = Statement(select(func.pg_has_role(literal(READER), literal("MEMBER"))))


class LogReader:
    """Reads the head and the leaves of the log; every failure of the database is `LogUnreachable`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def head(self) -> LogHead:
        """Read the size and the compact range, which change together."""
        async with self._connection() as connection:
            size, hashes = await audit.head(connection)
        return LogHead(size=size, hashes=hashes)

    async def leaves(self, start: int, end: int) -> list[Leaf]:
        """Read the leaves [start, end) that are there, in order; what is missing is for the caller to see."""
        async with self._connection() as connection:
            rows = await _LEAVES.rows(connection, {"start": start, "end": end})
            return [Leaf(index, entry, leaf_hash) for index, entry, leaf_hash in rows]

    async def close(self) -> None:
        """Close every connection."""
        await self.database.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        with reaching():
            async with self.database.replica() as connection:
                yield connection


@contextmanager
def reaching() -> Iterator[None]:
    """Turn what the driver says into `LogUnreachable`, in one line."""
    try:
        yield
    except DatabaseUnavailable as error:
        raise LogUnreachable(error.cause) from error
    except (SQLAlchemyError, OSError) as error:
        raise LogUnreachable(one_line(error)) from error


async def log_reader(url: str) -> LogReader:
    """Open a log for reading with the rights of `registry_read`, or of the application where the login has no others."""
    plain = Database(url, role=None)
    try:
        with reaching():
            async with plain.replica() as connection:
                may_read = await _MAY_READ.value(connection)
    finally:
        await plain.close()
    return LogReader(Database(url, role=READER if may_read else APPLICATION))
