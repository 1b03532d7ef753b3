"""The unit of work: one transaction and the repositories that share it."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core import jobs
from sandbox_registry.db.core.audit_entries import NewLeaf, append_and_commit
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.db.core.queries import Queries
from sandbox_registry.db.core.records import Versioned
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.errors import NotFound

T = TypeVar("T", bound=Versioned)


class UnitOfWork(Queries):
    """Everything one use case reads and writes; it commits or rolls back as a whole (see `Database.transaction`)."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self.index: int | None = None
        """Where the leaf stands in the log; null until it is committed, and where there is none."""
        self._leaf: NewLeaf | None = None

    def stage_audit_entry(self, leaf: NewLeaf) -> None:
        """Have the leaf appended with the COMMIT, so that the head of the log is locked no longer than for that.

        Nothing can then happen after the leaf, or without it.
        """
        if self._leaf is not None:
            message = "a transaction has one leaf"
            raise RuntimeError(message)
        self._leaf = leaf

    async def finish(self) -> None:
        """Append the leaf, if there is one, and commit with it; without one, `Database.transaction` commits."""
        if self._leaf is not None:
            self.index = await append_and_commit(self.connection, self._leaf)

    async def get(self, kind: type[T], identity: UUID) -> T:
        """Load one object; `NotFound` when there is none."""
        obj: T = await RECORDS[kind].get(self.connection, identity)
        return obj

    async def get_of(self, kind: type[T], identity: UUID, /, **owner: object) -> T:
        """Load one object of an owner, named by its columns; `NotFound` for another's as for none, before it is read."""
        for obj in await self.find(kind, id=identity, **owner):
            return obj
        raise NotFound(what=RECORDS[kind].name)

    async def add(self, obj: Versioned) -> None:
        """Insert a new object; `Duplicate` when a unique rule says it is there already."""
        await RECORDS[type(obj)].add(self.connection, obj)

    async def save(self, obj: Versioned) -> None:
        """Write a changed object; `StaleVersion` when somebody was faster."""
        await RECORDS[type(obj)].save(self.connection, obj)

    async def find(self, kind: type[T], /, **equal: object) -> tuple[T, ...]:
        """List the objects whose columns equal the given values, oldest first."""
        objects: tuple[T, ...] = await RECORDS[kind].of(self.connection, **equal)
        return objects

    async def next_number(self, series: str) -> int:
        """Take the next number of a gap-free series: a rollback gives it back, a second taker waits."""
        rows = await _NEXT_NUMBER.rows(self.connection, {"series": series})
        return int(rows[0][0])

    async def defer(self, task: jobs.Task, *, at: datetime | None = None, **args: object) -> None:
        """Have a worker do something once this transaction has committed, not before `at`; a rollback takes it back.

        `args` become JSON: give identities, not what they stand for, since jobs and their logs are kept.
        """
        await jobs.defer(self.connection, task, at=at, args=args)


_COUNTERS = tables.counters
_NEXT_NUMBER = Statement(
    insert(_COUNTERS)
    .values(series=bindparam("series", type_=_COUNTERS.c.series.type), last=1)
    .on_conflict_do_update(index_elements=[_COUNTERS.c.series], set_={"last": _COUNTERS.c.last + 1})
    .returning(_COUNTERS.c.last)
)
