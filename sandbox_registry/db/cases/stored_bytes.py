"""How many bytes the files of dossiers take up, and which of them nobody needs any more."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.cases.dossiers import SUBMITTED, SUPPLEMENTED
from sandbox_registry.db.core.statements import Statement, any_of
from sandbox_registry.domain.operations.stored_files import StoredBytes
from sandbox_registry.domain.privacy.erasures import ErasureKind, ErasureStatus
from sandbox_registry.domain.stages import Stage

_DOCUMENTS, _CASES, _VERSIONS = tables.documents, tables.applications, tables.dossier_versions
_IN_A_DRAFT = _CASES.c.submitted_at.is_(None)
_LOCK = Statement(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text), 0))))
_JOINED = _DOCUMENTS.join(_CASES, _CASES.c.id == _DOCUMENTS.c.application_id)


def _bytes(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    stored = (_DOCUMENTS.c.forgotten_at.is_(None), *conditions)
    return select(func.coalesce(func.sum(_DOCUMENTS.c.size), 0)).select_from(_JOINED).where(*stored).scalar_subquery()


_USED = Statement(
    select(
        _bytes(_DOCUMENTS.c.application_id == bindparam("case", type_=Uuid)),
        _bytes(_CASES.c.organisation_id == bindparam("organisation", type_=Uuid), _IN_A_DRAFT),
        _bytes(_DOCUMENTS.c.uploaded_by == bindparam("account", type_=Uuid), _IN_A_DRAFT),
    )
)


async def lock(connection: AsyncConnection, *, organisation_id: UUID, person_id: UUID) -> None:
    """Let nobody else add files for this organisation or by this account until the transaction ends."""
    for name in (f"files of organisation {organisation_id}", f"files of account {person_id}"):
        await _LOCK.rows(connection, {"name": name})


async def used(connection: AsyncConnection, case_id: UUID, *, organisation_id: UUID, person_id: UUID) -> StoredBytes:
    """Add up the files of a case, and those in drafts of its organisation and of an account, removed ones included."""
    ((case, organisation, account),) = await _USED.rows(
        connection, {"case": case_id, "organisation": organisation_id, "account": person_id}
    )
    return StoredBytes(case=int(case), organisation=int(organisation), account=int(account))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispensable:
    """A file that was never filed and is not needed any more; `is_held` says that another record has the same bytes."""

    document_id: UUID
    sha256: str
    is_held: bool


_OTHER = _DOCUMENTS.alias("other")
_WAS_FILED = exists().where(
    _VERSIONS.c.application_id == _DOCUMENTS.c.application_id,
    any_of(_VERSIONS.c.cause, (SUBMITTED, SUPPLEMENTED)),
    _VERSIONS.c.documents.contains(func.jsonb_build_array(func.jsonb_build_object("sha256", _DOCUMENTS.c.sha256))),
)
_IS_ON_HOLD = exists().where(
    tables.legal_holds.c.application_id == _DOCUMENTS.c.application_id, tables.legal_holds.c.lifted_at.is_(None)
)
_IS_ERASED = exists().where(
    tables.erasures.c.kind == ErasureKind.CASE.value,
    tables.erasures.c.target_id == _OTHER.c.application_id,
    tables.erasures.c.status == ErasureStatus.CONFIRMED.value,
)
_IS_HELD = or_(
    exists()
    .where(
        _OTHER.c.sha256 == _DOCUMENTS.c.sha256,
        _OTHER.c.id != _DOCUMENTS.c.id,
        _OTHER.c.forgotten_at.is_(None),
        ~_IS_ERASED.correlate(_OTHER),
    )
    .correlate(_DOCUMENTS),
    exists().where(tables.attachments.c.sha256 == _DOCUMENTS.c.sha256).correlate(_DOCUMENTS),
)
_BEFORE = bindparam("before", type_=tables.Stamp)
_DISPENSABLE = Statement(
    select(_DOCUMENTS.c.id, _DOCUMENTS.c.sha256, _IS_HELD)
    .select_from(_JOINED)
    .where(
        _DOCUMENTS.c.id > bindparam("after", type_=Uuid),
        _DOCUMENTS.c.forgotten_at.is_(None),
        or_(
            _DOCUMENTS.c.removed_at < _BEFORE,
            (_CASES.c.stage == Stage.WITHDRAWN.value) & _IN_A_DRAFT & (_CASES.c.updated_at < _BEFORE),
        ),
        ~_WAS_FILED.correlate(_DOCUMENTS),
        ~_IS_ON_HOLD.correlate(_DOCUMENTS),
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


async def next_dispensable(connection: AsyncConnection, *, before: datetime, after: UUID) -> Dispensable | None:
    """Return the next file behind `after` that was removed, or whose draft was given up, before a moment; locked."""
    row = await _DISPENSABLE.row(connection, {"before": before, "after": after})
    return None if row is None else Dispensable(document_id=row[0], sha256=row[1], is_held=row[2])


async def mark_forgotten(connection: AsyncConnection, document_id: UUID, *, at: datetime) -> None:
    """Note that the bytes of a document are not stored for it any more."""
    await _FORGET.execute(connection, {"document": document_id, "at": at})
