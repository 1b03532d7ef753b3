"""How long decisions really took, said only when there are enough of them to say it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sandbox_registry.domain.rules.calendars import Calendar, CalendarGap, local_date
from sandbox_registry.domain.rules.working_days import DAY

ENOUGH = 10
"""Decided cases below which nothing is said: one of nine would still be told from the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many cases were decided, and after how many working days half and nine in ten were; null of too few."""

    count: int
    median: int | None
    ninth_decile: int | None


def waiting(spans: Iterable[tuple[datetime, datetime]], *, calendar: Calendar) -> Waiting:
    """Summarise how long cases waited, each from its filing to its decision; the day of filing is not counted."""
    days = sorted(each for span in spans if (each := _working_days(*span, calendar=calendar)) is not None)
    if len(days) < ENOUGH:
        return Waiting(count=len(days), median=None, ninth_decile=None)
    return Waiting(count=len(days), median=_quantile(days, 0.5), ninth_decile=_quantile(days, 0.9))


def _quantile(days: list[int], share: float) -> int:
    """Return the day on which at least that share of the cases was decided."""
    return days[ceil(share * len(days)) - 1]


def _working_days(filed: datetime, decided: datetime, *, calendar: Calendar) -> int | None:
    day, last, count = local_date(filed), local_date(decided), 0
    try:
        while day < last:
            day += DAY
            count += calendar.is_working(day)
    except CalendarGap:
        return None
    return count
