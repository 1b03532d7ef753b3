"""Erasures as rows: which records hold personal data of a person or a case, and the one way they leave the log."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, delete, exists, func, or_, select, true, union, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.cases import dossiers
from sandbox_registry.db.core.kinds import APPLICATIONS, RECORDS
from sandbox_registry.db.core.records import Records
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.db.identity import credentials, sessions
from sandbox_registry.db.permits import permits
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.identity.sessions import BrowserSession
from sandbox_registry.domain.identity.tokens import Token
from sandbox_registry.domain.kinds.every import BY_CLASS, emptied_with
from sandbox_registry.domain.privacy.erasures import Erasure, ErasureKind, ErasureStatus

_ERASURES, _CASES, _DOCUMENTS = tables.erasures, tables.applications, tables.documents
_LEAVES, _RECORDS = tables.audit_leaves, tables.audit_records
_VERSIONS = {"dossier_version": "application_id", "permit_version": "permit_id"}
_WITH_CASE = emptied_with(ErasureKind.CASE)
_ABOUT = {name: emptied.about for name, emptied in emptied_with(ErasureKind.ACCOUNT).items()}
_WITH_SECRETS: Mapping[str, Callable[[AsyncConnection, UUID], Awaitable[Token | BrowserSession | None]]] = {
    "browser_session": sessions.session,
    "token": credentials.token,
}
_NAMED = {BY_CLASS[kind].name: records for kind, records in RECORDS.items()}
Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalRecords:
    """The records that hold personal data: their leaves, and the kind and key of every object they hold."""

    indexes: tuple[int, ...]
    objects: tuple[Key, ...]


async def lock_case(connection: AsyncConnection, case_id: UUID) -> tuple[Application, ...]:
    """Load a case and keep everybody else from changing it, or placing a hold on it; empty when there is none."""
    return await _locked(connection, select(_CASES.c.id).where(_CASES.c.id == case_id))


async def lock_cases_of(connection: AsyncConnection, person_id: UUID) -> tuple[Application, ...]:
    """Load every case whose file this person is part of, and keep everybody else from changing them."""
    return await _locked(connection, select(func.cases_of_person(person_id)))


async def _locked(connection: AsyncConnection, which: Any) -> tuple[Application, ...]:
    # A statement of its own: what is read in the same one would be as old as the wait for the lock.
    locked = await Statement(
        select(_CASES.c.id).where(_CASES.c.id.in_(which)).order_by(_CASES.c.id).with_for_update()
    ).rows(connection)
    ids = [case_id for (case_id,) in locked]
    rows = await Statement(APPLICATIONS.query.where(_CASES.c.id.in_(ids))).rows(connection)
    return tuple(APPLICATIONS.read(row) for row in rows)


async def records_of_case(connection: AsyncConnection, case_id: UUID) -> PersonalRecords:
    """Find the records of a case that hold what its applicant gave."""
    rows = await _records(connection, _LEAVES.c.case_id == case_id)
    return _personal_records(rows, lambda kind, state: kind in _WITH_CASE and _key(kind, state) is not None)


async def records_of_person(connection: AsyncConnection, person_id: UUID, own: Iterable[UUID]) -> PersonalRecords:
    """Find the records that hold a person's account, tokens, sessions, or own applicant (`own`) with its webhooks."""
    organisations, endpoints = list(own), tables.webhook_endpoints
    doors = [
        select(each.c.id).where(each.c.person_id == person_id) for each in (tables.browser_sessions, tables.tokens)
    ]
    webhooks = select(endpoints.c.id).where(endpoints.c.organisation_id.in_(organisations))
    about = _LEAVES.c.object_id.in_([person_id, *organisations]) | _LEAVES.c.object_id.in_(union_all(*doors, webhooks))
    identities = {str(person_id), *map(str, organisations)}
    rows = await _records(connection, about)
    return _personal_records(rows, lambda kind, state: kind in _ABOUT and state.get(_ABOUT[kind]) in identities)


async def _records(connection: AsyncConnection, about: Any) -> list[tuple[int, Any]]:
    query = select(_RECORDS.c.index, _RECORDS.c.record).join(_LEAVES, _LEAVES.c.index == _RECORDS.c.index)
    official = _LEAVES.c.object_type.in_(("erasure", "legal_hold"))
    rows = await Statement(query.where(about, ~official).order_by(_RECORDS.c.index)).rows(connection)
    return [(index, msgspec.json.decode(record)) for index, record in rows]


