"""Webhooks: what is told to whose machine, how it is signed (Standard Webhooks), and when it is tried again."""

import base64
import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from sandbox_registry.domain.errors import ConditionNotMet, FieldError
from sandbox_registry.domain.integrations.addresses import is_public
from sandbox_registry.domain.texts import Phrase

CHECK = "endpoint.check"
"""The event that an endpoint answers with its challenge before anything else is sent there."""
SOURCE = "/api/v1"
SECRET_MARK, SECRET_SIZE = "whsec_", 32
PURPOSE = b"webhook secrets"
"""What secrets are sealed for."""
MAX_ENDPOINTS = 10
ATTEMPTS, CHECK_ATTEMPTS = 8, 3
FAILING_FOR = timedelta(days=3)
"""An endpoint that has taken nothing for so long is switched off at its next failure."""
OVERLAP, LONGEST_OVERLAP = timedelta(hours=24), timedelta(days=7)
MAX_STORED_ANSWER = 1000
_LONGEST_URL = 2000
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$)(?:{_LABEL}\.)+(?![0-9]+$|0x[0-9a-f]*$){_LABEL}")
_HTTPS, _FIRST_FREE_PORT, _LAST_PORT = 443, 1024, 65535
_FIRST_WAIT, _GROWTH, _JITTER = timedelta(seconds=10), 4, 0.25
LONGEST_WAIT = timedelta(hours=24)
"""How long a receiver that is busy may have us wait for the next try."""
_SECONDS = re.compile("[0-9]{1,9}")


class EndpointState(StrEnum):
    """Whether an endpoint gets events: only when active, which takes an answer to a challenge."""

    ACTIVE = "active"
    DISABLED = "disabled"
    PENDING = "pending"
    REMOVED = "removed"


class DeliveryState(StrEnum):
    """How a delivery stands; `withheld`: at the moment of sending, its recipient might not read the case."""

    DEAD = "dead"
    DELIVERED = "delivered"
    PENDING = "pending"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address of a machine, of an applicant or a state unit, and what it wants to hear.

    `answerable_id` is who registered or last changed it: nothing is sent that this person could not have sent for.
    `failing_since` is when it first failed after it last took something.
    """

    id: UUID
    version: int
    organisation_id: UUID
    url: str
    events: tuple[str, ...]
    description: str
    state: EndpointState
    answerable_id: UUID
    created_at: datetime
    failing_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One event for one endpoint. `attempts` counts tries begun; after `budget` of them it is dead."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    type: str
    application_id: UUID | None
    data: Mapping[str, object]
    occurred_at: datetime
    state: DeliveryState
    attempts: int
    budget: int
    leased_until: datetime | None = None
    next_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try: what was answered, or why nothing was. `answer` is the beginning of the body."""

    number: int
    at: datetime
    status: int | None
    milliseconds: int
    failure: str | None
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookResponse:
    """What came back from one attempt, or `failure`: why nothing did."""

    status: int | None
    body: str
    milliseconds: int
    failure: str | None = None
    retry_after: str | None = None


def names_for(event: str) -> tuple[str, ...]:
    """Return every name under which an endpoint may have asked for an event."""
    return (event, f"{event.partition('.')[0]}.*", "*")


def cloud_event(delivery: WebhookDelivery) -> dict[str, object]:
    """Return the event as CloudEvents 1.0 writes it; the same at every try."""
    subject = (
        f"applications/{delivery.application_id}" if delivery.application_id else f"webhooks/{delivery.endpoint_id}"
    )
    return {
        "specversion": "1.0",
        "id": str(delivery.event_id),
        "source": SOURCE,
        "type": delivery.type,
        "subject": subject,
        "time": delivery.occurred_at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": dict(delivery.data),
    }


def written_secret(secret: bytes) -> str:
    """Write a secret as Standard Webhooks does."""
    return SECRET_MARK + base64.b64encode(secret).decode("ascii")


