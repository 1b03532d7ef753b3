"""Verifier keys on paper: in rows of groups that can be read out, each row with two check digits.

    sandbox.camau.gov.vn/log
    1  04G2R  9XNPA  00TJ8  41
    2  ...
    1a2b3c4d

The rows hold the type and the key in Crockford's base 32 (0-9 and A-Z without I, L, O and U), five bits a character, the
last ones filled up with zeros. The last line is the id that binds name and key. A row's digits are its number and its
characters, read as one number in base 32, modulo 97: any single wrong character, any two neighbours exchanged, and rows
in another order are recognised, and the row is named.
"""

from sandbox_registry.transparency.errors import NoteError
from sandbox_registry.transparency.keys import KEY_SIZE, KeyType, VerifierKey, parse_vkey

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUP, GROUPS = 5, 3
_MODULUS, _BITS = 97, 5
_BYTES = 1 + KEY_SIZE
_LENGTH = -(-8 * _BYTES // _BITS)
_ALIKE = str.maketrans("OIL", "011")


class KeySheetError(NoteError):
    """Say that a row of a key sheet was mistyped, and which; null where it is the name, the id or the form."""

    code = "log_key_sheet"

    def __init__(self, message: str, *, row: int | None = None) -> None:
        super().__init__(message)
        self.row = row


def format_sheet(key: VerifierKey) -> str:
    """Write a verifier key as the lines of a sheet."""
    bits = int.from_bytes(bytes([key.key_type]) + key.public_key) << (_BITS * _LENGTH - 8 * _BYTES)
    text = "".join(ALPHABET[bits >> _BITS * place & 31] for place in reversed(range(_LENGTH)))
    groups = [text[at : at + GROUP] for at in range(0, _LENGTH, GROUP)]
    rows = [groups[at : at + GROUPS] for at in range(0, len(groups), GROUPS)]
    lines = [f"{number}  {'  '.join(row)}  {_check(number, ''.join(row))}" for number, row in enumerate(rows, start=1)]
    return "\n".join([key.name, *lines, key.key_id.hex()]) + "\n"


def parse_sheet(text: str) -> VerifierKey:
    """Read a sheet as it was typed: blanks, capitals and letters that look like digits do not matter, nor lines after #.

    Raises:
        KeySheetError: a row is mistyped or missing, or the id is not that of name and key.

    """
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if len(lines) < len(("name", "row", "id")):
        raise KeySheetError("a sheet has a name, rows and an id")
    name, *rows, key_id = lines
    typed = "".join(_row(number, row) for number, row in enumerate(rows, start=1))
    if len(typed) != _LENGTH:
        raise KeySheetError("the sheet has another number of characters")
    bits = 0
    for character in typed:
        bits = bits << _BITS | ALPHABET.index(character)
    value = (bits >> (_BITS * _LENGTH - 8 * _BYTES)).to_bytes(_BYTES)
    if value[0] not in set(KeyType):
        raise KeySheetError("the sheet holds a key of another type")
    key = VerifierKey(name=name, key_type=KeyType(value[0]), public_key=value[1:])
    if key.key_id.hex() != "".join(key_id.split()).lower():
        raise KeySheetError("the name, or the id in the last line, is mistyped")
    return key


def parse_public(text: str) -> VerifierKey:
    """Read a verifier key in one line, or on a sheet; raise `NoteError` when it is neither."""
    return parse_sheet(text) if "\n" in text.strip() else parse_vkey(text.strip())


def _row(number: int, line: str) -> str:
    """Return the characters of a row whose number and check digits fit."""
    words = line.split()
    typed = "".join(words[1:-1]).upper().translate(_ALIKE)
    if (
        len(words) < len(("number", "group", "check"))
        or words[0] != str(number)
        or not set(typed) <= set(ALPHABET)
        or words[-1] != _check(number, typed)
    ):
        message = f"row {number} is mistyped"
        raise KeySheetError(message, row=number)
    return typed


def _check(number: int, characters: str) -> str:
    value = number
    for character in characters:
        value = (value * len(ALPHABET) + ALPHABET.index(character)) % _MODULUS
    return f"{value:02}"
