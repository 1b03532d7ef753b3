"""Responses under an Idempotency-Key: stored in the transaction of the act itself, sent again byte for byte."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from sandbox_registry.db.core import idempotency
from sandbox_registry.db.core.unit_of_work import UnitOfWork
from sandbox_registry.domain.errors import ConditionNotMet, DomainError
from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.domain.texts import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """What went out over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class IdempotentRequest:
    """A keyed request: `request_hash` binds the key to its body, `render` turns the act's result into the response.

    `response` is what was kept: the very bytes that go out, now and ever after.
    """

    route: str
    key: str
    request_hash: bytes
    render: Callable[[object], StoredResponse]
    response: StoredResponse | None = None


class AlreadyDone(Exception):
    """The act was done before under this key; here is its response."""

    def __init__(self, response: StoredResponse) -> None:
        super().__init__("replayed")
        self.response = response


class KeyReused(ConditionNotMet):
    """The key was used for another request."""

    code = "idempotency_key_reused"


class KeyInUse(DomainError):
    """The same request is being handled at this moment."""

    code = "idempotency_key_in_use"
    message = Text(
        vi="Yêu cầu này đang được xử lý; hãy thử lại sau giây lát.",
        en="This very request is being handled; retry in a moment.",
        fr="Cette même demande est en cours de traitement ; réessayez dans un instant.",
    )


current: ContextVar[IdempotentRequest | None] = ContextVar("current", default=None)


async def begin(work: UnitOfWork, actor: Actor) -> None:
    """Take the key for this transaction, or give the stored response.

    Raises:
        AlreadyDone: the key was used for this very request.
        KeyReused: it was used for another one.
        KeyInUse: another transaction holds it now.

    """
    request = current.get()
    if request is None:
        return
    found = await idempotency.begin(work.connection, person_id=actor.person_id, route=request.route, key=request.key)
    if found.response is not None:
        if found.response.request_hash != request.request_hash:
            raise KeyReused("idempotency_key_reused", _REUSED)
        raise AlreadyDone(
            StoredResponse(status=found.response.status, headers=found.response.headers, body=found.response.body)
        )
    if not found.is_free:
        raise KeyInUse


async def store_response(work: UnitOfWork, actor: Actor, *, result: object, at: datetime) -> None:
    """Store the response of this act beside what it changed."""
    request = current.get()
    if request is None:
        return
    response = request.response = request.render(result)
    await idempotency.store_response(
        work.connection,
        person_id=actor.person_id,
        route=request.route,
        key=request.key,
        response=idempotency.ResponseRecord(
            request_hash=request.request_hash, status=response.status, headers=response.headers, body=response.body
        ),
        at=at,
    )


_REUSED = Text(
    vi="Khóa Idempotency-Key này đã được dùng cho một yêu cầu khác.",
    en="This Idempotency-Key was used for another request.",
    fr="Cette clé Idempotency-Key a servi à une autre demande.",
)
