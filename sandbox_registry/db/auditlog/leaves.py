"""The log as rows: leaves with their records, and the head of the tree."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
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
_NAMES = Statement(
    select(tables.people.c.id, tables.people.c.full_name).where(
        tables.people.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))
    )
)
_HEAD = Statement(select(tables.log_head.c.size, tables.log_head.c.hashes))
_ALL = Statement(_LEAVES)
_OF_CASE = Statement(_LEAVES.where(tables.audit_leaves.c.case_id == bindparam("case_id")))


async def leaves_of_case(connection: AsyncConnection, case_id: UUID) -> tuple[LeafRow, ...]:
    """List every leaf of one case in log order."""
    return tuple(LeafRow(**row) for row in await _OF_CASE.dicts(connection, {"case_id": case_id}))


async def all_leaves(connection: AsyncConnection) -> tuple[LeafRow, ...]:
    """List the whole log."""
    return tuple(LeafRow(**row) for row in await _ALL.dicts(connection))


async def head(connection: AsyncConnection) -> tuple[int, tuple[bytes, ...]]:
    """Return the size of the log and the hashes of its compact range, largest subtree first."""
    [(size, hashes)] = await _HEAD.rows(connection)
    return size, tuple(hashes)


async def names_of(connection: AsyncConnection, person_ids: set[UUID]) -> dict[UUID, str]:
    """Return the names behind the people in a log's records."""
    return dict(await _NAMES.rows(connection, {"ids": sorted(person_ids)}))
