"""Many courses side by side in time: each says how long it waits, the clock only ever moves on."""

import heapq
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Protocol

from sandbox_registry.settings import TIMEZONE

Course = AsyncIterator[int]
"""What somebody does, one day after another: it yields the number of days until it goes on."""

_OPENING = time(9)
_SATURDAY = 5


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


async def run(
    courses: Iterable[tuple[datetime, Course]], *, clock: MovingClock, on_new_day: Callable[[], Awaitable[None]]
) -> None:
    """Give each course its turn in order of time until all are through.

    Turns fall on weekdays at nine in the morning, local time; days off beyond weekends are not looked at.
    """
    turns = [_Turn(start, number, course) for number, (start, course) in enumerate(courses)]
    heapq.heapify(turns)
    while turns:
        turn = heapq.heappop(turns)
        if turn.at > clock():
            clock.move_to(turn.at)
            await on_new_day()
        async for days in turn.course:
            turn.at = office_day(clock(), days=days)
            heapq.heappush(turns, turn)
            break


def office_day(moment: datetime, *, days: int) -> datetime:
    """Return nine in the morning so many days later, or on the Monday after."""
    day = moment.astimezone(TIMEZONE).date() + timedelta(days=days)
    if day.weekday() >= _SATURDAY:
        day += timedelta(days=7 - day.weekday())
    return datetime.combine(day, _OPENING, tzinfo=TIMEZONE)
