"""Who is behind a request: a bearer token becomes an actor before any handler runs; nobody is let in by default."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from sandbox_registry.domain.people import Actor
from sandbox_registry.logs import begin_request

Authenticate = Callable[[bytes, str], Awaitable[Actor | None]]
_BEARER = re.compile(rb"[Bb]earer ([!-~]{1,200})")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
# Handlers say so themselves: `opt={"public": True}` lets anybody in, `opt={"content": "file"}` takes raw bytes.
PUBLIC, CONTENT, FILE = "public", "content", "file"


class RequestIdentity:
    """Gives every request an id, refuses bodies that are not JSON, and puts the actor in the scope.

    `authenticate` turns the SHA-256 of a token and the request id into an actor, or null for a token that is unknown,
    expired or revoked. All three get the same answer.
    """

    def __init__(self, app: ASGIApp, authenticate: Authenticate) -> None:
        self.app = app
        self.authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        headers = dict(scope["headers"])
        request_id, named = begin_request(headers.get(b"x-request-id", b"").decode("latin-1"))
        scope["state"]["request_id"] = request_id
        opt = scope["route_handler"].opt if "route_handler" in scope else {}
        _check_content(scope, headers, opt)
        scope["user"] = await self._actor(scope["headers"], request_id)
        if scope["user"] is None and not opt.get(PUBLIC, False):
            raise NotAuthorizedException(headers={"WWW-Authenticate": 'Bearer realm="sandbox-registry"'})
        await self.app(scope, receive, _with_request_id(send, named))

    async def _actor(self, headers: Iterable[tuple[bytes, bytes]], request_id: str) -> Actor | None:
        given = [value for name, value in headers if name == b"authorization"]
        if not given:
            return None
        # Of two tokens one might be counted and the other let in.
        match = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
        actor = match and await self.authenticate(hashlib.sha256(match[1]).digest(), request_id)
        if actor is None:
            raise NotAuthorizedException(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return actor


def _check_content(scope: Any, headers: dict[bytes, bytes], opt: dict[str, Any]) -> None:
    """Refuse a body that is not JSON: a cross-site form can send text/plain without asking, and JSON only by asking."""
    has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    if scope["method"] not in _WITH_BODY or not has_body or opt.get(CONTENT) == FILE:
        return
    media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if media_type not in {b"application/json", b"application/merge-patch+json"}:
        raise HTTPException(status_code=415)


def _with_request_id(send: Send, request_id: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
        await send(message)

    return sending
