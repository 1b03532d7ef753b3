"""What a calendar file may not say, found by key before anybody can approve it."""

from datetime import date, timedelta

import pytest

from sandbox_registry.rulebook.calendar_checks import calendar_findings, calendar_warnings, check_calendars
from sandbox_registry.runtime.shipped import shipped

CALENDARS = shipped("policies") / "calendars"
CONTENT = (CALENDARS / "vn.toml").read_text(encoding="utf-8")
NAME = 'name = { vi = "Nghỉ", en = "Off", fr = "Congé" }'


def day(date: str, kind: str = "holiday", source: str = "Công văn 1", confidence: str = "S") -> str:
    return f'\n[[days]]\ndate = {date}\nkind = "{kind}"\n{NAME}\nsource = "{source}"\nconfidence = "{confidence}"\n'


def yearly(month: int, number: int, first_year: int = 2026) -> str:
    return (
        f"\n[[yearly]]\nmonth = {month}\nday = {number}\nfirst_year = {first_year}\n{NAME}\n"
        'source = "Nghị quyết"\nconfidence = "S"\n'
    )


def test_file_in_another_encoding_is_refused() -> None:
    (found,) = calendar_findings(CONTENT.encode("utf-16"), file="vn.toml")
    assert (found.key, found.code, found.message.en) == ("-", "not_toml", "The file must be written in UTF-8.")


def test_the_shipped_calendars_are_in_order() -> None:
    assert check_calendars(CALENDARS) == []


FAULTS = (
    (CONTENT + yearly(2, 30), "yearly.1.day", "no_such_day"),
    (CONTENT + yearly(2, 29), "yearly.1.day", "no_such_day"),
    (CONTENT + yearly(13, 1), "yearly.1.day", "no_such_day"),
    (CONTENT + yearly(3, 3, first_year=26), "yearly.1.first_year", "wrong_bounds"),
    (CONTENT + yearly(11, 24), "yearly.11-24", "duplicate_key"),
    (CONTENT + day("2026-01-02"), "days.2026-01-02", "duplicate_key"),
    (CONTENT + day("2023-12-29"), "days.10.date", "outside_coverage"),
    (CONTENT + day("2026-12-01", source=" "), "days.10.source", "missing_source"),
    (CONTENT + day("2026-12-01", confidence="M"), "days.10.confidence", "value_without_source"),
    (CONTENT + day("2026-12-01", confidence="n/s"), "days.10.confidence", "value_without_source"),
    (CONTENT + day("2026-12-01", kind="makeup_working"), "days.10.kind", "wrong_day"),
    (CONTENT + day("2026-12-05", kind="swapped_off"), "days.10.kind", "wrong_day"),
    (CONTENT + day("2026-12-01", kind="strike"), "days[10].kind", "wrong_value"),
    (CONTENT + day("2026-02-30"), "-", "not_toml"),
    (CONTENT + '\n[[names]]\nvi = "Quốc khánh"\nen = "A"\nfr = "B"\n', "names.Quốc khánh", "duplicate_key"),
    (CONTENT.replace('country = "VN"', 'country = "XX"'), "country", "unknown_country"),
    (CONTENT.replace('country = "VN"', 'country = "FR"'), "country", "unknown_country"),
    (CONTENT.replace('code = "vn"', 'code = "vn-2027"'), "code", "unknown_code"),
    (CONTENT.replace("covered_from = 2024-01-01", "covered_from = 0001-01-01"), "covered_from", "wrong_bounds"),
    (CONTENT.replace("covered_to = 2038-12-31", "covered_to = 2023-12-31"), "covered_to", "wrong_bounds"),
    (CONTENT.replace("official_to = 2026-12-31", "official_to = 2039-12-31"), "official_to", "wrong_bounds"),
    (CONTENT.replace('standing_source = "Bộ luật Lao động 2019, Điều 112"', 'standing_source = ""'),
     "standing_source", "missing_source"),
    (CONTENT.replace('en = "Vietnamese Culture Day", fr', 'en = " ", fr'), "yearly.0.name", "missing_translation"),
    ('colour = "red"', "colour", "wrong_value"),
)  # fmt: skip


@pytest.mark.parametrize(("content", "key", "code"), FAULTS)
def test_a_fault_is_found_by_its_key(content: str, key: str, code: str) -> None:
    found = [(each.key, each.code) for each in calendar_findings(content.encode(), file="vn.toml")]
    assert (key, code) in found


def swap(off: str, makeup: str) -> str:
    return (
        day(off, "swapped_off")
        + f"swapped_with = {makeup}\n"
        + day(makeup, "makeup_working")
        + f"swapped_with = {off}\n"
    )


