"""Sending events to endpoints, one try at a time. The worker decides nothing for anybody, so none of it is a leaf.

A try is taken in one transaction, made outside any, and written down in another: at least once, under one event id.
"""

import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from sandbox_registry.authz import Action
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.core.queries import Queries
from sandbox_registry.db.identity import people
from sandbox_registry.db.integrations import webhooks
from sandbox_registry.domain.identity.people import UNIT_BOUND_ROLES, Actor, Relation, Role, towards_organisation
from sandbox_registry.domain.integrations.webhooks import (
    CHECK,
    FAILING_FOR,
    PURPOSE,
    Attempt,
    DeliveryState,
    Endpoint,
    EndpointState,
    WebhookDelivery,
    WebhookResponse,
    asked_wait,
    cloud_event,
    signature_headers,
    wait_after,
)
from sandbox_registry.domain.kinds.events import EVENTS
from sandbox_registry.domain.stages import Stage
from sandbox_registry.runtime.clocks import Clock, system_clock
from sandbox_registry.runtime.seals import Seals
from sandbox_registry.usecases.integrations.webhooks import managed_by
from sandbox_registry.usecases.transaction.transactions import Transactions

TAKEN_FOR = timedelta(seconds=30)
"""How long a try is its worker's own; a request takes five seconds at most."""
ABANDONED_AFTER = timedelta(hours=1)
RETENTION = timedelta(days=30)
BATCH = 100
MEDIA_TYPE = "application/cloudevents+json; charset=utf-8"
_GONE = 410
_BUSY = frozenset({429, 503})
_DEADLY = frozenset({"endpoint_not_active", "secret_lost"})
"""Why nothing is sent: for these it may be sent again once the endpoint is in order; for others, to whom may read it."""
logger = structlog.get_logger("registry.webhooks")


Send = Callable[[str, bytes, Mapping[str, str]], Awaitable[WebhookResponse]]
"""Posts a body with headers to an address. Never raises for what the other side does."""


class BeingSent(Exception):
    """Another worker is at this try, or was when it died; the queue asks again later."""


