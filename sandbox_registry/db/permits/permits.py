"""Permits as rows: one permit, what governs it when, and lists inside a scope by where each permit stands now."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, case, func, insert, or_, select, tuple_
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.cases.applications import Case
from sandbox_registry.db.core.kinds import APPLICATIONS, PERMITS
from sandbox_registry.db.core.records import NATIVE
from sandbox_registry.db.core.scopes import ScopeShape, known_to, known_values, shape_of, visible_to
from sandbox_registry.db.core.statements import Statement, any_of
from sandbox_registry.db.core.unique_rules import duplicate_or_same
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.permits.permit_lists import PermitFilter, PermitRow
from sandbox_registry.domain.permits.permits import Permit, PermitVersion
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import search_form

_PERMITS = tables.permits
_VERSIONS = tables.permit_versions
_APPLICATIONS = tables.applications
_ORGANISATIONS = tables.organisations
_OF_CASE = Statement(PERMITS.query.where(_PERMITS.c.application_id == bindparam("application_id")))
_VERSIONS_OF = Statement(
    select(
        _VERSIONS.c.permit_id,
        _VERSIONS.c.terms_version,
        _VERSIONS.c.decision_id,
        func.lower(_VERSIONS.c.effective).label("start"),
        func.upper(_VERSIONS.c.effective).label("end"),
        _VERSIONS.c.ceiling,
        _VERSIONS.c.terms,
    )
    .where(_VERSIONS.c.permit_id == bindparam("permit_id"))
    .order_by(_VERSIONS.c.terms_version)
)


async def of_case(connection: AsyncConnection, application_id: UUID) -> Permit | None:
    """Load the permit issued on a case, null when there is none."""
    row = await _OF_CASE.row(connection, {"application_id": application_id})
    return None if row is None else PERMITS.read(row)


async def add_version(connection: AsyncConnection, version: PermitVersion) -> None:
    """Insert what governs a permit from now on; `Duplicate` when its window overlaps another version's."""
    values: dict[str, object] = msgspec.to_builtins(version, builtin_types=NATIVE)
    del values["start"], values["end"]
    values["effective"] = Range(version.start, version.end, bounds="[)")
    try:
        await Statement(insert(_VERSIONS).values(values)).execute(connection)
    except IntegrityError as error:
        raise duplicate_or_same(error) from error


async def versions_of(connection: AsyncConnection, permit_id: UUID) -> tuple[PermitVersion, ...]:
    """List what governed a permit when, oldest first."""
    rows = await _VERSIONS_OF.dicts(connection, {"permit_id": permit_id})
    return msgspec.convert(rows, tuple[PermitVersion, ...])


def _stage() -> ColumnElement[str]:
    """Say in SQL what `Permit.stage` says in Python."""
    permit, window, at = _PERMITS.c, _VERSIONS.c.effective, bindparam("at", type_=tables.Stamp)
    return case(
        (permit.revoked_at.is_not(None), Stage.PERMIT_REVOKED),
        (and_(permit.completed_at.is_not(None), permit.transition_until > at), Stage.PERMIT_TRANSITION),
        (permit.completed_at.is_not(None), Stage.PERMIT_COMPLETED),
        (permit.completion_refused_at.is_not(None), Stage.PERMIT_COMPLETION_REFUSED),
        (permit.terminated_at.is_not(None), Stage.PERMIT_TERMINATED),
        (and_(permit.suspended_at.is_not(None), func.upper(window) > at), Stage.PERMIT_SUSPENDED),
        (func.lower(window) > at, Stage.PERMIT_ISSUED),
        (func.upper(window) > at, Stage.PERMIT_ACTIVE),
        else_=Stage.PERMIT_ENDED,
    )


STAGE = _stage()
IN_FORCE = and_(_VERSIONS.c.permit_id == _PERMITS.c.id, _VERSIONS.c.terms_version == _PERMITS.c.terms_version)
_CASE = (*APPLICATIONS.query.selected_columns, *case_rows.STANDING)


def _visible(columns: Select[Any], shapes: tuple[ScopeShape, ...]) -> Select[Any]:
    return (
        columns.join_from(_PERMITS, _APPLICATIONS, _APPLICATIONS.c.id == _PERMITS.c.application_id)
        .join(_VERSIONS, IN_FORCE)
        .where(_PERMITS.c.id == bindparam("id", type_=Uuid), known_to(shapes, STAGE))
    )


@lru_cache(maxsize=1000)
def _find(shapes: tuple[ScopeShape, ...]) -> Statement:
    return Statement(_visible(select(*_CASE, *PERMITS.query.selected_columns), shapes))


