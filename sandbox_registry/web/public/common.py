"""What the public pages share."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request

from sandbox_registry.usecases.registry import UseCases

Incoming = Request[Any, Any, Any]


def use_cases(request: Incoming) -> UseCases:
    """Return everything people can do here."""
    cases: UseCases = request.app.state.use_cases
    return cases


def query_of(request: Incoming) -> list[tuple[str, str]]:
    """Return the names and values of an address in their order; Litestar's own list of them has none."""
    return parse_qsl(request.url.query, keep_blank_values=True)