BESIDE_HOLIDAYS = (
    # Tết itself, National Day, a yearly holiday.
    (swap("2027-02-12", "2027-02-06"), "days.11.date", "on_a_holiday"),
    (swap("2028-09-01", "2028-09-02"), "days.11.date", "on_a_holiday"),
    (swap("2029-11-23", "2029-11-24"), "days.11.date", "on_a_holiday"),
    (swap("2027-09-02", "2027-09-11"), "days.10.date", "on_a_holiday"),
    (day("2026-11-24", "compensation"), "days.10.date", "on_a_holiday"),
    (day("2026-12-04", "swapped_off"), "days.10.swapped_with", "unpaired_swap"),
    (day("2026-12-05", "makeup_working"), "days.10.swapped_with", "unpaired_swap"),
    (day("2026-12-05", "makeup_working") + "swapped_with = 2026-12-04\n", "days.10.swapped_with", "unpaired_swap"),
    (day("2026-12-05", "makeup_working") + "swapped_with = 2026-01-02\n", "days.10.swapped_with", "unpaired_swap"),
    (day("2026-12-04") + "swapped_with = 2026-01-02\n", "days.10.swapped_with", "unpaired_swap"),
    (yearly(9, 2), "yearly.1.day", "already_standing"),
    (yearly(1, 1), "yearly.1.day", "already_standing"),
    (yearly(3, 3, first_year=2099), "yearly.1.first_year", "wrong_bounds"),
)


@pytest.mark.parametrize(("added", "key", "code"), BESIDE_HOLIDAYS)
def test_a_day_that_contradicts_a_holiday_or_its_pair_is_found(added: str, key: str, code: str) -> None:
    found = [(each.key, each.code) for each in calendar_findings((CONTENT + added).encode(), file="vn.toml")]
    assert (key, code) in found


SCHEDULES = (
    (CONTENT.replace("official_to = 2026-12-31", "official_to = 2038-12-31"), "official_to", "wrong_bounds"),
    (CONTENT.replace("official_source = ", 'official_source = "" # '), "official_source", "missing_source"),
)


@pytest.mark.parametrize(("content", "key", "code"), SCHEDULES)
def test_a_schedule_is_published_by_a_document_and_lists_days(content: str, key: str, code: str) -> None:
    found = [(each.key, each.code) for each in calendar_findings(content.encode(), file="vn.toml")]
    assert found == [(key, code)]


WARNINGS: tuple[tuple[str, list[tuple[str, str]]], ...] = (
    (swap("2027-01-04", "2027-01-09"), []),
    (day("2026-12-04"), [("days.10.date", "beyond_the_law")]),
    (day("2026-12-07", "compensation"), [("days.10.date", "nothing_compensated")]),
    (swap("2027-01-05", "2027-01-09"), [("days.10.date", "unusual_swap")]),
    (swap("2027-01-04", "2027-01-10"), [("days.11.date", "unusual_swap")]),
    (swap("2027-01-04", "2027-03-06"), [("days.10.swapped_with", "distant_swap")]),
    (swap("2027-01-04", "2027-01-09") + swap("2027-01-08", "2027-01-16") + swap("2027-01-11", "2027-01-23"),
     [("days", "many_swaps")]),
    (yearly(3, 3, first_year=2030), [("yearly.1.first_year", "far_first_year")]),
)  # fmt: skip


@pytest.mark.parametrize(("added", "expected"), WARNINGS)
def test_what_is_possible_and_unusual_is_a_warning(added: str, expected: list[tuple[str, str]]) -> None:
    content = (CONTENT + added).encode()
    assert calendar_findings(content, file="vn.toml") == ()
    assert [(each.key, each.code) for each in calendar_warnings(content, at=date(2026, 11, 30))] == expected


def test_twenty_swaps_in_a_month_are_not_passed_over() -> None:
    offs = [
        f"2027-03-{number:02}" for number in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 22, 23, 24, 25, 26)
    ]
    first = date(2027, 5, 8)
    content = CONTENT + "".join(swap(off, str(first + timedelta(weeks=week))) for week, off in enumerate(offs))
    warned = {each.code for each in calendar_warnings(content.encode(), at=date(2026, 11, 30))}
    assert warned == {"distant_swap", "many_swaps", "unusual_swap"}


FAR = CONTENT.replace("official_to = 2026-12-31", "official_to = 2028-12-31") + swap("2028-01-03", "2028-01-08")


def test_a_schedule_of_a_far_year_is_a_warning() -> None:
    assert calendar_findings(FAR.encode(), file="vn.toml") == ()
    assert [each.code for each in calendar_warnings(FAR.encode(), at=date(2026, 11, 30))] == ["far_schedule"]


def test_the_shipped_calendar_warns_of_nothing() -> None:
    assert calendar_warnings(CONTENT.encode(), at=date(2026, 11, 30)) == ()
