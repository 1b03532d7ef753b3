"""Which methods an address supports, as OPTIONS reports them."""

from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

METHODS = "methods"
"""The key of the methods of each address in the state of the application."""


def remember_methods(app: Litestar) -> None:
    """Store the methods of each address once all routes exist; an `on_startup` hook."""
    app.state[METHODS] = {
        route.path_format: ", ".join(sorted(route.methods)).encode()
        for route in app.routes
        if isinstance(route, HTTPRoute)
    }


async def complete_allow_header(message: Any, scope: Any) -> None:
    """Name every method in the response to OPTIONS; a `before_send` hook.

    Litestar builds that response with the first handler of an address and does not know of the later ones.
    """
    if scope["method"] == "OPTIONS" and message["type"] == "http.response.start":
        allowed = scope["app"].state[METHODS].get(scope.get("path_template"))
        if allowed is not None:
            rest = [each for each in message["headers"] if each[0].lower() != b"allow"]
            message["headers"] = [*rest, (b"allow", allowed)]
