"""Every row that the log accounts for, as a verifier reads it: leaves with their records, and objects with their rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Text, bindparam, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.cases.applications import DossierVersion
from sandbox_registry.domain.identity.tokens import Token
from sandbox_registry.domain.kinds.every import BY_CLASS
from sandbox_registry.domain.permits.permits import PermitVersion

SLICE = 4096
_LEAVES = tables.audit_leaves
_RECORDS = tables.audit_records


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLeaf:
    """A leaf with everything kept beside it."""

    index: int
    entry: bytes
    leaf_hash: bytes
    object_type: str
    object_id: UUID
    case_id: UUID | None
    at: datetime
    nonce: bytes | None
    record: bytes | None


_SLICE = (
    select(
        _LEAVES.c.index,
        _LEAVES.c.entry,
        _LEAVES.c.leaf_hash,
        _LEAVES.c.object_type,
        _LEAVES.c.object_id,
        _LEAVES.c.case_id,
        _LEAVES.c.at,
        _RECORDS.c.nonce,
        _RECORDS.c.record,
    )
    .outerjoin(_RECORDS, _RECORDS.c.index == _LEAVES.c.index)
    .where(_LEAVES.c.index >= bindparam("after"))
    .order_by(_LEAVES.c.index)
    .limit(SLICE)
)
_STRAY = Statement(
    select(_RECORDS.c.index).where(~select(_LEAVES.c.index).where(_LEAVES.c.index == _RECORDS.c.index).exists())
)
_ALL_VERSIONS = Statement(select(tables.dossier_versions))
_ALL_PERMIT_VERSIONS = Statement(
    select(
        *(column for column in tables.permit_versions.c if column.name not in {"permit_serial", "effective"}),
        func.lower(tables.permit_versions.c.effective).label("start"),
        func.upper(tables.permit_versions.c.effective).label("end"),
    )
)
_USES = {"last_used_at", "last_refused_at"}  # Kept beside the record, which tells what was done with a token.
_TOKENS = Statement(select(*(tables.tokens.c[name] for name in Token.__dataclass_fields__ if name not in _USES)))


@asynccontextmanager
async def one_moment(database: Database) -> AsyncIterator[AsyncConnection]:
    """Give a connection that sees the database as it stands now for as long as the block lasts, and changes nothing."""
    engine = database.engine.execution_options(isolation_level="REPEATABLE READ")
    async with engine.connect() as connection:
        await Statement(text("SET TRANSACTION READ ONLY")).execute(connection)
        await Statement(text("SET LOCAL statement_timeout = 0")).execute(connection)
        await Statement(text("SET LOCAL idle_in_transaction_session_timeout = 0")).execute(connection)
        yield connection


async def kept_leaves(connection: AsyncConnection, *, case: UUID | None = None) -> AsyncIterator[KeptLeaf]:
    """Read the whole log in order, or that of one case, a slice at a time; gaps are for the caller to see."""
    after, slice_ = 0, Statement(_SLICE if case is None else _SLICE.where(_LEAVES.c.case_id == case))
    while True:
        rows = await slice_.dicts(connection, {"after": after})
        for row in rows:
            yield KeptLeaf(**row)
        if len(rows) < SLICE:
            return
        after = rows[-1]["index"] + 1


async def stray_records(connection: AsyncConnection) -> tuple[int, ...]:
    """List records that belong to no leaf."""
    return tuple(index for (index,) in await _STRAY.rows(connection))


async def rows_of_kinds(connection: AsyncConnection) -> AsyncIterator[tuple[str, str, dict[str, Any]]]:
    """Read every object the log accounts for: its kind, its key, and its state as a record writes it."""
    for kind, records in RECORDS.items():
        for values in await Statement(records.query).rows(connection):
            state = _as_recorded(records.read(values))
            yield BY_CLASS[kind].name, state["id"], state
    for row in await _TOKENS.dicts(connection):
        state = _as_recorded(row)
        yield "token", state["id"], state
    for row in await _ALL_VERSIONS.dicts(connection):
        state = _as_recorded(msgspec.convert(row, DossierVersion))
        yield "dossier_version", f"{state['application_id']}/{state['number']}", state
    for row in await _ALL_PERMIT_VERSIONS.dicts(connection):
        state = _as_recorded(msgspec.convert(row, PermitVersion))
        yield "permit_version", f"{state['permit_id']}/{state['terms_version']}", state


async def find_case(connection: AsyncConnection, code: str) -> UUID | None:
    """Find a case by the code people see, or by its identity."""
    cases = tables.applications.c
    found = await Statement(select(cases.id).where((cases.code == code) | (cast(cases.id, Text) == code))).row(
        connection
    )
    return None if found is None else UUID(str(found[0]))


async def procedures_kept(connection: AsyncConnection) -> frozenset[str]:
    """List the procedures at hand as `code@checksum`, each only if its text still has that checksum."""
    rows = await Statement(
        select(tables.rule_versions.c.code, tables.rule_versions.c.checksum, tables.rule_versions.c.content)
    ).rows(connection)
    return frozenset(
        f"{code}@{checksum}" for code, checksum, content in rows if sha256(content.encode()).hexdigest() == checksum
    )


def _as_recorded(obj: object) -> dict[str, Any]:
    state: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(obj))
    return state


KINDS = frozenset({*(BY_CLASS[kind].name for kind in RECORDS), "token", "dossier_version", "permit_version"})
"""Kinds of objects that have rows; a record may hold others, which are only said."""
