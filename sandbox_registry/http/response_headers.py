"""Header fields that every response carries, errors included: those for browsers, and those that middlewares add."""

from typing import Any

NO_CONTENT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Content security policy of responses that are not pages: nothing in them is loaded, run or framed."""
_ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", NO_CONTENT_POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_NAMES = frozenset(name for name, _ in _ALWAYS)
_ADDED = "added_headers"


def add_response_header(scope: Any, name: bytes, value: str) -> None:
    """Add a header field, its name in lower case, to the response to a request, whatever that response will be."""
    scope["state"].setdefault(_ADDED, []).append((name, value.encode()))


async def complete_headers(message: Any, scope: Any) -> None:
    """Add what middlewares asked for, and each field for browsers that the response does not set itself.

    A `before_send` hook, so that errors get them too.
    """
    if message["type"] == "http.response.start":
        headers = message["headers"]
        present = _NAMES.intersection([name.lower() for name, _ in headers])
        always = [each for each in _ALWAYS if each[0] not in present] if present else _ALWAYS
        message["headers"] = [*headers, *scope["state"].get(_ADDED, ()), *always]
