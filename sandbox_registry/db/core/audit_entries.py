"""The last statement of an act: it appends a leaf, its record and the new tree head, and commits."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, Text, Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeaf:
    """A leaf to be appended: the canonical entry, the record it commits to, and what both are about."""

    entry: bytes
    nonce: bytes
    record: bytes
    object_type: str
    object_id: UUID
    case_id: UUID | None
    at: datetime


_APPEND = Statement(
    select(
        func.append_leaf(
            bindparam("entry", type_=LargeBinary),
            bindparam("nonce", type_=LargeBinary),
            bindparam("record", type_=LargeBinary),
            bindparam("object_type", type_=Text),
            bindparam("object_id", type_=Uuid),
            bindparam("case_id", type_=Uuid),
            bindparam("at", type_=tables.Stamp),
        )
    )
)
_LEAF = tuple(NewLeaf.__dataclass_fields__)


async def append_and_commit(connection: AsyncConnection, leaf: NewLeaf) -> int:
    """Append one leaf, commit, and return its index. Everybody waits for the head meanwhile: it is one message."""
    rows = await _APPEND.execute_and_commit(connection, {name: getattr(leaf, name) for name in _LEAF})
    return int(rows[0][0])
