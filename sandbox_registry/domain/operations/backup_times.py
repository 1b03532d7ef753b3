"""Which backups of a schedule are kept: all of the last day, then the last of each day, then none."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sandbox_registry.domain.rules.calendars import local_date

ALL_OF = timedelta(days=1)


def outdated(made_at: Iterable[datetime], *, now: datetime, days: int) -> frozenset[datetime]:
    """Return the backups that may go: older than `days`, or older than a day with a later one of the same local day."""
    kept: dict[object, datetime] = {}
    old = sorted(at for at in made_at if now - at > ALL_OF)
    for at in old:
        kept[local_date(at)] = at
    return frozenset(at for at in old if kept[local_date(at)] != at or now - at > timedelta(days=days))
