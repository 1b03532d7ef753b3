"""Webhooks as rows: endpoints and their sealed secrets, what is to be sent, and how each try went."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Text, Uuid, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core import jobs
from sandbox_registry.db.core.records import Records
from sandbox_registry.db.core.statements import Row, Statement, insert_into
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.integrations.webhooks import (
    ATTEMPTS,
    CHECK,
    CHECK_ATTEMPTS,
    Attempt,
    DeliveryState,
    Endpoint,
    EndpointState,
    WebhookDelivery,
    names_for,
)
from sandbox_registry.domain.kinds.events import CaseEvent

_ENDPOINTS, _SECRETS = tables.webhook_endpoints, tables.webhook_secrets
_DELIVERIES, _ATTEMPTS = tables.webhook_deliveries, tables.webhook_attempts
RECORDS = Records(_ENDPOINTS, Endpoint)
_DELIVERY = select(*(_DELIVERIES.c[name] for name in WebhookDelivery.__dataclass_fields__))
_ATTEMPT = select(*(_ATTEMPTS.c[name] for name in Attempt.__dataclass_fields__))
_ADD = Statement(insert_into(_DELIVERIES, WebhookDelivery.__dataclass_fields__))
_LISTENING = Statement(
    select(_ENDPOINTS.c.id, _ENDPOINTS.c.events)
    .where(
        _ENDPOINTS.c.state == EndpointState.ACTIVE.value,
        _ENDPOINTS.c.organisation_id == func.any(bindparam("parties", type_=ARRAY(Uuid))),
        _ENDPOINTS.c.events.overlap(bindparam("wanted", type_=ARRAY(Text))),
    )
    .order_by(_ENDPOINTS.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A secret as it is kept; `id` goes into the seal, so that no secret can be put in another's place."""

    id: UUID
    sealed: bytes


async def announce(
    connection: AsyncConnection,
    happened: Iterable[CaseEvent],
    *,
    case: Application,
    at: datetime,
    new_id: Callable[[], UUID],
) -> None:
    """Write down what is to be sent to the machines of a case's parties, with its jobs, in the act's own transaction."""
    happened = tuple(happened)
    if not happened:
        return
    names = {name for each in happened for name in names_for(each.type)}
    parties = [case.organisation_id, *case.unit_ids]
    endpoints = await _LISTENING.rows(connection, {"parties": parties, "wanted": sorted(names)})
    for each in happened:
        event_id = new_id()
        for endpoint_id, events in endpoints:
            if not {*events}.isdisjoint(names_for(each.type)):
                await _add(
                    connection,
                    WebhookDelivery(
                        id=new_id(),
                        endpoint_id=endpoint_id,
                        event_id=event_id,
                        type=each.type,
                        application_id=case.id,
                        data=each.data,
                        occurred_at=at,
                        state=DeliveryState.PENDING,
                        attempts=0,
                        budget=ATTEMPTS,
                    ),
                )


async def ask_to_check(
    connection: AsyncConnection, endpoint: Endpoint, *, challenge: str, at: datetime, new_id: Callable[[], UUID]
) -> None:
    """Have an endpoint asked for its challenge, instead of any question still open."""
    await _end_pending(connection, endpoint.id, _DELIVERIES.c.type == CHECK, at=at)
    await _add(
        connection,
        WebhookDelivery(
            id=new_id(),
            endpoint_id=endpoint.id,
            event_id=new_id(),
            type=CHECK,
            application_id=None,
            data={"challenge": challenge},
            occurred_at=at,
            state=DeliveryState.PENDING,
            attempts=0,
            budget=CHECK_ATTEMPTS,
        ),
    )


async def _add(connection: AsyncConnection, delivery: WebhookDelivery) -> None:
    await _ADD.execute(connection, asdict(delivery))
    await defer(connection, delivery, at=None)


async def defer(connection: AsyncConnection, delivery: WebhookDelivery, *, at: datetime | None) -> None:
    """Have the next try of a delivery done, at once or at a moment."""
    args = {"delivery_id": str(delivery.id), "attempt": delivery.attempts + 1}
    await jobs.defer(connection, jobs.Task.DELIVER_WEBHOOK, at=at, args=args)


