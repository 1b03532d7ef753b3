"""Bounds of the procedure: what recommending, deciding and issuing alike refuse, and where the law leaves a gap."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.permits.bounds import bound_problems, open_bound_problems, open_bounds
from sandbox_registry.domain.permits.permits import (
    Comparator,
    DailyHours,
    MoneyCaps,
    OpenBound,
    PermitTerms,
    Phase,
    TechnicalLimit,
)
from sandbox_registry.domain.rules.ceilings import ceiling_errors
from sandbox_registry.domain.rules.form_fields import Choice, Condition, Field, FieldKind, Operator, Section
from sandbox_registry.domain.rules.procedures import (
    Ceiling,
    Confidence,
    HoursRule,
    PermitRules,
    PhaseRule,
    Procedure,
    SignerRule,
    StandingCondition,
)
from tests.domain.small import OTHER, WORD, procedure
from tests.support.decided import TRIAL_END, TRIAL_START, terms

TERMS = terms(OTHER)
IS_DRONE = (Condition(field="plan.vehicle", op=Operator.EQ, value="drone"),)
DRONE: dict[str, Any] = {"plan": {"vehicle": "drone"}}
FORM = Section(key="plan", title=WORD, fields=(Field(key="vehicle", kind=FieldKind.TEXT, label=WORD),))


def ceiling(**what: Any) -> Ceiling:
    wanted: dict[str, Any] = {"unit": "người"} | what
    return Ceiling(label=WORD, basis="Điều 5", confidence=Confidence.S, **wanted)


def bounded(**permit: Any) -> Procedure:
    return procedure(more={"permit": PermitRules(**permit), "sections": (FORM,)})


def broken(allowed: PermitTerms, rules: Procedure, answers: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    asked = answers or {}
    problems = [
        *bound_problems(allowed, procedure=rules, answers=asked, ceiling=None),
        *open_bound_problems(allowed, procedure=rules, answers=asked),
    ]
    return [(field, code) for field, code, _ in problems]


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"max_users": 50, "phases": ()}, []),
        ({"max_users": 51, "phases": ()}, [("max_users", "beyond_bound")]),
        ({"max_users": 4, "phases": ()}, [("max_users", "beyond_bound")]),
    ],
)
def test_permit_keeps_the_ceiling_on_its_users(changes: dict[str, Any], errors: list[tuple[str, str]]) -> None:
    rules = bounded(ceilings=(ceiling(field="users.max_users", maximum=50, minimum=5),))
    assert broken(replace(TERMS, **changes), rules) == errors


def test_refusal_names_the_bound_that_is_broken() -> None:
    rules = bounded(ceilings=(ceiling(field="users.max_users", maximum=50, minimum=5, unit="người"),))
    answers = [{"users": {"max_users": count}} for count in (51, 4)]
    filed = [error.message.vi for each in answers for error in ceiling_errors(rules, each)]
    allowed = [replace(TERMS, max_users=count, phases=()) for count in (51, 4)]
    granted = [
        message.vi
        for terms in allowed
        for _, _, message in bound_problems(terms, procedure=rules, answers={}, ceiling=None)
    ]
    for messages in (filed, granted):
        assert [("50 người" in each, "5 người" in each.replace("50 người", "")) for each in messages] == [
            (True, False),
            (False, True),
        ]


def test_law_that_bounds_a_quantity_on_both_sides_is_stated_on_both() -> None:
    wing = ceiling(quantity="Sải cánh", maximum=10, minimum=2, unit="m")
    rules = bounded(ceilings=(wing,))
    least = limit(2, comparator=Comparator.AT_LEAST)
    for limits, errors in (
        ((limit(10), least), []),
        ((limit(5, comparator=Comparator.EQUAL),), []),
        ((limit(10),), [("limits", "limit_of_law_missing")]),
        ((least,), [("limits", "limit_of_law_missing")]),
    ):
        assert broken(replace(TERMS, limits=limits), rules) == errors


@pytest.mark.parametrize(
    ("money", "errors"),
    [
        (MoneyCaps(total=100), []),
        (MoneyCaps(total=101), [("money.total", "beyond_bound")]),
        (MoneyCaps(), [("money.total", "bound_missing")]),
    ],
)
def test_permit_without_a_cap_passes_a_ceiling_on_money(money: MoneyCaps, errors: list[tuple[str, str]]) -> None:
    rules = bounded(ceilings=(ceiling(field="limits.money_total", maximum=100, unit="VND"),))
    assert broken(replace(TERMS, money=money), rules) == errors


def test_every_phase_keeps_the_ceiling_on_a_phase() -> None:
    rules = bounded(ceilings=(ceiling(field="schedule.phases", column="max_users", maximum=100),))
    phases = tuple(
        Phase(name="Pha", start=TRIAL_START, end=TRIAL_END, entry_gate="", max_users=users)
        for users in (100, 101, None)
    )
    errors = [("phases.1.max_users", "beyond_bound"), ("phases.2.max_users", "beyond_bound")]
    assert broken(replace(TERMS, phases=phases), rules) == errors


def limit(
    value: int, *, scale: int = 1, unit: str = "m", comparator: Comparator = Comparator.AT_MOST
) -> TechnicalLimit:
    return TechnicalLimit(quantity="Sải cánh", comparator=comparator, value=value, scale=scale, unit=unit)


@pytest.mark.parametrize(
    ("limits", "errors"),
    [
        ((limit(157, scale=100),), []),
        ((limit(15),), [("limits.0.value", "beyond_bound")]),
        ((limit(1571, scale=1000),), [("limits.0.value", "beyond_bound")]),
        ((limit(157, unit="cm"),), [("limits", "limit_of_law_missing"), ("limits.0.unit", "wrong_unit")]),
        ((limit(1, comparator=Comparator.AT_LEAST),), [("limits", "limit_of_law_missing")]),
        ((replace(limit(1), condition="Trời lặng gió"),), [("limits", "limit_of_law_missing")]),
        ((), [("limits", "limit_of_law_missing")]),
    ],
)
def test_decimal_of_the_law_is_compared_exactly(
    limits: tuple[TechnicalLimit, ...], errors: list[tuple[str, str]]
) -> None:
    wing = ceiling(quantity="Sải cánh", maximum=1.57, unit="m", when=IS_DRONE)
    rules = bounded(ceilings=(wing,))
    allowed = replace(TERMS, limits=limits)
    assert broken(allowed, rules, DRONE) == errors
    assert broken(allowed, rules, {"plan": {"vehicle": "boat"}}) == []


@pytest.mark.parametrize(
    ("hours", "errors"),
    [
        (DailyHours(start=time(7), end=time(17)), []),
        (DailyHours(start=time(6, 59), end=time(17)), [("daily_hours", "beyond_hours")]),
        (DailyHours(start=time(7), end=time(17, 1)), [("daily_hours", "beyond_hours")]),
        (None, [("daily_hours", "beyond_hours")]),
    ],
)
def test_hours_of_the_law_bind_those_they_concern(hours: DailyHours | None, errors: list[tuple[str, str]]) -> None:
    rule = HoursRule(start=time(7), end=time(17), when=IS_DRONE, basis="Điều 6", confidence=Confidence.S)
    rules, allowed = bounded(hours=(rule,)), replace(TERMS, daily_hours=hours)
    assert broken(allowed, rules, DRONE) == errors
    assert broken(allowed, rules) == []


def test_condition_of_the_law_stands_on_the_permit() -> None:
    dry = StandingCondition(text=WORD, when=IS_DRONE, basis="Điều 6", confidence=Confidence.S)
    rules = bounded(conditions=(dry,))
    assert broken(TERMS, rules, DRONE) == [("conditions", "condition_of_law_missing")]
    assert broken(replace(TERMS, conditions=(WORD.vi,)), rules, DRONE) == []


def test_space_is_of_a_kind_that_the_procedure_names() -> None:
    places, cyber = procedure(space_kinds=(("physical",), "list")), procedure(space_kinds=(("cyber",), "list"))
    online = replace(TERMS, sites=(), cyber_space="Nền tảng riêng")
    assert (broken(TERMS, places), broken(online, cyber)) == ([], [])
    assert broken(TERMS, cyber) == [("sites", "space_not_allowed")]
    assert broken(online, places) == [("cyber_space", "space_not_allowed")]


def test_open_bound_needs_a_basis_of_the_decisions_own() -> None:
    rules = procedure(duration__max=None, signer_titles=None)
    given = (OpenBound(parameter="duration.max", basis="Điều 23(7)"), OpenBound(parameter="signer_titles", basis=" "))
    strange = OpenBound(parameter="permit_kind", basis="Điều 9")
    assert open_bounds(rules, {}) == ("duration.max", "signer_titles")
    assert broken(TERMS, rules) == [("open_bounds", "bound_without_basis")] * 2
    assert broken(replace(TERMS, open_bounds=(*given, strange, given[0])), rules) == [
        ("open_bounds.1.basis", "required"),
        ("open_bounds.2.parameter", "bound_not_open"),
        ("open_bounds.3.parameter", "bound_not_open"),
    ]


def test_rule_that_binds_a_dossier_leaves_nothing_open_for_it() -> None:
    signers = (SignerRule(titles=("Giám đốc",), when=IS_DRONE, basis="Điều 3", confidence=Confidence.V),)
    listed = (Choice(value="physical", label=WORD),)
    open_ones = {"signer_titles": None, "permit_kind": None, "space_kinds": None}
    rules = procedure(
        more={"permit": PermitRules(signers=signers, space_kinds=listed), "sections": (FORM,)}, **open_ones
    )
    online = replace(TERMS, sites=(), cyber_space="Nền tảng riêng")
    assert open_bounds(rules, {}) == ("permit_kind", "signer_titles")
    assert open_bounds(rules, DRONE) == ("permit_kind",)
    assert broken(online, rules, DRONE)[0] == ("cyber_space", "space_not_allowed")


def test_phases_are_as_many_and_as_gated_as_the_procedure_demands() -> None:
    rule = PhaseRule(
        minimum=2, gated=True, opening=WORD, opened_by=Role.SUPERVISOR, basis="Điều 7", confidence=Confidence.I
    )
    rules, (first, second) = bounded(phases=rule), TERMS.phases
    assert broken(TERMS, rules) == []
    assert broken(replace(TERMS, phases=(replace(first, entry_gate=""), second)), rules) == []
    ungated = replace(TERMS, phases=(first, replace(second, entry_gate=" ")))
    assert broken(ungated, rules) == [("phases.1.entry_gate", "required")]
    assert broken(replace(TERMS, phases=(first,)), rules) == [("phases", "too_few_phases")]


def test_permit_has_no_more_sites_than_the_ceiling_on_rows() -> None:
    two = ceiling(field="plan.sites", maximum=2, unit="điểm")
    (site,) = TERMS.sites
    for count, errors in ((2, []), (3, [("sites", "beyond_bound")])):
        assert broken(replace(TERMS, sites=(site,) * count), bounded(ceilings=(two,))) == errors
