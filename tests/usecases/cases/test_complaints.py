"""Complaints on a real database: once for each refusal, marked when late, and settled by the complaints office."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases.applications import Complaint, ComplaintOutcome, Settlement
from sandbox_registry.domain.cases.deadlines import Timing
from sandbox_registry.domain.errors import (
    Duplicate,
    NotFound,
    PermissionDenied,
    StaleVersion,
    TransitionNotAllowed,
)
from tests.support import stored_leaves
from tests.support.account_mails import sent
from tests.support.stages import INTAKE, OWNER, accepted, turned_away
from tests.support.world import AI_PROCEDURE, World

COMPLAINTS = "khieu_nai"
WHY = "Hồ sơ thiếu văn bản đồng ý; việc từ chối đúng quy định."


async def file(world: World, case: Any, *, by: str = OWNER) -> Complaint:
    return await world.use_cases.complaints.file(world.context(by), case.id, grounds="Lý do không rõ.")


async def settle(world: World, complaint: Complaint, *, by: str = COMPLAINTS, **changes: Any) -> Complaint:
    given: dict[str, Any] = {
        "expected_version": complaint.version,
        "outcome": ComplaintOutcome.DISMISSED,
        "reasons": WHY,
        "document": "45/QĐ-UBND",
    }
    return await world.use_cases.complaints.settle(
        world.context(by), complaint.application_id, complaint.id, **(given | changes)
    )


async def term_of(world: World, case: Any) -> Timing:
    view = await world.use_cases.cases.read(world.context(OWNER), case.id)
    return next(each.timing for each in view.deadlines if each.name == "complaint.term")


async def test_complaint_is_filed_once_in_time_by_a_signatory(world: World) -> None:
    case = await turned_away(world)
    assert await term_of(world, case) is Timing.RUNNING
    with pytest.raises(PermissionDenied):
        await file(world, case, by="nguoi_soan")
    filed = await file(world, case)
    assert (filed.is_late, filed.settlement, await term_of(world, case)) == (False, None, Timing.MET)
    with pytest.raises(Duplicate):
        await file(world, case)
    view = await world.use_cases.cases.read(world.context(OWNER), case.id)
    assert (view.complaints, Action.APPLICATION_COMPLAIN in view.may_do) == ((filed,), False)


async def test_two_complaints_at_once_give_one(world: World) -> None:
    case = await turned_away(world)
    done = await asyncio.gather(*(file(world, case) for _ in range(2)), return_exceptions=True)
    assert sorted(isinstance(each, Duplicate) for each in done) == [False, True]


async def test_late_complaint_is_taken_and_marked(world: World) -> None:
    case = await turned_away(world)
    world.clock.forward(days=100)
    assert await term_of(world, case) is Timing.OVERDUE
    assert (await file(world, case)).is_late
    assert await term_of(world, case) is Timing.MISSED


async def test_no_complaint_is_late_where_no_term_is_set(world: World) -> None:
    case = await turned_away(world, procedure_code=AI_PROCEDURE)
    world.clock.forward(days=1000)
    assert await term_of(world, case) is Timing.GAP
    assert not (await file(world, case)).is_late


async def test_complaint_needs_a_refusal(world: World) -> None:
    case = await accepted(world)
    with pytest.raises(TransitionNotAllowed):
        await file(world, case)


async def test_outcome_is_recorded_with_reasons_and_told(world: World) -> None:
    case = await turned_away(world)
    complaint = await file(world, case)
    world.clock.forward(days=20)
    settled = await settle(world, complaint, outcome=ComplaintOutcome.PARTLY_UPHELD)
    assert settled.settlement == Settlement(
        at=world.clock.at,
        by=world.people[COMPLAINTS],
        outcome=ComplaintOutcome.PARTLY_UPHELD,
        reasons=WHY,
        document="45/QĐ-UBND",
    )
    seen = await world.use_cases.cases.read(world.context(OWNER), case.id)
    told = await world.use_cases.timelines.read(world.context(OWNER), case.id, after=-1, limit=100)
    assert seen.complaints == (settled,)
    (mail,) = await sent(world)
    assert (mail.to, str(case.code) in mail.body, WHY in mail.body) == ("nguoi_dai_dien@camau.example", True, False)
    assert [each.action for each in told][-1] == "complaint:settle"
    async with world.database.replica() as connection:
        leaf = (await stored_leaves.leaves_of_case(connection, case.id))[-1]
    assert b'"act":"complaint:settle"' in leaf.said
    with pytest.raises(Duplicate):
        await settle(world, settled)
    with pytest.raises(StaleVersion):
        await settle(world, complaint)
    with pytest.raises(NotFound):
        await settle(world, replace(complaint, id=uuid4()))


async def test_only_the_complaints_office_settles_and_never_who_handled_the_case(world: World) -> None:
    case = await turned_away(world)
    complaint = await file(world, case)
    for name in (OWNER, INTAKE, "chuyen_vien", "truong_phong", "dai_bieu", "thanh_tra"):
        with pytest.raises(PermissionDenied):
            await settle(world, complaint, by=name)
    with pytest.raises(NotFound):
        await settle(world, complaint, by="doi_thu")
    both = world.actor(INTAKE).offices | world.actor(COMPLAINTS).offices
    with pytest.raises(PermissionDenied):
        await world.use_cases.complaints.settle(
            world.context(INTAKE, offices=both),
            case.id,
            complaint.id,
            expected_version=complaint.version,
            outcome=ComplaintOutcome.DISMISSED,
            reasons=WHY,
            document="45/QĐ-UBND",
        )


async def test_two_outcomes_at_once_give_one(world: World) -> None:
    complaint = await file(world, await turned_away(world))
    done = await asyncio.gather(*(settle(world, complaint) for _ in range(2)), return_exceptions=True)
    assert sorted(isinstance(each, StaleVersion) for each in done) == [False, True]


async def test_complaints_office_knows_of_no_other_case(world: World) -> None:
    case = await accepted(world)
    with pytest.raises(NotFound):
        await world.use_cases.cases.read(world.context(COMPLAINTS), case.id)
    refused = await turned_away(world)
    world.clock.at += timedelta(hours=1)
    view = await world.use_cases.cases.read(world.context(COMPLAINTS), refused.id)
    assert view.application.id == refused.id
