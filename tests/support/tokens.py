"""How a token is recognised by its form alone, as a program that looks for leaked secrets would do it."""

import re
import zlib

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def is_well_formed(token: str) -> bool:
    """Say whether a token has its mark, 43 digits in base 62, and their CRC-32 in 6 more."""
    form = re.fullmatch(r"cmsr_([0-9A-Za-z]{43})([0-9A-Za-z]{6})", token)
    return form is not None and _value(form[2]) == zlib.crc32(form[1].encode())


def _value(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * len(_DIGITS) + _DIGITS.index(digit)
    return value
