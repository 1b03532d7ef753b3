"""Recommending, deciding, issuing: what each makes, and everything it refuses at once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.cases import decisions
from sandbox_registry.domain.cases.applications import Application, Reason
from sandbox_registry.domain.cases.appraisal import Advice, CouncilSession, Decision, Outcome, Recommendation
from sandbox_registry.domain.cases.appraisal_guards import AppraisalIncomplete
from sandbox_registry.domain.cases.decisions import Signing
from sandbox_registry.domain.errors import ConditionNotMet, FieldError, Invalid, TransitionNotAllowed
from sandbox_registry.domain.permits.permits import Effect, ExemptedProvision, OpenBound, Permit, PermitTerms
from sandbox_registry.domain.permits.proposals import with_conditions
from sandbox_registry.domain.rules.form_fields import Condition, Operator
from sandbox_registry.domain.rules.procedures import Confidence, PermitRules, Procedure, SignerRule
from sandbox_registry.domain.stages import APPLICATION_STAGES, Stage
from tests.domain.small import CASE, OTHER, PERSON, UNIT, WORD, case, procedure
from tests.support.decided import BASIS, REASONS, TITLE, TRIAL_END, TRIAL_START, why
from tests.support.small_cases import AT, PASSED, RULES, SIGNING, TERMS, approve, recommend, session

ALLOWED = with_conditions(TERMS, ("Mua bảo hiểm",), why("Mua bảo hiểm"))
FAILED = session(passed=False)


def refuse(
    application: Application | None = None, *, signing: Signing = SIGNING, reasons: tuple[Reason, ...] = REASONS
) -> tuple[Application, Decision]:
    return decisions.refuse(
        application or case(Stage.AWAITING_DECISION), signing=signing, reasons=reasons, procedure=RULES
    )


def issue(
    application: Application | None = None,
    *,
    licence_end: datetime | None = None,
    rules: Procedure = RULES,
    at: datetime = AT,
    allowed: PermitTerms | None = None,
    open_bounds: tuple[OpenBound, ...] = (),
) -> Permit:
    decision = approve()[1]
    return decisions.issue(
        application or case(Stage.APPROVED),
        decision=decision if allowed is None else replace(decision, terms=allowed),
        permit_id=UUID(int=70),
        number="3/2026/GPTN",
        procedure=rules,
        licence_end=licence_end,
        by=OTHER,
        at=at,
        open_bounds=open_bounds,
    )


def fields(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(error.field, error.code) for error in refused.value.errors]


@pytest.mark.parametrize(
    ("act", "stage"),
    [
        (recommend, Stage.UNDER_APPRAISAL),
        (approve, Stage.AWAITING_DECISION),
        (refuse, Stage.AWAITING_DECISION),
        (issue, Stage.APPROVED),
    ],
)
def test_each_act_has_its_stage(act: Any, stage: Stage) -> None:
    act(case(stage))
    for other in set(APPLICATION_STAGES) - {stage}:
        with pytest.raises(TransitionNotAllowed):
            act(case(other))


# --- Recommending ---------------------------------------------------------------------------------------------------


def test_recommendation_puts_the_case_before_the_signer() -> None:
    before = case(Stage.UNDER_APPRAISAL)
    after, recommendation = recommend(before)
    assert after == replace(before, version=8, stage=Stage.AWAITING_DECISION, updated_at=AT, recommended_at=AT)
    assert recommendation == Recommendation(
        id=UUID(int=60),
        version=1,
        application_id=CASE,
        advice=Advice.APPROVE,
        report="Đủ điều kiện.",
        conditions=(),
        departure=None,
        made_by=PERSON,
        made_at=AT,
        terms=TERMS,
    )


def test_recommendation_waits_for_the_whole_appraisal() -> None:
    missing = FieldError(field="reviews", code="review_missing", message=WORD)
    with pytest.raises(AppraisalIncomplete) as refused:
        recommend(unmet=(missing,))
    assert refused.value.errors == (missing,)


@pytest.mark.parametrize(
    ("sessions", "advice", "departs"),
    [
        ((), Advice.APPROVE, False),
        ((), Advice.REFUSE, False),
        ((session(passed=None, concluded=None),), Advice.REFUSE, False),
        ((PASSED,), Advice.APPROVE, False),
        ((PASSED,), Advice.APPROVE_WITH_CONDITIONS, False),
        ((PASSED,), Advice.REFUSE, True),
        ((FAILED,), Advice.APPROVE, True),
        ((FAILED,), Advice.APPROVE_WITH_CONDITIONS, True),
        ((FAILED,), Advice.REFUSE, False),
        ((FAILED, session(passed=True, concluded=AT + timedelta(days=1), number=49)), Advice.APPROVE, False),
        ((session(passed=True, concluded=AT + timedelta(days=1), number=49), FAILED), Advice.REFUSE, True),
    ],
)
def test_last_vote_of_the_council_counts(
    sessions: tuple[CouncilSession, ...],
    advice: Advice,
    departs: bool,  # noqa: FBT001 - a case.
) -> None:
    assert decisions.departs_from_council(advice, sessions) is departs


def test_departure_from_the_council_needs_a_reason_and_keeps_it() -> None:
    with pytest.raises(Invalid) as silent:
        recommend(sessions=(FAILED,))
    with pytest.raises(Invalid) as needless:
        recommend(sessions=(PASSED,), departure="Hội đồng chưa xét số liệu mới.")
    _, kept = recommend(sessions=(FAILED,), departure="Hội đồng chưa xét số liệu mới.")
    assert fields(silent) == [("departure", "required")]
    assert fields(needless) == [("departure", "no_departure")]
    assert kept.departure == "Hội đồng chưa xét số liệu mới."


def test_conditions_fit_the_advice() -> None:
    with pytest.raises(Invalid) as none:
        recommend(advice=Advice.APPROVE_WITH_CONDITIONS, sessions=(FAILED,))
    with pytest.raises(Invalid) as some:
        recommend(advice=Advice.APPROVE, conditions=("Bảo hiểm",))
    _, kept = recommend(advice=Advice.APPROVE_WITH_CONDITIONS, conditions=("Bảo hiểm",))
    assert fields(none) == [("conditions", "required"), ("departure", "required")]
    assert fields(some) == [("conditions", "not_with_this_advice")]
    assert kept.conditions == ("Bảo hiểm",)


# --- Deciding -------------------------------------------------------------------------------------------------------


def test_approval_keeps_terms_and_on_whose_power_it_was_signed() -> None:
    before = case(Stage.AWAITING_DECISION)
    after, decision = approve(before)
    assert after == replace(before, version=8, stage=Stage.APPROVED, updated_at=AT, decided_at=AT)
    assert decision == Decision(
        id=UUID(int=40),
        version=1,
        application_id=CASE,
        unit_id=UNIT,
        number="12/QĐ-UBND",
        outcome=Outcome.APPROVED,
        signer_id=PERSON,
        signer_title=TITLE,
        on_behalf_of=OTHER,
        decided_at=AT,
        legal_basis=BASIS,
        reasons=(),
        conditions=("Mua bảo hiểm",),
        terms=ALLOWED,
    )


def test_refusal_keeps_its_reasons() -> None:
    after, decision = refuse()
    assert (after.stage, after.decided_at) == (Stage.REFUSED, AT)
    assert (decision.outcome, decision.reasons, decision.terms) == (Outcome.REFUSED, REASONS, None)


def test_approval_lists_every_fault_at_once() -> None:
    faulty = replace(SIGNING, signer_title="Giám đốc", legal_basis=())
    stranger = FieldError(field="terms.supervising_unit_id", code="unknown_unit", message=WORD)
    with pytest.raises(Invalid) as refused:
        approve(
            signing=faulty,
            allowed=replace(TERMS, end=TRIAL_END + timedelta(days=1000)),
            errors=(stranger,),
        )
    assert fields(refused) == [
        ("signer_title", "unknown_title"),
        ("legal_basis", "required"),
        ("terms.end", "end_beyond_ceiling"),
        ("terms.supervising_unit_id", "unknown_unit"),
    ]


def test_refusal_lists_every_fault_at_once() -> None:
    faulty = replace(SIGNING, signer_title="Giám đốc", legal_basis=())
    with pytest.raises(Invalid) as unknown:
        refuse(signing=faulty, reasons=(*REASONS, Reason(code="mood", text="-")))
    with pytest.raises(Invalid) as none:
        refuse(reasons=())
    assert fields(unknown) == [
        ("signer_title", "unknown_title"),
        ("legal_basis", "required"),
        ("reasons.1.code", "unknown_reason"),
    ]
    assert fields(none) == [("reasons", "required")]


def test_any_title_signs_where_the_procedure_names_none_and_the_decision_says_why() -> None:
    signing, rules = replace(SIGNING, signer_title="Quyền Chủ tịch"), procedure(signer_titles=None)
    with pytest.raises(Invalid) as refused:
        approve(signing=signing, rules=rules)
    basis = OpenBound(parameter="signer_titles", basis="Quyết định giao quyền số 9/QĐ-TTg.")
    _, decision = approve(signing=signing, rules=rules, allowed=replace(TERMS, open_bounds=(basis,)))
    assert fields(refused) == [("terms.open_bounds", "bound_without_basis")]
    assert (decision.signer_title, decision.terms and decision.terms.open_bounds) == ("Quyền Chủ tịch", (basis,))


def test_another_authority_signs_by_solution() -> None:
    is_branch = (Condition(field="plan.title", op=Operator.IN, value=("Open API", "Chấm điểm")),)
    branch = SignerRule(titles=("Giám đốc chi nhánh",), when=is_branch, basis="Điều 3", confidence=Confidence.V)
    rules = procedure(signer_titles=(("Thống đốc",), "list"), more={"permit": PermitRules(signers=(branch,))})
    governor, director = (replace(SIGNING, signer_title=title) for title in ("Thống đốc", "Giám đốc chi nhánh"))
    shared = case(Stage.AWAITING_DECISION, answers={"plan": {"title": "Open API"}})
    lending = case(Stage.AWAITING_DECISION, answers={"plan": {"title": "Cho vay ngang hàng"}})
    assert approve(shared, signing=director, rules=rules)[1].signer_title == "Giám đốc chi nhánh"
    assert approve(lending, signing=governor, rules=rules)[1].signer_title == "Thống đốc"
    for dossier, signing in ((shared, governor), (lending, director)):
        with pytest.raises(Invalid) as refused:
            approve(dossier, signing=signing, rules=rules)
        assert fields(refused) == [("signer_title", "unknown_title")]


def test_numbers_follow_the_procedures_own_format_each_in_its_series() -> None:
    own = procedure(permit__number_format=("{n}/{year}/GXN", "format"))
    assert own.number_of("permit", serial=3, year=2027) == "3/2027/GXN"
    assert RULES.number_of("permit", serial=3, year=2027) == "3/2027/GPTN"
    assert (RULES.series_of("permit", within="2027"), own.series_of("permit", within="2027")) == (
        "permit 2027",
        "permit 2027 {n}/{year}/GXN",
    )


def test_numbers_of_one_form_share_a_series() -> None:
    repeats = procedure(permit__number_format=("{n}/{year}/GPTN", "format"))
    padded = procedure(permit__number_format=("{n:02}/{year}/GPTN", "format"))
    assert [each.number_of("permit", serial=3, year=2027) for each in (repeats, padded)] == [
        "3/2027/GPTN",
        "03/2027/GPTN",
    ]
    assert {each.series_of("permit", within="2027") for each in (RULES, repeats, padded)} == {"permit 2027"}


def test_decision_takes_the_recommended_terms_and_every_condition() -> None:
    _, recommended = recommend(advice=Advice.APPROVE_WITH_CONDITIONS, conditions=("Có người trực",))
    _, decision = approve(allowed=None, recommended=recommended)
    both = ("Có người trực", "Mua bảo hiểm")
    assert decision.terms is not None
    assert decision.terms.conditions == (*TERMS.conditions, *both)
    assert {each.of for each in decision.terms.justifications} == decision.terms.restrictions


def test_decision_loses_nothing_that_protects_of_what_was_recommended() -> None:
    _, recommended = recommend()
    lean = replace(TERMS, legal_basis=("Luật X",), safeguards=("Trực ban",), stop_cases=())
    _, decision = approve(allowed=lean, recommended=recommended)
    assert decision.terms is not None
    assert decision.terms.legal_basis == (*TERMS.legal_basis, "Luật X")
    assert decision.terms.safeguards == (*TERMS.safeguards, "Trực ban")
    assert decision.terms.stop_cases == TERMS.stop_cases


def test_signer_who_departs_from_a_refusal_names_the_terms() -> None:
    _, against = recommend(advice=Advice.REFUSE, sessions=(FAILED,))
    with pytest.raises(Invalid) as refused:
        approve(allowed=None, recommended=against)
    assert (against.terms, fields(refused)) == (None, [("terms", "required")])
    assert approve(recommended=against)[1].terms == ALLOWED


def test_advice_and_terms_go_together() -> None:
    with pytest.raises(Invalid) as refused:
        recommend(allowed=None)
    assert fields(refused) == [("terms", "required")]


def test_recommended_terms_keep_every_bound() -> None:
    with pytest.raises(Invalid) as refused:
        recommend(allowed=replace(TERMS, end=TRIAL_END + timedelta(days=1000)))
    assert fields(refused) == [("terms.end", "end_beyond_ceiling")]


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1)])
def test_permit_never_outlives_the_holders_licence(late: timedelta) -> None:
    allowed = replace(TERMS, end=TRIAL_END + late)
    if not late:
        assert approve(allowed=allowed, licence_end=TRIAL_END)[1].terms == with_conditions(
            allowed, ("Mua bảo hiểm",), why("Mua bảo hiểm")
        )
    else:
        with pytest.raises(Invalid) as refused:
            approve(allowed=allowed, licence_end=TRIAL_END)
        assert fields(refused) == [("terms.end", "end_beyond_ceiling")]


# --- Issuing --------------------------------------------------------------------------------------------------------


def test_permit_carries_the_decided_terms() -> None:
    application = case(Stage.APPROVED)
    assert issue(application) == Permit(
        id=UUID(int=70),
        version=1,
        number="3/2026/GPTN",
        application_id=CASE,
        decision_id=UUID(int=40),
        organisation_id=application.organisation_id,
        unit_ids=(UNIT,),
        procedure_code="nho",
        procedure_version="0" * 64,
        terms_version=1,
        terms=ALLOWED,
        issued_by=OTHER,
        issued_at=AT,
    )


def test_permit_may_be_issued_until_its_window_is_over() -> None:
    assert issue(at=TRIAL_START).stage(at=TRIAL_START) is Stage.PERMIT_ACTIVE
    with pytest.raises(ConditionNotMet) as refused:
        issue(at=TRIAL_END)
    assert refused.value.condition == "window_over"


def test_permit_is_not_issued_beyond_a_licence_cut_short() -> None:
    assert issue(licence_end=TRIAL_END).terms == ALLOWED
    with pytest.raises(ConditionNotMet) as refused:
        issue(licence_end=TRIAL_END - timedelta(seconds=1))
    assert refused.value.condition == "beyond_ceiling"


def test_decision_from_before_bounds_needed_a_basis_is_issued_with_one() -> None:
    rules = procedure(duration__max=None)
    basis = OpenBound(parameter="duration.max", basis="Điều 23(7)")
    for given, error in (
        ((), ("terms.open_bounds", "bound_without_basis")),
        ((replace(basis, basis=" "),), ("terms.open_bounds.0.basis", "required")),
        ((basis, basis), ("terms.open_bounds.1.parameter", "bound_not_open")),
    ):
        with pytest.raises(Invalid) as refused:
            issue(rules=rules, open_bounds=given)
        assert fields(refused) == [error]
    assert issue(rules=rules, open_bounds=(basis,)).terms == replace(ALLOWED, open_bounds=(basis,))


def test_no_basis_lets_a_permit_break_what_every_permit_keeps() -> None:
    provision = ExemptedProvision(document="Luật X", article="5", clause="1", effect=Effect.SET_ASIDE)
    with pytest.raises(Invalid) as refused:
        issue(allowed=replace(ALLOWED, exempted_provisions=(provision,)))
    assert fields(refused) == [("terms.exempted_provisions", "licence_exempts_nothing")]
    with pytest.raises(Invalid) as refused:
        issue(rules=procedure(permit_kind=(("confirmation",), "list")))
    assert fields(refused) == [("terms.kind", "unknown_kind")]