class Deliveries:
    """What the worker does about webhooks. `now` is the world's clock, whatever a rehearsal says: receivers check it."""

    def __init__(
        self, transactions: Transactions, *, now: Clock = system_clock, chance: Callable[[], float] = random.random
    ) -> None:
        self.transactions = transactions
        self.seals = Seals(transactions.pseudonyms.key, purpose=PURPOSE)
        self.now = now
        self.chance = chance

    async def deliver(self, delivery_id: UUID, *, attempt: int, send: Send) -> DeliveryState | None:
        """Make one try, and put the next one into the queue if it fails; null when there is nothing to do.

        Raises:
            BeingSent: somebody else is at it.

        """
        at = self.now()
        async with self.transactions.database.transaction() as work:
            delivery = await work.run(webhooks.take, delivery_id, attempt=attempt, at=at, until=at + TAKEN_FOR)
            if delivery is None:
                if await work.run(webhooks.is_taken, delivery_id, attempt=attempt):
                    raise BeingSent
                return None
            # Without its lock: who removes an endpoint holds that, and waits for this very delivery before it goes.
            endpoint = await work.run(webhooks.RECORDS.get, delivery.endpoint_id)
            secrets = await self._secrets(work, delivery.endpoint_id)
            reason = await self._reason_to_withhold(work, delivery, endpoint) or (None if secrets else "secret_lost")
            if reason is not None:
                state = DeliveryState.DEAD if reason in _DEADLY else DeliveryState.WITHHELD
                await work.run(
                    webhooks.close_attempt,
                    delivery,
                    _unsent(delivery, at=at, failure=reason),
                    state=state,
                    next_at=None,
                )
                return state
        headers, body = _signed(delivery, secrets, at=at)
        answer = await send(endpoint.url, body, headers)
        return await self._write_down(delivery, endpoint, answer)

    async def sweep(self) -> int:
        """Put back what was left behind, and forget what ended long ago."""
        at = self.now()
        async with self.transactions.database.transaction() as work:
            abandoned = await work.run(webhooks.left_behind, before=at - ABANDONED_AFTER, limit=BATCH)
            for each in abandoned:
                logger.warning("webhook.left_behind", delivery=each.id, attempt=each.attempts)
                await work.run(webhooks.give_back, each, at=at)
            await work.run(webhooks.forget, ended_before=at - RETENTION, at=at)
        return len(abandoned)

    async def _secrets(self, queries: Queries, endpoint_id: UUID) -> list[bytes]:
        """Open the secrets that sign now; those that the key of the installation does not open sign nothing."""
        sealed = await queries.run(webhooks.secrets_of, endpoint_id, at=self.transactions.now())
        opened = (self.seals.open(each.sealed, about=each.id.bytes) for each in sealed)
        return [each for each in opened if each is not None]

    async def _reason_to_withhold(self, queries: Queries, delivery: WebhookDelivery, endpoint: Endpoint) -> str | None:
        """Say why this may not be sent now; null when it may."""
        if delivery.type == CHECK:
            is_open = endpoint.state is not EndpointState.REMOVED
        else:
            is_open = endpoint.state is EndpointState.ACTIVE
        if not is_open:
            return "endpoint_not_active"
        actor = await queries.run(
            people.actor_for_person, endpoint.answerable_id, at=self.transactions.now(), method="webhook", request_id=""
        )
        if actor is None or endpoint.organisation_id not in managed_by(actor):
            return "nobody_answerable"
        standing = towards_organisation(endpoint.organisation_id)
        if not self.transactions.authorizer.judge(actor, standing, Stage.NONE, Action.WEBHOOK_READ).allowed:
            return "nobody_answerable"
        if delivery.application_id is None or await self._may_read(queries, delivery, endpoint, actor):
            return None
        return "not_readable"

    async def _may_read(self, queries: Queries, delivery: WebhookDelivery, endpoint: Endpoint, actor: Actor) -> bool:
        """Ask the policy whether the endpoint's organisation may read this of the case, as of now.

        An applicant reads as the person answerable. An administrator reads no dossier, so a unit reads as its offices.
        """
        if delivery.application_id is None:
            return False
        case = await queries.run(
            case_rows.load_case, delivery.application_id, person_id=actor.person_id, consulted_unit_ids=frozenset()
        )
        event = EVENTS.get(delivery.type)
        if case is None or event is None:
            return False
        needed = [(Action.APPLICATION_READ, case.application.stage), (event.needs, event.at or case.application.stage)]
        authorizer, party = self.transactions.authorizer, endpoint.organisation_id
        if party == case.application.organisation_id:
            return all(authorizer.judge(actor, case.standing, at, what).allowed for what, at in needed)
        if party not in case.application.unit_ids:
            return False
        offices = [role for role in UNIT_BOUND_ROLES if case.standing.counts(role, party)]
        return all(
            any(authorizer.decide(_office(role), _AS_UNIT, at, what).allowed for role in offices) for what, at in needed
        )

    async def _write_down(
        self, delivery: WebhookDelivery, endpoint: Endpoint, answer: WebhookResponse
    ) -> DeliveryState | None:
        """Keep how the try went and what follows from it, for the delivery and for its endpoint."""
        at = self.now()
        failure = answer.failure or _failure(delivery, answer)
        is_last = delivery.attempts >= delivery.budget or answer.status == _GONE
        state, next_at = DeliveryState.DELIVERED, None
        if failure is not None:
            state = DeliveryState.DEAD if is_last else DeliveryState.PENDING
            next_at = None if is_last else at + self._wait(delivery, answer, at=at)
        attempt = Attempt(
            number=delivery.attempts,
            at=at,
            status=answer.status,
            milliseconds=answer.milliseconds,
            failure=failure,
            answer=answer.body,
        )
        async with self.transactions.database.transaction() as work:
            current = await work.run(webhooks.lock_endpoint, endpoint.id)
            if not await work.run(webhooks.close_attempt, delivery, attempt, state=state, next_at=next_at):
                return None
            if next_at is not None:
                await work.run(webhooks.defer, delivery, at=next_at)
            if current.url == endpoint.url:
                await self._judge_endpoint(work, current, delivery, attempt)
        logger.info("webhook.tried", delivery=delivery.id, attempt=attempt.number, state=state, failure=failure)
        return state

    def _wait(self, delivery: WebhookDelivery, answer: WebhookResponse, *, at: datetime) -> timedelta:
        """Say how long to wait for the next try: longer than usual where a busy receiver asks for it."""
        own = wait_after(delivery.attempts, chance=self.chance())
        requested = asked_wait(answer.retry_after or "", at=at) if answer.status in _BUSY else None
        return own if requested is None else max(own, requested)

    async def _judge_endpoint(
        self, queries: Queries, endpoint: Endpoint, delivery: WebhookDelivery, attempt: Attempt
    ) -> None:
        """Switch an endpoint on that answered its challenge, and off when it has long failed or says it is gone."""
        if attempt.failure is None:
            if endpoint.failing_since is not None:
                await queries.run(webhooks.note_failing, endpoint.id, since=None)
            if delivery.type == CHECK and endpoint.state is EndpointState.PENDING:
                await _switch(queries, endpoint, EndpointState.ACTIVE)
            return
        if endpoint.state is not EndpointState.ACTIVE:
            return
        since = endpoint.failing_since or attempt.at
        if endpoint.failing_since is None:
            await queries.run(webhooks.note_failing, endpoint.id, since=since)
        if attempt.status == _GONE or attempt.at - since >= FAILING_FOR:
            logger.warning("webhook.disabled", endpoint=endpoint.id, failing_since=since)
            await _switch(queries, replace(endpoint, failing_since=since), EndpointState.DISABLED)


