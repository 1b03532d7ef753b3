"""Who is behind a request: a bearer token, or on pages the cookie of a session, becomes an actor before any handler runs.

Nobody is let in by default. A cookie counts on pages only, where forms prove that they are ours; to the API it is nothing.
"""

import hashlib
import re
from collections.abc import Awaitable
from email.utils import format_datetime
from typing import Any, Protocol

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.types import ASGIApp, Receive, Scope, Send

from sandbox_registry.domain.identity.sessions import Visit
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


class Recognise(Protocol):
    """Turns the secret of a session into whose browser it is."""

    def __call__(self, secret: str, *, request_id: str) -> Awaitable[Visit | None]:
        """Return whose browser it is, null for a secret that is nobody's."""


ADDRESS, VISIT = "address", "visit"
"""Where the state of a request keeps from where it comes, as counted by quotas, and whose browser it comes from."""
PAGE = "is_page"
"""The option of a handler that answers people: it is reached with a session, and takes forms."""
FORM = b"application/x-www-form-urlencoded"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_BEARER = re.compile(rb"[Bb]earer ([!-~]{1,200})")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_JSON = frozenset({b"application/json", b"application/merge-patch+json"})
_FORMS = frozenset({FORM})


class RequestIdentity:
    """Refuses bodies that are not JSON, and puts the actor in the scope.

    `authenticate` turns a token, used from an address, into an actor, or null for a token that is unknown, expired,
    revoked or not for use from there. All get the same answer. A token that ends soon says so in every answer.

    `recognise` does so with the secret that a browser sends back in the cookie `cookie`. A page refuses nobody here: it
    has to say what to do, and keeps what was typed (`web/sessions.py`).
    """

    def __init__(
        self, app: ASGIApp, authenticate: Authenticate, proxies: Networks, recognise: Recognise, cookie: str
    ) -> None:
        self.app = app
        self.authenticate = authenticate
        self.proxies = proxies
        self.recognise = recognise
        self.cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        headers = dict(scope["headers"])
        handler = scope.get("route_handler")
        declaration, is_page = (NOTHING, False) if handler is None else (declared(handler), PAGE in handler.opt)
        _check_content(scope, headers, declaration, accepted=_FORMS if is_page else _JSON)
        address = client_address(scope, self.proxies)
        scope["state"][ADDRESS] = counted(address)
        bearer = await self._bearer(scope, scope["state"][REQUEST_ID], address)
        scope["user"] = None if bearer is None else bearer.actor
        if is_page:
            await self._recognise(scope, scope["state"][REQUEST_ID])
        elif scope["user"] is None and not (declaration.is_public or asks_public_methods(scope)):
            raise NotAuthorizedException(headers={"WWW-Authenticate": 'Bearer realm="sandbox-registry"'})
        if bearer is not None and bearer.ends_at is not None:
            add_response_header(scope, b"token-expires", format_datetime(bearer.ends_at, usegmt=True))
        await self.app(scope, receive, send)

    async def _recognise(self, scope: Scope, request_id: str) -> None:
        secret = ASGIConnection(scope).cookies.get(self.cookie, "")
        if scope["user"] is None and _SECRET.fullmatch(secret):
            visit = scope["state"][VISIT] = await self.recognise(secret, request_id=request_id)
            scope["user"] = None if visit is None else visit.actor

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


def _check_content(
    scope: Any, headers: dict[bytes, bytes], declaration: Declaration, *, accepted: frozenset[bytes]
) -> None:
    """Refuse a body that is not JSON: a cross-site form can send text/plain without asking, and JSON only by asking.

    Pages take forms, each of which must prove that it is ours.
    """
    has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    if scope["method"] not in _WITH_BODY or not has_body or declaration.takes_file:
        return
    media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if media_type not in accepted:
        raise HTTPException(status_code=415)
