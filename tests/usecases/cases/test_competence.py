"""Cases that the answers give to another authority: filed knowingly, and handled here only when the head says why."""

import asyncio
from typing import Any

import pytest

from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.errors import ConditionNotMet, DomainError, PermissionDenied
from sandbox_registry.domain.stages import Stage
from tests.support.stages import (
    AI_DOSSIER,
    FOCAL,
    HEAD,
    INTAKE,
    KIDS,
    OWNER,
    complete_draft,
    filed,
    received_for_another_authority,
)
from tests.support.world import AI_PROCEDURE, World

CLOSED = AI_DOSSIER | {"competence": AI_DOSSIER["competence"] | {"open_trial": False}}
REASON = "Dữ liệu ghi là của trẻ em nhưng là dữ liệu giả lập."


async def drafted(world: World, answers: dict[str, Any]) -> Application:
    return await complete_draft(world, answers=answers, procedure_code=AI_PROCEDURE)


async def keep(world: World, by: str, case: Application) -> Application:
    return await world.use_cases.intake.retain(world.context(by), case.id, expected_version=case.version, reason=REASON)


async def accept(world: World, case: Application) -> Application:
    return await world.use_cases.intake.accept(world.context(INTAKE), case.id, expected_version=case.version)


async def test_filing_names_the_authority_and_asks_for_it(world: World) -> None:
    draft = await drafted(world, KIDS)
    problems = await world.use_cases.cases.problems(world.context(OWNER), draft.id)
    with pytest.raises(ConditionNotMet) as refused:
        await filed(world, draft)
    assert problems.referral is not None
    assert problems.referral.authority is not None
    assert (refused.value.condition, refused.value.params["authority"]) == (
        "another_authority",
        problems.referral.authority,
    )
    assert problems.referral.authority.en == "Ministry of Public Security"


async def test_closed_trial_is_not_filed_whatever_is_confirmed(world: World) -> None:
    draft = await drafted(world, CLOSED)
    with pytest.raises(ConditionNotMet) as refused:
        await filed(world, draft, authority="Bộ Công an")
    assert refused.value.condition == "outside_mechanism"
    assert refused.value.params["reason"]


async def test_childrens_data_stops_at_the_door_until_the_head_says_why(world: World) -> None:
    case = await received_for_another_authority(world)
    assert case.confirmation is not None
    assert case.confirmation.authority == "Bộ Công an"
    with pytest.raises(ConditionNotMet) as refused:
        await accept(world, case)
    assert refused.value.condition == "another_authority"
    case = await accept(world, await keep(world, HEAD, case))
    await world.use_cases.assignments.claim(world.context(FOCAL), case.id)
    await world.use_cases.appraisal.declare(world.context(FOCAL), case.id, conflicted=False, statement="")
    case = await world.use_cases.appraisal.classify(
        world.context(FOCAL), case.id, expected_version=case.version, level="1"
    )
    assert case.retention is not None
    assert (case.stage, case.retention.reason) == (Stage.UNDER_APPRAISAL, REASON)


async def test_oversight_reads_why_a_case_was_kept(world: World) -> None:
    case = await keep(world, HEAD, await received_for_another_authority(world))
    seen = await world.use_cases.cases.read(world.context("dai_bieu"), case.id)
    timeline = await world.use_cases.timelines.read(world.context("dai_bieu"), case.id, after=-1, limit=100)
    assert seen.application.retention == case.retention
    assert "application:retain" in {each.action for each in timeline}


@pytest.mark.parametrize("by", [INTAKE, OWNER, "dai_bieu", "chu_tich"])
async def test_nobody_but_the_head_keeps_a_case(world: World, by: str) -> None:
    case = await received_for_another_authority(world)
    with pytest.raises((PermissionDenied, DomainError)) as refused:
        await keep(world, by, case)
    assert not isinstance(refused.value, ConditionNotMet)


async def test_two_heads_at_once_keep_a_case_once(world: World) -> None:
    case = await received_for_another_authority(world)
    done = await asyncio.gather(*(keep(world, HEAD, case) for _ in range(2)), return_exceptions=True)
    assert sorted(isinstance(each, DomainError) for each in done) == [False, True]
    timeline = await world.use_cases.timelines.read(world.context("dai_bieu"), case.id, after=-1, limit=100)
    assert [each.action for each in timeline].count("application:retain") == 1
