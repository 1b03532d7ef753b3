"""The context in which a request's sender acts: for the API and for pages alike."""

from typing import Any

from litestar import Request
from litestar.exceptions import NotAuthorizedException

from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.http.application import REQUEST_ID
from sandbox_registry.http.declarations import declared
from sandbox_registry.http.identity import ADDRESS
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import nobody


def actor_of(request: Request[Actor | None, Any, Any]) -> Actor:
    """Return who acts; where the handler declares that anybody may, nobody known, else 401."""
    actor: Actor | None = request.scope.get("user")
    if actor is not None:
        return actor
    if declared(request.route_handler).is_public:
        return nobody(request_id=request.scope["state"][REQUEST_ID])
    raise NotAuthorizedException(headers={"WWW-Authenticate": 'Bearer realm="sandbox-registry"'})


def context_of(request: Request[Actor | None, Any, Any]) -> RequestContext:
    """Return the context of a request that has no key."""
    return RequestContext(actor=actor_of(request), address=request.scope["state"][ADDRESS])
