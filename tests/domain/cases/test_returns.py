"""Files returned to be completed, levels put right, and agencies that disagree: what each act needs and leaves."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases import returns
from sandbox_registry.domain.cases.appraisal import (
    Advice,
    Consultation,
    DisagreementAnswer,
    FileReturn,
    Opinion,
    Participation,
    ReturnRecipient,
)
from sandbox_registry.domain.cases.appraisal_guards import AppraisalIncomplete, unmet
from sandbox_registry.domain.cases.case_records import CaseRecords
from sandbox_registry.domain.cases.deadlines import CaseFacts, Timing, case_deadlines
from sandbox_registry.domain.cases.intake import reclassify
from sandbox_registry.domain.cases.lifecycle import require_step
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, Invalid, NotFound
from sandbox_registry.domain.identity.people import Capacity, Role
from sandbox_registry.domain.rules.procedures import StageRule
from sandbox_registry.domain.stages import Stage
from tests.domain.small import CALENDAR, CASE, FRIDAY, OTHER, PERSON, UNIT, case, procedure
from tests.support.small_cases import AT, CONSULTATION, approve, recommend

RETURNED = FileReturn(
    id=UUID(int=80),
    version=1,
    application_id=CASE,
    number=1,
    recipient=ReturnRecipient.OFFICER,
    reason="Thiếu số liệu.",
    recommendation_id=None,
    returned_by=PERSON,
    returned_at=AT,
)
TO_HEAD = replace(RETURNED, recipient=ReturnRecipient.HEAD, recommendation_id=UUID(int=60))
AGENCIES = {CONSULTATION.unit_id: "Công an tỉnh"}


def disagreeing(**changes: Any) -> Consultation:
    answered: dict[str, Any] = {"answered_at": AT, "answered_by": PERSON, "opinion": Opinion.DISAGREE, "text": "Không."}
    return replace(CONSULTATION, **(answered | changes))


ANSWER = DisagreementAnswer(consultation_id=CONSULTATION.id, answer="Đã thêm người trực.")


def refusals(**how: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        recommend(**how)
    return [(each.field, each.code) for each in refused.value.errors]


def test_return_to_the_head_is_counted_and_supersedes() -> None:
    waiting, made = recommend()
    again, superseded, returned = returns.return_to_head(
        waiting, return_id=UUID(int=80), recommendation=made, reason="Chưa rõ phạm vi.", by=OTHER, at=AT
    )
    assert (again.stage, again.returns, again.recommended_at) == (Stage.UNDER_APPRAISAL, 1, None)
    assert superseded == replace(made, version=2, superseded_at=AT)
    assert (returned.number, returned.recipient, returned.recommendation_id) == (1, ReturnRecipient.HEAD, made.id)
    assert (returned.reason, returned.returned_by, returned.answered_at) == ("Chưa rõ phạm vi.", OTHER, None)


def test_return_to_the_head_stops_no_clock() -> None:
    accepted = case(Stage.UNDER_APPRAISAL, accepted_at=FRIDAY)
    waiting, made = recommend(accepted)
    again, _, _ = returns.return_to_head(
        waiting, return_id=UUID(int=80), recommendation=made, reason="Chưa rõ.", by=OTHER, at=AT
    )

    def dates(application: Any) -> dict[str, Any]:
        found = case_deadlines(CaseFacts(application=application), procedure=procedure(), calendar=CALENDAR, at=AT)
        return {each.name: each for each in found}

    before, after = dates(accepted), dates(again)
    assert after["appointment"] == before["appointment"]
    assert after["appraisal.term"] == before["appraisal.term"]
    assert after["appraisal.term"].timing is Timing.OVERDUE


def test_step_back_is_the_procedures_to_have() -> None:
    one_way = StageRule(stage=Stage.AWAITING_DECISION, owner=Role.DECISION_MAKER, next=(Stage.APPROVED,))
    with pytest.raises(ConditionNotMet) as refused:
        require_step(case(Stage.AWAITING_DECISION), Action.FILE_RETURN_TO_HEAD, procedure(more={"stages": (one_way,)}))
    assert refused.value.condition == "step_not_in_procedure"
    require_step(case(Stage.AWAITING_DECISION), Action.FILE_RETURN_TO_HEAD, procedure())


def test_next_recommendation_says_what_was_done() -> None:
    assert refusals(returns=(TO_HEAD,)) == [("return_answer", "required")]
    assert refusals(return_answer="Đã rõ.") == [("return_answer", "nothing_returned")]
    assert refusals(returns=(RETURNED,), return_answer="Đã rõ.") == [("return_answer", "nothing_returned")]
    waiting, _ = recommend(returns=(TO_HEAD,), return_answer="Đã rõ.")
    assert waiting.stage is Stage.AWAITING_DECISION


def returned_to_officer(**changes: Any) -> Any:
    part = Participation(
        id=UUID(int=82),
        version=1,
        application_id=CASE,
        person_id=OTHER,
        capacity=changes.get("capacity", Capacity.FOCAL),
        given_by=PERSON,
        since=FRIDAY,
    )
    return returns.return_to_officer(
        case(Stage.UNDER_APPRAISAL, returns=1),
        return_id=UUID(int=81),
        reason="Thiếu số liệu.",
        assignments=(part,),
        returns=changes.get("returns", (TO_HEAD,)),
        by=PERSON,
        at=AT,
    )


def test_officer_completes_and_resubmits() -> None:
    held, returned = returned_to_officer()
    assert (held.stage, held.returns, returned.number) == (Stage.UNDER_APPRAISAL, 2, 2)
    waiting = [each.code for each in unmet(procedure(), {}, CaseRecords(returns=(returned,)))]
    assert "return_open" in waiting
    again, answered = returns.resubmit(
        held, returns=(TO_HEAD, returned), answer="Đã bổ sung.", by=OTHER, at=AT + timedelta(days=1)
    )
    assert (again.version, again.stage) == (held.version + 1, Stage.UNDER_APPRAISAL)
    assert (answered.id, answered.version, answered.answer, answered.answered_by) == (
        returned.id,
        2,
        "Đã bổ sung.",
        OTHER,
    )
    assert "return_open" not in [each.code for each in unmet(procedure(), {}, CaseRecords(returns=(answered,)))]


def test_file_is_returned_to_an_officer_who_is_there_and_has_it_not() -> None:
    with pytest.raises(ConditionNotMet) as nobody:
        returned_to_officer(capacity=Capacity.REVIEWER)
    with pytest.raises(Duplicate):
        returned_to_officer(returns=(RETURNED,))
    with pytest.raises(NotFound):
        returns.resubmit(case(Stage.UNDER_APPRAISAL), returns=(TO_HEAD,), answer="Xong.", by=PERSON, at=AT)
    assert nobody.value.condition == "no_focal_officer"


def test_level_is_put_right_with_its_reason_on_record() -> None:
    fixed = case(Stage.UNDER_APPRAISAL, level="1", classified_at=FRIDAY)
    right = reclassify(fixed, level="2", reason="Có dữ liệu thật.", procedure=procedure(), by=PERSON, at=AT)
    back = reclassify(right, level="1", reason="Chỉ là dữ liệu mẫu.", procedure=procedure(), by=OTHER, at=AT)
    assert (right.level, right.classified_at) == ("2", FRIDAY)
    assert [(each.before, each.after, each.by, each.reason) for each in back.level_corrections] == [
        ("1", "2", PERSON, "Có dữ liệu thật."),
        ("2", "1", OTHER, "Chỉ là dữ liệu mẫu."),
    ]


@pytest.mark.parametrize(("level", "code"), [("1", "same_level"), ("7", "unknown_level")])
def test_level_is_put_right_to_another_of_the_procedure(level: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        reclassify(
            case(Stage.UNDER_APPRAISAL, level="1"), level=level, reason="-", procedure=procedure(), by=PERSON, at=AT
        )
    assert [each.code for each in refused.value.errors] == [code]


@pytest.mark.parametrize("how", [{}, {"closed_silent_at": AT, "is_late": True}])
def test_disagreement_is_answered_in_the_recommendation(how: dict[str, Any]) -> None:
    asked = (disagreeing(**how),)
    with pytest.raises(Invalid) as refused:
        recommend(consultations=asked, agencies=AGENCIES)
    error = refused.value.errors[0]
    assert (error.field, error.code) == (f"disagreements.{CONSULTATION.id}", "disagreement_unanswered")
    assert "Công an tỉnh" in error.message.vi
    _, made = recommend(consultations=asked, agencies=AGENCIES, disagreements=(ANSWER,))
    assert made.disagreements == (ANSWER,)


@pytest.mark.parametrize("asked", [CONSULTATION, disagreeing(is_required=False), disagreeing(opinion=Opinion.AGREE)])
def test_only_disagreements_of_required_agencies_are_answered(asked: Consultation) -> None:
    _, made = recommend(consultations=(asked,), agencies=AGENCIES)
    assert made.disagreements == ()
    assert refusals(consultations=(asked,), disagreements=(ANSWER,)) == [
        ("disagreements.0.consultation_id", "no_disagreement")
    ]


def test_refusal_answers_disagreements_too() -> None:
    asked = (disagreeing(),)
    given = {"advice": Advice.REFUSE, "departure": "Như Công an tỉnh.", "consultations": asked, "agencies": AGENCIES}
    assert [code for _, code in refusals(**given)] == ["disagreement_unanswered"]


def test_nothing_is_allowed_against_a_later_disagreement() -> None:
    asked = (disagreeing(is_late=True),)
    with pytest.raises(AppraisalIncomplete) as refused:
        approve(consultations=asked, agencies=AGENCIES)
    assert ["Công an tỉnh" in each.message.en for each in refused.value.errors] == [True]
    _, made = recommend(consultations=asked, agencies=AGENCIES, disagreements=(ANSWER,))
    _, decision = approve(consultations=asked, agencies=AGENCIES, recommended=made)
    assert decision.unit_id == UNIT
