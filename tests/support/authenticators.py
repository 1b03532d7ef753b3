"""An authenticator, as a phone has one: written after RFC 6238 and 4226, not with the library of the registry."""

import base64
import hashlib
import hmac
from datetime import datetime


def code_at(key: str, at: datetime, *, steps: int = 0) -> str:
    """Return the code that is shown for a key at a moment, or so many steps of 30 seconds away."""
    counter = int(at.timestamp()) // 30 + steps
    digest = hmac.digest(base64.b32decode(key), counter.to_bytes(8), hashlib.sha1)
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"
