"""The days on which terms do not run: a year of the official calendar, with the document behind each special day."""

from calendar import Calendar as Weeks
from datetime import date

from litestar import Response, get
from litestar.params import FromQuery

from sandbox_registry.domain.rules.calendars import Calendar, DayKind, DayMark, local_date
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.http.declarations import declare
from sandbox_registry.web.pages import page
from sandbox_registry.web.public.common import Incoming, use_cases

_MONTHS = range(1, 13)


@get("/ngay-nghi", opt=declare(is_public=True), include_in_schema=False)
async def days_off_page(request: Incoming, nam: FromQuery[str | None] = None) -> Response[bytes]:
    """Show a year: the one asked for, else this one, or the nearest that the calendar covers."""
    cases = use_cases(request)
    calendar, today = await cases.rule_versions.calendar(), local_date(cases.transactions.now())
    years = range(calendar.covered_from.year, calendar.covered_to.year + 1)
    year = (
        int(nam)
        if nam is not None and nam in {str(each) for each in years}
        else min(max(today.year, years[0]), years[-1])
    )
    return page(
        request,
        "public/days_off.html",
        calendar=calendar,
        today=today,
        year=year,
        years=[each for each in (year - 1, year + 1) if each in years],
        months=[(date(year, month, 1), Weeks().monthdatescalendar(year, month)) for month in _MONTHS],
        lists=_lists(calendar, year),
        kind_of=lambda day: _kind(calendar, day),
        is_provisional=date(year, 12, 31) > calendar.official_to,
    )


def _lists(calendar: Calendar, year: int) -> list[tuple[Phrase, list[DayMark]]]:
    """Return the special days of a year: those off, and those worked to make up for one."""
    special = [calendar.marks[day] for day in sorted(calendar.marks) if day.year == year]
    worked = [each for each in special if each.kind is DayKind.MAKEUP_WORKING]
    return [
        (Phrase("web.days.why"), [each for each in special if each not in worked]),
        (Phrase("web.days.why_worked"), worked),
    ]


def _kind(calendar: Calendar, day: date) -> str:
    mark = calendar.marks.get(day)
    if mark is not None:
        return "worked" if mark.kind is DayKind.MAKEUP_WORKING else "off"
    return "" if calendar.is_working(day) else "weekend"