def _personal_records(rows: list[tuple[int, Any]], is_personal: Any) -> PersonalRecords:
    hit = [
        (index, record)
        for index, record in rows
        if any(
            isinstance(each["state"], dict) and is_personal(each["type"], each["state"]) for each in record["objects"]
        )
    ]
    keys = {
        key for _, record in hit for each in record["objects"] if (key := _key(each["type"], each["state"])) is not None
    }
    return PersonalRecords(indexes=tuple(index for index, _ in hit), objects=tuple(sorted(keys)))


def _key(kind: str, state: Any) -> Key | None:
    """Name an object by what its row is found by; null for what has none, or was only read."""
    if not isinstance(state, dict) or "read" in state:
        return None
    if kind in _VERSIONS:
        return kind, state[_VERSIONS[kind]]
    return (kind, state["id"]) if (kind in _NAMED or kind in _WITH_SECRETS) and "id" in state else None


async def rows_now(connection: AsyncConnection, key: Key) -> list[tuple[str, UUID, int, object]]:
    """Return an object as it stands now, with kind, identity and version; of versions all that the log records."""
    kind, identity = key[0], UUID(key[1])
    if kind == "dossier_version":
        versions = await dossiers.versions_of(connection, identity)
        recorded = [each for each in versions if each is versions[-1] or each.cause in {"submitted", "supplemented"}]
        return [(kind, identity, each.number, each) for each in recorded]
    if kind == "permit_version":
        governed = await permits.versions_of(connection, identity)
        return [(kind, identity, each.terms_version, each) for each in governed]
    if kind in _WITH_SECRETS:
        found = await _WITH_SECRETS[kind](connection, identity)
        return [] if found is None else [(kind, identity, found.version, found)]
    obj = await _NAMED[kind].get(connection, identity)
    return [(kind, identity, obj.version, obj)]


async def erase(connection: AsyncConnection, erasure: Erasure) -> int:
    """Erase the records a confirmed erasure names, and the words in the versions of a dossier; return how many records.

    The database looks once more at the two persons and the holds.
    """
    erased: int = await Statement(select(func.erase_records(erasure.id))).value(connection)
    return erased


async def forget_answers(connection: AsyncConnection, erased_id: UUID) -> None:
    """Delete the answers kept for repeated requests of a person, or about a person or case: they show what is erased."""
    answers, name = tables.idempotency_answers.c, str(erased_id)
    is_about = answers.route.contains(name) | func.encode(answers.body, "escape").contains(name)
    await Statement(delete(tables.idempotency_answers).where((answers.person_id == erased_id) | is_about)).execute(
        connection
    )


async def files_to_forget(connection: AsyncConnection, case_id: UUID) -> tuple[str, ...]:
    """List the digests of the files of an erased case that no other case which is not erased holds, nor any official's paper.

    What was sent counts as well where a cleaned copy of it is shown.
    """
    of_case = _DOCUMENTS.c.application_id == case_id
    digests = union(
        select(_DOCUMENTS.c.sha256.label("digest")).where(of_case),
        select(_DOCUMENTS.c.original["sha256"].astext).where(of_case, _DOCUMENTS.c.original.is_not(None)),
    ).subquery()
    query = select(digests.c.digest).where(~is_held(digests.c.digest)).order_by(digests.c.digest)
    return tuple(digest for (digest,) in await Statement(query).rows(connection))


def is_held(digest: ColumnElement[str], *, beside: ColumnElement[UUID] | None = None) -> ColumnElement[bool]:
    """Say whether a record needs the bytes of a digest: a document of no erased case, other than one, or a paper."""
    other, papers = _DOCUMENTS.alias("other"), tables.attachments
    is_erased = exists().where(
        _ERASURES.c.kind == ErasureKind.CASE.value,
        _ERASURES.c.target_id == other.c.application_id,
        _ERASURES.c.status == ErasureStatus.CONFIRMED.value,
    )
    is_another = other.c.id != beside if beside is not None else true()
    return or_(
        *(
            exists(other.c.id).where(has, is_another, other.c.forgotten_at.is_(None), ~is_erased.correlate(other))
            for has in (other.c.sha256 == digest, other.c.original["sha256"].astext == digest)
        ),
        exists(papers.c.id).where(or_(papers.c.sha256 == digest, papers.c.original["sha256"].astext == digest)),
    )


async def list_erasures(
    connection: AsyncConnection, *, status: ErasureStatus | None, after: UUID | None, limit: int
) -> tuple[Erasure, ...]:
    """List requests, newest first; `after` is the last one already seen."""
    records: Records[Erasure] = RECORDS[Erasure]
    query = records.query.order_by(_ERASURES.c.id.desc()).limit(limit)
    if status is not None:
        query = query.where(_ERASURES.c.status == status.value)
    if after is not None:
        query = query.where(_ERASURES.c.id < after)
    return tuple(records.read(row) for row in await Statement(query).rows(connection))
