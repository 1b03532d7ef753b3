"""Logins that failed: counted by the quarter of an hour, so that a leaf of the log names nobody whose address was tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

INTERVAL = timedelta(minutes=15)
GRACE = timedelta(minutes=1)
"""How long after its end an interval is left alone: by then every login that began in it has been counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLogins:
    """The logins that failed in one interval: how many, how many of them under a name without an account, and at how many accounts."""

    id: UUID
    version: int
    since: datetime
    until: datetime
    tries: int
    without_account: int
    accounts: int


def interval_of(at: datetime) -> datetime:
    """Return when the interval began in which a moment lies; intervals begin at the full hour and its quarters."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    return hour + (at - hour) // INTERVAL * INTERVAL


def last_over(at: datetime) -> datetime:
    """Return when the last interval began that is over for good at a moment."""
    return interval_of(at - INTERVAL - GRACE)


def summed(since: datetime, tries: Mapping[UUID, int], *, nobody: UUID, identity: UUID) -> RefusedLogins:
    """Add up the tries of one interval, by the account tried; `nobody` stands for names that have none."""
    return RefusedLogins(
        id=identity,
        version=1,
        since=since,
        until=since + INTERVAL,
        tries=sum(tries.values()),
        without_account=tries.get(nobody, 0),
        accounts=len(tries.keys() - {nobody}),
    )
