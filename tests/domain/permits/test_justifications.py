"""Why conditions and limits stand: each says so once, the law needs no reason, and what was said is not said again."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sandbox_registry.domain.cases.appraisal import Advice
from sandbox_registry.domain.cases.decisions import decided_terms
from sandbox_registry.domain.errors import Invalid
from sandbox_registry.domain.permits.permits import Justification, PermitTerms
from sandbox_registry.domain.permits.proposals import justified_as, starting_after, with_conditions
from sandbox_registry.domain.permits.terms import confirmation_errors, grant_errors
from sandbox_registry.domain.rules.procedures import Ceiling, Confidence, PermitRules, Procedure, StandingCondition
from tests.domain.small import OTHER, WORD, local, procedure
from tests.support.decided import TRIAL_END, TRIAL_START, terms, why
from tests.support.small_cases import AT, RULES, recommend

TERMS = terms(OTHER, beyond_request="Hồ sơ nhỏ không hỏi gì.")
REPORTS, MASS = "Báo cáo hằng quý", "Khối lượng mẫu"
FIRST, LAST = TERMS.days


def faults(allowed: PermitTerms, rules: Procedure = RULES) -> list[tuple[str, str]]:
    errors = grant_errors(allowed, procedure=rules, answers={}, decided_at=AT, licence_end=None)
    return [(each.field, each.code) for each in errors]


def said(of: str, **changes: Any) -> Justification:
    return replace(why(of)[0], **changes)


def with_reports(**changes: Any) -> PermitTerms:
    others = tuple(each for each in TERMS.justifications if each.of != REPORTS)
    return replace(TERMS, justifications=(said(REPORTS, **changes), *others))


def test_every_condition_and_limit_says_why_it_stands() -> None:
    assert faults(TERMS) == []
    assert faults(replace(TERMS, justifications=())) == [
        ("terms.conditions.0", "unjustified"),
        ("terms.limits.0", "unjustified"),
        ("terms.limits.1", "unjustified"),
    ]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        (with_reports(risk=" "), ("terms.justifications.0.risk", "required")),
        (with_reports(lifted_by=""), ("terms.justifications.0.lifted_by", "required")),
        (
            with_reports(review_on=date(2027, 1, 3)),
            ("terms.justifications.0.review_on", "review_outside_trial"),
        ),
        (
            with_reports(review_on=date(2028, 1, 1)),
            ("terms.justifications.0.review_on", "review_outside_trial"),
        ),
        (
            replace(TERMS, justifications=(*TERMS.justifications, said("Điều kiện khác"))),
            ("terms.justifications.3.of", "justifies_nothing"),
        ),
        (
            replace(TERMS, justifications=(*TERMS.justifications, said(MASS))),
            ("terms.justifications.3.of", "justifies_nothing"),
        ),
    ],
)
def test_justification_is_of_something_and_whole(changed: PermitTerms, error: tuple[str, str]) -> None:
    assert faults(changed) == [error]


@pytest.mark.parametrize("day", [FIRST, LAST])
def test_review_may_be_on_the_first_and_on_the_last_day(day: Any) -> None:
    assert (date(2027, 1, 4), date(2027, 12, 31)) == (FIRST, LAST)
    assert faults(with_reports(review_on=day)) == []


def test_what_the_law_demands_needs_no_justification() -> None:
    standing = StandingCondition(text=WORD, basis="Điều 6", confidence=Confidence.S)
    wind = Ceiling(quantity="Gió", maximum=10, unit="m/s", label=WORD, basis="Điều 5", confidence=Confidence.S)
    rules = procedure(more={"permit": PermitRules(conditions=(standing,), ceilings=(wind,))})
    limit = replace(TERMS.limits[0], quantity="Gió", value=10, scale=1, unit="m/s")
    lawful = replace(TERMS, conditions=(*TERMS.conditions, WORD.vi), limits=(*TERMS.limits, limit))
    assert faults(lawful, rules) == []
    assert faults(lawful) == [("terms.conditions.1", "unjustified"), ("terms.limits.2", "unjustified")]


def test_terms_from_before_justifications_can_still_be_issued() -> None:
    old = replace(TERMS, justifications=())
    assert confirmation_errors(old, procedure=RULES, answers={}, decided_at=AT, ceiling=None) == ()


def test_signer_takes_over_what_the_recommendation_justified_and_may_say_it_anew() -> None:
    _, advised = recommend(advice=Advice.APPROVE_WITH_CONDITIONS, conditions=("Có người trực",))
    changed = replace(TERMS, justifications=(), limits=TERMS.limits[:1])
    anew = said("Có người trực", risk="Không ai tắt được máy")
    allowed = decided_terms(changed, recommendation=advised, conditions=(), justifications=(anew,), at=AT)
    assert allowed is not None
    found = {each.of: each.risk for each in allowed.justifications}
    assert found == {"Có người trực": "Không ai tắt được máy", REPORTS: "Nhầm mẫu", MASS: "Nhầm mẫu"}
    assert faults(allowed) == []


def test_review_moves_with_the_window() -> None:
    late = local(2027, 8, 2, 10)
    begun_late = starting_after(TERMS, late)
    assert {each.review_on for each in begun_late.justifications} == {date(2027, 8, 3)}
    short = replace(TERMS, end=local(2027, 3, 1), justifications=())
    assert {each.review_on for each in justified_as(short, TERMS).justifications} == {date(2027, 2, 28)}
    assert (TERMS.start, TERMS.end) == (TRIAL_START, TRIAL_END)


def test_refusal_justifies_nothing() -> None:
    with pytest.raises(Invalid) as refused:
        recommend(advice=Advice.REFUSE, conditions=("Có người trực",), departure="Có số liệu mới")
    assert [(each.field, each.code) for each in refused.value.errors] == [
        ("conditions", "not_with_this_advice"),
        ("justifications", "not_with_this_advice"),
    ]


def test_new_justification_takes_the_place_of_an_earlier_one() -> None:
    anew = said(REPORTS, risk="Rủi ro khác")
    found = with_conditions(TERMS, (), (anew,)).justifications
    assert [each for each in found if each.of == REPORTS] == [anew]
    assert len(found) == len(TERMS.justifications)
