"""What every handler asks of a request: who acts, which version was seen, whether it was sent before."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import FromPath, FromQuery, QueryParameter

from sandbox_registry.api.handling.log_links import ProofOut, PublishedLog, link_to
from sandbox_registry.api.handling.schemas import FIRST_YEAR, LAST_YEAR, ONE_LINE, YEARS
from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.domain.malformed import NO_ZONE, NOT_A_DAY, NOT_A_KEY, NOT_A_VERSION
from sandbox_registry.http.context import context_of
from sandbox_registry.http.declarations import check_declared, declared
from sandbox_registry.usecases.registry import UseCases
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.idempotency import AlreadyDone, IdempotentRequest, StoredResponse

JSON = "application/json; charset=utf-8"
T = TypeVar("T")
Shown = TypeVar("Shown")
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')
_BLANK_OFFSET = re.compile(r" (\d\d:\d\d)$")
_DAY = len("2026-11-20")
_READS = frozenset({"GET", "HEAD"})
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
Id = FromPath[UUID]
QueryFlag = FromQuery[bool]
VersionNumber = Annotated[int, QueryParameter(ge=0, le=1_000_000)]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
QueryText = Annotated[str, QueryParameter(min_length=1, max_length=300, pattern=ONE_LINE)]
OptionalQueryText = Annotated[str | None, QueryParameter(max_length=300, pattern=ONE_LINE)]
Cursor = Annotated[str | None, QueryParameter(min_length=1, max_length=300, pattern="^[A-Za-z0-9_-]+$")]
DayOrMoment = Annotated[
    str,
    QueryParameter(
        schema_extra={"anyOf": [{"format": name, "pattern": YEARS} for name in ("date", "date-time")]},
        description="A day (`2026-11-20`: its end in Cà Mau; of today, now) or a moment with its offset.",
    ),
]
OptionalId = FromQuery[UUID | None]
Incoming = Request[Actor | None, Any, Any]


def use_cases(request: Incoming) -> UseCases:
    """Return everything people can do here."""
    cases: UseCases = request.app.state.use_cases
    return cases


def published(request: Incoming) -> PublishedLog:
    """Return the published log, to say which leaves it proves by now."""
    log: PublishedLog = request.app.state.log
    return log


def seen_version(request: Incoming) -> int:
    """Return the version the client saw, from If-Match; 428 when it is missing, 400 when it is no version.

    Only a handler that declares `needs_version` gets it: any other fails with NotDeclared.
    """
    check_declared(request, needs_version=True)
    header = request.headers.get("if-match")
    if header is None:
        raise HTTPException(status_code=428)
    match = _ETAG.fullmatch(header.strip())
    if match is None:
        raise ValidationException(extra=[{"key": "If-Match", "message": NOT_A_VERSION}])
    return int(match[1])


def instant(name: str, value: datetime | None) -> datetime | None:
    """Return a moment of the query; 400 when it does not say its zone."""
    if value is not None and value.tzinfo is None:
        raise ValidationException(extra=[{"key": name, "message": NO_ZONE}])
    return value


def day_or_moment(name: str, value: str) -> date | datetime:
    """Return a day, or a moment with its zone, of the query; 400 when it is neither.

    A plus sign that was not escaped arrives as a blank.
    """
    repaired = _BLANK_OFFSET.sub(r"+\1", value)
    try:
        parsed: date | datetime = msgspec.convert(repaired, datetime if len(repaired) > _DAY else date)
    except msgspec.ValidationError:
        raise ValidationException(extra=[{"key": name, "message": NOT_A_DAY}]) from None
    if isinstance(parsed, datetime) and parsed.tzinfo is None:
        raise ValidationException(extra=[{"key": name, "message": NO_ZONE}])
    if not FIRST_YEAR <= parsed.year <= LAST_YEAR:
        years = f"Expected a year from {FIRST_YEAR} to {LAST_YEAR}"
        raise ValidationException(extra=[{"key": name, "message": years}])
    return parsed


def etag(version: int) -> str:
    """Return the ETag of a version."""
    return f'"{version}"'


def render(
    obj: T, *, out: Callable[[T], Any], status: int, location: Callable[[T], str] | None = None
) -> StoredResponse:
    """Write down a result, with its ETag when it has a version, and a Link to its proof when it has one."""
    headers: dict[str, str] = {}
    rendered = out(obj)
    version = getattr(rendered, "version", getattr(obj, "version", None))
    if isinstance(version, int):
        headers["ETag"] = etag(version)
    if isinstance(proof := getattr(rendered, "log", None), ProofOut):
        headers["Link"] = link_to(proof)
    if location is not None:
        headers["Location"] = location(obj)
    return StoredResponse(status=status, headers=headers, body=msgspec.json.encode(rendered))


def respond(stored: StoredResponse, *, replayed: bool = False) -> Response[Any]:
    """Send what was written down."""
    headers = {**stored.headers, "Idempotency-Replayed": "true"} if replayed else stored.headers
    return Response(stored.body, status_code=stored.status, headers=headers, media_type=JSON)


async def perform(
    request: Incoming,
    act: Callable[[RequestContext], Awaitable[T]],
    *,
    out: Callable[[T], Shown],
    location: Callable[[T], str] | None = None,
) -> Response[Shown]:
    """Have an act done in the context of a request and respond with its result; under an Idempotency-Key, only once.

    The status is the handler's. Where it declares `is_keyed=False` the key is not looked at: a file is recognised by its
    digest, and its body is read only once. A read is never keyed: it would be answered with what was true long ago.
    """
    check_declared(request, has_location=location is not None)
    rendering = _Rendering(partial(render, out=out, status=request.route_handler.status_code, location=location))
    context = context_of(request)
    key = _key_of(request)
    if key is not None:
        context = replace(context, idempotent=await _idempotent(request, context.actor, key, rendering))
    try:
        result = await act(context)
    except AlreadyDone as before:
        return respond(before.response, replayed=True)
    return respond(rendering(result))


class _Rendering:
    """Renders a result once: what a keyed act stored in its transaction are the very bytes that are sent after it."""

    def __init__(self, render_it: Callable[[Any], StoredResponse]) -> None:
        self._render = render_it
        self._rendered: StoredResponse | None = None

    def __call__(self, result: Any) -> StoredResponse:
        if self._rendered is None:
            self._rendered = self._render(result)
        return self._rendered


def _key_of(request: Incoming) -> str | None:
    """Return the key that counts for a request; 400 when it is none."""
    is_keyed = declared(request.route_handler).is_keyed and request.method not in _READS
    key = request.headers.get("idempotency-key") if is_keyed else None
    if key is not None and not _KEY.fullmatch(key):
        raise ValidationException(extra=[{"key": "Idempotency-Key", "message": NOT_A_KEY}])
    return key


async def _idempotent(
    request: Incoming, actor: Actor, key: str, rendering: Callable[[Any], StoredResponse]
) -> IdempotentRequest:
    return IdempotentRequest(
        route=f"{request.method} {request.url.path}",
        key=key,
        request_hash=_request_hash(await request.body(), actor),
        render=rendering,
    )


def _request_hash(body: bytes, actor: Actor) -> bytes:
    """Bind a key to the body and to what the token may see: a response never goes to a narrower one."""
    digest = hashlib.sha256(body)
    for limit in (actor.token_scopes, actor.token_procedures):
        if limit is not None:
            digest.update(b"\0" + msgspec.json.encode(sorted(limit)))
    return digest.digest()
