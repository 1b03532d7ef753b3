"""Responses stored under an Idempotency-Key, as rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement, insert_into

_RESPONSES = tables.idempotency_answers


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseRecord:
    """A response and the digest of the request it belongs to."""

    request_hash: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """Whether the key is free for this transaction, and the response already stored under it."""

    is_free: bool
    response: ResponseRecord | None


_LOCK = Statement(select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text), 0))))
_STORED = Statement(
    select(_RESPONSES.c.request_hash, _RESPONSES.c.status, _RESPONSES.c.headers, _RESPONSES.c.body).where(
        _RESPONSES.c.person_id == bindparam("person_id"),
        _RESPONSES.c.route == bindparam("route"),
        _RESPONSES.c.key == bindparam("key"),
    )
)
_STORE = Statement(insert_into(_RESPONSES, _RESPONSES.c.keys()))


async def begin(connection: AsyncConnection, *, person_id: UUID, route: str, key: str) -> Beginning:
    """Take a key until the transaction ends. The lock comes before the look, so a finished twin is always seen."""
    name = f"{person_id}|{route}|{key}"
    [(is_free,)] = await _LOCK.rows(connection, {"name": name})
    for request_hash, status, headers, body in await _STORED.rows(
        connection, {"person_id": person_id, "route": route, "key": key}
    ):
        response = ResponseRecord(request_hash=request_hash, status=status, headers=headers, body=body)
        return Beginning(is_free=is_free, response=response)
    return Beginning(is_free=is_free, response=None)


async def store_response(
    connection: AsyncConnection, *, person_id: UUID, route: str, key: str, response: ResponseRecord, at: datetime
) -> None:
    """Store the response of a request."""
    await _STORE.execute(
        connection,
        {
            "person_id": person_id,
            "route": route,
            "key": key,
            "request_hash": response.request_hash,
            "status": response.status,
            "headers": dict(response.headers),
            "body": response.body,
            "created_at": at,
        },
    )


async def purge(connection: AsyncConnection, *, before: datetime) -> int:
    """Delete the responses stored before an instant; return how many."""
    return await Statement(delete(_RESPONSES).where(_RESPONSES.c.created_at < before)).execute(connection)
