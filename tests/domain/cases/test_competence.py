"""Whose case it is: what filing, taking in, classifying and deciding ask of a case that belongs elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.cases import competence, decisions, filings, intake
from sandbox_registry.domain.cases.applications import Application, CompetenceConfirmation, Reason, Retention
from sandbox_registry.domain.cases.decisions import Signing
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, TransitionNotAllowed
from sandbox_registry.domain.rules.form_fields import Condition, Field, FieldKind, Operator, Section
from sandbox_registry.domain.rules.procedures import Confidence, RefusalReason, Route
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import Text
from tests.domain.small import CALENDAR, FRIDAY, PERSON, UNIT, WORD, case, local, procedure

POLICE = Text(vi="Bộ Công an", en="Ministry of Public Security", fr="Ministère de la Sécurité publique")
MINISTRY = Text(vi="Bộ Y tế", en="Ministry of Health", fr="Ministère de la Santé")


def question(key: str) -> Field:
    return Field(key=key, kind=FieldKind.BOOLEAN, label=WORD)


def leads(key: str, *, target: str | None, authority: Text | None) -> Route:
    when = (Condition(field=f"competence.{key}", op=Operator.EQ, value=True),)
    return Route(when=when, target=target, authority=authority, reason=WORD, basis="Điều 22", confidence=Confidence.VC)


def rules(*, reasons: tuple[str, ...] = ("not_innovative", "not_competent")) -> Any:
    return procedure(
        more={
            "sections": (
                Section(key="competence", title=WORD, fields=tuple(map(question, ("closed", "kids", "wide")))),
            ),
            "routes": (
                leads("closed", target=None, authority=None),
                leads("kids", target="cap-bo-cong-an", authority=POLICE),
                leads("wide", target="cap-bo", authority=MINISTRY),
            ),
            "refusal_reasons": tuple(RefusalReason(code=code, label=WORD) for code in reasons),
        }
    )


RULES = rules()
MONDAY = local(2026, 11, 23, 9)
KIDS, WIDE, CLOSED, OURS = ({"competence": {key: True}} for key in ("kids", "wide", "closed", "none"))
SIGNING = Signing(
    decision_id=UUID(int=9),
    unit_id=UNIT,
    number="1/QĐ",
    signer_id=PERSON,
    signer_title="Chủ tịch",
    on_behalf_of=None,
    legal_basis=("Điều 23",),
    at=MONDAY,
)


def at(stage: Stage, answers: Any = KIDS, **facts: Any) -> Application:
    return case(stage, answers=answers, **({} if stage is Stage.DRAFT else {"received_at": FRIDAY}), **facts)


def file(answers: Any, *, authority: str | None = None) -> Application:
    draft = case(Stage.DRAFT, answers=answers)
    return filings.submit(
        draft,
        by=PERSON,
        at=MONDAY,
        procedure=RULES,
        unit_ids=(UNIT,),
        errors=(),
        takes_drafts=True,
        authority=authority,
    )


def kept(application: Application) -> Application:
    return competence.retain(application, procedure=RULES, reason="Dữ liệu mẫu.", by=PERSON, at=MONDAY)


def condition_of(act: Callable[[], object]) -> ConditionNotMet:
    with pytest.raises(ConditionNotMet) as caught:
        act()
    return caught.value


def test_filing_elsewhere_asks_for_the_name_of_the_authority() -> None:
    for authority in (None, "", "Bộ Y tế"):
        refused = condition_of(partial(file, KIDS, authority=authority))
        assert (refused.condition, "Ministry of Public Security" in str(refused.params)) == ("another_authority", True)
    for authority in (POLICE.vi, POLICE.en, POLICE.fr):
        assert file(KIDS, authority=authority).confirmation == CompetenceConfirmation(
            at=MONDAY, by=PERSON, authority="Bộ Công an", target_procedure="cap-bo-cong-an"
        )


def test_filing_at_home_confirms_nothing() -> None:
    assert file(OURS).confirmation is None
    assert file(OURS, authority="Bộ Công an").confirmation is None


def test_what_lies_outside_the_mechanism_is_not_filed() -> None:
    assert condition_of(lambda: file(CLOSED, authority="Bộ Công an")).condition == "outside_mechanism"


@pytest.mark.parametrize(
    ("stage", "act"),
    [
        (Stage.SUBMITTED, lambda one: intake.accept(one, procedure=RULES, calendar=CALENDAR, at=MONDAY)),
        (Stage.ACCEPTED, lambda one: intake.classify(one, level="1", procedure=RULES, at=MONDAY)),
        (
            Stage.AWAITING_DECISION,
            lambda one: decisions.require_approvable(one, procedure=RULES, licence_end=None, at=MONDAY),
        ),
        (
            Stage.AWAITING_DECISION,
            lambda one: decisions.refuse(
                one, signing=SIGNING, reasons=(Reason(code="not_innovative", text="Đã có."),), procedure=RULES
            ),
        ),
    ],
)
def test_nobody_goes_on_with_a_case_of_another_authority(stage: Stage, act: Callable[[Application], object]) -> None:
    assert condition_of(lambda: act(at(stage))).condition == "another_authority"
    assert condition_of(lambda: act(at(stage, CLOSED))).condition == "outside_mechanism"
    act(at(stage, OURS))
    act(kept(at(stage)))
    act(kept(at(stage, CLOSED)))
    # The reason was given for the police; the answers lead to the ministry now.
    assert condition_of(lambda: act(replace(kept(at(stage)), answers=WIDE))).condition == "another_authority"


def test_a_trial_of_another_authority_is_refused_for_that_reason() -> None:
    reasons = (Reason(code="not_competent", text="Thuộc Bộ Công an."),)
    refused, decision = decisions.refuse(at(Stage.AWAITING_DECISION), signing=SIGNING, reasons=reasons, procedure=RULES)
    assert (refused.stage, decision.reasons) == (Stage.REFUSED, reasons)
    unlisted = rules(reasons=("not_innovative",))
    assert (
        condition_of(lambda: decisions.require_refusable(at(Stage.AWAITING_DECISION), procedure=unlisted)).condition
        == "another_authority"
    )


def test_the_reason_to_keep_a_case_is_on_record() -> None:
    retained = kept(at(Stage.ACCEPTED))
    assert (retained.stage, retained.retention) == (
        Stage.ACCEPTED,
        Retention(
            at=MONDAY, by=PERSON, authority="Bộ Công an", target_procedure="cap-bo-cong-an", reason="Dữ liệu mẫu."
        ),
    )
    with pytest.raises(Duplicate):
        kept(retained)
    again = kept(replace(retained, answers=WIDE)).retention
    assert again is not None
    assert again.authority == "Bộ Y tế"


def test_only_a_registered_case_of_another_authority_is_kept() -> None:
    assert condition_of(lambda: kept(at(Stage.ACCEPTED, OURS))).condition == "within_competence"
    assert condition_of(lambda: kept(case(Stage.SUBMITTED, answers=KIDS))).condition == "not_received"
    for stage in (Stage.DRAFT, Stage.SUPPLEMENT_REQUESTED, Stage.APPROVED):
        with pytest.raises(TransitionNotAllowed):
            kept(at(stage))


def test_a_route_out_of_the_mechanism_refers_to_nobody() -> None:
    assert (
        condition_of(lambda: intake.referral_of(at(Stage.SUBMITTED, CLOSED), target=None, procedure=RULES)).condition
        == "no_referral"
    )