async def end_all(connection: AsyncConnection, endpoint_id: UUID, *, at: datetime) -> None:
    """Give up everything that was still to be sent to an endpoint, and forget its secrets."""
    await _end_pending(connection, endpoint_id, at=at)
    await Statement(delete(_SECRETS).where(_SECRETS.c.endpoint_id == endpoint_id)).execute(connection)


async def _end_pending(
    connection: AsyncConnection, endpoint_id: UUID, *conditions: ColumnElement[bool], at: datetime
) -> None:
    statement = update(_DELIVERIES).where(
        _DELIVERIES.c.endpoint_id == endpoint_id, _DELIVERIES.c.state == DeliveryState.PENDING.value, *conditions
    )
    await Statement(statement.values(state=DeliveryState.DEAD.value, ended_at=at, next_at=None)).execute(connection)


async def endpoints_of(connection: AsyncConnection, organisation_ids: Iterable[UUID]) -> tuple[Endpoint, ...]:
    """List the endpoints of these organisations, oldest first, without those removed."""
    query = RECORDS.query.where(
        _ENDPOINTS.c.organisation_id.in_(sorted(organisation_ids)), _ENDPOINTS.c.state != EndpointState.REMOVED.value
    )
    return tuple(RECORDS.read(row) for row in await Statement(query.order_by(_ENDPOINTS.c.id)).rows(connection))


async def find_endpoint(
    connection: AsyncConnection, endpoint_id: UUID, *, organisation_ids: Iterable[UUID], lock: bool = False
) -> Endpoint | None:
    """Find an endpoint of one of these organisations; with `lock`, nobody else changes it meanwhile."""
    query = RECORDS.query.where(
        _ENDPOINTS.c.id == endpoint_id,
        _ENDPOINTS.c.organisation_id.in_(sorted(organisation_ids)),
        _ENDPOINTS.c.state != EndpointState.REMOVED.value,
    )
    row = await Statement(query.with_for_update() if lock else query).row(connection)
    return None if row is None else RECORDS.read(row)


async def add_secret(
    connection: AsyncConnection, endpoint_id: UUID, secret: Sealed, *, at: datetime, others_end_at: datetime
) -> None:
    """Keep a new secret; those before it sign on until a moment, and never longer than they would have."""
    statement = update(_SECRETS).where(_SECRETS.c.endpoint_id == endpoint_id)
    earlier = func.least(func.coalesce(_SECRETS.c.ends_at, others_end_at), others_end_at)
    await Statement(statement.values(ends_at=earlier)).execute(connection)
    values = {"endpoint_id": endpoint_id, "created_at": at, "ends_at": None}
    await Statement(insert(_SECRETS).values({**asdict(secret), **values})).execute(connection)


async def secrets_of(connection: AsyncConnection, endpoint_id: UUID, *, at: datetime) -> tuple[Sealed, ...]:
    """List the secrets that sign now, newest first."""
    query = select(_SECRETS.c.id, _SECRETS.c.sealed).where(
        _SECRETS.c.endpoint_id == endpoint_id, or_(_SECRETS.c.ends_at.is_(None), _SECRETS.c.ends_at > at)
    )
    rows = await Statement(query.order_by(_SECRETS.c.created_at.desc(), _SECRETS.c.id.desc()).limit(2)).rows(connection)
    return tuple(Sealed(id=identity, sealed=sealed) for identity, sealed in rows)


async def take(
    connection: AsyncConnection, delivery_id: UUID, *, attempt: int, at: datetime, until: datetime
) -> WebhookDelivery | None:
    """Take a try of a delivery for oneself until a moment; null when somebody has, had it, or nothing is to be done.

    A try that its worker never ended can be taken again once its time is over.
    """
    columns = _DELIVERIES.c
    is_next = columns.attempts == attempt - 1
    is_orphan = and_(columns.attempts == attempt, columns.leased_until <= at)
    statement = (
        update(_DELIVERIES)
        .where(columns.id == delivery_id, columns.state == DeliveryState.PENDING.value, or_(is_next, is_orphan))
        .values(attempts=attempt, leased_until=until, next_at=None)
    )
    row = await Statement(statement.returning(*_DELIVERY.selected_columns)).row(connection)
    return None if row is None else _delivery(row)


