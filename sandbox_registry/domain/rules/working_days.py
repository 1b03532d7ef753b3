"""Working days: what kind of day a date is in an official calendar, and dates moved by terms."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sandbox_registry.domain.errors import RuleGap
from sandbox_registry.domain.texts import Phrase, Wording

LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = timedelta(days=1)
WORKING_DAY = Phrase("calendar.working_day")
WEEKLY_REST = Phrase("calendar.weekly_rest")
_INSTANT = timedelta(microseconds=1)
LONGEST_TERM = 100_000
_SATURDAY = 5


class Unit(StrEnum):
    """Units of a term: hours, working days, calendar days, months, years."""

    H = "h"
    WD = "wd"
    CD = "cd"
    MO = "mo"
    Y = "y"


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time as a rule states it: `Term(3, Unit.WD)`."""

    value: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.value <= LONGEST_TERM:
            message = f"a term is between 1 and {LONGEST_TERM} units, not {self.value}"
            raise ValueError(message)

    @property
    def wording(self) -> Phrase:
        """The length in words: 24 tháng, 3 working days."""
        return Phrase(f"term.{self.unit}", count=self.value)


class DayKind(StrEnum):
    """Why a day differs from an ordinary day of its week."""

    HOLIDAY = "holiday"
    COMPENSATION = "compensation"
    SWAPPED_OFF = "swapped_off"
    MAKEUP_WORKING = "makeup_working"


class CalendarGap(RuleGap):
    """The calendar does not cover this date; days of unknown years are never guessed."""

    code = "calendar_gap"

    def __init__(self, *, day: date) -> None:
        super(RuleGap, self).__init__(day=day)
        self.parameter = day.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMark:
    """One special day with its name and the document that made it so."""

    date: date
    kind: DayKind
    name: Wording
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Special days of a jurisdiction between two dates, both included.

    Up to `official_to` the schedule has been published; what lies after rests on the law's standing holidays and is provisional.
    `since` is when this version took force, null where that was always; `earlier` are those before it, newest first.
    """

    code: str
    version: str
    marks: Mapping[date, DayMark]
    covered_from: date
    covered_to: date
    official_to: date
    since: datetime | None = None
    earlier: tuple["Calendar", ...] = ()

    def at(self, moment: datetime) -> "Calendar":
        """Return the version that was in force at a moment; of a moment before all of them, the first."""
        versions = (self, *self.earlier)
        return next((each for each in versions if each.since is None or each.since <= moment), versions[-1])

    def named(self, version: str) -> "Calendar | None":
        """Return the version that computed a date; null when no such one is known any more."""
        return next((each for each in (self, *self.earlier) if each.version == version), None)

    def is_working(self, day: date) -> bool:
        """Tell whether offices work on that day.

        Raises:
            CalendarGap: the day lies outside the coverage.

        """
        if not self.covered_from <= day <= self.covered_to:
            raise CalendarGap(day=day)
        mark = self.marks.get(day)
        if mark is not None:
            return mark.kind is DayKind.MAKEUP_WORKING
        return day.weekday() < _SATURDAY

    def describe(self, day: date) -> tuple[bool, Wording, str]:
        """Say whether offices work on that day, what kind of day it is, and which document makes it special.

        Raises:
            CalendarGap: the day lies outside the coverage.

        """
        works, mark = self.is_working(day), self.marks.get(day)
        if mark is not None:
            return works, mark.name, mark.source
        return works, WORKING_DAY if works else WEEKLY_REST, ""

    def source(self, day: date) -> str:
        """Name the document that makes the day special; empty for an ordinary day."""
        mark = self.marks.get(day)
        return mark.source if mark is not None else ""

    def next_working(self, day: date) -> date:
        """Return the first working day on or after a day."""
        while not self.is_working(day):
            day += DAY
        return day


def local_date(moment: datetime) -> date:
    """Return the calendar day of a moment in Asia/Ho_Chi_Minh; refuses naive datetimes."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(LOCAL_ZONE).date()


def start_of(day: date) -> datetime:
    """Return 00:00 of a local day, in UTC."""
    return datetime.combine(day, time.min, tzinfo=LOCAL_ZONE).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return 24:00 of a local day, in UTC: the next local midnight, exclusive."""
    return start_of(day + DAY)


def last_day_before(end: datetime) -> date:
    """Return the last local day of a window that ends (exclusive) at a moment."""
    return local_date(end - _INSTANT)


def add_months(day: date, months: int) -> date:
    """Move by months to the same day number, or to the month's last day (Civil Code art. 148(3)-(4))."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_day_of(start: date, term: Term) -> date:
    """Return the last day of a window of that length, whose first day counts: its own day number less one.

    Where the last month has no such day, the window ends with that month (Civil Code art. 148(3)-(4)), and so a year from
    29 February ends on 28 February: nobody loses a day to the calendar.
    """
    end = add_term(start, term)
    is_cut = term.unit is not Unit.CD and end.day < start.day
    return end if is_cut else end - DAY


def add_term(day: date, term: Term) -> date:
    """Move a date by a term in calendar days, months or years, without looking at days off."""
    if term.unit is Unit.CD:
        return day + term.value * DAY
    if term.unit in (Unit.MO, Unit.Y):
        return add_months(day, months_of(term))
    message = f"a term in {term.unit} needs a calendar"
    raise ValueError(message)


def months_of(term: Term) -> int:
    """Return the months of a term in months or years."""
    return term.value * 12 if term.unit is Unit.Y else term.value
