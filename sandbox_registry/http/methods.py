"""Which methods an address supports, as OPTIONS and refusals of a method report them: HEAD wherever GET is."""

from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

from sandbox_registry.http.declarations import declared

METHODS, PUBLIC = "methods", "public_addresses"
"""The keys of the methods of each address, and of the addresses that answer anybody, in the state of the application."""
_NOT_ALLOWED = 405


def remember_methods(app: Litestar) -> None:
    """Store the methods of each address, and which are public, once all routes exist; an `on_startup` hook."""
    app.state[METHODS] = {
        route.path_format: _listed(route.methods) for route in app.routes if isinstance(route, HTTPRoute)
    }
    app.state[PUBLIC] = {
        route.path_format
        for route in app.routes
        if isinstance(route, HTTPRoute) and any(declared(each).is_public for each in route.route_handlers)
    }


def asks_public_methods(scope: Any) -> bool:
    """Tell whether a request asks which methods an address has that answers anybody."""
    return scope["method"] == "OPTIONS" and scope["path_template"] in scope["app"].state[PUBLIC]


async def complete_allow_header(message: Any, scope: Any) -> None:
    """Name every method in the response to OPTIONS, and HEAD in a 405; a `before_send` hook.

    Litestar builds the response to OPTIONS with the first handler of an address and does not know of the later ones.
    """
    if message["type"] != "http.response.start":
        return
    if scope["method"] == "OPTIONS":
        allowed = scope["app"].state[METHODS].get(scope.get("path_template"))
    elif message["status"] == _NOT_ALLOWED:
        named = next((value for name, value in message["headers"] if name.lower() == b"allow"), b"")
        allowed = _listed(named.decode().split(", ")) if named else None
    else:
        return
    if allowed is not None:
        rest = [each for each in message["headers"] if each[0].lower() != b"allow"]
        message["headers"] = [*rest, (b"allow", allowed)]


def _listed(methods: Any) -> bytes:
    every = {str(each) for each in methods}
    return ", ".join(sorted(every | {"HEAD"} if "GET" in every else every)).encode()
