"""What the log says of the installation itself: the policy, keys and witnesses it goes by, its clock, its backups."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

_NAMES = UUID("00000000-0000-7000-8000-000000000002")


class Fact(StrEnum):
    """Something an installation goes by, with one value at a time; the name is the kind of object in the log.

    Keys stand there by their verifier key or a check value, policies by their digest: never a secret.
    """

    AUTHORITY_POLICY = "authority_policy"
    LOG_KEY = "log_key"
    PSEUDONYM_KEY = "pseudonym_key"
    WITNESS_POLICY = "witness_policy"
    WITNESS_VERDICT = "witness_verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """A fact that became another. `of` tells apart facts of one kind (whose verdict); `details` explain the value."""

    id: UUID
    version: int
    fact: Fact
    of: str
    before: str | None
    after: str | None
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the log last said of a fact."""

    version: int
    value: str | None


def fact_id(fact: Fact, of: str = "") -> UUID:
    """Return the identity of a fact in the log, the same in every installation."""
    return uuid5(_NAMES, f"{fact}/{of}")


def change_of(
    fact: Fact, value: str | None, *, known: Known | None, of: str = "", details: Mapping[str, str] | None = None
) -> FactChange | None:
    """Return what to put on record when a fact has this value; null when the log says so already, or never spoke of it."""
    before = None if known is None else known.value
    if value == before:
        return None
    return FactChange(
        id=fact_id(fact, of),
        version=1 if known is None else known.version + 1,
        fact=fact,
        of=of,
        before=before,
        after=value,
        details=details or {},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The wall clock, and at the same moment the seconds on a clock that nobody can set."""

    wall: datetime
    steady: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStep:
    """A step of the wall clock by so many milliseconds, negative for backwards; it may have happened while nobody ran."""

    id: UUID
    version: int
    milliseconds: int
    was_running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup of the database: its digest (SHA-256, hex) and bytes, and the log as it was: leaves, root (hex), schema.

    It needs the key behind pseudonyms with this check value, and the log's key (`name+id`) to sign on; empty where none
    was named. Of a backup that was restored, `lost` is how many leaves after it were put back from the published log without
    what their acts did, and `gone` how many were signed of which no copy was left.
    """

    id: UUID
    version: int
    made_at: datetime
    sha256: str
    bytes: int
    log_size: int
    log_root: str
    revision: str
    pseudonym_key: str = ""
    log_key: str = ""
    lost: int = 0
    gone: int = 0


def clock_step(first: Reading, now: Reading, *, tolerance: timedelta) -> timedelta | None:
    """Say how far the wall clock was set between two readings; null while it only went, give or take the tolerance."""
    step = (now.wall - first.wall) - timedelta(seconds=now.steady - first.steady)
    return step if abs(step) > tolerance else None


def step_while_away(last_leaf: datetime | None, now: datetime, *, tolerance: timedelta) -> timedelta | None:
    """Say how far the clock stands behind the last leaf of the log; forwards, nobody can tell a step from a pause."""
    if last_leaf is None or last_leaf - now <= tolerance:
        return None
    return now - last_leaf
