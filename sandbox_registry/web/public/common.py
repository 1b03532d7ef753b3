"""What the public pages share."""

from typing import Any

from litestar import Request

from sandbox_registry.usecases.registry import UseCases

Incoming = Request[Any, Any, Any]


def use_cases(request: Incoming) -> UseCases:
    """Return everything people can do here."""
    cases: UseCases = request.app.state.use_cases
    return cases
