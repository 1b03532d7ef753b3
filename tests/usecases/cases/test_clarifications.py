"""Questions to the applicant during appraisal."""

import pytest

from sandbox_registry.domain.cases.deadlines import Timing
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, NotFound, PermissionDenied, TransitionNotAllowed
from tests.support import stages, stored_leaves
from tests.support.checks import leaving, one_of_two
from tests.support.stages import FOCAL, HEAD, INTAKE, OWNER
from tests.support.world import AI_PROCEDURE, World


async def timing(world: World, case_id: object) -> dict[str, Timing]:
    view = await world.use_cases.cases.read(world.context(FOCAL), case_id)  # type: ignore[arg-type]  # The case's id.
    return {each.name: each.timing for each in view.deadlines}


async def test_question_pauses_the_appraisal_and_the_answer_lets_it_run_on(world: World) -> None:
    case = await stages.under_appraisal(world)
    async with leaving(world, case.id):
        asked = await world.use_cases.clarifications.ask(world.context(FOCAL), case.id, question="Nguồn điện?")
    assert (await timing(world, case.id))["appraisal.term"] is Timing.PAUSED
    world.clock.forward(days=2)
    async with leaving(world, case.id):
        answered = await world.use_cases.clarifications.answer(
            world.context(OWNER), case.id, asked.id, answer="Máy phát."
        )
    assert (answered.answered_by, answered.answered_at) == (world.people[OWNER], world.clock.at)
    assert (await timing(world, case.id))["appraisal.term"] is Timing.RUNNING


async def test_rounds_are_limited_and_one_waits_at_a_time(world: World) -> None:
    case = await stages.under_appraisal(world)
    clarifications = world.use_cases.clarifications
    asked = await clarifications.ask(world.context(FOCAL), case.id, question="Nguồn điện?")
    with pytest.raises(Duplicate):
        await clarifications.ask(world.context(FOCAL), case.id, question="Nguồn nước?")
    await clarifications.answer(world.context(OWNER), case.id, asked.id, answer="Máy phát.")
    with pytest.raises(Duplicate):
        await clarifications.answer(world.context(OWNER), case.id, asked.id, answer="Pin.")
    with pytest.raises(ConditionNotMet):
        await clarifications.ask(world.context(FOCAL), case.id, question="Nguồn nước?")


async def test_open_number_of_rounds_refuses_nobody_and_the_gap_is_on_record(world: World) -> None:
    case = await stages.under_appraisal(world, procedure_code=AI_PROCEDURE)
    clarifications = world.use_cases.clarifications
    for number in (1, 2):
        asked = await clarifications.ask(world.context(FOCAL), case.id, question="Nguồn điện?")
        assert asked.round == number
        await clarifications.answer(world.context(OWNER), case.id, asked.id, answer="Máy phát.")
    async with world.database.replica() as connection:
        records = [leaf.record or b"" for leaf in await stored_leaves.leaves_of_case(connection, case.id)]
    assert sum(b'"parameter":"clarification.max_rounds"' in each for each in records) == 2


async def test_only_the_focal_officer_asks_and_not_before_the_appraisal(world: World) -> None:
    case = await stages.claimed(world)
    ask = world.use_cases.clarifications.ask
    with pytest.raises(TransitionNotAllowed):
        await ask(world.context(FOCAL), case.id, question="?")
    for who, error in ((HEAD, PermissionDenied), (INTAKE, PermissionDenied), ("phan_bien_1", NotFound)):
        with pytest.raises(error):
            await ask(world.context(who), case.id, question="?")


async def test_applicant_side_answers_and_nobody_else(world: World) -> None:
    case = await stages.under_appraisal(world)
    asked = await world.use_cases.clarifications.ask(world.context(FOCAL), case.id, question="?")
    answer = world.use_cases.clarifications.answer
    for who, error in ((FOCAL, PermissionDenied), ("dai_bieu", PermissionDenied), ("doi_thu", NotFound)):
        with pytest.raises(error):
            await answer(world.context(who), case.id, asked.id, answer="Máy phát.")
    answered = await answer(world.context("nguoi_soan"), case.id, asked.id, answer="Máy phát.")
    read = world.use_cases.clarifications.list_clarifications
    for who in (OWNER, "nguoi_soan", FOCAL, HEAD, "dai_bieu"):
        assert await read(world.context(who), case.id) == (answered,)
    with pytest.raises(NotFound):
        await read(world.context("doi_thu"), case.id)


async def test_two_questions_and_two_answers_at_once_give_one_each(world: World) -> None:
    case = await stages.under_appraisal(world)
    clarifications = world.use_cases.clarifications
    refusal = await one_of_two(
        *(clarifications.ask(world.context(FOCAL), case.id, question=each) for each in ("Điện?", "Nước?"))
    )
    assert isinstance(refusal, Duplicate)
    (asked,) = await clarifications.list_clarifications(world.context(OWNER), case.id)
    refusal = await one_of_two(
        *(clarifications.answer(world.context(OWNER), case.id, asked.id, answer=each) for each in ("Pin.", "Gió."))
    )
    assert isinstance(refusal, Duplicate)


async def test_question_of_another_case_is_not_found(world: World) -> None:
    first, second = await stages.under_appraisal(world), await stages.under_appraisal(world)
    asked = await world.use_cases.clarifications.ask(world.context(FOCAL), first.id, question="?")
    with pytest.raises(NotFound):
        await world.use_cases.clarifications.answer(world.context(OWNER), second.id, asked.id, answer="!")


async def test_silence_of_the_applicant_holds_no_case_for_ever(world: World) -> None:
    """A term left open never runs out: a letter, and a reason on a later day, let the appraisal go on."""
    case = await stages.reviewed(world)
    clarifications = world.use_cases.clarifications
    asked = await clarifications.ask(world.context(FOCAL), case.id, question="Nguồn điện?")
    world.clock.forward(days=20)
    close = {"application_id": case.id, "clarification_id": asked.id, "reason": "Không trả lời."}
    with pytest.raises(ConditionNotMet):
        await clarifications.close(world.context(FOCAL), **close)  # type: ignore[arg-type]  # Named values.
    await world.use_cases.messages.send(world.context(FOCAL), case.id, body="Sẽ thẩm định tiếp.")
    world.clock.forward(days=1)
    for who in (OWNER, HEAD, INTAKE):
        with pytest.raises((PermissionDenied, NotFound)):
            await clarifications.close(world.context(who), **close)  # type: ignore[arg-type]  # As above.
    assert (await timing(world, case.id))["clarification.term"] is Timing.GAP
    refusal = await one_of_two(*(clarifications.close(world.context(FOCAL), **close) for _ in range(2)))  # type: ignore[arg-type]  # As above.
    assert isinstance(refusal, Duplicate)
    assert (await timing(world, case.id))["appraisal.term"] is Timing.RUNNING
    late = await clarifications.answer(world.context(OWNER), case.id, asked.id, answer="Máy phát.")
    assert (late.is_late, late.closing_reason) == (True, "Không trả lời.")
