"""Reviews, and what an appraisal lacks before it goes to the signer."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_registry.domain.cases.appraisal import (
    Advice,
    CouncilSession,
    Declaration,
    Opinion,
    Participation,
    Review,
)
from sandbox_registry.domain.cases.appraisal_guards import AppraisalIncomplete, require_complete, unmet
from sandbox_registry.domain.cases.case_records import CaseRecords
from sandbox_registry.domain.cases.reviews import counting, shown_to_reviewer, submit, weighted
from sandbox_registry.domain.errors import Invalid
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.rules.procedures import Procedure
from tests.support.dossiers import DRAFT, LAW
from tests.support.small_cases import CONSULTATION, QUESTION

NOW = datetime(2026, 11, 20, 7, tzinfo=UTC)
CASE, ME, OTHER, THIRD = (UUID(int=number) for number in range(1, 5))
FULL = {each.key: each.max_score for each in DRAFT.criteria}


def review(reviewer: UUID = ME, /, **scores: int) -> Review:
    return submit(
        review_id=reviewer,
        application_id=CASE,
        scores=FULL | scores,
        comment="",
        advice=Advice.APPROVE,
        procedure=DRAFT,
        by=reviewer,
        at=NOW,
    )


def declaration(person: UUID, *, conflicted: bool) -> Declaration:
    return Declaration(
        id=person, version=1, application_id=CASE, person_id=person, conflicted=conflicted, statement="", made_at=NOW
    )


def test_review_keeps_every_score() -> None:
    assert review(plan=0) == Review(
        id=ME,
        version=1,
        application_id=CASE,
        reviewer_id=ME,
        scores=FULL | {"plan": 0},
        comment="",
        advice=Advice.APPROVE,
        submitted_at=NOW,
    )


def test_faulty_scores_are_named_all_at_once() -> None:
    scores = {key: value for key, value in FULL.items() if key != "benefit"} | {"plan": 11, "innovation": -1, "luck": 3}
    with pytest.raises(Invalid) as caught:
        submit(
            review_id=ME,
            application_id=CASE,
            scores=scores,
            comment="",
            advice=Advice.REFUSE,
            procedure=DRAFT,
            by=ME,
            at=NOW,
        )
    assert {(each.field, each.code) for each in caught.value.errors} == {
        ("scores.luck", "unknown_criterion"),
        ("scores.benefit", "required"),
        ("scores.plan", "out_of_range"),
        ("scores.innovation", "out_of_range"),
    }


@given(st.fixed_dictionaries({each.key: st.integers(0, each.max_score) for each in DRAFT.criteria}))
def test_weighted_score_lies_between_0_and_100_and_grows_with_each_score(scores: dict[str, int]) -> None:
    found = weighted(review(**scores), DRAFT)
    assert found is not None
    assert 0 <= found <= 100
    for key in scores:
        better = weighted(review(**(scores | {key: FULL[key]})), DRAFT)
        assert better is not None
        assert better >= found


def test_weights_decide_what_a_criterion_is_worth() -> None:
    assert weighted(review(), DRAFT) == 100
    assert weighted(review(innovation=0), DRAFT) == 75
    assert weighted(review(innovation=5), DRAFT) == Fraction(175, 2)
    assert weighted(review(), replace(DRAFT, criteria=())) is None


def test_reviewer_sees_nothing_of_others_before_filing() -> None:
    mine, others = review(ME), review(OTHER)
    assert shown_to_reviewer((others,), reviewer_id=ME) == ()
    assert shown_to_reviewer((mine, others), reviewer_id=ME) == (mine, others)


def test_review_of_a_conflicted_person_does_not_count() -> None:
    mine, others = review(ME), review(OTHER)
    declared = (declaration(ME, conflicted=False), declaration(OTHER, conflicted=True))
    assert counting((mine, others), declared) == (mine,)


SESSION = CouncilSession(
    id=UUID(int=40),
    version=1,
    application_id=CASE,
    chair_id=ME,
    secretary_id=OTHER,
    member_ids=(ME,),
    scheduled_at=NOW,
    place="",
    convened_by=THIRD,
    convened_at=NOW,
)
DRAWN_UP = replace(SESSION, concluded_by=ME, concluded_at=NOW, is_passed=False)
CONCLUDED = replace(DRAWN_UP, confirmed_by=OTHER, confirmed_at=NOW)


def assigned(*people: UUID) -> tuple[Participation, ...]:
    return tuple(
        Participation(
            id=UUID(int=50 + index),
            version=1,
            application_id=CASE,
            person_id=person,
            capacity=Capacity.REVIEWER,
            given_by=THIRD,
            since=NOW,
        )
        for index, person in enumerate(people)
    )


WHOLE = CaseRecords(assignments=assigned(ME), reviewed_by=frozenset({ME}), sessions=(CONCLUDED,))


def missing(procedure: Procedure = DRAFT, **changes: Any) -> list[str]:
    return [each.code for each in unmet(procedure, {}, replace(WHOLE, **changes))]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"consultations": (CONSULTATION,)}, ["consultation_open"]),
        ({"consultations": (replace(CONSULTATION, is_required=False),)}, []),
        ({"consultations": (replace(CONSULTATION, answered_at=NOW, opinion=Opinion.DISAGREE),)}, []),
        ({"consultations": (replace(CONSULTATION, closed_silent_at=NOW),)}, []),
        ({"clarifications": (QUESTION,)}, ["clarification_open"]),
        ({"clarifications": (replace(QUESTION, answered_at=NOW),)}, []),
        ({"assignments": ()}, []),
        ({"assignments": assigned(ME, OTHER, THIRD)}, ["review_outstanding", "review_outstanding"]),
        ({"assignments": (), "reviewed_by": frozenset()}, ["review_missing"]),
        ({"reviewed_by": frozenset()}, ["review_missing", "review_outstanding"]),
        (
            {"assignments": assigned(ME, OTHER), "conflicted": frozenset({OTHER})},
            [],
        ),
        ({"conflicted": frozenset({ME})}, ["review_missing"]),
        ({"sessions": ()}, ["council_not_concluded"]),
        ({"sessions": (SESSION,)}, ["council_not_concluded"]),
        ({"sessions": (DRAWN_UP,)}, ["minutes_unconfirmed"]),
        ({"sessions": (), "procedure": LAW}, []),
        (
            {
                "consultations": (CONSULTATION,),
                "clarifications": (QUESTION,),
                "reviewed_by": frozenset(),
                "sessions": (),
            },
            [
                "consultation_open",
                "clarification_open",
                "review_missing",
                "review_outstanding",
                "council_not_concluded",
            ],
        ),
    ],
)
def test_unmet_conditions_are_listed_all_at_once(changes: dict[str, Any], codes: list[str]) -> None:
    assert missing(**changes) == codes


def test_incomplete_appraisal_is_refused_with_what_is_missing() -> None:
    require_complete(())
    errors = unmet(DRAFT, {}, CaseRecords(sessions=(CONCLUDED,)))
    with pytest.raises(AppraisalIncomplete) as caught:
        require_complete(errors)
    assert (caught.value.condition, caught.value.errors) == ("appraisal_incomplete", errors)
