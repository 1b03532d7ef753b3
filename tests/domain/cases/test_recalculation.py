"""Dates that were given: kept, moved by what happens in a case, and by a calendar only where that helps the citizen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.cases.applications import Apology, Application, SupplementRequest
from sandbox_registry.domain.cases.appraisal import Clarification
from sandbox_registry.domain.cases.deadlines import (
    CaseDeadline,
    CaseFacts,
    Gap,
    Timing,
    case_deadlines,
    next_due,
    supplement_deadline,
)
from sandbox_registry.domain.cases.promises import RECALCULATED, Promise, of_deadline, with_appointment
from sandbox_registry.domain.cases.recalculation import dates_given, recalculated
from sandbox_registry.domain.rules.calendars import Calendar, DayKind, DayMark
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import Stage
from tests.domain.small import CALENDAR, CASE, PERSON, WORD, case, local, procedure

THURSDAY = local(2026, 11, 26, 10)
LATER = local(2026, 11, 27, 9)
RULES = procedure()
APPRAISAL = (date(2026, 12, 10), date(2026, 12, 17))
"""The appraisal and the day of the result of what was accepted on Thursday."""


def new_ids() -> Iterator[UUID]:
    number = 1000
    while True:
        number += 1
        yield UUID(int=number)


IDS = new_ids()


def calendar_since(since: datetime, *days: tuple[date, DayKind], **bounds: Any) -> Calendar:
    """A calendar approved later, that adds special days."""
    marks = {day: DayMark(date=day, kind=kind, name=WORD, source="Công văn") for day, kind in days}
    return replace(
        CALENDAR, version="later", marks={**CALENDAR.marks, **marks}, since=since, earlier=(CALENDAR,), **bounds
    )


OFF, WORKED = DayKind.SWAPPED_OFF, DayKind.MAKEUP_WORKING
LONGER = calendar_since(LATER, (date(2026, 12, 1), OFF))
SHORTER = calendar_since(LATER, (date(2026, 12, 5), WORKED))


def given(
    facts: CaseFacts, *, calendar: Calendar = CALENDAR, at: datetime = THURSDAY, rules: Procedure = RULES
) -> CaseFacts:
    """The facts with the dates an act gave."""
    found = dates_given(
        facts, procedure=rules, calendar=calendar, cause="application:accept", at=at, new_id=lambda: next(IDS)
    )
    return replace(facts, promises=(*facts.promises, *found))


def accepted(**facts: Any) -> Application:
    return case(Stage.UNDER_APPRAISAL, accepted_at=THURSDAY, **facts)


def shown(facts: CaseFacts, *, calendar: Calendar, at: datetime = LATER) -> dict[str, CaseDeadline]:
    return {each.name: each for each in case_deadlines(facts, procedure=RULES, calendar=calendar, at=at)}


def due_dates(facts: CaseFacts, *, calendar: Calendar) -> tuple[date | None, ...]:
    found = shown(facts, calendar=calendar)
    return tuple(
        None if found[name].computation is None else found[name].computation.due_date  # type: ignore[union-attr]
        for name in ("appraisal.term", "appointment")
    )


def moved(facts: CaseFacts, calendar: Calendar, *, at: datetime = LATER) -> tuple[Promise, ...]:
    return recalculated(facts, procedure=RULES, calendar=calendar, at=at, new_id=lambda: next(IDS))


def test_an_act_gives_each_running_deadline_its_date_once() -> None:
    facts = given(CaseFacts(application=accepted()))
    assert [(each.name, each.due, each.cause, each.calendar_version) for each in facts.promises] == [
        ("appraisal.term", local(2026, 12, 11), "application:accept", CALENDAR.version),
        ("appointment", local(2026, 12, 18), "application:accept", CALENDAR.version),
    ]
    assert given(facts) == facts


@pytest.mark.parametrize("calendar", [LONGER, SHORTER], ids=["a day off more", "a working day more"])
def test_a_calendar_approved_later_moves_no_date_by_itself(calendar: Calendar) -> None:
    facts = given(CaseFacts(application=accepted()))
    assert due_dates(facts, calendar=calendar) == APPRAISAL
    assert shown(facts, calendar=calendar)["appraisal.term"].computation.calendar_version == CALENDAR.version  # type: ignore[union-attr]
    # The same without a date on record, for cases from before dates were kept: by the calendar of that time.
    assert due_dates(CaseFacts(application=accepted()), calendar=calendar) == APPRAISAL


def test_a_calendar_that_helps_the_citizen_gives_new_dates_on_record() -> None:
    facts = given(CaseFacts(application=accepted()))
    found = moved(facts, SHORTER)
    assert [(each.name, each.due, each.cause, each.calendar_version) for each in found] == [
        ("appraisal.term", local(2026, 12, 10), RECALCULATED, "later"),
        ("appointment", local(2026, 12, 17), RECALCULATED, "later"),
    ]
    helped = replace(facts, promises=(*facts.promises, *found))
    assert due_dates(helped, calendar=SHORTER) == (date(2026, 12, 9), date(2026, 12, 16))
    assert [each.due for each in shown(helped, calendar=SHORTER)["appointment"].promises] == [
        local(2026, 12, 18),
        local(2026, 12, 17),
    ]
    assert next_due(helped, procedure=RULES, calendar=SHORTER, at=LATER) == local(2026, 12, 10)
    assert moved(helped, SHORTER) == ()


def test_a_calendar_that_harms_gives_nothing() -> None:
    assert moved(given(CaseFacts(application=accepted())), LONGER) == ()


def test_the_applicant_is_helped_by_a_later_date() -> None:
    request = SupplementRequest(
        id=UUID(int=50),
        version=1,
        application_id=CASE,
        round=1,
        items=(),
        exception_reason=None,
        requested_by=PERSON,
        requested_at=THURSDAY,
    )
    facts = given(CaseFacts(application=case(Stage.SUPPLEMENT_REQUESTED), supplements=(request,)))
    assert [(each.name, each.due) for each in facts.promises] == [
        ("completeness.term", None),
        ("supplement.term", local(2026, 12, 29)),  # 26 December is a Saturday.
    ]
    last_day_off = calendar_since(LATER, (date(2026, 12, 28), OFF))
    last_day_worked = calendar_since(LATER, (date(2026, 12, 26), WORKED))
    assert [(each.name, each.due) for each in moved(facts, last_day_off)] == [("supplement.term", local(2026, 12, 30))]
    assert moved(facts, last_day_worked) == ()
    kept = supplement_deadline(request, procedure=RULES, calendar=last_day_worked, promises=facts.promises)
    assert kept is not None
    assert kept.due == local(2026, 12, 29)


def test_what_is_over_or_met_or_closed_never_moves() -> None:
    facts = given(CaseFacts(application=accepted()))
    decided = replace(facts, application=accepted(recommended_at=LATER, decided_at=LATER))
    closed = replace(facts, application=replace(accepted(), stage=Stage.APPROVED))
    assert moved(decided, SHORTER) == moved(closed, SHORTER) == ()
    # By the new calendar the appraisal would have ended at midnight: it stays, and the day of the result moves.
    assert [each.name for each in moved(facts, SHORTER, at=local(2026, 12, 10))] == ["appointment"]
    assert moved(facts, SHORTER, at=local(2026, 12, 30)) == ()


def test_a_clock_that_stopped_and_went_on_gets_a_new_date_that_no_calendar_worsens() -> None:
    facts = given(CaseFacts(application=accepted()))
    asked = Clarification(
        id=UUID(int=60),
        version=1,
        application_id=CASE,
        round=1,
        question="Vì sao?",
        asked_by=PERSON,
        asked_at=local(2026, 12, 2, 9),
    )
    stopped = given(replace(facts, clarifications=(asked,)), at=asked.asked_at)
    assert [(each.name, each.due) for each in stopped.promises[2:]] == [("appraisal.term", None), ("appointment", None)]
    assert shown(stopped, calendar=CALENDAR)["appointment"].timing is Timing.PAUSED
    assert with_appointment(stopped.application, stopped.promises).appointment_at is None
    answered = replace(stopped, clarifications=(replace(asked, answered_at=local(2026, 12, 3, 16)),))
    by_old = given(answered, at=local(2026, 12, 3, 16))
    by_longer = given(answered, calendar=LONGER, at=local(2026, 12, 3, 16))
    assert [(each.name, each.due) for each in by_old.promises[4:]] == [
        ("appraisal.term", local(2026, 12, 15)),
        ("appointment", local(2026, 12, 22)),
    ]
    assert due_dates(by_longer, calendar=LONGER) == due_dates(by_old, calendar=CALENDAR)
    by_shorter = given(answered, calendar=SHORTER, at=local(2026, 12, 3, 16))
    assert due_dates(by_shorter, calendar=SHORTER) == (date(2026, 12, 11), date(2026, 12, 18))


def test_an_apology_gives_the_one_new_day_that_calendars_leave_alone() -> None:
    facts = given(CaseFacts(application=accepted()))
    promised = local(2027, 1, 15)
    apology = Apology(at=LATER, by=PERSON, reason="Chờ ý kiến của bộ.", promised_at=promised)
    sorry = given(replace(facts, application=replace(facts.application, apology=apology)), at=LATER)
    assert [each.due for each in of_deadline(sorry.promises, "appointment")] == [local(2026, 12, 18), promised]
    assert with_appointment(sorry.application, sorry.promises).appointment_at == promised
    assert [each.name for each in moved(sorry, SHORTER)] == ["appraisal.term"]


def test_a_calendar_that_does_not_reach_a_case_leaves_a_gap_to_be_seen() -> None:
    late = calendar_since(local(2026, 1, 1), covered_from=date(2027, 1, 1))
    facts = CaseFacts(application=accepted())
    found = shown(facts, calendar=late)
    assert {name: (each.timing, each.gap) for name, each in found.items()} == {
        "completeness.term": (Timing.GAP, Gap.CALENDAR),
        "appraisal.term": (Timing.GAP, Gap.CALENDAR),
        "appointment": (Timing.GAP, Gap.CALENDAR),
    }
    assert next_due(facts, procedure=RULES, calendar=late, at=LATER) is None
    assert due_dates(given(facts), calendar=replace(late, since=LATER)) == APPRAISAL
    # A clock far ahead: what is accepted then has no date, and is read all the same.
    ahead = local(2040, 1, 2, 9)
    far = CaseFacts(application=case(Stage.ACCEPTED, submitted_at=ahead, completeness_from=ahead, accepted_at=ahead))
    assert shown(far, calendar=CALENDAR, at=ahead)["appointment"].gap is Gap.CALENDAR
    assert given(far, at=ahead).promises == ()
