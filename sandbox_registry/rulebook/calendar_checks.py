"""The lint of calendar files, behind `rules check` and every proposal: ranges, repeated days, sources, country and code."""

from collections import Counter
from datetime import date
from pathlib import Path

import msgspec

from sandbox_registry.domain.rules.calendars import DayKind
from sandbox_registry.domain.rules.procedures import Confidence
from sandbox_registry.domain.texts import Text
from sandbox_registry.rulebook.calendar_files import CalendarIn, DayIn, YearlyIn
from sandbox_registry.rulebook.faults import Faults, fault, quoted
from sandbox_registry.rulebook.procedure_files import (
    ProcedureFileError,
    ProcedureFinding,
    finding_of,
    misfit,
    read_toml,
)

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
        calendar_in = msgspec.convert(read_toml(content, file=file), type=CalendarIn)
    except ProcedureFileError as error:
        return error.findings
    except msgspec.ValidationError as error:
        return (finding_of(file, misfit(error)),)
    return tuple(finding_of(file, each) for each in _faults(calendar_in))


def _faults(file: CalendarIn) -> Faults:
    if file.code not in COUNTRIES:
        yield fault("unknown_code", "code", code=file.code, accepted=quoted(COUNTRIES))
    elif file.country != COUNTRIES[file.code]:
        yield fault("unknown_country", "country", code=file.code, country=COUNTRIES[file.code])
    yield from _bound_faults(file)
    if not file.standing_source.strip():
        yield fault("missing_source.standing", "standing_source")
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
            yield fault("wrong_bounds.calendar", key, first=str(_FIRST_YEAR), last=str(_LAST_YEAR))
    if file.covered_to < file.covered_from:
        yield fault("wrong_bounds.calendar_end", "covered_to")
    elif not file.covered_from <= file.official_to <= file.covered_to:
        yield fault("wrong_bounds.official", "official_to")


def _day_faults(key: str, day: DayIn, file: CalendarIn) -> Faults:
    yield from _source_faults(key, day)
    if not file.covered_from <= day.date <= file.covered_to:
        yield fault("outside_coverage", f"{key}.date")
    is_weekend = day.date.weekday() >= _SATURDAY
    if day.kind is DayKind.MAKEUP_WORKING and not is_weekend:
        yield fault("wrong_day.makeup", f"{key}.kind")
    if day.kind in {DayKind.COMPENSATION, DayKind.SWAPPED_OFF} and is_weekend:
        yield fault("wrong_day.off", f"{key}.kind")


def _yearly_faults(key: str, yearly: YearlyIn) -> Faults:
    yield from _source_faults(key, yearly)
    try:
        date(2001, yearly.month, yearly.day)
    except ValueError:
        yield fault("no_such_day", f"{key}.day", month=str(yearly.month), day=str(yearly.day))
    if not _FIRST_YEAR <= yearly.first_year <= _LAST_YEAR:
        yield fault("wrong_bounds.year", f"{key}.first_year", first=str(_FIRST_YEAR), last=str(_LAST_YEAR))


def _source_faults(key: str, entry: DayIn | YearlyIn) -> Faults:
    if not entry.source.strip():
        yield fault("missing_source.day", f"{key}.source")
    if entry.confidence in _UNSOURCED:
        yield fault("value_without_source.day", f"{key}.confidence")
    if not _is_said(entry.name):
        yield fault("missing_translation.day", f"{key}.name")


def _is_said(name: Text) -> bool:
    return all(each.strip() for each in (name.vi, name.en, name.fr))


def _repeated(key: str, entries: list[str]) -> Faults:
    for entry, count in Counter(entries).items():
        if count > 1:
            yield fault("duplicate_key.times", f"{key}.{entry}", name=entry, times=count)
