"""Who is behind a request: a bearer token becomes an actor before any handler runs; nobody is let in by default."""

import hashlib
import re
from collections.abc import Awaitable
from email.utils import format_datetime
from typing import Any, Protocol

from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.types import ASGIApp, Receive, Scope, Send

from sandbox_registry.http.application import REQUEST_ID
from sandbox_registry.http.client_addresses import Address, Networks, client_address, counted
from sandbox_registry.http.declarations import NOTHING, Declaration, declared
from sandbox_registry.http.methods import asks_public_methods
from sandbox_registry.http.response_headers import add_response_header
from sandbox_registry.usecases.identity.tokens import Bearer


class Authenticate(Protocol):
    """Turns the SHA-256 of a token, a request id and an address into who asks."""

    def __call__(self, token_hash: bytes, request_id: str, *, address: Address | None) -> Awaitable[Bearer | None]:
        """Return who asks, null for a token that is no good."""


ADDRESS = "address"
"""Where the state of a request keeps from where it comes, as counted by quotas."""
_BEARER = re.compile(rb"[Bb]earer ([!-~]{1,200})")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class RequestIdentity:
    """Refuses bodies that are not JSON, and puts the actor in the scope.

    `authenticate` turns a token, used from an address, into an actor, or null for a token that is unknown, expired,
    revoked or not for use from there. All get the same answer. A token that ends soon says so in every answer.
    """

    def __init__(self, app: ASGIApp, authenticate: Authenticate, proxies: Networks) -> None:
        self.app = app
        self.authenticate = authenticate
        self.proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        headers = dict(scope["headers"])
        declaration = declared(scope["route_handler"]) if "route_handler" in scope else NOTHING
        _check_content(scope, headers, declaration)
        address = client_address(scope, self.proxies)
        scope["state"][ADDRESS] = counted(address)
        bearer = await self._bearer(scope, scope["state"][REQUEST_ID], address)
        scope["user"] = None if bearer is None else bearer.actor
        if scope["user"] is None and not (declaration.is_public or asks_public_methods(scope)):
            raise NotAuthorizedException(headers={"WWW-Authenticate": 'Bearer realm="sandbox-registry"'})
        if bearer is not None and bearer.ends_at is not None:
            add_response_header(scope, b"token-expires", format_datetime(bearer.ends_at, usegmt=True))
        await self.app(scope, receive, send)

    async def _bearer(self, scope: Scope, request_id: str, address: Address | None) -> Bearer | None:
        values = [value for name, value in scope["headers"] if name == b"authorization"]
        if not values:
            return None
        # Of two tokens one might be counted and the other let in.
        match = _BEARER.fullmatch(values[0]) if len(values) == 1 else None
        bearer = match and await self.authenticate(hashlib.sha256(match[1]).digest(), request_id, address=address)
        if bearer is None:
            raise NotAuthorizedException(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return bearer


def _check_content(scope: Any, headers: dict[bytes, bytes], declaration: Declaration) -> None:
    """Refuse a body that is not JSON: a cross-site form can send text/plain without asking, and JSON only by asking."""
    has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    if scope["method"] not in _WITH_BODY or not has_body or declaration.takes_file:
        return
    media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if media_type not in {b"application/json", b"application/merge-patch+json"}:
        raise HTTPException(status_code=415)
