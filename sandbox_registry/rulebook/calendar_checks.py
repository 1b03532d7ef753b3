"""The lint of calendar files, behind `rules check` and every proposal.

Findings are what no document can say, and stop a proposal. Warnings are what one may say and seldom does: who approves
the file confirms them with a reason.
"""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import msgspec

from sandbox_registry.domain.rules.calendars import DayKind
from sandbox_registry.domain.rules.procedures import Confidence
from sandbox_registry.domain.texts import Text
from sandbox_registry.rulebook.calendar_files import CalendarIn, DayIn, YearlyIn, standing_holidays, yearly_days
from sandbox_registry.rulebook.faults import Fault, Faults, fault, quoted
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
_MONDAY, _FRIDAY, _SATURDAY = 0, 4, 5
_OFF_INSTEAD = frozenset({DayKind.COMPENSATION, DayKind.SWAPPED_OFF})
_PARTNER = {DayKind.SWAPPED_OFF: DayKind.MAKEUP_WORKING, DayKind.MAKEUP_WORKING: DayKind.SWAPPED_OFF}
_MOST_SWAPS_A_MONTH = 2
_FARTHEST_SWAP = timedelta(days=31)
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


def calendar_warnings(content: bytes, *, at: date) -> tuple[Fault, ...]:
    """List what is unusual in a calendar file without findings, as of the day it is approved."""
    return tuple(_warnings(msgspec.convert(read_toml(content, file="content"), type=CalendarIn), at=at))


def _faults(file: CalendarIn) -> Faults:
    if file.code not in COUNTRIES:
        yield fault("unknown_code", "code", code=file.code, accepted=quoted(COUNTRIES))
    elif file.country != COUNTRIES[file.code]:
        yield fault("unknown_country", "country", code=file.code, country=COUNTRIES[file.code])
    yield from _bound_faults(file)
    if not file.standing_source.strip():
        yield fault("missing_source.standing", "standing_source")
    if not file.official_source.strip():
        yield fault("missing_source.official", "official_source")
    for index, day in enumerate(file.days):
        yield from _day_faults(f"days.{index}", day, file)
    is_readable = True
    for index, yearly in enumerate(file.yearly):
        for each in _yearly_faults(f"yearly.{index}", yearly, file):
            is_readable = False
            yield each
    if is_readable and COUNTRIES.get(file.code) == file.country and not list(_bound_faults(file)):
        yield from _faults_beside_holidays(file)
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
    elif not any(day.date.year == file.official_to.year for day in file.days):
        yield fault("wrong_bounds.unscheduled", "official_to", year=str(file.official_to.year))


def _faults_beside_holidays(file: CalendarIn) -> Faults:
    """Compare the file's days with the holidays of the law and with each other."""
    standing = standing_holidays(file)
    for index, yearly in enumerate(file.yearly):
        if any(standing.get(day, yearly.name.vi) != yearly.name.vi for day in yearly_days(yearly, file)):
            yield fault("already_standing", f"yearly.{index}.day")
    holidays = _holidays(file)
    by_date = {day.date: day for day in file.days}
    for index, day in enumerate(file.days):
        if day.kind is DayKind.MAKEUP_WORKING and day.date in holidays:
            yield fault("on_a_holiday.makeup", f"days.{index}.date")
        if day.kind in _OFF_INSTEAD and day.date in holidays:
            yield fault("on_a_holiday.off", f"days.{index}.date")
        if not _is_paired(day, None if day.swapped_with is None else by_date.get(day.swapped_with)):
            yield fault("unpaired_swap", f"days.{index}.swapped_with")


def _is_paired(day: DayIn, partner: DayIn | None) -> bool:
    """Tell whether a swapped day and the one it names belong together; no other day names one."""
    if day.kind not in _PARTNER:
        return day.swapped_with is None
    return partner is not None and partner.kind is _PARTNER[day.kind] and partner.swapped_with == day.date


def _holidays(file: CalendarIn) -> set[date]:
    yearly = {day for each in file.yearly for day in yearly_days(each, file)}
    return {*standing_holidays(file), *yearly, *(day.date for day in file.days if day.kind is DayKind.HOLIDAY)}


def _warnings(file: CalendarIn, *, at: date) -> Faults:
    if file.official_to.year > at.year + 1:
        yield fault("far_schedule", "official_to", year=str(file.official_to.year))
    for index, yearly in enumerate(file.yearly):
        if yearly.first_year > at.year + 1:
            yield fault("far_first_year", f"yearly.{index}.first_year", year=str(yearly.first_year))
    by_law = {*standing_holidays(file), *(day for each in file.yearly for day in yearly_days(each, file))}
    holidays = _holidays(file)
    for index, day in enumerate(file.days):
        if day.kind is DayKind.HOLIDAY and day.date not in by_law:
            yield fault("beyond_the_law", f"days.{index}.date", day=day.date)
        if day.kind is DayKind.COMPENSATION and not _follows_holiday(day.date, holidays):
            yield fault("nothing_compensated", f"days.{index}.date", day=day.date)
        if day.swapped_with is not None:
            yield from _swap_warnings(f"days.{index}", day, day.swapped_with)
    swaps = Counter((day.date.year, day.date.month) for day in file.days if day.kind is DayKind.SWAPPED_OFF)
    for (year, month), count in sorted(swaps.items()):
        if count > _MOST_SWAPS_A_MONTH:
            yield fault("many_swaps", "days", month=f"{month}/{year}", swaps=str(count))


def _follows_holiday(day: date, holidays: set[date]) -> bool:
    """Tell whether a holiday fell on a weekend in the week before a day."""
    week = (day - timedelta(days=back) for back in range(1, 8))
    return any(each in holidays and each.weekday() >= _SATURDAY for each in week)


def _swap_warnings(key: str, day: DayIn, other: date) -> Faults:
    usual = {_MONDAY, _FRIDAY} if day.kind is DayKind.SWAPPED_OFF else {_SATURDAY}
    if day.date.weekday() not in usual:
        yield fault("unusual_swap", f"{key}.date", day=day.date)
    if day.kind is DayKind.SWAPPED_OFF and abs(day.date - other) > _FARTHEST_SWAP:
        yield fault("distant_swap", f"{key}.swapped_with", day=day.date, other=other)


def _day_faults(key: str, day: DayIn, file: CalendarIn) -> Faults:
    yield from _source_faults(key, day)
    if not file.covered_from <= day.date <= file.covered_to:
        yield fault("outside_coverage", f"{key}.date")
    is_weekend = day.date.weekday() >= _SATURDAY
    if day.kind is DayKind.MAKEUP_WORKING and not is_weekend:
        yield fault("wrong_day.makeup", f"{key}.kind")
    if day.kind in _OFF_INSTEAD and is_weekend:
        yield fault("wrong_day.off", f"{key}.kind")


def _yearly_faults(key: str, yearly: YearlyIn, file: CalendarIn) -> Faults:
    yield from _source_faults(key, yearly)
    try:
        date(2001, yearly.month, yearly.day)
    except ValueError:
        yield fault("no_such_day", f"{key}.day", month=str(yearly.month), day=str(yearly.day))
    if not _FIRST_YEAR <= yearly.first_year <= _LAST_YEAR:
        yield fault("wrong_bounds.year", f"{key}.first_year", first=str(_FIRST_YEAR), last=str(_LAST_YEAR))
    elif yearly.first_year > file.covered_to.year:
        yield fault("wrong_bounds.never", f"{key}.first_year", last=str(file.covered_to.year))


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
