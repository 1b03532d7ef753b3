"""The clock: terms in hours, days and months, computed over an official calendar, with a day-by-day explanation."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sandbox_registry.domain.rules.working_days import (
    DAY,
    LOCAL_ZONE,
    LONGEST_TERM,
    Calendar,
    CalendarGap,
    DayKind,
    DayMark,
    Term,
    Unit,
    add_months,
    add_term,
    end_of,
    last_day_before,
    last_day_of,
    local_date,
    months_of,
    start_of,
)
from sandbox_registry.domain.texts import Phrase, Wording

__all__ = [
    "LOCAL_ZONE",
    "LONGEST_TERM",
    "Calendar",
    "CalendarGap",
    "DayKind",
    "DayMark",
    "Deadline",
    "LedgerLine",
    "Pause",
    "Term",
    "Unit",
    "add_months",
    "add_term",
    "deadline",
    "end_of",
    "last_day_before",
    "last_day_of",
    "latest_before",
    "local_date",
    "start_of",
]

CIVIL_CODE = "Bộ luật Dân sự 2015, Điều 147-148"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A stretch `[start, end)` during which a clock stands still; `end` is null while it is open."""

    start: datetime
    end: datetime | None
    reason: Wording

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.start:
            raise ValueError("a pause ends before it starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One day of a computation: counted or not, the count after it (hours for an hour term), why, by which document."""

    date: date
    counted: bool
    running_count: int
    reason: Wording
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The end of a term.

    `due` is the exclusive end in UTC: for terms in days and months the local midnight after `due_date` (24:00 of that
    day in Asia/Ho_Chi_Minh), so a thing done at `t` is in time when `t < due`. For hours it is the exact moment.
    Both are null while an open pause holds the clock (`paused`). `provisional` says that the computation ran past the
    published schedule of days off. `started_at` is the event that started the clock.
    """

    term: Term
    started_at: datetime
    due: datetime | None
    due_date: date | None
    calendar_version: str
    paused: bool
    provisional: bool
    lines: Callable[[], Iterator[LedgerLine]] = field(repr=False, compare=False)

    @property
    def ledger(self) -> tuple[LedgerLine, ...]:
        """Every day from the event to the end, counted or not, with the reason; built when asked for."""
        return tuple(self.lines())

    def is_over(self, at: datetime) -> bool:
        """Tell whether the term has run out at a moment; never while paused."""
        return self.due is not None and at >= self.due


def deadline(
    term: Term,
    *,
    start: datetime,
    calendar: Calendar,
    pauses: tuple[Pause, ...] = (),
) -> Deadline:
    """Compute the end of a term that starts with an event (Civil Code arts 147-148).

    The event's day is not counted. A term in days, months or years that would end on a day off ends with the next
    working day. Hours run from the moment, through days off. A day touched by a pause is not counted. An open pause that
    begins before the end leaves `due` null.

    Raises:
        CalendarGap: the computation leaves the calendar's coverage.

    """
    if start.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    if term.unit is Unit.H:
        return _after_hours(term, start=start.astimezone(UTC), calendar=calendar, pauses=pauses)
    days = _Days(term=term, first=local_date(start), calendar=calendar, pauses=pauses)
    last = days.last
    return Deadline(
        term=term,
        started_at=start.astimezone(UTC),
        due=None if last is None else end_of(last),
        due_date=last,
        calendar_version=calendar.version,
        paused=last is None,
        provisional=(last or days.held_from()) > calendar.official_to,
        lines=days.lines,
    )


def latest_before(term: Term, *, end: datetime, calendar: Calendar) -> Deadline:
    """Compute the last day on which something may be done "at the latest N before the end".

    `end` is the exclusive end of a half-open window (a trial that ends on 30 June ends at 24:00, which is 1 July 00:00
    local). Its last day is not counted; the result is never moved, so a term in calendar days may end on a day off.
    """
    last = last_day_before(end)
    if term.unit is Unit.H:
        due = end.astimezone(UTC) - timedelta(hours=term.value)
        day = local_date(due)
    else:
        day = _back(last, term, calendar)
        due = end_of(day)
    return Deadline(
        term=term,
        started_at=end.astimezone(UTC),
        due=due,
        due_date=day,
        calendar_version=calendar.version,
        paused=False,
        provisional=last > calendar.official_to,
        lines=lambda: _backward_lines(last, day, term, calendar),
    )


@dataclass(slots=True)
class _Days:
    """One forward computation in days: enough to find the last day and, later, to explain it."""

    term: Term
    first: date
    calendar: Calendar
    pauses: tuple[Pause, ...]
    held: dict[date, Pause] = field(default_factory=dict)
    held_days: list[date] = field(default_factory=list)
    open: Pause | None = None
    open_day: date | None = None
    last: date | None = None
    """The last day of the term; null when an open pause holds the clock before it."""

    def __post_init__(self) -> None:
        for pause in self.pauses:
            if pause.end is None:
                if self.open is None or pause.start < self.open.start:
                    self.open = pause
                continue
            day = local_date(pause.start)
            while pause.start < pause.end and day <= last_day_before(pause.end):
                self.held.setdefault(day, pause)
                day += DAY
        self.held_days = sorted(self.held)
        self.open_day = local_date(self.open.start) if self.open else None
        self.last = self._last()

    def held_from(self) -> date:
        """Return the first day an open pause holds, or the first day of the computation."""
        return max(self.first, self.open_day) if self.open_day else self.first

    def is_held_open(self, day: date) -> bool:
        """Tell whether an open pause holds the clock on that day."""
        return self.open_day is not None and day > self.first and day >= self.open_day

    def _last(self) -> date | None:
        day = self._last_working() if self.term.unit is Unit.WD else self._last_stretched()
        while day is not None and (day in self.held or not self.calendar.is_working(day)):
            day += DAY
        return None if day is None or self.is_held_open(day) else day

    def _last_working(self) -> date | None:
        day, left = self.first, self.term.value
        is_working, held, limit = self.calendar.is_working, self.held, self.open_day
        while left:
            day += DAY
            if limit is not None and day >= limit:
                return None
            if is_working(day) and day not in held:
                left -= 1
        return day

    def _last_stretched(self) -> date:
        """Add the whole term at once, then a day for every paused day met on the way."""
        nominal = end = add_term(self.first, self.term)
        while True:
            met = bisect_right(self.held_days, end) - bisect_left(self.held_days, self.first + DAY)
            if nominal + met * DAY == end:
                return end
            end = nominal + met * DAY

    def lines(self) -> Iterator[LedgerLine]:
        """Explain every day, from the event to the end."""
        day = self.first
        yield _line(day, counted=False, count=0, reason=Phrase("ledger.event"), source=CIVIL_CODE)
        last = self.last
        nominal = None if last is None or self.term.unit is Unit.WD else self._last_stretched()
        stop = last if last is not None else max(self.held_from(), self.first + DAY)
        count = 0
        while day < stop:
            day += DAY
            line = self._explain(day, count=count, nominal=nominal)
            count = line.running_count
            yield line

    def _explain(self, day: date, *, count: int, nominal: date | None) -> LedgerLine:
        pause = self.open if self.is_held_open(day) else self.held.get(day)
        if pause is not None:
            return _line(day, counted=False, count=count, reason=pause.reason, source="")
        if nominal is not None and day > nominal:
            return _line(day, counted=False, count=count, reason=Phrase("ledger.moved"), source=CIVIL_CODE)
        if self.term.unit is not Unit.WD:
            source = self.calendar.source(day)
            return _line(day, counted=True, count=count + 1, reason=Phrase("ledger.calendar"), source=source)
        works, reason, source = self.calendar.describe(day)
        return _line(day, counted=works, count=count + works, reason=reason, source=source)


def _line(day: date, *, counted: bool, count: int, reason: Wording, source: str) -> LedgerLine:
    return LedgerLine(date=day, counted=counted, running_count=count, reason=reason, source=source)


def _after_hours(term: Term, *, start: datetime, calendar: Calendar, pauses: tuple[Pause, ...]) -> Deadline:
    due = _moment_after(start, timedelta(hours=term.value), pauses)
    return Deadline(
        term=term,
        started_at=start,
        due=due,
        due_date=None if due is None else local_date(due),
        calendar_version=calendar.version,
        paused=due is None,
        provisional=False,
        lines=lambda: _hour_lines(start, due, pauses),
    )


def _moment_after(start: datetime, length: timedelta, pauses: tuple[Pause, ...]) -> datetime | None:
    """Run the clock for a length of time, standing still during pauses; null when an open pause stops it for good."""
    cursor, left = start, length
    for pause in sorted(pauses, key=lambda item: item.start):
        run = max(pause.start - cursor, timedelta(0))
        if run >= left or (pause.end is not None and pause.end <= cursor):
            continue
        left -= run
        if pause.end is None:
            return None
        cursor = pause.end
    return (cursor + left).astimezone(UTC)


def _run(start: datetime, end: datetime, pauses: tuple[Pause, ...]) -> timedelta:
    """Return how long the clock ran between two moments."""
    ran, cursor = timedelta(0), start
    for pause in sorted(pauses, key=lambda item: item.start):
        if pause.start < end:
            ran += max(pause.start - cursor, timedelta(0))
            cursor = max(cursor, end if pause.end is None else pause.end)
    return ran + max(end - cursor, timedelta(0))


def _hour_lines(start: datetime, due: datetime | None, pauses: tuple[Pause, ...]) -> Iterator[LedgerLine]:
    stop = due or max(start, *(pause.start for pause in pauses if pause.end is None))
    day, hours = local_date(start), timedelta(hours=1)
    while day <= local_date(stop):
        begins, ends = max(start, start_of(day)), min(stop, end_of(day))
        holds = [pause for pause in pauses if pause.start < ends and (pause.end is None or pause.end > begins)]
        ran = _run(begins, ends, pauses) > timedelta(0)
        reason = holds[0].reason if holds and not ran else Phrase("ledger.hours")
        count = _run(start, ends, pauses) // hours
        yield _line(day, counted=ran, count=count, reason=reason, source=CIVIL_CODE)
        day += DAY


def _back(last: date, term: Term, calendar: Calendar) -> date:
    if term.unit is Unit.CD:
        return last - term.value * DAY
    if term.unit is not Unit.WD:
        return add_months(last, -months_of(term))
    day, left = last, term.value
    while left:
        day -= DAY
        left -= calendar.is_working(day)
    return day


def _backward_lines(last: date, first: date, term: Term, calendar: Calendar) -> Iterator[LedgerLine]:
    yield _line(last, counted=False, count=0, reason=Phrase("ledger.end"), source=CIVIL_CODE)
    day, count = last, 0
    while day > first:
        day -= DAY
        if term.unit is Unit.WD:
            counted, reason, source = calendar.describe(day)
        else:
            counted, source = True, calendar.source(day)
            reason = Phrase("ledger.hours" if term.unit is Unit.H else "ledger.calendar")
        count += counted
        yield _line(day, counted=counted, count=count, reason=reason, source=source)
