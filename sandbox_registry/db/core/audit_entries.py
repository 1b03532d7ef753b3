"""The last statement of an act: it appends a leaf, its record and the new tree head, and commits."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, Text, Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeaf:
    """A leaf to be appended: its statement and the salt of its commitment, the record, and what both are about.

    Only under the lock of the head is known which leaf of its case this one is, so the database writes that into the
    statement, between `before` and `after`, and then the entry.
    """

    before: bytes
    after: bytes
    salt: bytes
    nonce: bytes
    record: bytes
    object_type: str
    object_id: UUID
    case_id: UUID | None
    at: datetime


def _append(case_id: ColumnElement[UUID]) -> Statement:
    return Statement(
        select(
            func.append_leaf(
                bindparam("before", type_=LargeBinary),
                bindparam("after", type_=LargeBinary),
                bindparam("salt", type_=LargeBinary),
                bindparam("nonce", type_=LargeBinary),
                bindparam("record", type_=LargeBinary),
                bindparam("object_type", type_=Text),
                _OBJECT,
                case_id,
                bindparam("at", type_=tables.Stamp),
            )
        )
    )


_OBJECT = bindparam("object_id", type_=Uuid)
_APPEND = _append(bindparam("case_id", type_=Uuid))
_APPEND_BESIDE = {
    "permit": _append(select(tables.permits.c.application_id).where(tables.permits.c.id == _OBJECT).scalar_subquery())
}
"""Leaves about what belongs to a case, by the name of its kind, where the writer may not know to which."""
_LEAF = tuple(NewLeaf.__dataclass_fields__)


async def append_and_commit(connection: AsyncConnection, leaf: NewLeaf) -> int:
    """Append one leaf, commit, and return its index. Everybody waits for the head meanwhile: it is one message."""
    statement = _APPEND if leaf.case_id is not None else _APPEND_BESIDE.get(leaf.object_type, _APPEND)
    rows = await statement.execute_and_commit(connection, {name: getattr(leaf, name) for name in _LEAF})
    return int(rows[0][0])
