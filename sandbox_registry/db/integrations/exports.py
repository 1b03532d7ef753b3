"""Whole tables as streams out of a server-side cursor: never more than one batch of rows is in memory."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Label, Select, exists, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.kinds import TABLES
from sandbox_registry.db.core.scopes import visible_to
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.db.permits import permits
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.integrations.exports import Batch, ExportFilter, FeedRow
from sandbox_registry.domain.kinds.every import BY_NAME
from sandbox_registry.domain.kinds.kind import Kind
from sandbox_registry.domain.stages import OPEN_STAGES
from sandbox_registry.domain.texts import search_form

BATCH = 500
"""Rows fetched at once, which is also how many are ever in memory."""
_APPLICATIONS, _PERMITS, _LEAVES = tables.applications, tables.permits, tables.audit_leaves
_CASES = select(
    _APPLICATIONS.c.id,
    _APPLICATIONS.c.code,
    _APPLICATIONS.c.version,
    _APPLICATIONS.c.stage,
    _APPLICATIONS.c.title,
    _APPLICATIONS.c.procedure_code,
    _APPLICATIONS.c.procedure_version,
    _APPLICATIONS.c.organisation_id,
    tables.organisations.c.name.label("organisation_name"),
    _APPLICATIONS.c.level,
    _APPLICATIONS.c.created_at,
    _APPLICATIONS.c.submitted_at,
    _APPLICATIONS.c.received_at,
    _APPLICATIONS.c.accepted_at,
    _APPLICATIONS.c.decided_at,
    _APPLICATIONS.c.next_due_at,
    _APPLICATIONS.c.updated_at,
).join(tables.organisations, tables.organisations.c.id == _APPLICATIONS.c.organisation_id)
_KINDS: dict[Any, Kind] = {table: BY_NAME[name] for name, table in TABLES.items()}
_OF_PERMITS = permits.ROW.order_by(None)
CASE_FIELDS = tuple(map(str, _CASES.selected_columns.keys()))
PERMIT_FIELDS = tuple(map(str, _OF_PERMITS.selected_columns.keys()))


def cases(connection: AsyncConnection, *, scope: Scope, narrowed: ExportFilter) -> AsyncGenerator[Batch, None]:
    """Stream every case inside a scope, oldest first; columns as in CASE_FIELDS."""
    query = _CASES.where(
        visible_to(scope),
        *_narrowing(narrowed, _APPLICATIONS, _APPLICATIONS.c.stage, _APPLICATIONS.c.updated_at),
        *_narrowing_cases(narrowed),
    )
    return _streamed(connection, query.order_by(_APPLICATIONS.c.id), {})


def permits_of(
    connection: AsyncConnection, *, scope: Scope, narrowed: ExportFilter, at: datetime
) -> AsyncGenerator[Batch, None]:
    """Stream every permit inside a scope as it stands at a moment, oldest first; columns as in PERMIT_FIELDS."""
    query = _OF_PERMITS.where(
        visible_to(scope, permits.STAGE), *_narrowing(narrowed, _PERMITS, permits.STAGE, permits.UPDATED)
    )
    if narrowed.text:
        query = query.where(permits.with_words(narrowed.text))
    return _streamed(connection, query.order_by(_PERMITS.c.id), {"at": at})


async def feed_of_cases(
    connection: AsyncConnection,
    *,
    scope: Scope,
    since: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> tuple[FeedRow, ...]:
    """List the cases changed last, newest change first; with `since`, oldest change first, so that a reader can follow."""
    query = select(
        _APPLICATIONS.c.id,
        _APPLICATIONS.c.code,
        _APPLICATIONS.c.stage,
        _APPLICATIONS.c.title,
        _APPLICATIONS.c.created_at.label("since"),
        _APPLICATIONS.c.updated_at,
    ).where(visible_to(scope))
    query = _paged(query, _APPLICATIONS.c.updated_at, _APPLICATIONS.c.id, since=since, after=after).limit(limit)
    return msgspec.convert(await Statement(query).dicts(connection), tuple[FeedRow, ...])


async def feed_of_permits(
    connection: AsyncConnection,
    *,
    scope: Scope,
    since: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
    at: datetime,
) -> tuple[FeedRow, ...]:
    """List the permits changed last, as they stand at a moment; ordered as `feed_of_cases` is."""
    query = (
        select(
            _PERMITS.c.id,
            _PERMITS.c.number.label("code"),
            permits.STAGE.label("stage"),
            _APPLICATIONS.c.title,
            _PERMITS.c.issued_at.label("since"),
            permits.UPDATED.label("updated_at"),
        )
        .select_from(permits.ROW.get_final_froms()[0])
        .where(visible_to(scope, permits.STAGE))
    )
    query = _paged(query, permits.UPDATED, _PERMITS.c.id, since=since, after=after).limit(limit)
    return msgspec.convert(await Statement(query).dicts(connection, {"at": at}), tuple[FeedRow, ...])


def case_objects(connection: AsyncConnection, *, scope: Scope) -> AsyncGenerator[Batch, None]:
    """Stream what an event log says of each case: id, procedure, organisation, when it began."""
    query = select(
        _APPLICATIONS.c.id, _APPLICATIONS.c.procedure_code, _APPLICATIONS.c.organisation_id, _APPLICATIONS.c.created_at
    ).where(visible_to(scope))
    return _streamed(connection, query.order_by(_APPLICATIONS.c.id), {})


def permit_objects(connection: AsyncConnection, *, scope: Scope) -> AsyncGenerator[Batch, None]:
    """Stream what an event log says of each permit of these cases: id, case, when it was issued."""
    query = (
        select(_PERMITS.c.id, _PERMITS.c.application_id, _PERMITS.c.issued_at)
        .join(_APPLICATIONS, _APPLICATIONS.c.id == _PERMITS.c.application_id)
        .where(visible_to(scope))
    )
    return _streamed(connection, query.order_by(_PERMITS.c.id), {})


def organisation_objects(connection: AsyncConnection, *, scope: Scope) -> AsyncGenerator[Batch, None]:
    """Stream the ids of the organisations that filed these cases."""
    query = select(_APPLICATIONS.c.organisation_id).where(visible_to(scope)).distinct()
    return _streamed(connection, query, {})


def case_leaves(connection: AsyncConnection, *, scope: Scope) -> AsyncGenerator[Batch, None]:
    """Stream the leaves of these cases, case by case and in log order: index, case, organisation, what the leaf says."""
    said = func.coalesce(_LEAVES.c.statement, _LEAVES.c.entry)
    query = (
        select(_LEAVES.c.index, _LEAVES.c.case_id, _APPLICATIONS.c.organisation_id, said)
        .join(_APPLICATIONS, _APPLICATIONS.c.id == _LEAVES.c.case_id)
        .where(visible_to(scope))
    )
    return _streamed(connection, query.order_by(_LEAVES.c.case_id, _LEAVES.c.index), {})


def declared_only(query: Select[Any]) -> Select[Any]:
    """Return a query that reads only fields which their kinds declare as exported; what is derived belongs to no kind.

    Raises:
        LookupError: it reads another field.

    """
    for selected in query.selected_columns:
        column = selected.element if isinstance(selected, Label) else selected
        kind = _KINDS.get(getattr(column, "table", None))
        if kind is None or kind.of is None or column.key not in kind.of.__dataclass_fields__:
            continue
        if column.key not in kind.exported:
            message = f"{kind.name} does not declare that exports may hold {column.key}"
            raise LookupError(message)
    return query


async def _streamed(
    connection: AsyncConnection, query: Select[Any], values: dict[str, object]
) -> AsyncGenerator[Batch, None]:
    # Not `async with`: when a generator is closed half way, that leaves the cursor open.
    result = await connection.stream(declared_only(query).execution_options(yield_per=BATCH), values)
    try:
        async for batch in result.partitions(BATCH):
            yield batch
    finally:
        await result.close()


def _narrowing(
    narrowed: ExportFilter, table: Any, stage: ColumnElement[Any], updated: ColumnElement[Any]
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if narrowed.stages is not None:
        conditions.append(stage.in_(sorted(narrowed.stages)))
    if narrowed.procedure_code is not None:
        conditions.append(table.c.procedure_code == narrowed.procedure_code)
    if narrowed.organisation_id is not None:
        conditions.append(table.c.organisation_id == narrowed.organisation_id)
    if narrowed.updated_since is not None:
        conditions.append(updated >= narrowed.updated_since)
    return conditions


def _narrowing_cases(narrowed: ExportFilter) -> list[ColumnElement[bool]]:
    """Ask what is asked of cases only, as the list of cases does."""
    columns, participations = _APPLICATIONS.c, tables.participations.c
    conditions: list[ColumnElement[bool]] = []
    if narrowed.officer_id is not None:
        is_held = exists().where(
            participations.application_id == columns.id,
            participations.person_id == narrowed.officer_id,
            participations.until.is_(None),
        )
        conditions.append(is_held)
    if narrowed.overdue_at is not None:
        conditions += [columns.next_due_at <= narrowed.overdue_at, columns.stage.in_(sorted(OPEN_STAGES))]
    if words := search_form(narrowed.text or "").strip():
        conditions.append(columns.search.bool_op("@@")(func.plainto_tsquery("simple", words)))
    return conditions


def _paged(
    query: Select[Any],
    updated: ColumnElement[Any],
    identity: ColumnElement[Any],
    *,
    since: datetime | None,
    after: tuple[datetime, UUID] | None,
) -> Select[Any]:
    query, position = declared_only(query), tuple_(updated, identity)
    if since is None:
        query = query.order_by(updated.desc(), identity.desc())
        return query if after is None else query.where(position < tuple_(*after))
    query = query.where(updated >= since).order_by(updated, identity)
    return query if after is None else query.where(position > tuple_(*after))
