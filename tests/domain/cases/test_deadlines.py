"""Deadlines of a case: derived from facts, each explained, none for what the procedure leaves open."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.cases.applications import Apology, Application, Closing, ClosingKind, SupplementRequest
from sandbox_registry.domain.cases.appraisal import Clarification, Consultation, Opinion
from sandbox_registry.domain.cases.deadlines import (
    CaseDeadline,
    CaseFacts,
    ResponsibleParty,
    Timing,
    appointment,
    case_deadlines,
    latest_apology,
    latest_promise,
    next_due,
    supplement_deadline,
)
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import Stage
from tests.domain.small import CALENDAR, CASE, FRIDAY, PERSON, UNIT, case, local, procedure

THURSDAY = local(2026, 11, 26, 10)
RULES = procedure()


def supplement(asked: datetime, answered: datetime | None = None, number: int = 1) -> SupplementRequest:
    return SupplementRequest(
        id=UUID(int=number),
        version=1,
        application_id=CASE,
        round=number,
        items=(),
        exception_reason=None,
        requested_by=PERSON,
        requested_at=asked,
        answered_by=None if answered is None else PERSON,
        answered_at=answered,
    )


def clarification(asked: datetime, answered: datetime | None = None) -> Clarification:
    return Clarification(
        id=UUID(int=20),
        version=1,
        application_id=CASE,
        round=1,
        question="Vì sao?",
        asked_by=PERSON,
        asked_at=asked,
        answered_at=answered,
    )


def consultation(asked: datetime, **facts: Any) -> Consultation:
    return Consultation(
        id=UUID(int=30),
        version=1,
        application_id=CASE,
        unit_id=UNIT,
        question="Có ý kiến?",
        asked_by=PERSON,
        asked_at=asked,
        term_value=7,
        term_unit="wd",
        remind_on=None,
        is_required=True,
        **facts,
    )


def listed(
    application: Application, *, rules: Procedure = RULES, at: datetime = THURSDAY, **records: Any
) -> dict[str, CaseDeadline]:
    facts = CaseFacts(application=application, **records)
    return {each.name: each for each in case_deadlines(facts, procedure=rules, calendar=CALENDAR, at=at)}


def due_date(deadline: CaseDeadline) -> date | None:
    assert deadline.computation is not None
    return deadline.computation.due_date


def test_draft_shows_how_long_it_is_kept() -> None:
    rules = procedure(draft__ttl=(90, "cd"))
    assert list(listed(case(Stage.DRAFT), rules=rules)) == ["draft.ttl"]
    kept = listed(case(Stage.DRAFT), rules=rules)["draft.ttl"]
    assert (due_date(kept), kept.responsible, kept.timing) == (
        date(2027, 2, 18),
        ResponsibleParty.APPLICANT,
        Timing.RUNNING,
    )
    assert listed(case(Stage.DRAFT))["draft.ttl"].timing is Timing.GAP


def test_worked_example_from_filing_to_appraisal() -> None:
    filed = listed(case(Stage.SUBMITTED))["completeness.term"]
    accepted = listed(case(Stage.ACCEPTED, accepted_at=THURSDAY))
    assert (due_date(filed), filed.timing, filed.responsible) == (
        date(2026, 11, 26),
        Timing.RUNNING,
        ResponsibleParty.AUTHORITY,
    )
    assert filed.basis == "Điều completeness.term"
    assert accepted["completeness.term"].timing is Timing.MET
    assert due_date(accepted["appraisal.term"]) == date(2026, 12, 10)


def test_ledger_names_the_holiday_and_its_document() -> None:
    computation = listed(case(Stage.SUBMITTED))["completeness.term"].computation
    assert computation is not None
    counted = [(line.date.day, line.counted, line.source) for line in computation.ledger]
    assert (24, False, "Nghị quyết 28/2026/QH16") in counted
    assert [day for day, counts, _ in counted if counts] == [23, 25, 26]


@pytest.mark.parametrize(
    ("filed", "due"),
    [
        (local(2026, 11, 20, 15, 1), date(2026, 11, 26)),  # After 15:00, which is an hour of desks.
        (local(2026, 11, 20, 23, 59), date(2026, 11, 26)),
        (local(2026, 11, 21, 9), date(2026, 11, 26)),  # Saturday: 23, 25 and 26 count, as of Friday.
    ],
)
def test_no_hour_and_no_day_off_costs_the_applicant_a_day(filed: datetime, due: date) -> None:
    application = case(Stage.SUBMITTED, submitted_at=filed, completeness_from=filed)
    assert due_date(listed(application)["completeness.term"]) == due


@pytest.mark.parametrize(
    ("at", "done", "timing"),
    [
        (local(2026, 11, 27) - timedelta(microseconds=1), None, Timing.RUNNING),
        (local(2026, 11, 27), None, Timing.OVERDUE),
        (local(2027, 1, 1), local(2026, 11, 27) - timedelta(microseconds=1), Timing.MET),
        (local(2027, 1, 1), local(2026, 11, 27), Timing.MISSED),
    ],
)
def test_a_day_ends_at_midnight(at: datetime, done: datetime | None, timing: Timing) -> None:
    application = case(Stage.SUBMITTED if done is None else Stage.ACCEPTED, accepted_at=done)
    assert listed(application, at=at)["completeness.term"].timing is timing


def test_open_term_is_a_gap_and_never_a_timer() -> None:
    rules = procedure(completeness__term=None, supplement__term=None, appraisal__term=None)
    application = case(Stage.ACCEPTED, accepted_at=THURSDAY)
    found = listed(application, rules=rules, supplements=(supplement(FRIDAY, THURSDAY),))
    assert {name: (each.timing, each.computation) for name, each in found.items()} == {
        "completeness.term": (Timing.GAP, None),
        "supplement.term": (Timing.GAP, None),
        "appraisal.term": (Timing.GAP, None),
        "appointment": (Timing.GAP, None),
    }
    facts = CaseFacts(application=application)
    assert next_due(facts, procedure=rules, calendar=CALENDAR, at=THURSDAY) is None


def test_open_supplement_holds_the_completeness_clock() -> None:
    asked = supplement(local(2026, 11, 23, 9))
    found = listed(case(Stage.SUPPLEMENT_REQUESTED), supplements=(asked,))
    assert (found["completeness.term"].timing, due_date(found["completeness.term"])) == (Timing.PAUSED, None)
    assert (found["supplement.term"].timing, found["supplement.term"].responsible) == (
        Timing.RUNNING,
        ResponsibleParty.APPLICANT,
    )
    assert (due_date(found["supplement.term"]), found["supplement.term"].subject) == (date(2026, 12, 23), "1")


def test_answered_supplement_restarts_or_continues() -> None:
    asked, answered = local(2026, 11, 25, 9), local(2026, 12, 1, 10)
    request = supplement(asked, answered)
    again = case(Stage.SUBMITTED, completeness_from=answered)
    goes_on = case(Stage.SUBMITTED)
    rules = procedure(supplement__clock_policy=("continue", "word"))
    restarted = listed(again, supplements=(request,))["completeness.term"]
    continued = listed(goes_on, rules=rules, supplements=(request,))["completeness.term"]
    # From Tuesday 1 December: 2, 3, 4. Going on: Monday 23 November counted, held to 1 December, then 2 and 3.
    assert (due_date(restarted), due_date(continued)) == (date(2026, 12, 4), date(2026, 12, 3))


def test_supplement_deadline_is_null_without_a_term() -> None:
    request = supplement(FRIDAY)
    rules = procedure(supplement__term=None)
    assert supplement_deadline(request, procedure=rules, calendar=CALENDAR, promises=()) is None


@pytest.mark.parametrize(
    ("policy", "due"),
    [
        (("continue", "word"), date(2026, 12, 15)),  # 27 Nov, 30 Nov; held 1 to 3 Dec; eight more days.
        (("restart", "word"), date(2026, 12, 17)),  # Ten days after 3 December.
        (None, date(2026, 12, 10)),  # The procedure is silent, so the clock runs on.
    ],
)
def test_clarification_moves_the_appraisal_as_the_procedure_says(policy: Any, due: date) -> None:
    rules = procedure(clarification__clock_policy=policy)
    asked = clarification(local(2026, 12, 1, 9), local(2026, 12, 3, 16))
    application = case(Stage.UNDER_APPRAISAL, accepted_at=THURSDAY)
    assert due_date(listed(application, rules=rules, clarifications=(asked,))["appraisal.term"]) == due


@pytest.mark.parametrize("policy", ["continue", "restart"])
def test_open_clarification_holds_the_appraisal_clock(policy: str) -> None:
    rules = procedure(clarification__clock_policy=(policy, "word"))
    application = case(Stage.UNDER_APPRAISAL, accepted_at=THURSDAY)
    asked = clarification(local(2026, 12, 1, 9))
    assert listed(application, rules=rules, clarifications=(asked,))["appraisal.term"].timing is Timing.PAUSED


def test_decision_has_its_own_term_after_the_recommendation() -> None:
    waiting = case(Stage.AWAITING_DECISION, accepted_at=THURSDAY, recommended_at=local(2026, 12, 4, 9))
    found = listed(waiting)
    assert found["appraisal.term"].timing is Timing.MET
    assert (due_date(found["decision.term"]), found["decision.term"].timing) == (date(2026, 12, 11), Timing.RUNNING)
    decided = replace(waiting, stage=Stage.APPROVED, decided_at=local(2026, 12, 12))
    assert listed(decided)["decision.term"].timing is Timing.MISSED


def test_decision_inside_the_appraisal_is_one_term() -> None:
    rules = procedure(decision__included_in_appraisal=(True, "yes/no"))
    waiting = case(Stage.AWAITING_DECISION, accepted_at=THURSDAY, recommended_at=local(2026, 12, 4, 9))
    found = listed(waiting, rules=rules, at=local(2026, 12, 11))
    assert list(found) == ["completeness.term", "appraisal.term", "appointment"]
    assert found["appraisal.term"].timing is Timing.OVERDUE


def test_consultation_runs_on_the_term_it_was_asked_with() -> None:
    application = case(Stage.UNDER_APPRAISAL, accepted_at=THURSDAY)
    asked = consultation(local(2026, 11, 27, 9))
    running = listed(application, consultations=(asked,))["consult.term"]
    answered = replace(asked, answered_at=local(2026, 12, 9), opinion=Opinion.AGREE, is_late=True)
    late = listed(application, consultations=(answered,))["consult.term"]
    silent = replace(asked, closed_silent_at=local(2026, 12, 10))
    closed = listed(application, consultations=(silent,))["consult.term"]
    assert (due_date(running), running.timing, running.responsible) == (
        date(2026, 12, 8),
        Timing.RUNNING,
        ResponsibleParty.CONSULTED,
    )
    assert (late.timing, late.fulfilled_at, late.subject) == (Timing.MISSED, local(2026, 12, 9), str(asked.id))
    assert (closed.timing, closed.fulfilled_at) == (Timing.MISSED, local(2026, 12, 10))


@pytest.mark.parametrize("stage", [Stage.REFUSED, Stage.INTAKE_REFUSED])
def test_refusals_may_be_complained_against_for_ninety_days(stage: Stage) -> None:
    closing = Closing(kind=ClosingKind.INTAKE_REFUSED, at=THURSDAY, by=PERSON, reasons=())
    facts = {"decided_at": THURSDAY} if stage is Stage.REFUSED else {"closing": closing}
    found = listed(case(stage, **facts))["complaint.term"]
    assert (due_date(found), found.responsible, found.timing) == (
        date(2027, 2, 24),
        ResponsibleParty.APPLICANT,
        Timing.RUNNING,
    )


def test_closing_ends_every_clock() -> None:
    closing = Closing(kind=ClosingKind.WITHDRAWN, at=THURSDAY, by=PERSON, reasons=())
    application = case(Stage.WITHDRAWN, accepted_at=THURSDAY, closing=closing)
    records: dict[str, Any] = {"supplements": (supplement(FRIDAY),), "consultations": (consultation(FRIDAY),)}
    found = listed(application, at=local(2027, 6, 1), **records)
    assert {each.timing for each in found.values()} == {Timing.MET}


def test_appointment_counts_the_decision_after_the_appraisal() -> None:
    accepted = CaseFacts(application=case(Stage.ACCEPTED, accepted_at=THURSDAY))
    included = procedure(decision__included_in_appraisal=(True, "yes/no"))
    assert appointment(accepted, procedure=RULES, calendar=CALENDAR, at=THURSDAY) == local(2026, 12, 18)
    assert appointment(accepted, procedure=included, calendar=CALENDAR, at=THURSDAY) == local(2026, 12, 11)
    assert appointment(accepted, procedure=procedure(decision__term=None), calendar=CALENDAR, at=THURSDAY) is None
    assert appointment(accepted, procedure=procedure(appraisal__term=None), calendar=CALENDAR, at=THURSDAY) is None


def test_apology_is_due_a_day_before_the_appointment() -> None:
    promised = case(Stage.ACCEPTED, accepted_at=THURSDAY, appointment_at=local(2026, 12, 18))
    assert latest_apology(promised, procedure=RULES, calendar=CALENDAR) == local(2026, 12, 17)
    silent = procedure(apology__before=None)
    assert latest_apology(promised, procedure=silent, calendar=CALENDAR) is None
    assert latest_apology(case(Stage.ACCEPTED), procedure=RULES, calendar=CALENDAR) is None


def test_an_apology_is_bounded_by_the_procedure_or_by_nothing() -> None:
    promised = case(Stage.ACCEPTED, accepted_at=THURSDAY, appointment_at=local(2026, 12, 18))
    bounded = procedure(apology__max_delay=(10, "wd"))
    assert latest_promise(promised, procedure=bounded, calendar=CALENDAR) == local(2027, 1, 1)
    assert latest_promise(promised, procedure=RULES, calendar=CALENDAR) is None


def test_next_due_is_the_nearest_that_binds() -> None:
    application = case(Stage.UNDER_APPRAISAL, accepted_at=THURSDAY)
    facts = CaseFacts(application=application, consultations=(consultation(local(2026, 11, 27, 9)),))
    paused = replace(facts, clarifications=(clarification(local(2026, 12, 1, 9)),), consultations=())

    def nearest(of: CaseFacts) -> datetime | None:
        return next_due(of, procedure=RULES, calendar=CALENDAR, at=local(2027, 1, 1))

    assert nearest(facts) == local(2026, 12, 9)
    assert nearest(replace(facts, consultations=())) == local(2026, 12, 11)
    assert nearest(paused) is None


@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.REFUSED, Stage.APPROVED, Stage.WITHDRAWN])
def test_nothing_binds_in_a_case_that_is_not_open(stage: Stage) -> None:
    facts = CaseFacts(application=case(stage, accepted_at=THURSDAY, decided_at=THURSDAY))
    rules = procedure(draft__ttl=(90, "cd"))
    assert next_due(facts, procedure=rules, calendar=CALENDAR, at=THURSDAY) is None


def test_appointment_moves_once_with_the_apology() -> None:
    promised = local(2027, 1, 15, 0)
    waiting = case(Stage.UNDER_APPRAISAL, accepted_at=THURSDAY)
    sorry = replace(waiting, apology=Apology(at=THURSDAY, by=CASE, reason="Chờ ý kiến của bộ.", promised_at=promised))
    before, after = listed(waiting)["appointment"], listed(sorry)["appointment"]
    assert (due_date(before), before.subject) == (date(2026, 12, 17), "")
    assert (due_date(after), after.subject) == (date(2027, 1, 14), "promised")
    assert after.computation is not None
    assert after.computation.due == promised
