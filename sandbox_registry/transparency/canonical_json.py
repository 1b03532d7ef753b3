"""Canonical JSON (RFC 8785): the one spelling of a value that the log hashes."""

import msgspec
import rfc8785

_EXACT = 2**53
_SPELLED_OUT = (1e-4, 1e16)
"""Between these, a number with a fraction is written without an exponent by everybody."""


def canonical(value: object) -> bytes:
    """Write a value as RFC 8785 says.

    Most values are spelt so by any JSON encoder that sorts keys, in an eighth of the time; the rest goes to the library.

    Raises:
        rfc8785.CanonicalizationError: the value is no JSON, or a whole number beyond 2^53 - 1.

    """
    return msgspec.json.encode(value, order="sorted") if _is_plain(value) else rfc8785.dumps(value)  # type: ignore[arg-type]  # It refuses what is no JSON.


def _is_plain(value: object) -> bool:
    """Say whether every encoder agrees on a value: keys in ASCII, numbers exact and without an exponent."""
    if value is None or isinstance(value, str):
        return True
    if isinstance(value, dict):
        return all(isinstance(key, str) and key.isascii() and _is_plain(each) for key, each in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, int):
        return -_EXACT < value < _EXACT
    least, most = _SPELLED_OUT
    return isinstance(value, float) and least <= abs(value) < most and not value.is_integer()
