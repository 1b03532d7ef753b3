"""Webhooks over the wire: endpoints, their secrets, and the record of what was sent."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, post, put
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from sandbox_registry.api.handling.cursors import BY_ID
from sandbox_registry.api.handling.requests import (
    Cursor,
    Id,
    Incoming,
    Limit,
    perform,
    seen_version,
    use_cases,
)
from sandbox_registry.api.handling.schemas import ONE_LINE, In, Instant, Out, PageOut, shown
from sandbox_registry.domain.integrations.webhooks import DeliveryState, EndpointState, WebhookDelivery
from sandbox_registry.http.declarations import declare
from sandbox_registry.usecases.integrations.webhooks import REPLAY_BATCH, DeliveryView, NewSecret

Url = Annotated[str, Meta(min_length=1, max_length=2000, pattern=ONE_LINE)]
EventName = Annotated[str, Meta(min_length=1, max_length=100, pattern=ONE_LINE)]
Events = Annotated[tuple[EventName, ...], Meta(min_length=1, max_length=50)]
OptionalState = FromQuery[DeliveryState | None]


class EndpointFields(In):
    """Where to send what. `events` names types, or `application.*`, `clarification.*` or `*`."""

    url: Url
    events: Events
    description: Annotated[str, Meta(max_length=300, pattern=ONE_LINE)] = ""


class EndpointIn(EndpointFields, kw_only=True):
    """An endpoint of an applicant one signs for, or of a unit one administers."""

    organisation_id: UUID


class RotationIn(In):
    """How long the secret before signs beside the new one: a day if not said, a week at most."""

    minutes: Annotated[int, Meta(ge=0, le=10_080)] = 1440


class EndpointOut(Out):
    """An endpoint. Events come only while it is `active`; `answerable_id` registered or last changed it."""

    id: UUID
    version: int
    organisation_id: UUID
    url: str
    events: tuple[str, ...]
    description: str
    state: EndpointState
    answerable_id: UUID
    created_at: Instant
    failing_since: Instant | None


class NewSecretOut(Out):
    """An endpoint and its new secret (`whsec_...`), which is not shown again."""

    secret: str
    endpoint: EndpointOut


class EndpointsOut(Out):
    """Endpoints, oldest first."""

    items: tuple[EndpointOut, ...]


class WebhookDeliveryOut(Out):
    """An event for an endpoint; `attempts` tries were begun, of `budget`."""

    id: UUID
    event_id: UUID
    type: str
    occurred_at: Instant
    state: DeliveryState
    attempts: int
    budget: int
    next_at: Instant | None
    ended_at: Instant | None


class WebhookDeliveryPageOut(PageOut):
    """A page of deliveries, newest first."""

    items: tuple[WebhookDeliveryOut, ...]


class ReplayedOut(Out):
    """What is being sent again, oldest first; `may_be_more` when there may be more dead letters: ask again."""

    items: tuple[WebhookDeliveryOut, ...]
    may_be_more: bool


class AttemptOut(Out):
    """A try: what was answered (its beginning), or why nothing was."""

    number: int
    at: Instant
    status: int | None
    milliseconds: int
    failure: str | None
    answer: str


class WebhookDeliveryDetailOut(WebhookDeliveryOut):
    """A delivery with its tries."""

    tries: tuple[AttemptOut, ...]


endpoint_out = shown(EndpointOut)
delivery_out = shown(WebhookDeliveryOut)
attempt_out = shown(AttemptOut)


def new_secret_out(created: NewSecret) -> NewSecretOut:
    """Show a secret, this once."""
    return NewSecretOut(secret=created.secret, endpoint=endpoint_out(created.endpoint))


def detail_out(view: DeliveryView) -> WebhookDeliveryDetailOut:
    """Show a delivery and its tries."""
    delivery = delivery_out(view.delivery)
    return WebhookDeliveryDetailOut(
        **{name: getattr(delivery, name) for name in delivery.__struct_fields__},
        tries=tuple(map(attempt_out, view.attempts)),
    )


def replayed_out(again: tuple[WebhookDelivery, ...]) -> ReplayedOut:
    """Show what is being sent again."""
    return ReplayedOut(items=tuple(map(delivery_out, again)), may_be_more=len(again) == REPLAY_BATCH)


def page_out(deliveries: tuple[WebhookDelivery, ...], *, limit: int) -> WebhookDeliveryPageOut:
    """Show a page; there may be more when it is full."""
    after = BY_ID.after(deliveries, limit=limit)
    return WebhookDeliveryPageOut(items=tuple(map(delivery_out, deliveries)), after=after)


class WebhooksController(Controller):
    """Endpoints that are told what happens to one's own cases."""

    path = "/webhooks"
    tags = ("webhooks",)

    @post(status_code=201, opt=declare(is_keyed=False))
    async def create(self, request: Incoming, data: JSONBody[EndpointIn]) -> Response[NewSecretOut]:
        """Register an endpoint. It stays pending until it has answered an `endpoint.check` event with its challenge.

        An Idempotency-Key has no effect here: an answer that contains a secret is not stored.
        """
        return await perform(
            request,
            lambda context: use_cases(request).webhooks.create(
                context,
                organisation_id=data.organisation_id,
                url=data.url,
                events=data.events,
                description=data.description,
            ),
            out=new_secret_out,
        )

    @get()
    async def list_endpoints(self, request: Incoming) -> Response[EndpointsOut]:
        """List the endpoints of the organisations you sign for and of the units you administer."""
        return await perform(
            request,
            use_cases(request).webhooks.list_endpoints,
            out=lambda each: EndpointsOut(items=tuple(map(endpoint_out, each))),
        )

    @get("/{endpoint_id:uuid}")
    async def read(self, request: Incoming, endpoint_id: Id) -> Response[EndpointOut]:
        """Read an endpoint."""
        return await perform(
            request, lambda context: use_cases(request).webhooks.read(context, endpoint_id), out=endpoint_out
        )

    @put("/{endpoint_id:uuid}", opt=declare(needs_version=True))
    async def edit(self, request: Incoming, endpoint_id: Id, data: JSONBody[EndpointFields]) -> Response[EndpointOut]:
        """Change an endpoint.

        After a change of address it is pending again, until it has answered a challenge there.
        """
        return await perform(
            request,
            lambda context: use_cases(request).webhooks.edit(
                context,
                endpoint_id,
                expected_version=seen_version(request),
                url=data.url,
                events=data.events,
                description=data.description,
            ),
            out=endpoint_out,
        )

    @delete("/{endpoint_id:uuid}", status_code=200)
    async def remove(self, request: Incoming, endpoint_id: Id) -> Response[EndpointOut]:
        """Remove an endpoint at once, with its secrets."""
        return await perform(
            request, lambda context: use_cases(request).webhooks.remove(context, endpoint_id), out=endpoint_out
        )

    @post("/{endpoint_id:uuid}/check", status_code=200)
    async def check(self, request: Incoming, endpoint_id: Id) -> Response[EndpointOut]:
        """Check an endpoint again that failed its challenge or was disabled."""
        return await perform(
            request, lambda context: use_cases(request).webhooks.check(context, endpoint_id), out=endpoint_out
        )

    @post("/{endpoint_id:uuid}/secrets", status_code=201, opt=declare(is_keyed=False))
    async def rotate(self, request: Incoming, endpoint_id: Id, data: JSONBody[RotationIn]) -> Response[NewSecretOut]:
        """Make a new secret. For some time both secrets sign, and `webhook-signature` contains two signatures.

        An Idempotency-Key has no effect here: an answer that contains a secret is not stored.
        """
        return await perform(
            request,
            lambda context: use_cases(request).webhooks.rotate(
                context, endpoint_id, overlap=timedelta(minutes=data.minutes)
            ),
            out=new_secret_out,
        )

    @get("/{endpoint_id:uuid}/deliveries")
    async def list_deliveries(
        self,
        request: Incoming,
        endpoint_id: Id,
        delivery_state: OptionalState = None,
        limit: Limit = 50,
        after: Cursor = None,
    ) -> Response[WebhookDeliveryPageOut]:
        """List sent and pending deliveries, newest first; `delivery_state=dead` lists the dead letters.

        Kept for 30 days.
        """
        return await perform(
            request,
            lambda context: use_cases(request).webhooks.list_deliveries(
                context,
                endpoint_id,
                state=delivery_state,
                after=BY_ID.read(after),
                limit=limit,
            ),
            out=lambda each: page_out(each, limit=limit),
        )

    @get("/{endpoint_id:uuid}/deliveries/{delivery_id:uuid}")
    async def read_delivery(
        self, request: Incoming, endpoint_id: Id, delivery_id: Id
    ) -> Response[WebhookDeliveryDetailOut]:
        """Read a delivery with all its tries."""
        return await perform(
            request,
            lambda context: use_cases(request).webhooks.read_delivery(context, endpoint_id, delivery_id),
            out=detail_out,
        )

    @post("/{endpoint_id:uuid}/deliveries/{delivery_id:uuid}/replay", status_code=200)
    async def replay(self, request: Incoming, endpoint_id: Id, delivery_id: Id) -> Response[WebhookDeliveryOut]:
        """Send an event again, under its old id."""
        return await perform(
            request,
            lambda context: use_cases(request).webhooks.replay(context, endpoint_id, delivery_id),
            out=delivery_out,
        )

    @post("/{endpoint_id:uuid}/dead-letters/replay", status_code=200)
    async def replay_dead(self, request: Incoming, endpoint_id: Id) -> Response[ReplayedOut]:
        """Send dead letters again, oldest first, 100 at a time. Events that fail again become dead letters again."""
        return await perform(
            request, lambda context: use_cases(request).webhooks.replay_dead(context, endpoint_id), out=replayed_out
        )
