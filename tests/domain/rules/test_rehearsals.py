"""A procedure tried without an account: what is asked, which papers follow, and the likely dates."""

from dataclasses import replace
from datetime import date

import pytest

from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.rules.calendars import Term, Unit
from sandbox_registry.domain.rules.entries import entry_procedure
from sandbox_registry.domain.rules.procedures import Procedure, ProcedureStatus
from sandbox_registry.domain.rules.rehearsals import (
    decided_by,
    likely_steps,
    open_questions,
    paper_questions,
    papers,
    routing_questions,
    sum_of_terms,
)
from sandbox_registry.domain.stages import Stage
from sandbox_registry.rulebook.calendar_files import parse_calendar
from sandbox_registry.rulebook.procedure_files import parse_procedure
from sandbox_registry.runtime.shipped import shipped
from tests.domain.small import local

RULES = shipped("policies")
MONDAY = local(2026, 11, 30, 9)


def shipped_procedure(code: str) -> Procedure:
    return parse_procedure((RULES / "procedures" / f"{code}.toml").read_bytes(), file=code)


CA_MAU, AI = shipped_procedure("ca-mau-2026-draft"), shipped_procedure("ai-decree-142-2026")
CALENDAR = parse_calendar((RULES / "calendars" / "vn.toml").read_bytes(), file="vn")
OURS = {
    "competence": {
        "ai_role": "none",
        "sensitive_data": False,
        "children_data": False,
        "important_data": False,
        "security_system": False,
        "province_count": 1,
        "province": "ca_mau",
        "bank_fintech": "none",
        "data_product": False,
        "smart_city": False,
        "state_procurement": False,
    }
}


def test_only_questions_that_routes_or_papers_depend_on_are_asked() -> None:
    routing = {each.path for each in routing_questions(CA_MAU)}
    after = {each.path for each in paper_questions(CA_MAU)}
    assert "competence.province" in routing
    assert "competence.high_risk_item" not in routing
    assert after == {
        "contact.by_delegate",
        "data.personal_data",
        "plan.space_kinds",
        "project.is_small",
        "risks.serious_harm",
        "users.max_users",
    }


def test_a_question_is_open_when_it_is_shown_and_not_answered() -> None:
    several = {"competence": {**OURS["competence"], "province_count": 3}}
    paths = {each.path for each in open_questions(CA_MAU, routing_questions(CA_MAU), several)}
    assert open_questions(CA_MAU, routing_questions(CA_MAU), OURS) == ()
    assert paths == {"competence.digital_product"}
    assert len(open_questions(CA_MAU, routing_questions(CA_MAU), {})) == 10


@pytest.mark.parametrize(("is_small", "is_needed"), [(True, False), (False, True)])
def test_papers_follow_from_answers(*, is_small: bool, is_needed: bool) -> None:
    found = papers(CA_MAU, {**OURS, "project": {"is_small": is_small}})
    assert ("capacity" in {each.key for each in found.needed}) is is_needed
    assert {*found.needed, *found.if_there, *found.not_needed} == set(CA_MAU.parts)
    assert {each.key for each in found.if_there} == {
        each.key for each in CA_MAU.parts if not each.required and not each.required_when
    }
    assert all(each.required_when for each in found.not_needed)
    assert {each.key for each in CA_MAU.parts if each.required} <= {each.key for each in found.needed}


def test_each_step_begins_when_the_one_before_must_have_ended() -> None:
    steps = likely_steps(CA_MAU, CALENDAR, at=MONDAY)
    assert [each.stage for each in steps] == [
        Stage.SUBMITTED,
        Stage.UNDER_APPRAISAL,
        Stage.AWAITING_DECISION,
        Stage.APPROVED,
    ]
    days = [each.deadline and each.deadline.due_date for each in steps]
    assert days == [date(2026, 12, 3), date(2026, 12, 31), date(2027, 1, 8), None]
    assert sum_of_terms(steps) == Term(28, Unit.WD)
    decided = decided_by(steps)
    assert decided is not None
    assert (decided.due_date, decided.provisional) == (date(2027, 1, 8), True)


def test_a_term_that_is_open_stops_the_dates_and_starts_no_timer() -> None:
    parameters = {**CA_MAU.parameters, "appraisal.term": replace(CA_MAU.parameters["appraisal.term"], value=None)}
    steps = likely_steps(replace(CA_MAU, parameters=parameters), CALENDAR, at=MONDAY)
    assert [each.deadline is not None for each in steps] == [True, False, False, False]
    assert [each.term is not None for each in steps] == [True, False, True, False]
    assert decided_by(steps) is None


def test_a_calendar_that_does_not_reach_stops_the_dates() -> None:
    steps = likely_steps(CA_MAU, replace(CALENDAR, covered_to=date(2026, 12, 10)), at=MONDAY)
    assert [each.deadline is not None for each in steps] == [True, False, False, False]
    assert decided_by(steps) is None


def test_a_decision_that_is_part_of_the_appraisal_is_no_step() -> None:
    flag = replace(CA_MAU.parameters["decision.included_in_appraisal"], value=True)
    included = replace(CA_MAU, parameters={**CA_MAU.parameters, "decision.included_in_appraisal": flag})
    steps = likely_steps(included, CALENDAR, at=MONDAY)
    decided = decided_by(steps)
    assert Stage.AWAITING_DECISION not in {each.stage for each in steps}
    assert decided is not None
    assert decided.due_date == date(2026, 12, 31)


def test_the_issue_is_no_part_of_the_decision() -> None:
    issue = replace(CA_MAU.parameters["issue.term"], value=5, unit="wd")
    steps = likely_steps(replace(CA_MAU, parameters={**CA_MAU.parameters, "issue.term": issue}), CALENDAR, at=MONDAY)
    decided, issued = decided_by(steps), steps[-1].deadline
    assert decided is not None
    assert issued is not None
    assert (decided.due_date, issued.due_date) == (date(2027, 1, 8), date(2027, 1, 15))


def test_terms_in_different_units_are_not_added_up() -> None:
    term = replace(CA_MAU.parameters["decision.term"], unit="cd")
    mixed = replace(CA_MAU, parameters={**CA_MAU.parameters, "decision.term": term})
    assert sum_of_terms(likely_steps(mixed, CALENDAR, at=MONDAY)) is None
    assert sum_of_terms(()) is None


def test_a_newcomer_begins_with_the_procedure_that_leads_to_the_others() -> None:
    assert entry_procedure((AI, CA_MAU)) is CA_MAU
    assert entry_procedure((AI,)) is AI
    with pytest.raises(NotFound):
        entry_procedure((replace(AI, status=ProcedureStatus.REFERRAL),))
