"""The official calendar: standing holidays from the `holidays` library, corrected by a file that names its documents."""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

import msgspec
from holidays import country_holidays

from sandbox_registry.domain.rules.calendars import Calendar, DayKind, DayMark
from sandbox_registry.domain.rules.procedures import Confidence
from sandbox_registry.domain.texts import Phrase, Text, Wording, verbatim

_LIBRARY = version("holidays")
_DAY = timedelta(days=1)
_SATURDAY = 5
_COMPENSATION, _SWAPPED = " (nghỉ bù)", "Ngày nghỉ (thay cho ngày "


_Date = date


class NameIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The library's Vietnamese name of a holiday, and ours in the other languages."""

    vi: str
    en: str
    fr: str


class DayIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One dated special day with its document.

    A swapped day off and the day that makes up for it name each other in `swapped_with`.
    """

    date: date
    kind: DayKind
    name: Text
    source: str
    confidence: Confidence
    swapped_with: _Date | None = None


class YearlyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A holiday that comes back every year on the same day, from a first year on.

    `compensated` says that a document gives a day off for one that falls on a weekend; without one none follows.
    """

    month: int
    day: int
    first_year: int
    name: Text
    source: str
    confidence: Confidence
    compensated: bool = False


class CalendarIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file's content; `standing_source` is the law behind the library's holidays.

    `official_source` is the document that published the schedule of days off up to `official_to`.
    """

    code: str
    country: str
    covered_from: date
    covered_to: date
    official_to: date
    standing_source: str
    official_source: str = ""
    yearly: tuple[YearlyIn, ...] = ()
    days: tuple[DayIn, ...] = ()
    names: tuple[NameIn, ...] = ()


class CalendarFileError(Exception):
    """The calendar file cannot be used; the message names the file and the key."""


def load_calendar(path: Path) -> Calendar:
    """Read a calendar file, as `parse_calendar` does."""
    return parse_calendar(path.read_bytes(), file=path.name)


def parse_calendar(content: bytes, *, file: str) -> Calendar:
    """Read the bytes of a calendar file and merge it over the library's holidays; the file wins.

    The version digests every special day and the library's version, so it changes when either moves a deadline.
    """
    try:
        calendar_in = msgspec.convert(tomllib.loads(content.decode("utf-8")), type=CalendarIn)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        message = f"{file}: {error}"
        raise CalendarFileError(message) from error
    return _merged(calendar_in)


def standing_holidays(file: CalendarIn) -> dict[date, str]:
    """Return the holidays of the law on their days, by the library, with their Vietnamese names; no day derived from them."""
    return {mark.date: mark.name.vi for mark in _standing(file) if mark.kind is DayKind.HOLIDAY}


def yearly_days(yearly: YearlyIn, file: CalendarIn) -> list[date]:
    """List the days on which a yearly holiday falls within the file's coverage."""
    years = range(max(yearly.first_year, file.covered_from.year), file.covered_to.year + 1)
    return [date(year, yearly.month, yearly.day) for year in years]


def _merged(file: CalendarIn) -> Calendar:
    marks = {mark.date: mark for mark in _standing(file)}
    for yearly in file.yearly:
        _add_yearly(marks, yearly, file)
    for day in file.days:
        marks[day.date] = DayMark(date=day.date, kind=day.kind, name=day.name, source=day.source)
    covered = {day: marks[day] for day in sorted(marks) if file.covered_from <= day <= file.covered_to}
    return Calendar(
        code=file.code,
        version=_version(file, covered),
        marks=MappingProxyType(covered),
        covered_from=file.covered_from,
        covered_to=file.covered_to,
        official_to=file.official_to,
    )


def _version(file: CalendarIn, marks: dict[date, DayMark]) -> str:
    lines = [f"{day}|{mark.kind}|{mark.name.vi}|{mark.source}" for day, mark in marks.items()]
    bounds = f"{file.covered_from}|{file.covered_to}|{file.official_to}|holidays {_LIBRARY}"
    digest = sha256("\n".join([bounds, *lines]).encode()).hexdigest()
    return f"{file.code}-{digest[:16]}"


def _standing(file: CalendarIn) -> Iterator[DayMark]:
    years = range(file.covered_from.year, file.covered_to.year + 1)
    holidays = country_holidays(file.country, years=years, language="vi")
    names = {name.vi: Text(vi=name.vi, en=name.en, fr=name.fr) for name in file.names}
    uncompensated = {f"{each.name.vi}{_COMPENSATION}" for each in file.yearly if not each.compensated}
    for day, name in holidays.items():
        if name in uncompensated:
            continue
        kind, text = _kind_and_name(name, names)
        yield DayMark(date=day, kind=kind, name=text, source=file.standing_source)
    for day in holidays.weekend_workdays:
        yield DayMark(
            date=day, kind=DayKind.MAKEUP_WORKING, name=Phrase("calendar.makeup"), source=file.standing_source
        )


def _kind_and_name(name: str, names: dict[str, Text]) -> tuple[DayKind, Wording]:
    """Read the library's Vietnamese name: an in-lieu day, a swapped day, or the holiday itself."""
    if name.startswith(_SWAPPED):
        return DayKind.SWAPPED_OFF, Phrase("calendar.swapped_off", day=name.removeprefix(_SWAPPED).rstrip(")"))
    holiday = name.removesuffix(_COMPENSATION)
    text = names.get(holiday, verbatim(holiday))
    if holiday == name:
        return DayKind.HOLIDAY, text
    return DayKind.COMPENSATION, Phrase("calendar.compensation", holiday=text)


def _add_yearly(marks: dict[date, DayMark], yearly: YearlyIn, file: CalendarIn) -> None:
    for day in yearly_days(yearly, file):
        marks[day] = DayMark(date=day, kind=DayKind.HOLIDAY, name=yearly.name, source=yearly.source)
        if day.weekday() < _SATURDAY or not yearly.compensated:
            continue
        lieu = day + _DAY
        while lieu.weekday() >= _SATURDAY or (lieu in marks and marks[lieu].kind is DayKind.HOLIDAY):
            lieu += _DAY
        name = Phrase("calendar.compensation", holiday=yearly.name)
        marks[lieu] = DayMark(date=lieu, kind=DayKind.COMPENSATION, name=name, source=yearly.source)
