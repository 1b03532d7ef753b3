"""Hashing and judging passwords: Argon2id beside the event loop, so many at once and no more."""

import secrets
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import anyio.to_thread
from anyio import CapacityLimiter
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from sandbox_registry.db.identity import credentials
from sandbox_registry.domain.audit import check_value
from sandbox_registry.domain.identity.passwords import check_password, normalised
from sandbox_registry.domain.identity.people import Person
from sandbox_registry.usecases.transaction.transaction import Transaction

# Twice what OWASP asks for at this size: 46 MiB and about a tenth of a second on one core.
HASHER = PasswordHasher(time_cost=2, memory_cost=47104, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)
_MAX_CONCURRENT_HASHES = 2


class Passwords:
    """Everything done with a password in clear text; nothing here keeps one."""

    def __init__(self, common: frozenset[str], *, hasher: PasswordHasher = HASHER) -> None:
        self._common = common
        self._hasher = hasher
        self._limiter = CapacityLimiter(_MAX_CONCURRENT_HASHES)
        self._nobodys = _nobodys_hash(hasher)

    def check(self, password: str, *, about: Iterable[str], field: str = "password") -> None:
        """Refuse a password that is too short or easily guessed; `Invalid` names the rule."""
        check_password(password, about=about, common=self._common, field=field)

    async def hashed(self, password: str) -> str:
        """Return the Argon2id hash to store."""
        return await anyio.to_thread.run_sync(self._hasher.hash, normalised(password), limiter=self._limiter)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Compare a password with its hash. Where there is none, the same work is done for nothing, and it is wrong."""
        right = await anyio.to_thread.run_sync(
            self._verify, stored or self._nobodys, normalised(password), limiter=self._limiter
        )
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


async def keep_password(act: Transaction, person: Person, new_hash: str, *, is_given: bool = False) -> None:
    """Store the hash of a password that was set, and put it on record; `is_given` when somebody else chose it."""
    await act.run(credentials.keep_hash, person.id, new_hash, at=act.at, is_given=is_given)
    _record(act, person.id, new_hash, changed_at=act.at, is_given=is_given, version=person.version)


async def renew_password(act: Transaction, person_id: UUID, new_hash: str) -> None:
    """Store another hash of the password that somebody has, and put it on record; who chose it stays as it is."""
    changed_at, is_given = await act.run(credentials.renew_hash, person_id, new_hash)
    _record(act, person_id, new_hash, changed_at=changed_at, is_given=is_given)


def _record(
    act: Transaction, person_id: UUID, new_hash: str, *, changed_at: datetime, is_given: bool, version: int = 0
) -> None:
    """Put the row on record, but for its hash: in place of that, a value that the hash is checked against."""
    act.record_state(
        "password",
        person_id,
        version,
        {
            "person_id": str(person_id),
            "changed_at": changed_at,
            "check": check_value(new_hash.encode()),
            "is_given": is_given,
        },
    )


def _nobodys_hash(hasher: PasswordHasher) -> str:
    """Return what looks like a hash and is that of no password: to compare with it costs the same, to make it nothing."""
    salt, digest = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2{hasher.type.name.lower()}$v={ARGON2_VERSION}${costs}${salt}${digest}"


def load_common_passwords(path: Path) -> frozenset[str]:
    """Read a list of passwords, one on each line; a line that starts with "# " is a remark."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(line.casefold() for line in lines if line.strip("# ") and not line.startswith("# "))
