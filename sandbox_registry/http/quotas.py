"""Quotas over the wire: who is counted as what, 429 with a time to come back, and what is left in every answer.

Header fields as in draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy` says what is allowed, `RateLimit` what
is left of it.
"""

import hashlib
from functools import lru_cache
from math import ceil
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import NotAuthorizedException
from litestar.types import ASGIApp, Receive, Scope, Send

from sandbox_registry.documents.uploads.fair_queue import InspectionsBusy
from sandbox_registry.documents.uploads.store import StorageFull
from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.domain.identity.sessions import Visit
from sandbox_registry.domain.operations.availability import DatabaseUnavailable
from sandbox_registry.domain.operations.quotas import (
    COUNTED_BY_USE_CASE,
    By,
    Group,
    LimitsUnknown,
    Quota,
    Room,
    TooManyRequests,
)
from sandbox_registry.domain.operations.scanning import ScannerUnavailable
from sandbox_registry.http.client_addresses import Networks, client_address, counted
from sandbox_registry.http.declarations import declared
from sandbox_registry.http.identity import ADDRESS, VISIT
from sandbox_registry.http.problems import problem
from sandbox_registry.http.response_headers import add_response_header
from sandbox_registry.http.status import status_of
from sandbox_registry.usecases.operations.quotas import RateLimits

_DIGEST = "token_digest"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_ASK_AGAIN_IN = 5
logger = structlog.get_logger(__name__)


class ThrottleInvalidTokens:
    """Counts wrong bearer tokens by address; stands before `RequestIdentity`, whose refusals it sees.

    From an address that sent too many, only tokens that were right a moment ago are looked at: a colleague's broken
    script closes nobody's session. A token for some addresses must have been right there, so that elsewhere it is not
    told from an unknown one.
    """

    def __init__(self, app: ASGIApp, limits: RateLimits, proxies: Networks) -> None:
        self.app = app
        self.limits = limits
        self.proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; costs nothing where no token was ever wrong."""
        token = scope["state"][_DIGEST] = _token(scope)
        if token is None:
            await self.app(scope, receive, send)
            return
        is_right, where = self.limits.is_right(token), b""
        if not is_right:
            where = self._where(scope)
            is_right = self.limits.is_right(token + where)
        if not is_right:
            self.limits.check(Group.WRONG_TOKENS, {By.ADDRESS: where})
        try:
            await self.app(scope, receive, send)
        except NotAuthorizedException:
            await self.limits.take(Group.WRONG_TOKENS, {By.ADDRESS: self._where(scope)})
            raise
        if not is_right:
            actor: Actor | None = scope.get("user")
            is_for_anywhere = actor is None or actor.token_addresses is None
            self.limits.remember_right(token if is_for_anywhere else token + where)

    def _where(self, scope: Scope) -> bytes:
        return counted(client_address(scope, self.proxies)).encode()


class LimitRequests:
    """Takes one from the quotas of the route's group; stands behind `RequestIdentity`, which says who asks, and from where.

    A login takes nothing here, nor does mail: their use cases know the account and count it.
    """

    def __init__(self, app: ASGIApp, limits: RateLimits) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        group = group_of(scope)
        if group is None:
            await self.app(scope, receive, send)
            return
        actor = scope.get("user")
        if actor is not None and group not in COUNTED_BY_USE_CASE:
            subjects = {By.TOKEN: _way_in(scope), By.ACCOUNT: actor.person_id.bytes}
            _add_rate_limits(scope, await self.limits.take(group, subjects))
            await self.app(scope, receive, send)
            return
        if group not in COUNTED_BY_USE_CASE:
            _add_rate_limits(scope, await self.limits.take(group, {By.ADDRESS: scope["state"][ADDRESS].encode()}))
        await self.app(scope, receive, send)


def group_of(scope: Any) -> Group | None:
    """Return the group of a request: what its handler says, else uploads, reads or writes by content and method."""
    declaration = declared(scope["route_handler"])
    if not declaration.is_counted or declaration.quota is not None:
        return declaration.quota
    if scope["method"] in _READS:
        return Group.READS
    return Group.UPLOADS if declaration.takes_file else Group.WRITES


def on_too_many(request: Request[Any, Any, Any], error: TooManyRequests) -> Response[bytes]:
    """Answer that a quota is used up, and when to come back."""
    headers = {"Retry-After": str(error.seconds)}
    if error.rooms:
        headers |= {
            "RateLimit-Policy": _policy(tuple(room.limit for room in error.rooms)),
            "RateLimit": _left(error.rooms),
        }
    return problem(request, status=status_of(error), code=error.code, text=error.text, headers=headers)


def on_unavailable(
    request: Request[Any, Any, Any],
    error: DatabaseUnavailable | InspectionsBusy | LimitsUnknown | ScannerUnavailable | StorageFull,
) -> Response[bytes]:
    """Answer that this cannot be done now (no database, no room, no scanner, too many files waiting), and when to come back."""
    if isinstance(error, DatabaseUnavailable):
        logger.warning(error.code, cause=error.cause, path=request.url.path)
    seconds = error.seconds if isinstance(error, InspectionsBusy) else _ASK_AGAIN_IN
    headers = {"Retry-After": str(seconds)}
    return problem(request, status=status_of(error), code=error.code, text=error.text, headers=headers)


LIMIT_HANDLERS: dict[Any, Any] = {
    DatabaseUnavailable: on_unavailable,
    InspectionsBusy: on_unavailable,
    LimitsUnknown: on_unavailable,
    ScannerUnavailable: on_unavailable,
    StorageFull: on_unavailable,
    TooManyRequests: on_too_many,
}


def _token(scope: Any) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return hashlib.sha256(value).digest()
    return None


def _way_in(scope: Any) -> bytes:
    """Return what a request of somebody known is counted by: their token, or the session of their browser."""
    digest: bytes | None = scope["state"].get(_DIGEST)
    visit: Visit | None = scope["state"].get(VISIT)
    return digest or (b"" if visit is None else visit.session.id.bytes)


def _add_rate_limits(scope: Any, rooms: tuple[Room, ...]) -> None:
    if rooms:
        add_response_header(scope, b"ratelimit-policy", _policy(tuple([room.limit for room in rooms])))
        add_response_header(scope, b"ratelimit", _left(rooms))


@lru_cache(maxsize=1000)
def _policy(limits: tuple[Quota, ...]) -> str:
    return ", ".join(f'"{limit.name}";q={limit.quota};w={limit.window}' for limit in limits)


def _left(rooms: tuple[Room, ...]) -> str:
    return ", ".join([f'"{limit.name}";r={left};t={ceil(full_in)}' for limit, left, _, full_in in rooms])
