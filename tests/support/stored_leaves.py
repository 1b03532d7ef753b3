"""The log as a test looks at it: leaves with the records they commit to."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.auditlog.verifying.entries import GivenLeaf, Opening
from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafRow:
    """A leaf as stored: entry and statement, and the record they lead to (null once erased)."""

    index: int
    entry: bytes
    salt: bytes | None
    statement: bytes | None
    nonce: bytes | None
    record: bytes | None

    @property
    def said(self) -> bytes:
        """What it says of its act: leaves of the first format say it in the entry."""
        return self.statement or self.entry

    @property
    def given(self) -> GivenLeaf:
        """The leaf as a verifier is given it."""
        return GivenLeaf(
            index=self.index,
            entry=self.entry,
            statement=Opening(self.salt, self.statement) if self.salt and self.statement else None,
            record=Opening(self.nonce, self.record) if self.nonce and self.record else None,
        )


_LEAVES = (
    select(
        tables.audit_leaves.c.index,
        tables.audit_leaves.c.entry,
        tables.audit_leaves.c.salt,
        tables.audit_leaves.c.statement,
        tables.audit_records.c.nonce,
        tables.audit_records.c.record,
    )
    .outerjoin(tables.audit_records, tables.audit_records.c.index == tables.audit_leaves.c.index)
    .order_by(tables.audit_leaves.c.index)
)
_ALL = Statement(_LEAVES)
_OF_CASE = Statement(_LEAVES.where(tables.audit_leaves.c.case_id == bindparam("case_id")))


async def leaves_of_case(connection: AsyncConnection, case_id: UUID) -> tuple[LeafRow, ...]:
    """List every leaf of one case in log order."""
    return tuple(LeafRow(**row) for row in await _OF_CASE.dicts(connection, {"case_id": case_id}))


async def all_leaves(connection: AsyncConnection) -> tuple[LeafRow, ...]:
    """List the whole log."""
    return tuple(LeafRow(**row) for row in await _ALL.dicts(connection))
