"""The lint of calendar files, behind `rules check` and every proposal: ranges, repeated days, sources, country and code."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from sandbox_registry.domain.rules.calendars import DayKind
from sandbox_registry.domain.rules.procedures import Confidence
from sandbox_registry.domain.texts import Text
from sandbox_registry.rulebook.calendar_files import CalendarIn, DayIn, YearlyIn
from sandbox_registry.rulebook.procedure_files import ProcedureFileError, ProcedureFinding, read_toml

Faults = Iterator[tuple[str, str, str]]
COUNTRIES = {"vn": "VN"}
"""The country of each calendar this registry goes by."""
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_SATURDAY = 5
_UNSOURCED = frozenset({Confidence.M, Confidence.NS})


def check_calendars(folder: Path) -> list[ProcedureFinding]:
    """Check every calendar file of a folder; empty when all is well."""
    return [
        finding
        for path in sorted(folder.glob("*.toml"))
        for finding in calendar_findings(path.read_bytes(), file=path.name)
    ]


def calendar_findings(content: bytes, *, file: str) -> tuple[ProcedureFinding, ...]:
    """List everything that is wrong with the bytes of a calendar file, each with its key."""
    try:
        given = msgspec.convert(read_toml(content, file=file), type=CalendarIn)
    except ProcedureFileError as error:
        return error.findings
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at ")
        return (ProcedureFinding(file=file, key=where.strip("`$.") or "-", code="wrong_value", message=message),)
    return tuple(ProcedureFinding(file=file, key=key, code=code, message=text) for key, code, text in _faults(given))


def _faults(file: CalendarIn) -> Faults:
    if file.code not in COUNTRIES:
        yield "code", "unknown_code", f"no calendar is called «{file.code}»; there are: {', '.join(COUNTRIES)}"
    elif file.country != COUNTRIES[file.code]:
        yield "country", "unknown_country", f"the calendar «{file.code}» is that of {COUNTRIES[file.code]}"
    yield from _bound_faults(file)
    if not file.standing_source.strip():
        yield "standing_source", "missing_source", "the law behind the standing holidays is named"
    for index, day in enumerate(file.days):
        yield from _day_faults(f"days.{index}", day, file)
    for index, yearly in enumerate(file.yearly):
        yield from _yearly_faults(f"yearly.{index}", yearly)
    yield from _repeated("days", [str(day.date) for day in file.days])
    yield from _repeated("yearly", [f"{each.month}-{each.day}" for each in file.yearly])
    yield from _repeated("names", [name.vi for name in file.names])


def _bound_faults(file: CalendarIn) -> Faults:
    for key in ("covered_from", "covered_to", "official_to"):
        if not _FIRST_YEAR <= getattr(file, key).year <= _LAST_YEAR:
            yield key, "wrong_bounds", f"a calendar lies between {_FIRST_YEAR} and {_LAST_YEAR}"
    if file.covered_to < file.covered_from:
        yield "covered_to", "wrong_bounds", "the calendar ends before it begins"
    elif not file.covered_from <= file.official_to <= file.covered_to:
        yield "official_to", "wrong_bounds", "the published schedule ends inside what the calendar covers"


def _day_faults(key: str, day: DayIn, file: CalendarIn) -> Faults:
    yield from _source_faults(key, day)
    if not file.covered_from <= day.date <= file.covered_to:
        yield f"{key}.date", "outside_coverage", "the day lies outside what the calendar covers"
    is_weekend = day.date.weekday() >= _SATURDAY
    if day.kind is DayKind.MAKEUP_WORKING and not is_weekend:
        yield f"{key}.kind", "wrong_day", "a make-up working day falls on a Saturday or Sunday"
    if day.kind in {DayKind.COMPENSATION, DayKind.SWAPPED_OFF} and is_weekend:
        yield f"{key}.kind", "wrong_day", "a day off in place of another falls on a working day of the week"


def _yearly_faults(key: str, yearly: YearlyIn) -> Faults:
    yield from _source_faults(key, yearly)
    try:
        date(2001, yearly.month, yearly.day)
    except ValueError:
        yield f"{key}.day", "no_such_day", f"not every year has a day {yearly.month}-{yearly.day}"
    if not _FIRST_YEAR <= yearly.first_year <= _LAST_YEAR:
        yield f"{key}.first_year", "wrong_bounds", f"a year between {_FIRST_YEAR} and {_LAST_YEAR}"


def _source_faults(key: str, entry: DayIn | YearlyIn) -> Faults:
    if not entry.source.strip():
        yield f"{key}.source", "missing_source", "every special day names its document"
    if entry.confidence in _UNSOURCED:
        yield f"{key}.confidence", "value_without_source", "a day nobody can show a document for is not entered"
    if not _is_said(entry.name):
        yield f"{key}.name", "missing_translation", "every special day has a name in three languages"


def _is_said(name: Text) -> bool:
    return all(each.strip() for each in (name.vi, name.en, name.fr))


def _repeated(key: str, entries: list[str]) -> Faults:
    for entry, count in Counter(entries).items():
        if count > 1:
            yield f"{key}.{entry}", "duplicate_key", f"«{entry}» stands here {count} times"