async def is_taken(connection: AsyncConnection, delivery_id: UUID, *, attempt: int) -> bool:
    """Say whether somebody is at this very try, or was when they died."""
    query = select(_DELIVERIES.c.id).where(
        _DELIVERIES.c.id == delivery_id,
        _DELIVERIES.c.attempts == attempt,
        _DELIVERIES.c.state == DeliveryState.PENDING.value,
        _DELIVERIES.c.leased_until.is_not(None),
    )
    return await Statement(query).row(connection) is not None


async def close_attempt(
    connection: AsyncConnection,
    delivery: WebhookDelivery,
    attempt: Attempt,
    *,
    state: DeliveryState,
    next_at: datetime | None,
) -> bool:
    """Write down how a try went; false when the delivery was ended by somebody meanwhile."""
    statement = update(_DELIVERIES).where(
        _DELIVERIES.c.id == delivery.id,
        _DELIVERIES.c.attempts == delivery.attempts,
        _DELIVERIES.c.state == DeliveryState.PENDING.value,
        _DELIVERIES.c.leased_until.is_not(None),
    )
    ended = None if state is DeliveryState.PENDING else attempt.at
    statement = statement.values(state=state.value, next_at=next_at, leased_until=None, ended_at=ended)
    changed = await Statement(statement).execute(connection) == 1
    if changed:
        await Statement(insert(_ATTEMPTS).values({"delivery_id": delivery.id, **asdict(attempt)})).execute(connection)
    return changed


async def lock_endpoint(connection: AsyncConnection, endpoint_id: UUID) -> Endpoint:
    """Load an endpoint for the worker and keep others from changing it meanwhile."""
    [row] = await Statement(RECORDS.query.where(_ENDPOINTS.c.id == endpoint_id).with_for_update()).rows(connection)
    return RECORDS.read(row)


async def lock_endpoints_of(connection: AsyncConnection, organisation_ids: Iterable[UUID]) -> tuple[Endpoint, ...]:
    """List every endpoint that these organisations ever had, and keep others from changing them meanwhile."""
    query = RECORDS.query.where(_ENDPOINTS.c.organisation_id.in_(sorted(organisation_ids)))
    return tuple(
        RECORDS.read(row) for row in await Statement(query.order_by(_ENDPOINTS.c.id).with_for_update()).rows(connection)
    )


async def note_failing(connection: AsyncConnection, endpoint_id: UUID, *, since: datetime | None) -> None:
    """Keep since when an endpoint fails, beside its version: it is no change anybody made."""
    statement = update(_ENDPOINTS).where(_ENDPOINTS.c.id == endpoint_id).values(failing_since=since)
    await Statement(statement).execute(connection)


