"""Files that were removed before they were ever filed, or whose draft was given up: nobody needs their bytes any more."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.cases.dossiers import SUBMITTED, SUPPLEMENTED
from sandbox_registry.db.core.statements import Statement, any_of
from sandbox_registry.db.privacy.erasures import is_held
from sandbox_registry.domain.stages import Stage

_DOCUMENTS, _CASES, _VERSIONS, _HOLDS = (
    tables.documents,
    tables.applications,
    tables.dossier_versions,
    tables.legal_holds,
)
_ORIGINAL = _DOCUMENTS.c.original["sha256"].astext
_WAS_FILED = exists(_VERSIONS.c.number).where(
    _VERSIONS.c.application_id == _DOCUMENTS.c.application_id,
    any_of(_VERSIONS.c.cause, (SUBMITTED, SUPPLEMENTED)),
    _VERSIONS.c.documents.contains(func.jsonb_build_array(func.jsonb_build_object("sha256", _DOCUMENTS.c.sha256))),
)
_IS_ON_HOLD = exists(_HOLDS.c.id).where(
    _HOLDS.c.application_id == _DOCUMENTS.c.application_id, _HOLDS.c.lifted_at.is_(None)
)
_BEFORE = bindparam("before", type_=tables.Stamp)
_NEXT = Statement(
    select(
        _DOCUMENTS.c.id,
        _DOCUMENTS.c.sha256,
        is_held(_DOCUMENTS.c.sha256, beside=_DOCUMENTS.c.id),
        _ORIGINAL,
        is_held(_ORIGINAL, beside=_DOCUMENTS.c.id),
    )
    .select_from(_DOCUMENTS.join(_CASES, _CASES.c.id == _DOCUMENTS.c.application_id))
    .where(
        _DOCUMENTS.c.id > bindparam("after", type_=Uuid),
        _DOCUMENTS.c.forgotten_at.is_(None),
        or_(
            _DOCUMENTS.c.removed_at < _BEFORE,
            (_CASES.c.stage == Stage.WITHDRAWN.value)
            & _CASES.c.submitted_at.is_(None)
            & (_CASES.c.updated_at < _BEFORE),
        ),
        ~_WAS_FILED,
        ~_IS_ON_HOLD,
    )
    .order_by(_DOCUMENTS.c.id)
    .limit(1)
    .with_for_update(of=_DOCUMENTS, skip_locked=True)
)
_FORGET = Statement(
    update(_DOCUMENTS)
    .where(_DOCUMENTS.c.id == bindparam("document"))
    .values(forgotten_at=bindparam("at", type_=tables.Stamp))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedFile:
    """A document whose bytes may go; `digests` are those that no other record needs."""

    document_id: UUID
    digests: tuple[str, ...]


async def next_removed(connection: AsyncConnection, *, before: datetime, after: UUID) -> RemovedFile | None:
    """Return the next document behind `after` that was removed, or whose draft was given up, before a moment; locked."""
    row = await _NEXT.row(connection, {"before": before, "after": after})
    if row is None:
        return None
    identity, *pairs = row
    free = (digest for digest, held in zip(pairs[::2], pairs[1::2], strict=True) if digest is not None and not held)
    return RemovedFile(document_id=identity, digests=tuple(free))


async def mark_forgotten(connection: AsyncConnection, document_id: UUID, *, at: datetime) -> None:
    """Note that the bytes of a document are not stored for it any more."""
    await _FORGET.execute(connection, {"document": document_id, "at": at})
