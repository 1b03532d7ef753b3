"""Many courses side by side in time: each says how long it waits, the clock only ever moves on."""

import heapq
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Protocol

from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.rulebook.calendar_files import load_calendar
from sandbox_registry.runtime.settings import TIMEZONE
from sandbox_registry.runtime.shipped import shipped

Course = AsyncIterator[int]
"""What somebody does, one day after another: it yields the number of days until it goes on."""

_OPENING = time(9)
_DAYS = load_calendar(shipped("policies") / "calendars" / "vn.toml")


class MovingClock(Protocol):
    """A clock that a demonstration may move."""

    def __call__(self) -> datetime:
        """Return the moment, aware."""

    def move_to(self, moment: datetime) -> None:
        """Move on; never back."""


@dataclass(order=True, slots=True)
class _Turn:
    at: datetime
    number: int
    course: Course = field(compare=False)


async def run(courses: Iterable[tuple[datetime, Course]], *, clock: MovingClock) -> None:
    """Give each course its turn in order of time until all are through.

    Turns fall on working days at nine in the morning, local time.
    """
    turns = [_Turn(start, number, course) for number, (start, course) in enumerate(courses)]
    heapq.heapify(turns)
    while turns:
        turn = heapq.heappop(turns)
        clock.move_to(turn.at)
        async for days in turn.course:
            turn.at = office_day(clock(), days=days)
            heapq.heappush(turns, turn)
            break


def office_day(moment: datetime, *, days: int) -> datetime:
    """Return nine in the morning so many days later, or on the next working day of the calendar."""
    day = local_date(moment) + timedelta(days=days)
    return datetime.combine(day if _DAYS.is_working(day) else _DAYS.next_working(day), _OPENING, tzinfo=TIMEZONE)
