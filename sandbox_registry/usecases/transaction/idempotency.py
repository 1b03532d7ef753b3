"""Responses under an Idempotency-Key: stored in the transaction of the act itself, sent again byte for byte."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sandbox_registry.db.core import idempotency
from sandbox_registry.db.core.unit_of_work import UnitOfWork
from sandbox_registry.domain.errors import ConditionNotMet, DomainError


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """What went out over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentRequest:
    """A keyed request: `request_hash` binds the key to its body, `render` turns the act's result into the response.

    `render` is called in the transaction of the act, so that what is stored commits with it; it does nothing but write
    down the result it is given.
    """

    route: str
    key: str
    request_hash: bytes
    render: Callable[[Any], StoredResponse]


class AlreadyDone(Exception):
    """The act was done before under this key; here is its response."""

    def __init__(self, response: StoredResponse) -> None:
        super().__init__("replayed")
        self.response = response


class KeyReused(ConditionNotMet):
    """The key was used for another request."""

    code = "idempotency_key_reused"


class KeyInUse(DomainError):
    """The same request is being processed at the moment."""

    code = "idempotency_key_in_use"


async def begin(work: UnitOfWork, request: IdempotentRequest, *, person_id: UUID) -> None:
    """Take the key for this transaction, or give the stored response.

    Raises:
        AlreadyDone: the key was used for this very request.
        KeyReused: it was used for another one.
        KeyInUse: another transaction holds it now.

    """
    taken = await work.run(idempotency.begin, person_id=person_id, route=request.route, key=request.key)
    stored = taken.response
    if stored is None and not taken.is_free:
        raise KeyInUse
    if stored is None:
        return
    if stored.request_hash != request.request_hash:
        raise KeyReused("idempotency_key_reused")
    raise AlreadyDone(StoredResponse(status=stored.status, headers=stored.headers, body=stored.body))


async def store_response(
    work: UnitOfWork, request: IdempotentRequest, *, person_id: UUID, result: object, at: datetime
) -> None:
    """Store the response of an act beside what it changed."""
    response = request.render(result)
    await work.run(
        idempotency.store_response,
        person_id=person_id,
        route=request.route,
        key=request.key,
        response=idempotency.ResponseRecord(
            request_hash=request.request_hash, status=response.status, headers=response.headers, body=response.body
        ),
        at=at,
    )
