"""What a handler declares of itself. Identity, quotas, time limits, answers and the contract all read this one place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec

from litestar import Request

from sandbox_registry.domain.operations.quotas import Group

P = ParamSpec("P")
_KEY = "declaration"


class NotDeclared(Exception):
    """A handler did what it does not declare, so the contract would be wrong: a fault of the program, never of a client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The facts of a handler that its path, method and types do not tell."""

    is_public: bool = False
    """Anybody may call it, without a token."""
    quota: Group | None = None
    """The quota a call is counted in; null: reads, writes or uploads, by method and body."""
    is_counted: bool = True
    """Whether calls are counted in a quota at all."""
    takes_file: bool = False
    """The body is raw bytes, not JSON."""
    needs_version: bool = False
    """`If-Match` is required, with the version the client read."""
    is_keyed: bool = True
    """An `Idempotency-Key` counts, if the method writes."""
    has_location: bool = False
    """The answer says in `Location` where to read what was made."""
    media_type: str | None = None
    """What the answer is, where it is not JSON with a schema."""
    is_conditional: bool = False
    """The answer has an ETag that `If-None-Match` may name: 304."""
    errors: tuple[int, ...] = ()
    """Error statuses beyond those that follow from the method and the facts above."""


def _as_options(kind: Callable[P, Declaration]) -> Callable[P, dict[str, Any]]:
    def declare(*args: P.args, **facts: P.kwargs) -> dict[str, Any]:
        return {_KEY: kind(*args, **facts)}

    return declare


declare = _as_options(Declaration)
"""Return the `opt` of a handler, or of a controller whose handlers declare nothing themselves."""
NOTHING = Declaration()
"""What a handler declares that says nothing, or an address without a handler."""


def declared(handler: Any) -> Declaration:
    """Return what a handler declares."""
    declaration: Declaration = handler.opt.get(_KEY, NOTHING)
    return declaration


def check_declared(request: Request[Any, Any, Any], **facts: bool) -> None:
    """Raise NotDeclared unless the handler that runs declares these facts; however deep in its helpers this is called."""
    declaration = declared(request.route_handler)
    for name, value in facts.items():
        if getattr(declaration, name) is not value:
            message = f"{request.route_handler} does not declare {name}={value}"
            raise NotDeclared(message)
