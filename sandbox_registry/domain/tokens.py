"""Bearer tokens: how one is written so that slips and leaks are seen, and how long it may last."""

import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.texts import Text

MARK = "cmsr_"
"""What every token starts with, so that a program looking for leaked secrets can tell ours."""

SECRET_SIZE = 32
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=366)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_WIDTH, _CHECK_WIDTH = 43, 6
_FORM = re.compile(MARK + f"([0-9A-Za-z]{{{_SECRET_WIDTH}}})([0-9A-Za-z]{{{_CHECK_WIDTH}}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token as its owner sees it; the secret is shown once and kept only as a digest.

    `method` says how its owner proved to be who they are; `scopes` are the only acts it may do, null for all.
    """

    id: UUID
    version: int
    person_id: UUID
    name: str
    method: str
    scopes: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


def written(secret: bytes) -> str:
    """Write a secret of 32 bytes as a token: mark, secret and checksum, in letters and digits only."""
    if len(secret) != SECRET_SIZE:
        message = f"a token's secret has {SECRET_SIZE} bytes"
        raise ValueError(message)
    body = _in_digits(int.from_bytes(secret), _SECRET_WIDTH)
    return MARK + body + _check(body)


def is_well_formed(token: str) -> bool:
    """Tell a token from a typing mistake or something else altogether, without asking the database."""
    match = _FORM.fullmatch(token)
    return match is not None and match[2] == _check(match[1])


def digest(token: str) -> bytes:
    """Return what is kept of a token: its SHA-256. The secret is 256 random bits, so nothing slower is needed."""
    return sha256(token.encode()).digest()


def lifetime_errors(lifetime: timedelta) -> tuple[FieldError, ...]:
    """Say what is wrong with how long a token shall last."""
    if SHORTEST <= lifetime <= LONGEST:
        return ()
    return (FieldError(field="lifetime", code="out_of_range", message=_LIFETIME),)


def scope_errors(
    scopes: frozenset[str] | None, *, known: frozenset[str], held: frozenset[str] | None
) -> tuple[FieldError, ...]:
    """Say what is wrong with the acts a token shall list. `held` are those of the token that asks; null holds all."""
    unknown = sorted((scopes or frozenset()) - known)
    if unknown or (scopes is not None and not scopes):
        message = _NO_SCOPE.filled(names=", ".join(unknown) or "-")
        return (FieldError(field="scopes", code="unknown_scope", message=message),)
    if held is not None and (scopes is None or not scopes <= held):
        return (FieldError(field="scopes", code="beyond_own_scopes", message=_BEYOND),)
    return ()


def _check(body: str) -> str:
    return _in_digits(zlib.crc32(body.encode()), _CHECK_WIDTH)


def _in_digits(number: int, width: int) -> str:
    found = ""
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        found = _DIGITS[digit] + found
    return found


_LIFETIME = Text(
    vi="Thời hạn của mã truy cập phải từ 1 phút đến 366 ngày.",
    en="A token lasts from 1 minute to 366 days.",
    fr="Un jeton dure de 1 minute à 366 jours.",
)
_NO_SCOPE = Text(
    vi="Không có quyền nào tên là: {names}.",
    en="No such act: {names}.",
    fr="Aucun acte de ce nom : {names}.",
)
_BEYOND = Text(
    vi="Mã truy cập mới không thể rộng quyền hơn mã đang dùng.",
    en="A token cannot allow more than the token that makes it.",
    fr="Un jeton ne peut permettre plus que celui qui le crée.",
)
