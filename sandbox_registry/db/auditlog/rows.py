"""Every row that the log accounts for, as a verifier reads it: leaves with their records, and objects with their rows."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    Table,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.auditlog.coverage import DERIVED, not_in_records
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.kinds import TABLES
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.operations.account_mails import WITH_SECRET, AccountMail

SLICE = 4096
_LEAVES = tables.audit_leaves
_RECORDS = tables.audit_records


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLeaf:
    """A leaf with everything stored beside it; `salt` to `chain` are null in leaves of the first format."""

    index: int
    entry: bytes
    leaf_hash: bytes
    object_type: str
    object_id: UUID
    case_id: UUID | None
    at: datetime
    salt: bytes | None
    statement: bytes | None
    place: int | None
    chain: bytes | None
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
        _LEAVES.c.salt,
        _LEAVES.c.statement,
        _LEAVES.c.place,
        _LEAVES.c.chain,
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
_KEYS = {"dossier_version": ("application_id", "number"), "permit_version": ("permit_id", "terms_version")}


_CHECKED_HERE: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    "application": (
        (tables.applications.c.search == func.to_tsvector("simple", tables.applications.c.search_text)).label("search"),
    ),
    "permit_version": (
        func.lower(tables.permit_versions.c.effective).label("start"),
        func.upper(tables.permit_versions.c.effective).label("end"),
    ),
    "person": ((tables.people.c.email_key == func.lower(tables.people.c.email)).label("email_key"),),
}
"""What stands for columns whose values are no JSON, or follow from others by what only the database computes."""


def _rows_of(kind: str, table: Table) -> Statement:
    here = _CHECKED_HERE.get(kind, ())
    derived = [name for name in DERIVED.get(kind, ()) if name not in {*(each.key for each in here), "effective"}]
    columns = [column for column in table.c if column.name not in not_in_records(kind)]
    return Statement(select(*columns, *(table.c[name] for name in derived), *here))


_ROWS = {kind: _rows_of(kind, table) for kind, table in TABLES.items()}
KINDS = frozenset(_ROWS)
"""Kinds of objects that have rows; a record may hold others, which are only said."""


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
    """Read every object the log accounts for: its kind, its key, and its columns as JSON writes them.

    The writer's way from rows to objects is not taken: what it loses, it would lose on both sides of the comparison.
    """
    for kind, statement in _ROWS.items():
        for row in await statement.dicts(connection):
            state: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(row))
            yield kind, "/".join(str(state[name]) for name in _KEYS.get(kind, ("id",))), state


_SECRETS = Statement(
    union_all(
        select(
            literal("password"),
            tables.passwords.c.person_id,
            func.encode(func.sha256(func.convert_to(tables.passwords.c.hash, "UTF8")), "hex"),
            tables.passwords.c.is_given,
            tables.passwords.c.changed_at,
        ),
        select(
            literal("second_factor"),
            tables.second_factors.c.person_id,
            func.encode(func.sha256(tables.second_factors.c.sealed), "hex"),
            null(),
            null(),
        ),
        *(
            select(literal(kind), table.c.id, func.encode(func.sha256(table.c.hash), "hex"), null(), null())
            for kind, table in (("browser_session", tables.browser_sessions), ("token", tables.tokens))
        ),
    )
)
_OPENING_MAILS = Statement(select(tables.account_mails).where(tables.account_mails.c.kind.in_(sorted(WITH_SECRET))))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSecret:
    """What a record says of a secret: `identity` is its person, token or session; the last two of passwords only."""

    kind: str
    identity: str
    check: str
    is_given: bool | None
    changed_at: datetime | None


async def secrets(connection: AsyncConnection) -> AsyncIterator[KeptSecret]:
    """Read every password, authenticator, token and session."""
    for kind, identity, check, given, changed_at in await _SECRETS.rows(connection):
        yield KeptSecret(kind=kind, identity=str(identity), check=check, is_given=given, changed_at=changed_at)


async def opening_mails(connection: AsyncConnection) -> AsyncIterator[tuple[AccountMail, bytes | None, bytes | None]]:
    """Read every mail whose secret opens an account, with the digest of its secret and its seal."""
    for row in await _OPENING_MAILS.dicts(connection):
        digest, seal = row.pop("hash"), row.pop("seal")
        yield msgspec.convert(row, AccountMail), digest, seal


async def find_case(connection: AsyncConnection, code: str) -> UUID | None:
    """Find a case by the code people see, or by its identity."""
    cases = tables.applications.c
    row = await Statement(select(cases.id).where((cases.code == code) | (cast(cases.id, Text) == code))).row(connection)
    return None if row is None else UUID(str(row[0]))


async def procedures_kept(connection: AsyncConnection) -> frozenset[str]:
    """List the procedures at hand as `code@checksum`, each only if its text still has that checksum."""
    rows = await Statement(
        select(tables.rule_versions.c.code, tables.rule_versions.c.checksum, tables.rule_versions.c.content)
    ).rows(connection)
    return frozenset(
        f"{code}@{checksum}" for code, checksum, content in rows if sha256(content.encode()).hexdigest() == checksum
    )


_SERIES = {
    "application": ("dossier %", tables.applications.c.code.is_not(None)),
    "decision": ("%decision %", true()),
    "permit": ("%permit %", true()),
}
"""Whose series count what: no number is taken twice, and none is left out."""
_COUNTED = Statement(
    union_all(
        *(
            select(
                literal(kind),
                select(func.coalesce(func.sum(tables.counters.c.last), 0))
                .where(tables.counters.c.series.like(pattern))
                .scalar_subquery(),
                select(func.count()).select_from(TABLES[kind]).where(numbered).scalar_subquery(),
            )
            for kind, (pattern, numbered) in _SERIES.items()
        )
    )
)


async def counted(connection: AsyncConnection) -> AsyncIterator[tuple[str, int, int]]:
    """Say of each kind of numbered object how many numbers its counters gave, and how many objects have one."""
    for kind, given, numbered in await _COUNTED.rows(connection):
        yield kind, int(given), numbered


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A row that names a file in the store: a document or an attachment, and what its content, or what was sent, hashes to."""

    kind: str
    identity: UUID
    filename: str
    sha256: str


