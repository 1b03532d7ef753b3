"""Endpoints for webhooks and the record of what was sent there: an applicant's signatories, or a unit's administrators."""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_bytes, token_urlsafe
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.core.queries import Queries
from sandbox_registry.db.identity import organisations
from sandbox_registry.db.integrations import webhooks
from sandbox_registry.domain.errors import FieldError, Invalid, NotFound
from sandbox_registry.domain.identity.people import Actor, Role, towards_organisation
from sandbox_registry.domain.integrations.webhooks import (
    OVERLAP,
    PURPOSE,
    SECRET_SIZE,
    Attempt,
    DeliveryState,
    Endpoint,
    EndpointState,
    WebhookDelivery,
    check_may_replay,
    check_overlap,
    check_room,
    check_takes_events,
    endpoint_errors,
    written_secret,
)
from sandbox_registry.domain.kinds.events import EVENTS, GROUPS
from sandbox_registry.domain.stages import Stage
from sandbox_registry.runtime.seals import Seals
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.preconditions import check_version
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions

ENDPOINT = "webhook"
REPLAY_BATCH = 100
"""How many dead letters one request sends again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """An endpoint and its new secret, which nobody will see again."""

    endpoint: Endpoint
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """A delivery with its tries."""

    delivery: WebhookDelivery
    attempts: tuple[Attempt, ...]


class Webhooks:
    """One method per thing done with endpoints. What the actor may not manage is not found."""

    def __init__(self, transactions: Transactions, *, to_loopback: bool = False) -> None:
        self.transactions = transactions
        self.seals = Seals(transactions.pseudonyms.key, purpose=PURPOSE)
        self.to_loopback = to_loopback

    async def create(
        self, context: RequestContext, *, organisation_id: UUID, url: str, events: Iterable[str], description: str
    ) -> NewSecret:
        """Register an endpoint. It is pending until it has answered its challenge.

        Raises:
            NotFound: nothing the actor may register endpoints for.
            PermissionDenied: the policy or the token.
            Invalid: the address or the events.
            ConditionNotMet: `too_many_endpoints`.

        """
        context = context.without_key()  # The response holds a secret: it is never stored for a repeated request.
        subscribed = tuple(sorted(set(events)))
        if organisation_id not in managed_by(context.actor):
            await self.transactions.record_refusal(context, Action.WEBHOOK_CREATE, NotFound(what="organisation"))
            raise NotFound(what="organisation")
        standing = towards_organisation(organisation_id)
        async with self.transactions.open(context, Action.WEBHOOK_CREATE, standing=standing) as act:
            self._check(url, subscribed)
            await act.run(organisations.lock, organisation_id)
            check_room(len(await act.run(webhooks.endpoints_of, [organisation_id])))
            endpoint = Endpoint(
                id=act.new_id(),
                version=1,
                organisation_id=organisation_id,
                url=url,
                events=subscribed,
                description=description,
                state=EndpointState.PENDING,
                answerable_id=context.actor.person_id,
                created_at=act.at,
            )
            await act.run(webhooks.RECORDS.add, endpoint)
            act.record_state(ENDPOINT, endpoint.id, endpoint.version, endpoint)
            await _ask_to_check(act, endpoint)
            return await self._new_secret(act, endpoint, overlap=timedelta(0))

    async def edit(
        self,
        context: RequestContext,
        endpoint_id: UUID,
        *,
        expected_version: int,
        url: str,
        events: Iterable[str],
        description: str,
    ) -> Endpoint:
        """Change an endpoint; at a new address it must answer a challenge again. The actor becomes answerable for it.

        Raises:
            NotFound: no such endpoint, or not the actor's to manage.
            StaleVersion: it changed since it was read.
            Invalid: the address or the events.

        """
        subscribed = tuple(sorted(set(events)))
        async with await self._changing(context, Action.WEBHOOK_EDIT, endpoint_id) as act:
            endpoint = await self._endpoint(act, endpoint_id, expected_version)
            self._check(url, subscribed)
            is_same = url == endpoint.url
            changed = replace(
                endpoint,
                version=endpoint.version + 1,
                url=url,
                events=subscribed,
                description=description,
                answerable_id=context.actor.person_id,
                state=endpoint.state if is_same else EndpointState.PENDING,
                failing_since=endpoint.failing_since if is_same else None,
            )
            await self._save(act, changed)
            if not is_same:
                await _ask_to_check(act, changed)
            return act.respond(changed)

    async def check(self, context: RequestContext, endpoint_id: UUID) -> Endpoint:
        """Ask an endpoint for its challenge again, so that one that failed or was switched off is active once more.

        Raises:
            NotFound: no such endpoint, or not the actor's to manage.

        """
        async with await self._changing(context, Action.WEBHOOK_EDIT, endpoint_id) as act:
            endpoint = await self._endpoint(act, endpoint_id)
            is_active = endpoint.state is EndpointState.ACTIVE
            again = replace(
                endpoint,
                version=endpoint.version + 1,
                state=endpoint.state if is_active else EndpointState.PENDING,
                answerable_id=context.actor.person_id,
                failing_since=endpoint.failing_since if is_active else None,
            )
            await self._save(act, again)
            await _ask_to_check(act, again)
            return act.respond(again)

    async def rotate(self, context: RequestContext, endpoint_id: UUID, *, overlap: timedelta = OVERLAP) -> NewSecret:
        """Make a new secret; the one before signs beside it for as long as `overlap` says.

        Raises:
            NotFound: no such endpoint, or not the actor's to manage.
            Invalid: the overlap.

        """
        context = context.without_key()
        async with await self._changing(context, Action.WEBHOOK_EDIT, endpoint_id) as act:
            endpoint = await self._endpoint(act, endpoint_id)
            _refuse(check_overlap(overlap))
            changed = replace(endpoint, version=endpoint.version + 1)
            await self._save(act, changed)
            return await self._new_secret(act, changed, overlap=overlap)

    async def remove(self, context: RequestContext, endpoint_id: UUID) -> Endpoint:
        """Remove an endpoint at once, with its secrets; nothing that still waits is sent.

        Raises:
            NotFound: no such endpoint, or not the actor's to manage.

        """
        async with await self._changing(context, Action.WEBHOOK_REMOVE, endpoint_id) as act:
            endpoint = await self._endpoint(act, endpoint_id)
            removed = replace(endpoint, version=endpoint.version + 1, state=EndpointState.REMOVED)
            await self._save(act, removed)
            await act.run(webhooks.end_all, endpoint_id, at=act.at)
            return act.respond(removed)

    async def replay(self, context: RequestContext, endpoint_id: UUID, delivery_id: UUID) -> WebhookDelivery:
        """Send an event again under its old id: a dead letter, one withheld, or one that was delivered.

        Raises:
            NotFound: no such endpoint or delivery, or not the actor's to manage.
            ConditionNotMet: `still_trying`, `endpoint_not_active`.

        """
        async with await self._changing(context, Action.WEBHOOK_REPLAY, endpoint_id) as act:
            endpoint = await self._endpoint(act, endpoint_id)
            delivery = await act.run(webhooks.find_delivery, delivery_id, endpoint_id=endpoint_id, lock=True)
            if delivery is None:
                raise NotFound(what="webhook_delivery")
            check_may_replay(delivery, endpoint)
            again = await act.run(webhooks.reopen, delivery)
            act.record_state(
                "webhook_delivery", again.id, again.attempts, {"event_id": again.event_id, "type": again.type}
            )
            return act.respond(again)

    async def replay_dead(self, context: RequestContext, endpoint_id: UUID) -> tuple[WebhookDelivery, ...]:
        """Send the oldest dead letters of an endpoint again under their old ids, at most `REPLAY_BATCH` of them.

        Raises:
            NotFound: no such endpoint, or not the actor's to manage.
            ConditionNotMet: `endpoint_not_active`.

        """
        async with await self._changing(context, Action.WEBHOOK_REPLAY, endpoint_id) as act:
            endpoint = await self._endpoint(act, endpoint_id)
            check_takes_events(endpoint)
            again = await act.run(webhooks.reopen_dead, endpoint_id, limit=REPLAY_BATCH)
            if again:
                events = [{"event_id": each.event_id, "type": each.type} for each in again]
                act.record_state("webhook_replay", endpoint_id, endpoint.version, {"events": events})
            else:
                act.skip_audit()
            return act.respond(again)

    async def list_endpoints(self, context: RequestContext) -> tuple[Endpoint, ...]:
        """List the endpoints one manages."""
        async with self.transactions.replica() as replica:
            return await replica.run(webhooks.endpoints_of, self._readable(context.actor))

    async def read(self, context: RequestContext, endpoint_id: UUID) -> Endpoint:
        """Read an endpoint one manages; raises `NotFound` for any other."""
        async with self.transactions.replica() as replica:
            return await self._find(replica, context.actor, endpoint_id)

    async def list_deliveries(
        self, context: RequestContext, endpoint_id: UUID, *, state: DeliveryState | None, after: UUID | None, limit: int
    ) -> tuple[WebhookDelivery, ...]:
        """List what was and is to be sent to an endpoint, newest first; with `state` dead, the dead letters."""
        async with self.transactions.replica() as replica:
            await self._find(replica, context.actor, endpoint_id)
            return await replica.run(webhooks.deliveries_of, endpoint_id, state=state, after=after, limit=limit)

    async def read_delivery(self, context: RequestContext, endpoint_id: UUID, delivery_id: UUID) -> DeliveryView:
        """Read one delivery with its tries; raises `NotFound` for none."""
        async with self.transactions.replica() as replica:
            await self._find(replica, context.actor, endpoint_id)
            delivery = await replica.run(webhooks.find_delivery, delivery_id, endpoint_id=endpoint_id)
            if delivery is None:
                raise NotFound(what="webhook_delivery")
            return DeliveryView(delivery=delivery, attempts=await replica.run(webhooks.attempts_of, delivery_id))

    def _readable(self, actor: Actor) -> frozenset[UUID]:
        judge = self.transactions.authorizer.judge
        return frozenset(
            each
            for each in managed_by(actor)
            if judge(actor, towards_organisation(each), Stage.NONE, Action.WEBHOOK_READ).allowed
        )

    async def _find(self, queries: Queries, actor: Actor, endpoint_id: UUID) -> Endpoint:
        endpoint = await queries.run(webhooks.find_endpoint, endpoint_id, organisation_ids=self._readable(actor))
        if endpoint is None:
            raise NotFound(what=ENDPOINT)
        return endpoint

    async def _changing(
        self, context: RequestContext, action: Action, endpoint_id: UUID
    ) -> AbstractAsyncContextManager[Transaction]:
        """Open the change of an endpoint. What the actor does not manage is not found, and the attempt is on record."""
        async with self.transactions.primary() as primary:
            endpoint = await primary.run(
                webhooks.find_endpoint, endpoint_id, organisation_ids=managed_by(context.actor)
            )
        if endpoint is None:
            await self.transactions.record_refusal(context, action, NotFound(what=ENDPOINT))
            raise NotFound(what=ENDPOINT)
        return self.transactions.open(context, action, standing=towards_organisation(endpoint.organisation_id))

    async def _endpoint(self, act: Transaction, endpoint_id: UUID, expected_version: int | None = None) -> Endpoint:
        endpoint = await act.run(webhooks.find_endpoint, endpoint_id, organisation_ids=managed_by(act.actor), lock=True)
        if endpoint is None:
            raise NotFound(what=ENDPOINT)
        if expected_version is not None:
            check_version(endpoint.version, expected_version)
        return endpoint

    async def _save(self, act: Transaction, endpoint: Endpoint) -> None:
        await act.run(webhooks.RECORDS.save, endpoint)
        act.record_state(ENDPOINT, endpoint.id, endpoint.version, endpoint)

    async def _new_secret(self, act: Transaction, endpoint: Endpoint, *, overlap: timedelta) -> NewSecret:
        secret, identity = token_bytes(SECRET_SIZE), act.new_id()
        sealed = webhooks.Sealed(id=identity, sealed=self.seals.seal(secret, about=identity.bytes))
        await act.run(webhooks.add_secret, endpoint.id, sealed, at=act.at, others_end_at=act.at + overlap)
        return NewSecret(endpoint=endpoint, secret=written_secret(secret))

    def _check(self, url: str, events: tuple[str, ...]) -> None:
        _refuse(endpoint_errors(url=url, events=events, known={*EVENTS, *GROUPS}, to_loopback=self.to_loopback))


def managed_by(actor: Actor) -> frozenset[UUID]:
    """Return the applicants one signs for and the units one administers; the policy still has its say."""
    return actor.signs_for_organisations | {unit for role, unit in actor.offices if role is Role.SYSTEM_ADMIN}


async def _ask_to_check(act: Transaction, endpoint: Endpoint) -> None:
    await act.run(webhooks.ask_to_check, endpoint, challenge=token_urlsafe(24), at=act.at, new_id=act.new_id)


def _refuse(errors: tuple[FieldError, ...]) -> None:
    if errors:
        raise Invalid(errors)
