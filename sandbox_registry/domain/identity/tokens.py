"""Bearer tokens: how one is written so that slips and leaks are seen, how long it may last, what it is limited to."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_network
from uuid import UUID

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.texts import Phrase

MARK = "cmsr_"
"""What every token starts with, so that a program looking for leaked secrets can tell ours."""

SECRET_SIZE = 32
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=366)
EXPIRY_NOTICE = timedelta(days=14)
"""How long before its end a token says so with every answer."""
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_WIDTH, _CHECK_WIDTH = 43, 6
_MAPPED = 96  # Bits before the IPv4 address in ::ffff:0:0/96.


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token as its owner sees it; the secret is shown once and kept only as a digest.

    `method` says how its owner proved to be who they are. `scopes` are the only acts it may do, `procedures` the only
    ones whose cases it reaches, `addresses` the only ranges it may be used from; null for all. `last_refused_at` is when
    it was last tried in vain: after its end, or from elsewhere.
    """

    id: UUID
    version: int
    person_id: UUID
    name: str
    method: str
    scopes: tuple[str, ...] | None
    procedures: tuple[str, ...] | None = None
    addresses: tuple[str, ...] | None = None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    last_refused_at: datetime | None = None

    def expires_soon(self, *, at: datetime) -> bool:
        """Tell whether a token still in force ends within `EXPIRY_NOTICE`."""
        return self.revoked_at is None and at < self.expires_at <= at + EXPIRY_NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a token is limited to, as it is asked for or held; null leaves a question open."""

    scopes: frozenset[str] | None = None
    procedures: frozenset[str] | None = None
    addresses: tuple[str, ...] | None = None


UNLIMITED = Limits()


def encode_token(secret: bytes) -> str:
    """Write a secret of 32 bytes as a token: mark, secret and checksum, in letters and digits only."""
    if len(secret) != SECRET_SIZE:
        message = f"a token's secret has {SECRET_SIZE} bytes"
        raise ValueError(message)
    body = _in_digits(int.from_bytes(secret), _SECRET_WIDTH)
    return MARK + body + _check(body)


def digest(token: str) -> bytes:
    """Return what is kept of a token: its SHA-256. The secret is 256 random bits, so nothing slower is needed."""
    return sha256(token.encode()).digest()


def lifetime_errors(lifetime: timedelta) -> tuple[FieldError, ...]:
    """Say what is wrong with how long a token shall last."""
    if SHORTEST <= lifetime <= LONGEST:
        return ()
    return (FieldError(field="lifetime", code="out_of_range", message=Phrase("tokens.lifetime")),)


def limit_errors(
    requested: Limits, *, own: Limits, acts: frozenset[str], procedures: frozenset[str]
) -> tuple[FieldError, ...]:
    """Say what is wrong with the limits of a new token: unknown names, no ranges, more than the token that asks holds.

    `acts` and `procedures` are all there are.
    """
    return (
        *_choice_errors(
            "scopes",
            requested.scopes,
            own=own.scopes,
            known=acts,
            unknown="unknown_scope",
            message=lambda names: Phrase("tokens.unknown_acts", names=names),
        ),
        *_choice_errors(
            "procedures",
            requested.procedures,
            own=own.procedures,
            known=procedures,
            unknown="unknown_procedure",
            message=lambda names: Phrase("tokens.unknown_procedures", names=names),
        ),
        *_address_errors(requested.addresses, own=own.addresses),
    )


def read_range(text: str) -> IPv4Network | IPv6Network:
    """Read an address or a CIDR range; IPv4 inside IPv6 (`::ffff:192.0.2.0/120`) is that IPv4 range.

    Raises:
        ValueError: it is none, has bits set behind its prefix, or names a zone of one machine.

    """
    if "%" in text:
        raise ValueError(text)
    network = ip_network(text)
    if (
        isinstance(network, IPv6Network)
        and network.prefixlen >= _MAPPED
        and (inside := network.network_address.ipv4_mapped)
    ):
        return IPv4Network((inside, network.prefixlen - _MAPPED))
    return network


def _choice_errors(
    field: str,
    requested: frozenset[str] | None,
    *,
    own: frozenset[str] | None,
    known: frozenset[str],
    unknown: str,
    message: Callable[[tuple[str, ...]], Phrase],
) -> tuple[FieldError, ...]:
    strange = sorted((requested or frozenset()) - known)
    if strange or (requested is not None and not requested):
        return (FieldError(field=field, code=unknown, message=message(tuple(strange) or ("-",))),)
    if own is not None and (requested is None or not requested <= own):
        return (FieldError(field=field, code=f"beyond_own_{field}", message=Phrase("tokens.beyond_own_token")),)
    return ()


def _address_errors(requested: tuple[str, ...] | None, *, own: tuple[str, ...] | None) -> tuple[FieldError, ...]:
    ranges, wrong = [], []
    for each in requested or ():
        try:
            ranges.append(read_range(each))
        except ValueError:
            wrong.append(each)
    if wrong or (requested is not None and not requested):
        message = Phrase("tokens.wrong_addresses", names=tuple(wrong) or "-")
        return (FieldError(field="addresses", code="no_address_range", message=message),)
    own_ranges = None if own is None else [read_range(each) for each in own]
    if own_ranges is not None and (
        requested is None or not all(any(_holds(outer, each) for outer in own_ranges) for each in ranges)
    ):
        return (FieldError(field="addresses", code="beyond_own_addresses", message=Phrase("tokens.beyond_own_token")),)
    return ()


def _holds(outer: IPv4Network | IPv6Network, inner: IPv4Network | IPv6Network) -> bool:
    if isinstance(outer, IPv4Network):
        return isinstance(inner, IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and inner.subnet_of(outer)


def _check(body: str) -> str:
    return _in_digits(zlib.crc32(body.encode()), _CHECK_WIDTH)


def _in_digits(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
