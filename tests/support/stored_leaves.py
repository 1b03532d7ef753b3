"""The log as a test looks at it: leaves with the records they commit to."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafRow:
    """A leaf as stored: the canonical entry, and the record it commits to (null once erased)."""

    index: int
    entry: bytes
    nonce: bytes | None
    record: bytes | None


_LEAVES = (
    select(
        tables.audit_leaves.c.index,
        tables.audit_leaves.c.entry,
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