@lru_cache(maxsize=1000)
def _lock(shapes: tuple[ScopeShape, ...]) -> Statement:
    return Statement(_visible(select(_PERMITS.c.id), shapes).with_for_update(of=(_PERMITS, _APPLICATIONS)))


async def find_permit(
    connection: AsyncConnection,
    permit_id: UUID,
    *,
    person_id: UUID,
    scopes: tuple[Scope, ...],
    consulted_unit_ids: frozenset[UUID],
    at: datetime,
    lock: bool,
) -> tuple[Case, Permit] | None:
    """Load a permit that one of these scopes admits as it stands at a moment, with its case; null as `find_case`.

    With `lock`, nobody else changes either until the transaction ends.
    """
    shapes = tuple(map(shape_of, scopes))
    values = {"id": permit_id, "at": at, **known_values(scopes)}
    if lock:
        await _lock(shapes).rows(connection, values)
    values |= {"person_id": person_id, "consulted_unit_ids": list(consulted_unit_ids)}
    for row in await _find(shapes).rows(connection, values):
        return case_rows.case_of(row[: len(_CASE)]), PERMITS.read(row[len(_CASE) :])
    return None


# A lifted suspension leaves no instant of its own in the row; the version tells.
UPDATED = func.greatest(
    _PERMITS.c.issued_at,
    _PERMITS.c.suspended_at,
    _PERMITS.c.revoked_at,
    _PERMITS.c.terminated_at,
    _PERMITS.c.completed_at,
    _PERMITS.c.completion_refused_at,
    type_=tables.Stamp,
)


ROW: Select[Any] = (
    select(
        _PERMITS.c.id,
        _PERMITS.c.version,
        _PERMITS.c.number,
        STAGE.label("stage"),
        _PERMITS.c.terms["kind"].astext.label("kind"),
        _APPLICATIONS.c.title,
        _PERMITS.c.procedure_code,
        _PERMITS.c.application_id,
        _PERMITS.c.organisation_id,
        _ORGANISATIONS.c.name.label("organisation_name"),
        func.lower(_VERSIONS.c.effective).label("start"),
        func.upper(_VERSIONS.c.effective).label("end"),
        _PERMITS.c.issued_at,
        UPDATED.label("updated_at"),
    )
    .join(_APPLICATIONS, _APPLICATIONS.c.id == _PERMITS.c.application_id)
    .join(_ORGANISATIONS, _ORGANISATIONS.c.id == _PERMITS.c.organisation_id)
    .join(_VERSIONS, IN_FORCE)
    .order_by(_PERMITS.c.id.desc())
)


async def list_permits(
    connection: AsyncConnection,
    *,
    scope: Scope,
    narrowed: PermitFilter,
    at: datetime,
    after: tuple[datetime, UUID] | UUID | None,
    limit: int,
) -> tuple[PermitRow, ...]:
    """List permits inside a scope as they stand at a moment, newest first; with `updated_since`, oldest change first.

    `after` is the last one already seen: its id, or its change time and id when following changes.
    """
    query = ROW.where(visible_to(scope, STAGE), *_narrowing(narrowed)).limit(limit)
    if narrowed.updated_since is not None:
        query = query.order_by(None).order_by(UPDATED, _PERMITS.c.id).where(narrowed.updated_since <= UPDATED)
        if isinstance(after, tuple):
            query = query.where(tuple_(UPDATED, _PERMITS.c.id) > tuple_(*after))
    elif isinstance(after, UUID):
        query = query.where(_PERMITS.c.id < after)
    return msgspec.convert(await Statement(query).dicts(connection, {"at": at}), tuple[PermitRow, ...])


def _narrowing(narrowed: PermitFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if narrowed.stages is not None:
        conditions.append(any_of(STAGE, narrowed.stages))
    if narrowed.procedure_code is not None:
        conditions.append(_PERMITS.c.procedure_code == narrowed.procedure_code)
    if narrowed.application_id is not None:
        conditions.append(_PERMITS.c.application_id == narrowed.application_id)
    if narrowed.organisation_id is not None:
        conditions.append(_PERMITS.c.organisation_id == narrowed.organisation_id)
    if narrowed.ends_before is not None:
        conditions.append(func.upper(_VERSIONS.c.effective) <= narrowed.ends_before)
    if narrowed.text:
        conditions.append(with_words(narrowed.text))
    return conditions


def with_words(text: str) -> ColumnElement[bool]:
    """Say that a permit's dossier has these words, whatever their diacritics, or that its number begins so."""
    words = func.plainto_tsquery("simple", search_form(text))
    return or_(_APPLICATIONS.c.search.bool_op("@@")(words), _PERMITS.c.number.startswith(text.strip(), autoescape=True))
