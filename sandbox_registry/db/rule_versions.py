"""Versions of rules as rows: which one was in force at a moment."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.records import Records
from sandbox_registry.domain.rule_versions import RuleKind, RuleStatus, RuleVersion

_VERSIONS = tables.rule_versions
RECORDS = Records(_VERSIONS, RuleVersion)
_IN_FORCE = (
    select(_VERSIONS.c.checksum)
    .where(
        _VERSIONS.c.kind == bindparam("kind"),
        _VERSIONS.c.code == bindparam("code"),
        _VERSIONS.c.status == RuleStatus.APPROVED.value,
        _VERSIONS.c.effective_from <= bindparam("at"),
    )
    .order_by(_VERSIONS.c.effective_from.desc(), _VERSIONS.c.id.desc())
    .limit(1)
)
_CONTENT = select(_VERSIONS.c.content).where(
    _VERSIONS.c.kind == bindparam("kind"),
    _VERSIONS.c.code == bindparam("code"),
    _VERSIONS.c.checksum == bindparam("checksum"),
)
_CODES = select(_VERSIONS.c.code).where(_VERSIONS.c.kind == bindparam("kind")).distinct().order_by(_VERSIONS.c.code)


async def in_force(connection: AsyncConnection, *, kind: RuleKind, code: str, at: datetime) -> str | None:
    """Return the checksum of the version in force at a moment, null when there is none."""
    found = await connection.execute(_IN_FORCE, {"kind": kind, "code": code, "at": at})
    return found.scalar_one_or_none()


async def content(connection: AsyncConnection, *, kind: RuleKind, code: str, checksum: str) -> str | None:
    """Return the text of one version."""
    found = await connection.execute(_CONTENT, {"kind": kind, "code": code, "checksum": checksum})
    return found.scalar_one_or_none()


async def codes(connection: AsyncConnection, *, kind: RuleKind) -> tuple[str, ...]:
    """List the codes that have any version."""
    return tuple((await connection.execute(_CODES, {"kind": kind})).scalars())