async def deliveries_of(
    connection: AsyncConnection, endpoint_id: UUID, *, state: DeliveryState | None, after: UUID | None, limit: int
) -> tuple[WebhookDelivery, ...]:
    """List what was and is to be sent to an endpoint, newest first; `after` is the last one already seen."""
    query = _DELIVERY.where(_DELIVERIES.c.endpoint_id == endpoint_id).order_by(_DELIVERIES.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(_DELIVERIES.c.state == state.value)
    if after is not None:
        query = query.where(_DELIVERIES.c.id < after)
    return tuple(_delivery(row) for row in await Statement(query).rows(connection))


async def find_delivery(
    connection: AsyncConnection, delivery_id: UUID, *, endpoint_id: UUID, lock: bool = False
) -> WebhookDelivery | None:
    """Find one delivery of an endpoint."""
    query = _DELIVERY.where(_DELIVERIES.c.id == delivery_id, _DELIVERIES.c.endpoint_id == endpoint_id)
    row = await Statement(query.with_for_update() if lock else query).row(connection)
    return None if row is None else _delivery(row)


async def attempts_of(connection: AsyncConnection, delivery_id: UUID) -> tuple[Attempt, ...]:
    """List the tries of a delivery, first one first."""
    query = _ATTEMPT.where(_ATTEMPTS.c.delivery_id == delivery_id).order_by(_ATTEMPTS.c.number)
    return msgspec.convert(await Statement(query).dicts(connection), tuple[Attempt, ...])


async def reopen(connection: AsyncConnection, delivery: WebhookDelivery) -> WebhookDelivery:
    """Have an ended delivery tried again from now, as often as a new one."""
    statement = update(_DELIVERIES).where(_DELIVERIES.c.id == delivery.id)
    statement = statement.values(
        state=DeliveryState.PENDING.value, budget=delivery.attempts + ATTEMPTS, ended_at=None, leased_until=None
    )
    [row] = await Statement(statement.returning(*_DELIVERY.selected_columns)).rows(connection)
    again = _delivery(row)
    await defer(connection, again, at=None)
    return again


async def reopen_dead(connection: AsyncConnection, endpoint_id: UUID, *, limit: int) -> tuple[WebhookDelivery, ...]:
    """Have the oldest dead letters of an endpoint tried again from now, as often as new ones; return them.

    Lock the endpoint first, so that of two at once the second finds those that are left.
    """
    columns = _DELIVERIES.c
    oldest = (
        select(columns.id)
        .where(columns.endpoint_id == endpoint_id, columns.state == DeliveryState.DEAD.value, columns.type != CHECK)
        .order_by(columns.id)
        .limit(limit)
    )
    statement = update(_DELIVERIES).where(columns.id.in_(oldest.scalar_subquery()))
    statement = statement.values(
        state=DeliveryState.PENDING.value, budget=columns.attempts + ATTEMPTS, ended_at=None, leased_until=None
    )
    rows = await Statement(statement.returning(*_DELIVERY.selected_columns)).rows(connection)
    again = tuple(sorted((_delivery(row) for row in rows), key=lambda each: each.id))
    for each in again:
        await defer(connection, each, at=None)
    return again


async def left_behind(connection: AsyncConnection, *, before: datetime, limit: int) -> tuple[WebhookDelivery, ...]:
    """List and lock deliveries whose try should long have been done or ended, and that have no worker."""
    columns = _DELIVERIES.c
    since = func.coalesce(columns.leased_until, columns.next_at, columns.occurred_at)
    query = _DELIVERY.where(columns.state == DeliveryState.PENDING.value, since < before)
    rows = await Statement(query.order_by(columns.id).limit(limit).with_for_update(skip_locked=True)).rows(connection)
    return tuple(_delivery(row) for row in rows)


async def give_back(connection: AsyncConnection, delivery: WebhookDelivery, *, at: datetime) -> None:
    """Put a delivery left behind into the queue again, at the try it was left at."""
    attempt = delivery.attempts if delivery.leased_until is not None else delivery.attempts + 1
    statement = update(_DELIVERIES).where(_DELIVERIES.c.id == delivery.id)
    values: dict[str, object] = {"attempts": attempt - 1, "leased_until": None, "next_at": at}
    await Statement(statement.values(values)).execute(connection)
    args = {"delivery_id": str(delivery.id), "attempt": attempt}
    await jobs.defer(connection, jobs.Task.DELIVER_WEBHOOK, at=None, args=args)


async def forget(connection: AsyncConnection, *, ended_before: datetime, at: datetime) -> int:
    """Delete deliveries that ended long ago, with their tries, and secrets that sign nothing any more."""
    await Statement(delete(_SECRETS).where(_SECRETS.c.ends_at <= at)).execute(connection)
    return await Statement(delete(_DELIVERIES).where(_DELIVERIES.c.ended_at < ended_before)).execute(connection)


def _delivery(row: Row) -> WebhookDelivery:
    return msgspec.convert(dict(zip(WebhookDelivery.__dataclass_fields__, row, strict=True)), WebhookDelivery)
