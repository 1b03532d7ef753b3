"""The strict base64 and decimal numbers shared by the text formats of a log: one spelling for each value."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import Final

from sandbox_registry.transparency.errors import LogError

MAX_DIGITS: Final = 19
"""The digits of 2^63 - 1: longer numbers are refused before they are read."""


def encode_base64(data: bytes) -> str:
    """Write standard base64 with padding (RFC 4648 §4)."""
    return b64encode(data).decode("ascii")


def decode_base64(text: str, *, refuse: type[LogError]) -> bytes:
    """Read standard base64 with padding; raise `refuse` for any spelling that `encode_base64` would not write."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refuse("not standard base64") from None
    if encode_base64(data) != text:
        raise refuse("base64 with stray bits or characters")
    return data


def decode_decimal(text: str, *, refuse: type[LogError]) -> int:
    """Read an ASCII decimal without leading zeros, below 2^63; raise `refuse` for all else."""
    if not 0 < len(text) <= MAX_DIGITS or not (text.isascii() and text.isdigit()):
        raise refuse("not a decimal number")
    if text[0] == "0" and text != "0":
        raise refuse("a decimal number with leading zeros")
    value = int(text)
    if value >= 2**63:
        raise refuse("a number beyond 63 bits")
    return value
