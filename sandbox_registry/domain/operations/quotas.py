"""How often something may be asked: quotas that refill evenly, what they are counted by, and what comes with the program."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from sandbox_registry.domain.errors import DomainError


class Group(StrEnum):
    """What is asked for. Each group has quotas of its own, so that none can use up another's."""

    EXPORTS = "exports"
    LOGIN = "login"
    LOOKUPS = "lookups"
    MAIL = "mail"
    READS = "reads"
    UPLOADS = "uploads"
    WRITES = "writes"
    WRONG_TOKENS = "wrong_tokens"


COUNTED_BY_USE_CASE = frozenset({Group.LOGIN, Group.MAIL})
"""Groups whose use case knows the account that is asked about, and counts it."""


class By(StrEnum):
    """What a quota is counted by. Rows are always locked in this order, so that two requests never wait in a ring."""

    TOKEN = "token"  # noqa: S105 - the name of a kind of limit.
    ACCOUNT = "account"
    ADDRESS = "address"
    EVERYBODY = "everybody"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """At most `quota` at once, refilled evenly over `window` seconds; so at most twice the quota in any window."""

    group: Group
    by: By
    quota: int
    window: int

    @cached_property
    def name(self) -> str:
        """Name the limit as settings and headers do: `reads.account`."""
        return f"{self.group}.{self.by}"


class Room(NamedTuple):
    """What is left of a limit: `left` requests now, one more in `opens_in` seconds, all of them in `full_in`."""

    limit: Quota
    left: int
    opens_in: float
    full_in: float


class TooManyRequests(DomainError):
    """A quota is used up; `rooms` are the limits that apply, `seconds` is the time to wait."""

    code = "too_many_requests"

    def __init__(self, *, limit: str, seconds: int, rooms: tuple[Room, ...] = ()) -> None:
        super().__init__(count=seconds)
        self.limit = limit
        self.seconds = seconds
        self.rooms = rooms


class LimitsUnknown(DomainError):
    """The quotas cannot be checked at the moment, and this request requires it."""

    code = "unavailable"


_SHIPPED = {
    "exports": {"token": "30/1h", "account": "60/1h", "address": "30/1h"},
    "login": {"account": "10/15m", "address": "60/15m", "everybody": "300/1m"},
    "lookups": {"address": "20/1m"},
    "mail": {"account": "3/1h", "address": "20/1h", "everybody": "300/1h"},
    "reads": {"token": "600/1m", "account": "1200/1m", "address": "300/1m"},
    "uploads": {"token": "60/10m", "account": "120/10m", "address": "10/10m"},
    "writes": {"token": "120/1m", "account": "240/1m", "address": "30/1m"},
    "wrong_tokens": {"address": "60/1m"},
}
_FORM = re.compile(r"([0-9]{1,7})/([0-9]{1,5})([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
LONGEST_WINDOW = 86_400


def read_quota(limit: Quota, written: str) -> Quota:
    """Return a limit with the quota and window written as `600/1m`; ValueError when it says no such thing."""
    match = _FORM.fullmatch(written)
    quota, window = (int(match[1]), int(match[2]) * _SECONDS[match[3]]) if match else (0, 0)
    if quota < 1 or not 1 <= window <= LONGEST_WINDOW:
        raise ValueError(f"{limit.name}={written} is no quota; write for example {limit.name}=600/1m (s, m or h).")
    return replace(limit, quota=quota, window=window)


def read_limits(written: str) -> Mapping[str, Quota]:
    """Return every limit by name, with `written` (`reads.account=600/1m, login.address=30/15m`) put over the shipped ones."""
    found = dict(LIMITS)
    for each in filter(None, (part.strip() for part in written.split(","))):
        name, _, quota = (part.strip() for part in each.partition("="))
        if name not in found:
            near = get_close_matches(name, found, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the known ones are {', '.join(sorted(found))}."
            raise ValueError(f"{name!r} is no limit; {hint}")
        found[name] = read_quota(found[name], quota)
    return found


def _shipped() -> dict[str, Quota]:
    empty = (
        (Quota(group=Group(group), by=By(by), quota=1, window=1), written)
        for group, counted in _SHIPPED.items()
        for by, written in counted.items()
    )
    return {limit.name: read_quota(limit, written) for limit, written in empty}


LIMITS: Mapping[str, Quota] = _shipped()
