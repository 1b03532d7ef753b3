"""Which methods an address takes, as OPTIONS tells it."""

from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

METHODS = "methods"
"""Where the application keeps what each address takes."""


def keep_methods(app: Litestar) -> None:
    """Put down what each address takes, once all routes are there; a hook for the start."""
    app.state[METHODS] = {
        route.path_format: ", ".join(sorted(route.methods)).encode()
        for route in app.routes
        if isinstance(route, HTTPRoute)
    }


async def tell_all_methods(message: Any, scope: Any) -> None:
    """Let an answer to OPTIONS name every method; a hook `before_send`.

    Litestar makes that answer with the first handler of an address, and does not hear of those that come after.
    """
    if scope["method"] == "OPTIONS" and message["type"] == "http.response.start":
        allowed = scope["app"].state[METHODS].get(scope.get("path_template"))
        if allowed is not None:
            rest = [each for each in message["headers"] if each[0].lower() != b"allow"]
            message["headers"] = [*rest, (b"allow", allowed)]
