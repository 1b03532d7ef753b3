"""The worked example of the rules of the field, through the rules that are shipped: each deadline falls on its day."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.deadlines import CaseFacts, case_deadlines
from sandbox_registry.domain.permits.obligations import obligations_of
from sandbox_registry.domain.rules.calendars import Unit, deadline
from sandbox_registry.domain.stages import Stage
from sandbox_registry.rulebook.calendar_files import parse_calendar
from sandbox_registry.rulebook.procedure_files import load_procedures
from tests.domain.small import case, local
from tests.domain.small_permits import permit

POLICIES = Path(__file__).parents[2] / "policies"
LAW = load_procedures(POLICIES / "procedures")["ai-decree-142-2026"]
CALENDAR = parse_calendar((POLICIES / "calendars" / "vn.toml").read_bytes(), file="vn.toml")
FILED = local(2026, 11, 20, 14)
ISSUED, END = local(2026, 12, 15, 9), local(2027, 7, 1)


def due_of(application: Application, name: str) -> date | None:
    found = case_deadlines(CaseFacts(application=application), procedure=LAW, calendar=CALENDAR, at=FILED)
    (computed,) = (each.computation for each in found if each.name == name)
    return None if computed is None else computed.due_date


def owed(key: str) -> list[date | None]:
    held = permit()
    held = replace(held, issued_at=ISSUED, terms=replace(held.terms, start=ISSUED, end=END, phases=()))
    (found,) = (each for each in obligations_of(held, LAW, CALENDAR) if each.obligation.key == key)
    return [each.due_date for each in found.dues]


def test_completeness_and_appraisal_of_a_dossier_filed_on_a_friday_afternoon() -> None:
    """Tuesday 24 November 2026 is a holiday; the day of the filing is not counted, at whatever hour it was."""
    assert due_of(case(Stage.SUBMITTED, submitted_at=FILED), "completeness.term") == date(2026, 11, 26)
    late = case(Stage.SUBMITTED, submitted_at=local(2026, 11, 20, 15, 1))
    assert due_of(late, "completeness.term") == date(2026, 11, 26)
    accepted = case(Stage.ACCEPTED, accepted_at=local(2026, 11, 26, 9))
    assert due_of(accepted, "appraisal.term") == date(2026, 12, 10)


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("extension_request", [date(2027, 6, 9)]),
        ("final_report", [date(2027, 6, 15)]),
        ("periodic_report", [date(2027, 6, 15)]),
        ("incident_report", []),
        ("incident_preliminary_report", []),
    ],
)
def test_what_the_holder_of_a_trial_until_the_end_of_june_owes(key: str, days: list[date]) -> None:
    assert owed(key) == days


def test_evaluation_ends_six_days_after_the_trial() -> None:
    term = LAW.required_term("evaluation.term")
    assert deadline(term, start=local(2027, 6, 15, 9), calendar=CALENDAR).due_date == date(2027, 7, 6)


def test_hours_run_through_a_holiday_and_working_days_do_not() -> None:
    known = local(2026, 11, 21, 10, 30)
    urgent, other = LAW.required_term("incident.first_report"), LAW.required_term("incident.preliminary_report")
    assert deadline(urgent, start=known, calendar=CALENDAR).due == datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
    assert ((other.value, other.unit), deadline(other, start=known, calendar=CALENDAR).due_date) == (
        (5, Unit.WD),
        date(2026, 11, 30),
    )


def test_fintech_is_another_authoritys_and_its_terms_are_from_a_secondary_source() -> None:
    fintech = load_procedures(POLICIES / "procedures")["fintech-decree-94-2025"]
    told = {
        name: (found.value, found.unit, found.confidence)
        for name in ("completeness.term", "appraisal.term", "start.deadline")
        if (found := fintech.parameters[name])
    }
    assert told == {
        "completeness.term": (5, "wd", "S"),
        "appraisal.term": (90, "cd", "S"),
        "start.deadline": (90, "cd", "S"),
    }
    assert not fintech.takes_dossiers
