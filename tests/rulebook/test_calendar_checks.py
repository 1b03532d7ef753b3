"""What a calendar file may not say, found by key before anybody can approve it."""

import pytest

from sandbox_registry.rulebook.calendar_checks import calendar_findings, check_calendars
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
