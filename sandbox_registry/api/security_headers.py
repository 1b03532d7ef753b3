"""What browsers must be told with every answer, errors and unknown addresses included."""

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


async def add_security_headers(message: Any, _scope: Any) -> None:
    """Add each header that the answer does not set itself; a hook `before_send`, which no error can pass by."""
    if message["type"] == "http.response.start":
        headers = message["headers"]
        given = [name.lower() for name, _ in headers]
        message["headers"] = [*headers, *[each for each in _ALWAYS if each[0] not in given]]
