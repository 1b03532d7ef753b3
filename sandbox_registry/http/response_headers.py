"""What answers carry beside their own header fields: what browsers must be told with each, errors included, and what middlewares tell."""

from typing import Any

CLOSED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Content security policy of what is no page: nothing in it is ever loaded, run or framed."""
_ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", CLOSED.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_NAMES = frozenset(name for name, _ in _ALWAYS)
_TOLD = "told"


def tell(scope: Any, name: bytes, value: str) -> None:
    """Put a header field, its name in small letters, into the answer to a request, whatever that will be."""
    scope["state"].setdefault(_TOLD, []).append((name, value.encode()))


async def add_headers(message: Any, scope: Any) -> None:
    """Add what was told, and of the fields for browsers each that the answer does not set itself.

    A hook `before_send`, which no error can pass by.
    """
    if message["type"] == "http.response.start":
        headers = message["headers"]
        given = _NAMES.intersection([name.lower() for name, _ in headers])
        always = [each for each in _ALWAYS if each[0] not in given] if given else _ALWAYS
        message["headers"] = [*headers, *scope["state"].get(_TOLD, ()), *always]