def signature_headers(body: bytes, *, event_id: UUID, at: datetime, secrets: Iterable[bytes]) -> dict[str, str]:
    """Sign a body with every secret in use, as Standard Webhooks 1.0 says; the newest signature comes first."""
    stamp = str(int(at.timestamp()))
    signed = f"{event_id}.{stamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(secret, signed, sha256)).decode("ascii") for secret in secrets)
    return {
        "webhook-id": str(event_id),
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


def wait_after(attempt: int, *, chance: float) -> timedelta:
    """Return how long to wait after a failed try: 10 s, 40 s, 3 min, 11 min ... `chance` of 0 to 1 spreads it."""
    times: int = _GROWTH ** (attempt - 1)
    return _FIRST_WAIT * times * (1 - _JITTER + 2 * _JITTER * chance)


def asked_wait(retry_after: str, *, at: datetime) -> timedelta | None:
    """Read `Retry-After` (RFC 9110, 10.2.3): seconds, or a moment; at most `LONGEST_WAIT`, null for anything else."""
    if _SECONDS.fullmatch(retry_after):
        return min(timedelta(seconds=int(retry_after)), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    # Without a zone that is -0000, which says UTC and nothing of where its writer is.
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment - at, timedelta(0)), LONGEST_WAIT)


def endpoint_errors(
    *, url: str, events: Iterable[str], known: Collection[str], to_loopback: bool
) -> tuple[FieldError, ...]:
    """Say what is wrong with an endpoint; what its name stands for is looked at when something is sent.

    `known` are the names it may ask for.
    """
    unknown = sorted(set(events) - set(known))
    errors = []
    if not _is_address(url, to_loopback=to_loopback):
        errors.append(FieldError(field="url", code="wrong_url", message=Phrase("webhooks.wrong_url")))
    if unknown or not tuple(events):
        message = Phrase("webhooks.unknown_events", names=tuple(unknown) or "-")
        errors.append(FieldError(field="events", code="unknown_event", message=message))
    return tuple(errors)


def _is_address(url: str, *, to_loopback: bool) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    schemes = {"https", "http"} if to_loopback else {"https"}
    host = parts.hostname or ""
    return (
        url.isascii()
        and url.isprintable()
        and " " not in url
        and len(url) <= _LONGEST_URL
        and parts.scheme in schemes
        and parts.username is None
        and parts.password is None
        and not parts.fragment
        and (port is None or port == _HTTPS or _FIRST_FREE_PORT <= port <= _LAST_PORT)
        and (to_loopback or _is_outside(host))
    )


def _is_outside(host: str) -> bool:
    """Refuse at once what can only be inside: names without a dot, and addresses that are not public."""
    try:
        return is_public(ip_address(host))
    except ValueError:
        name = host.removesuffix(".")
        # A name never ends in a number: `127.1` and `0x7f.1` are ways to write addresses.
        return _NAME.fullmatch(name) is not None and not name.endswith((".localhost", ".local", ".internal"))


def check_overlap(overlap: timedelta) -> tuple[FieldError, ...]:
    """Say what is wrong with how long an old secret shall still sign."""
    if timedelta(0) <= overlap <= LONGEST_OVERLAP:
        return ()
    return (FieldError(field="minutes", code="out_of_range", message=Phrase("webhooks.wrong_overlap")),)


def check_room(present: int) -> None:
    """Refuse one endpoint too many.

    Raises:
        ConditionNotMet: `too_many_endpoints`.

    """
    if present >= MAX_ENDPOINTS:
        raise ConditionNotMet("too_many_endpoints")


def check_takes_events(endpoint: Endpoint) -> None:
    """Refuse to send anything again to an endpoint that takes nothing.

    Raises:
        ConditionNotMet: `endpoint_not_active`.

    """
    if endpoint.state is not EndpointState.ACTIVE:
        raise ConditionNotMet("endpoint_not_active")


def check_may_replay(delivery: WebhookDelivery, endpoint: Endpoint) -> None:
    """Refuse to send again what is still being tried, or to an endpoint that takes nothing.

    Raises:
        ConditionNotMet: `still_trying`, `endpoint_not_active`.

    """
    check_takes_events(endpoint)
    if delivery.type == CHECK:
        raise ConditionNotMet("endpoint_not_active")
    if delivery.state is DeliveryState.PENDING:
        raise ConditionNotMet("still_trying")
