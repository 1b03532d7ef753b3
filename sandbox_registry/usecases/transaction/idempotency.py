"""Answers kept under an Idempotency-Key: stored in the transaction of the act itself, given again byte for byte."""

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
class Answer:
    """What went out over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class Ticket:
    """A keyed request: `request_hash` binds the key to its body, `render` turns the act's result into the answer.

    `answer` is what was kept: the very bytes that go out, now and ever after.
    """

    route: str
    key: str
    request_hash: bytes
    render: Callable[[object], Answer]
    answer: Answer | None = None


class Replayed(Exception):
    """The act was done before under this key; here is its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("replayed")
        self.answer = answer


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


current: ContextVar[Ticket | None] = ContextVar("current", default=None)


async def claim(work: UnitOfWork, actor: Actor) -> None:
    """Take the key for this transaction, or give the stored answer.

    Raises:
        Replayed: the key was used for this very request.
        KeyReused: it was used for another one.
        KeyInUse: another transaction holds it now.

    """
    ticket = current.get()
    if ticket is None:
        return
    claimed = await idempotency.claim(work.connection, person_id=actor.person_id, route=ticket.route, key=ticket.key)
    if claimed.answer is not None:
        if claimed.answer.request_hash != ticket.request_hash:
            raise KeyReused("idempotency_key_reused", _REUSED)
        raise Replayed(Answer(status=claimed.answer.status, headers=claimed.answer.headers, body=claimed.answer.body))
    if not claimed.is_free:
        raise KeyInUse


async def keep(work: UnitOfWork, actor: Actor, *, result: object, at: datetime) -> None:
    """Store the answer of this act beside what it changed."""
    ticket = current.get()
    if ticket is None:
        return
    answer = ticket.answer = ticket.render(result)
    await idempotency.keep(
        work.connection,
        person_id=actor.person_id,
        route=ticket.route,
        key=ticket.key,
        answer=idempotency.StoredAnswer(
            request_hash=ticket.request_hash, status=answer.status, headers=answer.headers, body=answer.body
        ),
        at=at,
    )


_REUSED = Text(
    vi="Khóa Idempotency-Key này đã được dùng cho một yêu cầu khác.",
    en="This Idempotency-Key was used for another request.",
    fr="Cette clé Idempotency-Key a servi à une autre demande.",
)
