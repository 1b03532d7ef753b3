"""Of a list inside the conditions one is enough; a parameter may have another value at another level."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox_registry.domain.permits.permits import latest_end
from sandbox_registry.domain.rules.ceilings import ceiling_errors
from sandbox_registry.domain.rules.form_fields import Condition, Conditions, DossierComponent, Operator, holds
from sandbox_registry.domain.rules.forms import route, validate
from sandbox_registry.domain.rules.procedures import (
    COUNT_BEFORE_CLASSIFICATION,
    PARAMETERS,
    Ceiling,
    Confidence,
    Parameter,
    PermitRules,
    Route,
)
from tests.domain.small import WORD, local, procedure
from tests.support.dossiers import DRAFT


def says(field: str, value: Any) -> Condition:
    return Condition(field=field, op=Operator.EQ, value=value)


DRONE, CAR, NIGHT = says("plan.vehicle", "drone"), says("plan.vehicle", "car"), says("plan.night", value=True)
MOVES_AT_NIGHT: Conditions = ((DRONE, CAR), NIGHT)


@pytest.mark.parametrize(
    ("vehicle", "night", "held"),
    [("drone", True, True), ("car", True, True), ("boat", True, False), ("car", False, False), (None, True, False)],
)
def test_one_alternative_is_enough_and_everything_else_must_hold(
    vehicle: str | None, *, night: bool, held: bool
) -> None:
    answers = {"plan": {"vehicle": vehicle, "night": night}}
    assert holds(MOVES_AT_NIGHT, answers) is held


def test_route_names_the_answers_that_drove_it_and_no_others() -> None:
    personal, secret = says("competence.sensitive_data", value=True), says("competence.important_data", value=True)
    away = Route(
        when=((personal, secret),), target="x", authority=WORD, reason=WORD, basis="Điều 9", confidence=Confidence.I
    )
    rules = replace(DRAFT, routes=(away,))
    found = route(rules, {"competence": {"sensitive_data": False, "important_data": True}})
    assert found is not None
    assert found.answers == {"competence.important_data": True}
    assert route(rules, {"competence": {"sensitive_data": False, "important_data": False}}) is None


def test_document_is_needed_by_either_answer() -> None:
    by_either = (says("users.minors", value=True), says("users.vulnerable", value=True))
    component = DossierComponent(key="consent", label=WORD, required_when=(by_either,), basis="Điều 4")
    rules = replace(DRAFT, parts=(component,))
    for minors, vulnerable, missing in ((True, False, 1), (False, True, 1), (False, False, 0)):
        errors = validate(rules, {"users": {"minors": minors, "vulnerable": vulnerable}}, frozenset())
        assert len([each for each in errors if each.field == "documents.consent"]) == missing


def test_ceiling_on_a_table_counts_its_rows() -> None:
    two = Ceiling(field="plan.sites", maximum=2, unit="điểm", label=WORD, basis="Điều 5", confidence=Confidence.S)
    rules = replace(DRAFT, permit=PermitRules(ceilings=(two,)))
    site = {"name": "Vựa", "commune": "Năm Căn"}
    for count, errors in ((2, []), (3, [("answers.plan.sites", "too_big")])):
        asked = {"plan": {"sites": [site] * count}}
        assert [(each.field, each.code) for each in ceiling_errors(rules, asked)] == errors


def test_value_of_a_level_counts_at_that_level_alone() -> None:
    longest = Parameter(
        name="duration.max", value=24, by_level={"2": 6}, unit="mo", basis="Điều 5", confidence=Confidence.S
    )
    small = procedure()
    rules = replace(small, parameters={**small.parameters, "duration.max": longest})
    start = local(2027, 1, 4)
    ends = [latest_end(start, procedure=rules.at_level(each), licence_end=None) for each in (None, "1", "2")]
    assert ends == [local(2029, 1, 4), local(2029, 1, 4), local(2027, 7, 4)]
    assert rules.at_level("1") is rules


def test_term_that_only_a_level_has_is_open_elsewhere() -> None:
    period = Parameter(name="report.period", by_level={"2": 3}, unit="mo", basis="Điều 25", confidence=Confidence.VC)
    rules = replace(procedure(), parameters={"report.period": period})
    assert [rules.at_level(each).term("report.period") is None for each in (None, "1", "2")] == [True, True, False]


def test_what_counts_before_the_level_is_a_parameter() -> None:
    assert PARAMETERS.keys() >= COUNT_BEFORE_CLASSIFICATION
