"""Versions of rules as rows: which one was in force at a moment."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.rules.rule_versions import RuleKind, RuleStatus, VersionInForce

_VERSIONS = tables.rule_versions
TOOK_FORCE = (
    select(_VERSIONS.c.checksum, _VERSIONS.c.effective_from.label("since"))
    .where(
        _VERSIONS.c.kind == bindparam("kind"),
        _VERSIONS.c.code == bindparam("code"),
        _VERSIONS.c.status == RuleStatus.APPROVED.value,
        _VERSIONS.c.effective_from <= bindparam("at"),
    )
    .order_by(_VERSIONS.c.effective_from.desc(), _VERSIONS.c.id.desc())
)
"""The versions of `kind` and `code` that took force until `at` a moment, newest first."""
_TOOK_FORCE = Statement(TOOK_FORCE)
_IN_FORCE = Statement(TOOK_FORCE.limit(1))
_ALL_IN_FORCE = Statement(
    select(_VERSIONS.c.code, _VERSIONS.c.checksum)
    .where(
        _VERSIONS.c.kind == bindparam("kind"),
        _VERSIONS.c.status == RuleStatus.APPROVED.value,
        _VERSIONS.c.effective_from <= bindparam("at"),
    )
    .ext(distinct_on(_VERSIONS.c.code))
    .order_by(_VERSIONS.c.code, _VERSIONS.c.effective_from.desc(), _VERSIONS.c.id.desc())
)
_CONTENT = Statement(
    select(_VERSIONS.c.content).where(
        _VERSIONS.c.kind == bindparam("kind"),
        _VERSIONS.c.code == bindparam("code"),
        _VERSIONS.c.checksum == bindparam("checksum"),
    )
)
_WAIT_FOR_CHECK = Statement(
    select(func.set_config("idle_in_transaction_session_timeout", "5min", True))  # noqa: FBT003 - for this transaction only.
)
_CODES = Statement(
    select(_VERSIONS.c.code).where(_VERSIONS.c.kind == bindparam("kind")).distinct().order_by(_VERSIONS.c.code)
)


async def in_force(connection: AsyncConnection, *, kind: RuleKind, code: str, at: datetime) -> str | None:
    """Return the checksum of the version in force at a moment, null when there is none."""
    for checksum, _ in await _IN_FORCE.rows(connection, {"kind": kind.value, "code": code, "at": at}):
        return str(checksum)
    return None


async def all_in_force(connection: AsyncConnection, *, kind: RuleKind, at: datetime) -> tuple[tuple[str, str], ...]:
    """List every code that has a version in force at a moment, with that version's checksum."""
    rows = await _ALL_IN_FORCE.rows(connection, {"kind": kind.value, "at": at})
    return tuple((code, checksum) for code, checksum in rows)


async def took_force(
    connection: AsyncConnection, *, kind: RuleKind, code: str, at: datetime
) -> tuple[VersionInForce, ...]:
    """List the versions that took force until a moment, newest first, by checksum."""
    rows = await _TOOK_FORCE.rows(connection, {"kind": kind.value, "code": code, "at": at})
    return tuple(VersionInForce(checksum=checksum, since=since) for checksum, since in rows)


async def content(connection: AsyncConnection, *, kind: RuleKind, code: str, checksum: str) -> str | None:
    """Return the text of one version."""
    text: str | None = await _CONTENT.value(connection, {"kind": kind, "code": code, "checksum": checksum})
    return text


async def codes(connection: AsyncConnection, *, kind: RuleKind) -> tuple[str, ...]:
    """List the codes that have any version."""
    return tuple(code for (code,) in await _CODES.rows(connection, {"kind": kind}))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersionRow:
    """A version as lists show it: everything but its text."""

    id: UUID
    version: int
    kind: RuleKind
    code: str
    checksum: str
    status: RuleStatus
    proposed_by: UUID | None
    proposed_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None
    effective_from: datetime | None
    closed_by: UUID | None
    closed_at: datetime | None
    closing_reason: str | None
    warnings_accepted: str | None


_LIST_COLUMNS = [_VERSIONS.c[name] for name in RuleVersionRow.__dataclass_fields__]
_REGISTERING = Statement(select(func.pg_advisory_xact_lock(func.hashtextextended("rule_versions", 0))))
_CHECKSUMS = Statement(select(_VERSIONS.c.kind, _VERSIONS.c.code, _VERSIONS.c.checksum))


async def list_versions(
    connection: AsyncConnection, *, kind: RuleKind | None = None, code: str | None = None
) -> tuple[RuleVersionRow, ...]:
    """List versions, oldest first."""
    query = select(*_LIST_COLUMNS).order_by(_VERSIONS.c.kind, _VERSIONS.c.code, _VERSIONS.c.id)
    if kind is not None:
        query = query.where(_VERSIONS.c.kind == kind.value)
    if code is not None:
        query = query.where(_VERSIONS.c.code == code)
    return msgspec.convert(await Statement(query).dicts(connection), tuple[RuleVersionRow, ...])


async def checksums(connection: AsyncConnection) -> dict[tuple[RuleKind, str], frozenset[str]]:
    """Return the checksums of every version by kind and code."""
    by_code: dict[tuple[RuleKind, str], frozenset[str]] = {}
    for kind, code, checksum in await _CHECKSUMS.rows(connection):
        key = RuleKind(kind), code
        by_code[key] = by_code.get(key, frozenset()) | {checksum}
    return by_code


async def lock(connection: AsyncConnection) -> None:
    """Let nodes that register versions go one after another, until the transaction ends."""
    await _REGISTERING.execute(connection)


async def wait_for_check(connection: AsyncConnection) -> None:
    """Let the transaction stand idle for minutes: a check that takes a second takes a minute on a busy machine."""
    await _WAIT_FOR_CHECK.execute(connection)
