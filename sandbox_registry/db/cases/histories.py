"""The log of one case, by its index: a page of what was done, and what changed something up to a moment.

No statement here looks at a leaf of another case, however long the log is.
"""

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Text, Uuid, and_, bindparam, cast, func, not_, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Row, Statement
from sandbox_registry.domain.audiences import Revealed
from sandbox_registry.domain.audit import chain_item

SLICE = 50
"""Leaves read at once: a record holds whole objects, up to a megabyte in a case with long answers."""
_LEAVES, _RECORDS = tables.audit_leaves, tables.audit_records
_STATEMENT = func.coalesce(_LEAVES.c.statement, _LEAVES.c.entry)
_STATED = cast(func.convert_from(_STATEMENT, "UTF8"), JSONB)
_VERB = func.split_part(_STATED["act"].astext, ":", 2)
_CHANGED = and_(_STATED["result"].astext == "done", not_(func.starts_with(_VERB, "read")))
_OF_CASE = (
    select(_LEAVES.c.index, _LEAVES.c.entry, _LEAVES.c.salt, _LEAVES.c.statement, _RECORDS.c.nonce, _RECORDS.c.record)
    .outerjoin(_RECORDS, _RECORDS.c.index == _LEAVES.c.index)
    .where(_LEAVES.c.case_id == bindparam("case_id", type_=Uuid))
    .where(_LEAVES.c.index > bindparam("after", type_=BigInteger))
    .order_by(_LEAVES.c.index)
    .limit(bindparam("limit", type_=Integer))
)
_FIRST = (
    select(_LEAVES.c.index)
    .where(_LEAVES.c.case_id == bindparam("case_id", type_=Uuid), _CHANGED)
    .where(_STATED["act"].astext == func.any(bindparam("actions", type_=ARRAY(Text))))
    .order_by(_LEAVES.c.index)
    .limit(1)
)
_OF_VERSION = (
    select(_LEAVES.c.index)
    .where(_LEAVES.c.object_id == bindparam("object_id", type_=Uuid), _CHANGED)
    .where(cast(_STATED["obj"]["ver"].astext, Integer) == bindparam("version", type_=Integer))
    .order_by(_LEAVES.c.index)
    .limit(1)
)
_LEAF_OF_ACT, _LEAF_OF_VERSION = Statement(_FIRST), Statement(_OF_VERSION)
_LAST = Statement(
    select(_LEAVES.c.index)
    .where(_LEAVES.c.case_id == bindparam("case_id", type_=Uuid))
    .order_by(_LEAVES.c.index.desc())
    .limit(1)
)
_REVEALED = _STATED["act"].astext == func.any(bindparam("acts", type_=ARRAY(Text)))
_OWN = _LEAVES.c.index == bindparam("own", type_=BigInteger)
_ALL = Statement(_OF_CASE.where(_REVEALED | _OWN))
_DONE = Statement(_OF_CASE.where(and_(_REVEALED, _STATED["result"].astext == "done") | _OWN))
_LIST = Statement(
    select(
        _LEAVES.c.index,
        _LEAVES.c.leaf_hash,
        _LEAVES.c.salt,
        _LEAVES.c.statement,
        _STATED["act"].astext,
        _STATED["result"].astext,
    )
    .where(_LEAVES.c.case_id == bindparam("case_id", type_=Uuid))
    .where(_LEAVES.c.index < bindparam("until", type_=BigInteger))
    .order_by(_LEAVES.c.index)
)
_CHANGES_UNTIL = Statement(_OF_CASE.where(_LEAVES.c.at <= bindparam("until", type_=tables.Stamp), _CHANGED))


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One leaf of a case. Leaves of the first format have neither salt nor statement; nonce and record are null once erased."""

    index: int
    entry: bytes
    salt: bytes | None
    statement: bytes | None
    nonce: bytes | None
    record: bytes | None

    @property
    def said(self) -> bytes:
        """What the leaf says of its act, as JSON."""
        return self.entry if self.statement is None else self.statement


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLeaf:
    """A leaf in the list of its case: what stands for it there, and whether this reader may learn of its act."""

    index: int
    item: bytes
    is_revealed: bool


async def leaves_after(
    connection: AsyncConnection, case_id: UUID, *, after: int, limit: int, revealed: Revealed, own: int = -1
) -> tuple[HistoryRow, ...]:
    """List the leaves of a case that may be revealed, in log order from behind a leaf on; `own` is one of the reader's."""
    statement = _ALL if revealed.with_refusals else _DONE
    values = {"case_id": case_id, "after": after, "limit": limit, "acts": list(revealed.acts), "own": own}
    rows = await statement.rows(connection, values)
    return tuple(map(_history_row, rows))


async def changes_until(connection: AsyncConnection, case_id: UUID, *, until: datetime) -> AsyncGenerator[HistoryRow]:
    """Go through what changed something in a case up to a moment, that moment included, in log order."""
    after = -1
    while True:
        values = {"case_id": case_id, "after": after, "until": until, "limit": SLICE}
        rows = await _CHANGES_UNTIL.rows(connection, values)
        for row in rows:
            yield _history_row(row)
        if len(rows) < SLICE:
            return
        after = rows[-1][0]


def _history_row(row: Row) -> HistoryRow:
    index, entry, salt, statement, nonce, record = row
    return HistoryRow(index=index, entry=entry, salt=salt, statement=statement, nonce=nonce, record=record)


async def leaves_listed(
    connection: AsyncConnection, case_id: UUID, *, until: int, revealed: Revealed
) -> tuple[ListedLeaf, ...]:
    """List every leaf of a case below an index, in log order, whether it may be revealed or not."""
    rows = await _LIST.rows(connection, {"case_id": case_id, "until": until})
    return tuple(
        ListedLeaf(
            index=index,
            item=leaf_hash if statement is None else chain_item(salt, statement),
            is_revealed=act in revealed.acts and (revealed.with_refusals or result == "done"),
        )
        for index, leaf_hash, salt, statement, act, result in rows
    )


async def last_leaf(connection: AsyncConnection, case_id: UUID) -> int:
    """Return the last leaf of a case, -1 before the first."""
    rows = await _LAST.rows(connection, {"case_id": case_id})
    return rows[0][0] if rows else -1


async def leaf_of_act(connection: AsyncConnection, case_id: UUID, actions: Iterable[str]) -> int | None:
    """Find the leaf of the first of these acts that was done in a case; null while it is not committed yet."""
    rows = await _LEAF_OF_ACT.rows(connection, {"case_id": case_id, "actions": list(actions)})
    return rows[0][0] if rows else None


async def leaf_of_version(connection: AsyncConnection, object_id: UUID, version: int) -> int | None:
    """Find the leaf that records one version of an object which its acts write first; null while it is not committed."""
    rows = await _LEAF_OF_VERSION.rows(connection, {"object_id": object_id, "version": version})
    return rows[0][0] if rows else None
