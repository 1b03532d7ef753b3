"""Dossiers as rows: every version of the answers and documents, and the documents that count now."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import Integer, Uuid, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.kinds import DOCUMENTS
from sandbox_registry.db.core.records import NATIVE
from sandbox_registry.db.core.statements import Row, Statement, any_of
from sandbox_registry.domain.cases.applications import Application, Document, DossierVersion

SUBMITTED, SUPPLEMENTED = "submitted", "supplemented"
"""Causes of the versions that were filed; the others were only written."""
_VERSIONS = tables.dossier_versions
_NAMES = tuple(map(str, _VERSIONS.c.keys()))
_CASE = bindparam("application_id", type_=Uuid)
_LIVE = Statement(
    DOCUMENTS.query.where(tables.documents.c.application_id == _CASE, tables.documents.c.removed_at.is_(None)).order_by(
        tables.documents.c.id
    )
)
_REMOVED = Statement(
    DOCUMENTS.query.where(
        tables.documents.c.application_id == _CASE, tables.documents.c.removed_at.is_not(None)
    ).order_by(tables.documents.c.id)
)
_NEXT = select(func.coalesce(func.max(_VERSIONS.c.number), 0) + 1).where(_VERSIONS.c.application_id == _CASE)
_KEEP = Statement(
    insert(_VERSIONS)
    .values(
        {each.name: bindparam(each.name, type_=each.type) for each in _VERSIONS.c if each.name != "number"}
        | {"number": _NEXT.scalar_subquery()}
    )
    .returning(_VERSIONS.c.number)
)
_ALL = Statement(select(_VERSIONS).where(_VERSIONS.c.application_id == _CASE).order_by(_VERSIONS.c.number))
_FILED = Statement(
    select(_VERSIONS)
    .where(_VERSIONS.c.application_id == _CASE, any_of(_VERSIONS.c.cause, (SUBMITTED, SUPPLEMENTED)))
    .order_by(_VERSIONS.c.number)
)
_AT = Statement(
    select(_VERSIONS)
    .where(_VERSIONS.c.application_id == _CASE, _VERSIONS.c.made_at <= bindparam("at", type_=tables.Stamp))
    .order_by(_VERSIONS.c.number.desc())
    .limit(1)
)
_SOME = Statement(
    select(_VERSIONS).where(
        _VERSIONS.c.application_id == _CASE, _VERSIONS.c.number == func.any(bindparam("numbers", type_=ARRAY(Integer)))
    )
)


async def live_documents(connection: AsyncConnection, application_id: UUID) -> tuple[Document, ...]:
    """List the documents of a dossier that were not removed, oldest first."""
    rows = await _LIVE.rows(connection, {"application_id": application_id})
    return tuple(DOCUMENTS.read(row) for row in rows)


async def removed_documents(connection: AsyncConnection, application_id: UUID) -> tuple[Document, ...]:
    """List the documents that were taken out of a dossier again, oldest first."""
    rows = await _REMOVED.rows(connection, {"application_id": application_id})
    return tuple(DOCUMENTS.read(row) for row in rows)


async def keep_version(
    connection: AsyncConnection,
    application: Application,
    *,
    documents: Iterable[Document],
    cause: str,
    by: UUID,
    at: datetime,
    digest: str | None = None,
) -> DossierVersion:
    """Keep the dossier as it stands with these documents, under the next number; the case's row must be locked.

    `digest` is that of a filing.
    """
    dossier = DossierVersion(
        application_id=application.id,
        number=0,
        cause=cause,
        title=application.title,
        answers=application.answers,
        documents=tuple(
            {"part": each.part, "filename": each.filename, "sha256": each.sha256, "size": each.size}
            for each in documents
        ),
        made_by=by,
        made_at=at,
        digest=digest,
    )
    rows = await _KEEP.rows(connection, msgspec.to_builtins(dossier, builtin_types=NATIVE))
    return replace(dossier, number=rows[0][0])


async def versions_of(connection: AsyncConnection, application_id: UUID) -> tuple[DossierVersion, ...]:
    """List every version of a dossier, oldest first."""
    return tuple(map(_version, await _ALL.rows(connection, {"application_id": application_id})))


async def filed_versions(connection: AsyncConnection, application_id: UUID) -> tuple[DossierVersion, ...]:
    """List the versions of a dossier that were filed, oldest first."""
    return tuple(map(_version, await _FILED.rows(connection, {"application_id": application_id})))


async def version_at(connection: AsyncConnection, application_id: UUID, *, at: datetime) -> DossierVersion | None:
    """Return the dossier as it stood at a moment, null before its first version."""
    rows = await _AT.rows(connection, {"application_id": application_id, "at": at})
    return _version(rows[0]) if rows else None


async def some_versions(
    connection: AsyncConnection, application_id: UUID, numbers: Iterable[int]
) -> dict[int, DossierVersion]:
    """Return the versions with these numbers that there are."""
    rows = await _SOME.rows(connection, {"application_id": application_id, "numbers": list(numbers)})
    return {version.number: version for version in map(_version, rows)}


def _version(row: Row) -> DossierVersion:
    return msgspec.convert(dict(zip(_NAMES, row, strict=True)), DossierVersion)