async def kept_files(connection: AsyncConnection) -> AsyncIterator[KeptFile]:
    """Read every row that names a file, but for those of erased cases and what nobody filed and whose bytes have gone."""
    for kind, identity, filename, digest in await _FILES.rows(connection):
        yield KeptFile(kind=kind, identity=identity, filename=filename, sha256=digest)


_ERASED = (
    select(tables.erasures.c.id)
    .where(
        tables.erasures.c.kind == "case",
        tables.erasures.c.target_id == tables.documents.c.application_id,
        tables.erasures.c.status == "confirmed",
    )
    .exists()
)
_DOCUMENTS, _ATTACHMENTS = tables.documents.c, tables.attachments.c
_IS_GONE = exists().where(
    tables.applications.c.id == _DOCUMENTS.application_id,
    _DOCUMENTS.forgotten_at.is_not(None),
    or_(_DOCUMENTS.removed_at.is_not(None), tables.applications.c.submitted_at.is_(None)),
)
_FILES = Statement(
    union_all(
        *(
            select(literal("document"), _DOCUMENTS.id, _DOCUMENTS.filename, digest).where(
                digest.is_not(None), ~_ERASED, ~_IS_GONE
            )
            for digest in (_DOCUMENTS.sha256, _DOCUMENTS.original["sha256"].astext)
        ),
        *(
            select(literal("attachment"), _ATTACHMENTS.id, _ATTACHMENTS.filename, digest).where(digest.is_not(None))
            for digest in (_ATTACHMENTS.sha256, _ATTACHMENTS.original["sha256"].astext)
        ),
    )
)
