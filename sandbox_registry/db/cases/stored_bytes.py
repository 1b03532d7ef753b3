"""How many bytes the files of dossiers take up, with what was sent where a cleaned copy is shown."""

from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Text, Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.operations.stored_files import StoredBytes

_DOCUMENTS, _CASES = tables.documents, tables.applications
_ORIGINAL = func.coalesce(_DOCUMENTS.c.original["size"].astext.cast(BigInteger), 0)
_SIZE = _DOCUMENTS.c.size + _ORIGINAL
_IN_A_DRAFT = _CASES.c.submitted_at.is_(None)
_LOCK = Statement(select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text), 0))))
_JOINED = _DOCUMENTS.join(_CASES, _CASES.c.id == _DOCUMENTS.c.application_id)


def _bytes(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    stored = (_DOCUMENTS.c.forgotten_at.is_(None), *conditions)
    return select(func.coalesce(func.sum(_SIZE), 0)).select_from(_JOINED).where(*stored).scalar_subquery()


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
