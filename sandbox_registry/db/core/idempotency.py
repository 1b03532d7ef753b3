"""Answers kept under an Idempotency-Key, as rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, bindparam, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement

_ANSWERS = tables.idempotency_answers


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """An answer and the digest of the request it belongs to."""

    request_hash: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whether the key is free for this transaction, and the answer already stored under it."""

    is_free: bool
    answer: StoredAnswer | None


_LOCK = Statement(select(func.pg_try_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text), 0))))
_STORED = Statement(
    select(_ANSWERS.c.request_hash, _ANSWERS.c.status, _ANSWERS.c.headers, _ANSWERS.c.body).where(
        _ANSWERS.c.person_id == bindparam("person_id"),
        _ANSWERS.c.route == bindparam("route"),
        _ANSWERS.c.key == bindparam("key"),
    )
)
_KEEP = Statement(insert(_ANSWERS).values({each.name: bindparam(each.name, type_=each.type) for each in _ANSWERS.c}))


async def claim(connection: AsyncConnection, *, person_id: UUID, route: str, key: str) -> Claim:
    """Take a key until the transaction ends. The lock comes before the look, so a finished twin is always seen."""
    name = f"{person_id}|{route}|{key}"
    [(is_free,)] = await _LOCK.rows(connection, {"name": name})
    for request_hash, status, headers, body in await _STORED.rows(
        connection, {"person_id": person_id, "route": route, "key": key}
    ):
        answer = StoredAnswer(request_hash=request_hash, status=status, headers=headers, body=body)
        return Claim(is_free=is_free, answer=answer)
    return Claim(is_free=is_free, answer=None)


async def keep(
    connection: AsyncConnection, *, person_id: UUID, route: str, key: str, answer: StoredAnswer, at: datetime
) -> None:
    """Store the answer of a request."""
    await _KEEP.count(
        connection,
        {
            "person_id": person_id,
            "route": route,
            "key": key,
            "request_hash": answer.request_hash,
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": answer.body,
            "created_at": at,
        },
    )


async def purge(connection: AsyncConnection, *, before: datetime) -> int:
    """Delete answers kept since before an instant; return how many."""
    return (await connection.execute(delete(_ANSWERS).where(_ANSWERS.c.created_at < before))).rowcount
