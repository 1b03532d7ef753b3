"""Pages for what went wrong: what happened, what it means for what was typed, what to do, and what to quote.

What is wrong is decided where the API decides it (`http/problems.py`); browsers get it as a page, programs as a problem.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from litestar import Request, Response

from sandbox_registry.http.problems import CHOSEN_LANGUAGE, Problem
from sandbox_registry.web.languages import language_of
from sandbox_registry.web.pages import page

_MACHINES = "/api/"
_OFFERED = ["application/problem+json", "application/json", "text/html"]
_HEADERS = frozenset({"allow", "connection", "ratelimit", "ratelimit-policy", "retry-after", "www-authenticate"})
_TOLD = ("400", "401", "403", "404", "405", "409", "412", "413", "422", "429", "500", "503")
_OURS = 500
Handler = Callable[[Request[Any, Any, Any], Any], Response[Any]]


def with_pages(handlers: Mapping[Any, Handler]) -> dict[Any, Handler]:
    """Return handlers of errors that answer browsers with a page, and everybody else as before."""
    return {kind: _with_page(handler) for kind, handler in handlers.items()}


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Tell whether somebody reads the answer: HTML is preferred to JSON, and the address is not one of the API."""
    if request.url.path.startswith(_MACHINES):
        return False
    preferred: str = request.accept.best_match(_OFFERED, default=_OFFERED[0])
    return preferred == "text/html"


def _with_page(handler: Handler) -> Handler:
    def answer(request: Request[Any, Any, Any], error: Any) -> Response[Any]:
        if not wants_page(request):
            return handler(request, error)
        request.scope["state"][CHOSEN_LANGUAGE] = language_of(request)
        response = handler(request, error)
        problem = msgspec.json.decode(response.content, type=Problem)
        shown = page(
            request,
            "error.html",
            status=problem.status,
            problem=problem,
            about=_about(problem.status),
            wait=int(response.headers.get("Retry-After", 0)),
        )
        for name, value in response.headers.items():
            if name.lower() in _HEADERS:
                shown.headers[name] = value
        return shown

    return answer


def _about(status: int) -> str:
    """Return the status whose words are said: its own, or that of its kind."""
    return str(status) if str(status) in _TOLD else "500" if status >= _OURS else "400"