async def _switch(queries: Queries, endpoint: Endpoint, state: EndpointState) -> None:
    since = endpoint.failing_since if state is EndpointState.DISABLED else None
    changed = replace(endpoint, version=endpoint.version + 1, state=state, failing_since=since)
    await queries.run(webhooks.RECORDS.save, changed)


def _failure(delivery: WebhookDelivery, answer: WebhookResponse) -> str | None:
    """Say what is wrong with an answer; null when it will do."""
    if answer.status is None or not 200 <= answer.status < 300:  # noqa: PLR2004 - what HTTP calls success.
        is_elsewhere = answer.status is not None and 300 <= answer.status < 400  # noqa: PLR2004 - a redirect.
        return "redirect" if is_elsewhere else "status"
    if delivery.type == CHECK and not _echoes(answer.body, str(delivery.data["challenge"])):
        return "challenge"
    return None


def _echoes(body: str, challenge: str) -> bool:
    if body.strip() == challenge:
        return True
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return False
    return isinstance(decoded, dict) and decoded.get("challenge") == challenge


def _signed(delivery: WebhookDelivery, secrets: list[bytes], *, at: datetime) -> tuple[dict[str, str], bytes]:
    body = json.dumps(cloud_event(delivery), ensure_ascii=False, separators=(",", ":")).encode()
    signed = signature_headers(body, event_id=delivery.event_id, at=at, secrets=secrets)
    return {"content-type": MEDIA_TYPE, "user-agent": "sandbox-registry", **signed}, body


def _unsent(delivery: WebhookDelivery, *, at: datetime, failure: str) -> Attempt:
    return Attempt(number=delivery.attempts, at=at, status=None, milliseconds=0, failure=failure, answer="")


def _office(role: Role) -> frozenset[Role]:
    return frozenset({role, Role.APPLICANT})


_AS_UNIT = frozenset({Relation.UNIT})
