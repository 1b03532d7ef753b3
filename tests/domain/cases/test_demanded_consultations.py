"""Consultations that the procedure demands of some dossiers: asked before the recommendation, and walked by the lint."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox_registry.authz.policy import read_policy
from sandbox_registry.authz.space import someone_can
from sandbox_registry.domain.cases.appraisal_guards import unmet
from sandbox_registry.domain.cases.case_records import CaseRecords
from sandbox_registry.domain.cases.consultations import ask_unit, demanding_rule
from sandbox_registry.domain.errors import Invalid
from sandbox_registry.domain.identity.people import Organisation, OrganisationKind, Role
from sandbox_registry.domain.rules.calendars import Term, Unit
from sandbox_registry.domain.rules.form_fields import Condition, Operator
from sandbox_registry.domain.rules.procedures import Confidence, ConsultationRule, Procedure
from sandbox_registry.domain.stages import Stage
from sandbox_registry.rulebook.procedure_checks import faults_of
from sandbox_registry.rulebook.stage_checks import space_of
from sandbox_registry.rulebook.traps import walk
from sandbox_registry.runtime.shipped import shipped
from tests.domain.small import FRIDAY, OTHER, UNIT, WORD
from tests.support.dossiers import CALENDAR, DRAFT
from tests.support.small_cases import CONSULTATION

AGENCY = Organisation(
    id=UNIT,
    version=1,
    kind=OrganisationKind.STATE_UNIT,
    name="Từ",
    tax_code=None,
    address="",
    email="",
    phone="",
    licence_end=None,
    agency_code=None,
    handles=(),
    created_at=FRIDAY,
)
POLICY = read_policy(shipped("policies") / "casbin")
MINORS = Condition(field="users.minors", op=Operator.EQ, value=True)


def rule(key: str, *when: Condition) -> ConsultationRule:
    return ConsultationRule(key=key, agency=WORD, when=when, basis="Điều 5", confidence=Confidence.I)


HEALTH, ARMY = rule("health", MINORS), rule("army")
RULES = replace(DRAFT, consultations=(HEALTH, ARMY))
WITH_MINORS: dict[str, Any] = {"users": {"minors": True}}


def missing(answers: dict[str, Any], *demanded: str, **state: Any) -> list[str]:
    asked = tuple(replace(CONSULTATION, demanded_by=key, **({"answered_at": FRIDAY} | state)) for key in demanded)
    found = unmet(RULES, answers, CaseRecords(consultations=asked))
    return [each.field for each in found if each.code.startswith("consultation")]


def test_every_demanded_agency_is_asked_before_the_recommendation() -> None:
    assert missing(WITH_MINORS) == ["consultations.health", "consultations.army"]
    assert missing({}) == ["consultations.army"]
    assert missing(WITH_MINORS, "army") == ["consultations.health"]
    assert missing(WITH_MINORS, "army", "health") == []
    assert missing({}, "army", answered_at=None) == [f"consultations.{CONSULTATION.id}"]
    assert missing({}, "army", answered_at=None, closed_silent_at=FRIDAY) == []


def test_consultation_is_demanded_by_a_rule_that_applies() -> None:
    assert demanding_rule(None, procedure=RULES, answers={}) is None
    assert demanding_rule("health", procedure=RULES, answers=WITH_MINORS) == HEALTH
    for key, answers in (("health", {}), ("police", WITH_MINORS)):
        with pytest.raises(Invalid) as refused:
            demanding_rule(key, procedure=RULES, answers=answers)
        assert [(each.field, each.code) for each in refused.value.errors] == [("demanded_by", "not_demanded")]


def reached(rules: Procedure, *, may_ask: bool) -> frozenset[Stage]:
    space = space_of(POLICY)

    def permitted(stage: Stage, action: Any) -> bool:
        return (may_ask or action != "consultation:ask") and any(
            someone_can(space, role, stage, action) for role in Role
        )

    return walk(rules, permitted=permitted).reached


def test_lint_walks_cases_that_must_consult() -> None:
    only_some = replace(DRAFT, consultations=(HEALTH,))
    assert list(faults_of(replace(RULES, consultations=(HEALTH,)), POLICY)) == []
    assert Stage.AWAITING_DECISION in reached(only_some, may_ask=True)
    assert Stage.AWAITING_DECISION not in reached(only_some, may_ask=False)
    assert Stage.AWAITING_DECISION in reached(DRAFT, may_ask=False)


@pytest.mark.parametrize(
    ("code", "unit", "is_asked"),
    [
        (None, {"name": "từ"}, True),
        (None, {"name": "Sở Y tế"}, False),
        ("H12.9", {"name": "Sở Y tế", "agency_code": "H12.9"}, True),
        ("H12.9", {"name": "Từ", "agency_code": "H12.8"}, False),
        ("H12.9", {"name": "Từ"}, False),
    ],
)
def test_no_other_agency_answers_for_the_one_that_is_demanded(
    code: str | None, unit: dict[str, Any], *, is_asked: bool
) -> None:
    def ask() -> Any:
        return ask_unit(
            consultation_id=CONSULTATION.id,
            application_id=CONSULTATION.application_id,
            unit=replace(AGENCY, **unit),
            handling_unit_ids=(),
            question="Ý kiến?",
            term=Term(3, Unit.WD),
            remind_on=None,
            is_required=True,
            demanded_by=replace(ARMY, agency_code=code),
            earlier=(),
            procedure=RULES,
            calendar=CALENDAR,
            by=OTHER,
            at=FRIDAY,
        )

    if is_asked:
        assert ask().demanded_by == "army"
        return
    with pytest.raises(Invalid) as refused:
        ask()
    assert [(each.field, each.code) for each in refused.value.errors] == [("unit_id", "not_the_agency")]
