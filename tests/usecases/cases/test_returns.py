"""Files returned to be completed, through the real use cases: who may, what is on record, who sees it, and only once."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.db import tables
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.appraisal import Advice, DisagreementAnswer, FileReturn, Opinion, Recommendation
from sandbox_registry.domain.cases.appraisal_guards import AppraisalIncomplete
from sandbox_registry.domain.errors import DomainError, Invalid, NotFound, PermissionDenied
from sandbox_registry.domain.rules.rule_versions import RuleVersion
from sandbox_registry.domain.stages import Stage
from tests.support import stored_leaves
from tests.support.decided import BASIS, SIGNER, recommended, why
from tests.support.stages import FOCAL, HEAD, OWNER, appraised, under_appraisal
from tests.support.world import PROCEDURE, World, shipped_rules

AGENCY, WHY = "cong_an", "Chưa rõ ai trực."


async def to_head(world: World, case: Application, by: str = SIGNER) -> Application:
    return await world.use_cases.returns.to_head(world.context(by), case.id, expected_version=case.version, reason=WHY)


async def to_officer(world: World, case: Application, by: str = HEAD) -> Application:
    return await world.use_cases.returns.to_officer(
        world.context(by), case.id, expected_version=case.version, reason=WHY
    )


async def resubmit(world: World, case: Application, by: str = FOCAL) -> Application:
    return await world.use_cases.returns.resubmit(
        world.context(by), case.id, expected_version=case.version, answer="Đã có lịch trực."
    )


async def recommend(world: World, case: Application, **how: Any) -> Application:
    wanted = {"advice": Advice.APPROVE, "report": "Đủ điều kiện.", "justifications": why("Số mẫu mỗi ngày")} | how
    made = await world.use_cases.decisions.recommend(
        world.context(HEAD), case.id, expected_version=case.version, **wanted
    )
    return made.application


async def test_file_goes_back_to_the_officer_and_up_to_the_signer_again(world: World) -> None:
    first = await recommended(world)
    with_head = await to_head(world, first)
    assert (with_head.stage, with_head.returns) == (Stage.UNDER_APPRAISAL, 1)
    with_officer = await to_officer(world, with_head)
    with pytest.raises(AppraisalIncomplete) as early:
        await recommend(world, with_officer, return_answer="Xong.")
    completed = await resubmit(world, with_officer)
    with pytest.raises(Invalid) as unanswered:
        await recommend(world, completed)
    second = await recommend(world, completed, return_answer="Đã có lịch trực.")
    assert [each.code for each in early.value.errors] == ["return_open"]
    assert [each.code for each in unanswered.value.errors] == ["required"]
    assert (second.stage, second.returns) == (Stage.AWAITING_DECISION, 2)
    decided = await world.use_cases.decisions.approve(
        world.context(SIGNER), second.id, expected_version=second.version, legal_basis=BASIS
    )
    assert decided.application.stage is Stage.APPROVED


async def test_returned_recommendation_stays_on_record(world: World) -> None:
    first = await recommended(world)
    made = await world.use_cases.decisions.read_recommendation(world.context(HEAD), first.id)
    back = await to_head(world, first)
    last = await world.use_cases.decisions.read_recommendation(world.context(HEAD), first.id)
    assert (last.id, last.superseded_at) == (made.id, world.clock.at)
    await recommend(world, back, return_answer="Đã rõ.")
    kept = await world.use_cases.decisions.list_recommendations(world.context("dai_bieu"), first.id)
    assert [each.superseded_at is None for each in kept] == [False, True]
    (returned,) = await world.use_cases.returns.list_returns(world.context("dai_bieu"), first.id)
    assert (returned.number, returned.reason, returned.answer) == (1, WHY, "Đã rõ.")
    assert (returned.recommendation_id, returned.answered_by) == (made.id, world.people[HEAD])


async def test_return_is_one_act_with_one_leaf_that_everybody_sees_without_its_reason(world: World) -> None:
    case = await recommended(world)
    await to_head(world, case)
    async with world.database.transaction() as work:
        leaf = (await stored_leaves.leaves_of_case(work.connection, case.id))[-1]
    objects = [each["type"] for each in json.loads(leaf.record or b"")["objects"]]
    assert (json.loads(leaf.said)["act"], objects) == (
        "file:return_to_head",
        ["application", "recommendation", "file_return", "participation"],
    )
    for name in (OWNER, HEAD, "dai_bieu"):
        events = await world.use_cases.timelines.read(world.context(name), case.id)
        assert "file:return_to_head" in {each.action for each in events}
    with pytest.raises(PermissionDenied):
        await world.use_cases.returns.list_returns(world.context(OWNER), case.id)


async def test_return_moves_no_date_of_the_applicant(world: World) -> None:
    case = await recommended(world)
    before = await world.use_cases.cases.read(world.context(OWNER), case.id)
    world.clock.forward(days=1)
    await to_head(world, case)
    after = await world.use_cases.cases.read(world.context(OWNER), case.id)
    assert after.application.appointment_at == before.application.appointment_at
    due = {each.name: each.computation.due for each in after.deadlines if each.computation is not None}
    earlier = {each.name: each.computation.due for each in before.deadlines if each.computation is not None}
    assert (due["appointment"], due["appraisal.term"]) == (earlier["appointment"], earlier["appraisal.term"])


@pytest.mark.parametrize(
    ("by", "refusal"), [(HEAD, PermissionDenied), ("dai_bieu", PermissionDenied), ("doi_thu", NotFound)]
)
async def test_only_the_signer_returns_to_the_head(world: World, by: str, refusal: type[DomainError]) -> None:
    case = await recommended(world)
    with pytest.raises(refusal):
        await to_head(world, case, by)


async def test_only_the_head_returns_to_the_officer_and_only_the_officer_resubmits(world: World) -> None:
    case = await under_appraisal(world)
    for by in (FOCAL, "chuyen_vien_2"):
        with pytest.raises(PermissionDenied):
            await to_officer(world, case, by)
    back = await to_officer(world, case)
    for by in (HEAD, "chuyen_vien_2"):
        with pytest.raises(PermissionDenied):
            await resubmit(world, back, by)
    done = await resubmit(world, back)
    with pytest.raises(NotFound):
        await resubmit(world, done)
    with pytest.raises(NotFound):  # Who signs knows of nothing that is not put before them.
        await to_head(world, done)


async def test_file_is_returned_once(world: World) -> None:
    case = await recommended(world)
    done = await asyncio.gather(to_head(world, case), to_head(world, case), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Application", "NotFound"]
    async with world.database.transaction() as work:
        assert len(await work.find(FileReturn, application_id=case.id)) == 1
        (found,) = await work.find(Recommendation, application_id=case.id)
    assert found.superseded_at is not None


async def test_late_disagreement_keeps_a_trial_from_being_allowed_until_it_is_answered(world: World) -> None:
    case = await appraised(world)
    asked = await world.use_cases.consultations.ask(
        world.context(FOCAL),
        case.id,
        unit_id=world.units["police"],
        question="Có an toàn không?",
        term=None,
        remind_on=None,
        is_required=True,
    )
    world.clock.forward(days=14)
    await world.use_cases.consultations.close_silent(world.context(FOCAL), case.id, asked.id)
    case = await recommend(world, case)
    await world.use_cases.consultations.answer(
        world.context(AGENCY), case.id, asked.id, opinion=Opinion.DISAGREE, text="Chưa bảo đảm an toàn."
    )
    with pytest.raises(AppraisalIncomplete) as refused:
        await world.use_cases.decisions.approve(
            world.context(SIGNER), case.id, expected_version=case.version, legal_basis=BASIS
        )
    assert [each.code for each in refused.value.errors] == ["disagreement_unanswered"]
    assert "Công an" in refused.value.errors[0].message.vi
    view = await world.use_cases.cases.read(world.context(SIGNER), case.id)
    assert {"decision:refuse", "file:return_to_head"} <= view.may_do
    assert "decision:approve" not in view.may_do
    back = await to_head(world, case)
    answer = DisagreementAnswer(consultation_id=asked.id, answer="Đã thêm người trực.")
    again = await recommend(world, back, disagreements=(answer,), return_answer="Đã giải trình.")
    decided = await world.use_cases.decisions.approve(
        world.context(SIGNER), again.id, expected_version=again.version, legal_basis=BASIS
    )
    assert decided.application.stage is Stage.APPROVED


async def test_level_is_put_right_by_the_officer_of_the_case(world: World) -> None:
    case = await under_appraisal(world)

    async def reclassify(by: str) -> Application:
        return await world.use_cases.appraisal.reclassify(
            world.context(by), case.id, expected_version=case.version, level="high", reason="Có trẻ em tham gia."
        )

    for by in (HEAD, "chuyen_vien_2", SIGNER):
        with pytest.raises(DomainError):
            await reclassify(by)
    done = await asyncio.gather(reclassify(FOCAL), reclassify(FOCAL), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Application", "StaleVersion"]
    view = await world.use_cases.cases.read(world.context(OWNER), case.id)
    (correction,) = view.application.level_corrections
    assert (view.application.level, correction.before, correction.reason) == ("high", "low", "Có trẻ em tham gia.")


async def test_answer_of_an_act_says_the_day_of_the_result_as_it_was_promised_last(world: World) -> None:
    """An answered question moves the day without touching the case; the next act and every reader get the new one."""
    case = await appraised(world)
    asked = await world.use_cases.clarifications.ask(world.context(FOCAL), case.id, question="Ai trực ban đêm?")
    world.clock.forward(days=6)
    await world.use_cases.clarifications.answer(world.context(OWNER), case.id, asked.id, answer="Hai kỹ sư.")
    made = await recommend(world, case)
    back = await to_head(world, made)
    view = await world.use_cases.cases.read(world.context(OWNER), case.id)
    promised = [each.computation for each in view.deadlines if each.name == "appointment"]
    days = {made.appointment_at, back.appointment_at, view.application.appointment_at}
    assert days == {each.due for each in promised if each is not None} != {case.appointment_at}


async def test_level_with_a_term_of_its_own_moves_the_day_of_the_result(world: World, owner: AsyncEngine) -> None:
    """The term of the decision is longer at the high level: the new day stands in the answer, and is promised with its cause."""
    case = await under_appraisal(world)
    like = next(each for each in shipped_rules() if each.code == PROCEDURE)
    content = like.content.replace(
        '"decision.term" = { value = 5', '"decision.term" = { by_level = { high = 9 }, value = 5'
    )
    rule = replace(like, checksum=sha256(content.encode()).hexdigest(), content=content)
    pin = tables.applications.update().where(tables.applications.c.id == case.id)
    async with owner.begin() as connection:
        await connection.execute(tables.rule_versions.insert(), RECORDS[RuleVersion].values(rule))
        await connection.execute(pin.values(procedure_version=rule.checksum))
    try:
        corrected = await world.use_cases.appraisal.reclassify(
            world.context(FOCAL), case.id, expected_version=case.version, level="high", reason="Có trẻ em tham gia."
        )
        view = await world.use_cases.cases.read(world.context(OWNER), case.id)
    finally:
        async with owner.begin() as connection:
            of_rule = tables.rule_versions.c.checksum == rule.checksum
            await connection.execute(tables.rule_versions.delete().where(of_rule))
    (day,) = (each for each in view.deadlines if each.name == "appointment")
    assert day.computation is not None
    assert corrected.appointment_at == view.application.appointment_at == day.computation.due
    assert (day.promises[-1].cause, day.promises[-1].due) == ("application:reclassify", corrected.appointment_at)
    assert corrected.appointment_at is not None
    assert case.appointment_at is not None
    assert corrected.appointment_at - case.appointment_at >= timedelta(days=4)
