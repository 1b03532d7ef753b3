"""Asking other agencies: who asks, who answers, what silence is, what an agency sees."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.cases.appraisal import Consultation, Opinion
from sandbox_registry.domain.cases.appraisal_guards import AppraisalIncomplete
from sandbox_registry.domain.errors import (
    ConditionNotMet,
    Duplicate,
    Invalid,
    NotFound,
    PermissionDenied,
    RuleGap,
    TransitionNotAllowed,
)
from sandbox_registry.domain.identity.people import Capacity, Role
from sandbox_registry.domain.rules.calendars import Term, Unit
from sandbox_registry.domain.stages import Stage
from tests.support import instruments, stages
from tests.support.checks import leaving, one_of_two
from tests.support.stages import FOCAL, HEAD, INTAKE, OWNER
from tests.support.world import AI_PROCEDURE, World

POLICE, HEALTH = "cong_an", "y_te"


async def ask(world: World, case_id: UUID, unit: str = "police", **changes: Any) -> Consultation:
    how: dict[str, Any] = {"question": "Có vướng mắc gì?", "term": None, "remind_on": None, "is_required": True}
    return await world.use_cases.consultations.ask(
        world.context(FOCAL), case_id, unit_id=world.units[unit], **(how | changes)
    )


async def answer(world: World, consultation: Consultation, who: str = POLICE) -> Consultation:
    return await world.use_cases.consultations.answer(
        world.context(who), consultation.application_id, consultation.id, opinion=Opinion.AGREE, text="Không có."
    )


async def next_due(world: World) -> Any:
    rows = await world.use_cases.cases.list_cases(world.context(HEAD), narrowed=stages.EVERYTHING, after=None, limit=10)
    return rows[0].next_due_at


async def test_question_and_answer_leave_one_leaf_each(world: World) -> None:
    case = await stages.under_appraisal(world)
    async with leaving(world, case.id):
        asked = await ask(world, case.id)
    world.clock.forward(days=1)
    async with leaving(world, case.id):
        answered = await answer(world, asked)
    assert (answered.answered_by, answered.opinion, answered.is_late) == (world.people[POLICE], Opinion.AGREE, False)


async def test_question_moves_the_next_due_date_of_the_case(world: World) -> None:
    case = await stages.under_appraisal(world)
    before = await next_due(world)
    asked = await ask(world, case.id)
    assert await next_due(world) < before
    await answer(world, asked)
    assert await next_due(world) == before


async def test_only_the_focal_officer_asks_and_only_under_appraisal(world: World) -> None:
    case = await stages.claimed(world)
    with pytest.raises(TransitionNotAllowed):
        await ask(world, case.id)
    await world.use_cases.appraisal.classify(world.context(FOCAL), case.id, expected_version=case.version, level="low")
    for who, error in (
        ("chuyen_vien_2", PermissionDenied),
        (HEAD, PermissionDenied),
        (INTAKE, PermissionDenied),
        (OWNER, PermissionDenied),
        (POLICE, NotFound),
    ):
        with pytest.raises(error):
            await world.use_cases.consultations.ask(
                world.context(who),
                case.id,
                unit_id=world.units["police"],
                question="?",
                term=None,
                remind_on=None,
                is_required=True,
            )


async def test_question_without_any_term_is_a_gap_until_the_lead_sets_one(world: World) -> None:
    case = await stages.under_appraisal(world, procedure_code=AI_PROCEDURE)
    with pytest.raises(RuleGap):
        await ask(world, case.id)
    assert (await ask(world, case.id, term=Term(value=5, unit=Unit.WD))).term_value == 5


async def test_unit_that_handles_the_case_or_is_none_is_not_asked(world: World) -> None:
    case = await stages.under_appraisal(world)
    with pytest.raises(Invalid):
        await ask(world, case.id, "committee")
    with pytest.raises(NotFound):
        await world.use_cases.consultations.ask(
            world.context(FOCAL),
            case.id,
            unit_id=UUID(int=5),
            question="?",
            term=None,
            remind_on=None,
            is_required=True,
        )


async def test_agency_sees_its_own_question_only_and_the_case_only_once_asked(world: World) -> None:
    case = await stages.under_appraisal(world)
    with pytest.raises(NotFound):
        await world.use_cases.cases.read(world.context(POLICE), case.id)
    asked = await ask(world, case.id)
    other = await ask(world, case.id, "health")
    read = world.use_cases.consultations.list_consultations
    assert await read(world.context(POLICE), case.id) == (asked,)
    assert await read(world.context(HEALTH), case.id) == (other,)
    assert await read(world.context(FOCAL), case.id) == (asked, other)
    assert (await world.use_cases.cases.read(world.context(POLICE), case.id)).application.id == case.id
    for unseen in (world.use_cases.reviews.list_reviews, world.use_cases.clarifications.list_clarifications):
        with pytest.raises(PermissionDenied):
            await unseen(world.context(POLICE), case.id)
    with pytest.raises(PermissionDenied):
        await read(world.context(OWNER), case.id)


async def test_agency_answers_for_itself_only(world: World) -> None:
    case = await stages.under_appraisal(world)
    asked, other = await ask(world, case.id), await ask(world, case.id, "health")
    with pytest.raises(NotFound):
        await answer(world, other)
    with pytest.raises(PermissionDenied):
        await answer(world, asked, FOCAL)
    with pytest.raises(NotFound):
        await answer(world, asked, "doi_thu")


async def test_who_gave_an_opinion_never_takes_the_case_in_or_decides_it(world: World) -> None:
    case = await stages.under_appraisal(world)
    await answer(world, await ask(world, case.id))
    participations = await world.use_cases.assignments.list_participations(world.context(HEAD), case.id)
    assert [(each.person_id, each.until is None) for each in participations if each.capacity is Capacity.CONSULTED] == [
        (world.people[POLICE], False)
    ]
    moved = world.context(POLICE, offices=frozenset({(Role.ONE_STOP_OFFICER, world.units["one_stop"])}))
    with pytest.raises(PermissionDenied):
        await world.use_cases.intake.receive(moved, case.id, expected_version=case.version)


async def test_second_answer_is_refused_also_at_once(world: World) -> None:
    case = await stages.under_appraisal(world)
    asked = await ask(world, case.id)
    assert isinstance(await one_of_two(answer(world, asked), answer(world, asked)), Duplicate)
    with pytest.raises(Duplicate):
        await answer(world, asked)


async def test_two_questions_to_one_agency_at_once_give_one(world: World) -> None:
    case = await stages.under_appraisal(world)
    assert isinstance(await one_of_two(ask(world, case.id), ask(world, case.id)), Duplicate)


async def test_silence_is_recorded_after_the_term_and_a_late_answer_is_kept(world: World) -> None:
    case = await stages.under_appraisal(world)
    asked = await ask(world, case.id)
    close = world.use_cases.consultations.close_silent
    with pytest.raises(ConditionNotMet):
        await close(world.context(FOCAL), case.id, asked.id)
    world.clock.forward(days=14)
    with pytest.raises(PermissionDenied):
        await close(world.context(POLICE), case.id, asked.id)
    async with leaving(world, case.id):
        closed = await close(world.context(FOCAL), case.id, asked.id)
    assert (closed.closed_silent_at, closed.opinion) == (world.clock.at, None)
    late = await answer(world, asked)
    assert (late.is_late, late.closed_silent_at) == (True, closed.closed_silent_at)


async def test_two_closings_at_once_give_one(world: World) -> None:
    case = await stages.under_appraisal(world)
    asked = await ask(world, case.id)
    world.clock.forward(days=14)
    close = world.use_cases.consultations.close_silent
    refusal = await one_of_two(*(close(world.context(FOCAL), case.id, asked.id) for _ in range(2)))
    assert isinstance(refusal, Duplicate)


async def test_question_of_another_case_is_not_found(world: World) -> None:
    first, second = await stages.under_appraisal(world), await stages.under_appraisal(world)
    asked = await ask(world, first.id)
    with pytest.raises(NotFound):
        await world.use_cases.consultations.close_silent(world.context(FOCAL), second.id, asked.id)


async def test_consultation_that_no_rule_demands_is_not_said_to_be_demanded(world: World) -> None:
    case = await stages.under_appraisal(world)
    with pytest.raises(Invalid) as refused:
        await ask(world, case.id, demanded_by="army")
    assert [(each.field, each.code) for each in refused.value.errors] == [("demanded_by", "not_demanded")]
    assert (await ask(world, case.id)).demanded_by is None


async def test_consultation_that_the_procedure_demands_comes_before_the_recommendation(world: World) -> None:
    instrument = replace(instruments.DA_NANG, demands="police")
    rules = await instruments.enacted(world, instrument)
    case = await instruments.under_appraisal(world, instrument, rules)
    with pytest.raises(AppraisalIncomplete) as refused:
        await instruments.recommended(world, instrument, rules, case)
    assert [(each.field, each.code) for each in refused.value.errors] == [
        ("consultations.police", "consultation_missing")
    ]
    term = Term(value=3, unit=Unit.WD)
    with pytest.raises(Invalid) as refused_unit:
        await ask(world, case.id, unit="health", demanded_by="police", term=term)
    assert [(each.field, each.code) for each in refused_unit.value.errors] == [("unit_id", "not_the_agency")]
    asked = await ask(world, case.id, demanded_by="police", is_required=False, term=term)
    assert (asked.demanded_by, asked.is_required) == ("police", True)
    await answer(world, asked)
    assert (await instruments.recommended(world, instrument, rules, case)).stage is Stage.AWAITING_DECISION
