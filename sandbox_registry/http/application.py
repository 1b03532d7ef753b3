"""The application as it stands before routing: an id for every request, one spelling of every address, HEAD wherever GET is."""

from typing import Any
from urllib.parse import quote

from litestar import Litestar
from litestar.utils.path import normalize_path

from sandbox_registry.http.response_headers import add_response_header, complete_headers
from sandbox_registry.runtime.logs import begin_request

REQUEST_ID = "request_id"
"""Where the state of a request keeps its id."""
_PERMANENT_REDIRECT = 308


class Application(Litestar):
    """Litestar takes `/a/` and `//a` for `/a`, and knows HEAD only where a handler is written for it.

    Other spellings are sent to the one that is right, so that no page stands under two addresses. HEAD runs as GET, and
    its answer is sent without the body. An address without a route has an id to quote too.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one request, or the start and the end of the process."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        client_id = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        state[REQUEST_ID], named = begin_request(client_id.decode("latin-1"))
        add_response_header(scope, b"x-request-id", named)
        right = normalize_path(scope["path"])
        if scope["path"] != right:
            await _redirect(scope, send, to=right)
        elif scope["method"] == "HEAD":
            scope["method"] = "GET"
            await super().__call__(scope, receive, _without_body(send))
        else:
            await super().__call__(scope, receive, send)


async def _redirect(scope: Any, send: Any, *, to: str) -> None:
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    message = {
        "type": "http.response.start",
        "status": _PERMANENT_REDIRECT,
        "headers": [(b"location", quote(to, errors="replace").encode() + query), (b"content-length", b"0")],
    }
    await complete_headers(message, scope)
    await send(message)
    await send({"type": "http.response.body", "body": b""})


def _without_body(send: Any) -> Any:
    async def send_head(message: Any) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
