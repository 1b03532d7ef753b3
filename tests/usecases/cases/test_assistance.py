"""Assisted filing: an officer of any desk prepares, the applicant confirms, and the helper has nothing more to do with it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from sandbox_registry.domain.cases.applications import Application, Assistance
from sandbox_registry.domain.cases.attachments import AttachmentKind
from sandbox_registry.domain.errors import (
    ConditionNotMet,
    Invalid,
    NotFound,
    PermissionDenied,
    StaleVersion,
    TransitionNotAllowed,
)
from sandbox_registry.domain.stages import Stage
from tests.support.checks import leaving, one_of_two
from tests.support.stages import EVERYTHING, HEAD, INTAKE, OWNER, assisted, digest_of, filed, received, signed_on_paper
from tests.support.world import World

ELSEWHERE = "mot_cua_noi_khac"
"""An officer at the desk of a unit that works on no case of the procedure."""


async def file_for(world: World, draft: Application, *, by: str = INTAKE, **changes: Any) -> Application:
    how: dict[str, Any] = {"digest": await digest_of(world, draft), "signatory": "Nguyễn Văn Hùng"}
    return await world.use_cases.applications.file_assisted(
        world.context(by), draft.id, expected_version=draft.version, **(how | changes)
    )


async def listed(world: World, name: str) -> set[UUID]:
    rows = await world.use_cases.cases.list_cases(world.context(name), narrowed=EVERYTHING, after=None, limit=100)
    return {row.id for row in rows}


async def test_any_desk_prepares_a_draft_and_the_helper_is_on_record(world: World) -> None:
    draft = await assisted(world, by=ELSEWHERE)
    helped = Assistance(by=world.people[ELSEWHERE], unit_id=world.units["elsewhere"], at=world.clock.at)
    assert draft.assistance == helped
    assert draft.receiving_unit_id == world.units["one_stop"]
    for reader in (OWNER, ELSEWHERE):
        view = await world.use_cases.cases.read(world.context(reader), draft.id)
        assert view.application.assistance == helped
        assert draft.id in await listed(world, reader)
    for stranger in (INTAKE, HEAD, "doi_thu", "dai_bieu"):
        with pytest.raises(NotFound):
            await world.use_cases.cases.read(world.context(stranger), draft.id)


async def test_applicant_confirms_by_filing_and_the_helper_sees_nothing_more(world: World) -> None:
    draft = await assisted(world, by=ELSEWHERE)
    with pytest.raises(PermissionDenied):
        await filed(world, draft, by=ELSEWHERE)
    case = await filed(world, draft)
    assert (case.submitted_by, case.assistance) == (world.people[OWNER], draft.assistance)
    with pytest.raises(NotFound):
        await world.use_cases.cases.read(world.context(ELSEWHERE), case.id)
    assert await listed(world, ELSEWHERE) == set()
    seen = await world.use_cases.cases.read(world.context("dai_bieu"), case.id)
    assert seen.application.assistance == draft.assistance


async def test_officer_files_what_the_applicant_signed_on_paper(world: World) -> None:
    draft = await signed_on_paper(world, by=ELSEWHERE)
    papers = await world.use_cases.attachments.list_attachments(world.context(OWNER), draft.id)
    assert [each.kind for each in papers] == [AttachmentKind.SIGNED_FORM]
    async with leaving(world, draft.id):
        case = await file_for(world, draft, by=ELSEWHERE)
    assert (case.stage, case.submitted_by) == (Stage.SUBMITTED, world.people[ELSEWHERE])
    assert draft.assistance is not None
    assert case.assistance == replace(
        draft.assistance, signatory="Nguyễn Văn Hùng", paper_id=papers[0].id, confirmed_at=world.clock.at
    )
    with pytest.raises(NotFound):
        await world.use_cases.cases.read(world.context(ELSEWHERE), case.id)
    taken = await world.use_cases.intake.receive(world.context(INTAKE), case.id, expected_version=case.version)
    assert taken.code is not None


async def test_without_the_paper_nothing_is_filed_for_anybody(world: World) -> None:
    draft = await assisted(world)
    with pytest.raises(ConditionNotMet) as caught:
        await file_for(world, draft)
    assert caught.value.condition == "paper_missing"
    view = await world.use_cases.cases.read(world.context(INTAKE), draft.id)
    assert {"application:edit", "attachment:add"} <= view.may_do
    assert not {"application:file_assisted", "application:submit"} & view.may_do
    with pytest.raises(Invalid):
        await world.use_cases.attachments.add(
            world.context(INTAKE),
            draft.id,
            kind=AttachmentKind.NOTICE,
            filename="thu.pdf",
            media_type="application/pdf",
            size=1,
            sha256="0" * 64,
        )


async def test_officer_who_left_the_desk_files_for_nobody(world: World) -> None:
    draft = await signed_on_paper(world)
    gone = world.context(INTAKE, offices=frozenset())
    with pytest.raises(ConditionNotMet) as caught:
        await world.use_cases.applications.file_assisted(
            gone,
            draft.id,
            expected_version=draft.version,
            digest=await digest_of(world, draft),
            signatory="Nguyễn Văn Hùng",
        )
    assert caught.value.condition == "not_at_a_desk"


async def test_another_content_than_was_signed_is_refused(world: World) -> None:
    draft = await signed_on_paper(world)
    with pytest.raises(ConditionNotMet) as caught:
        await file_for(world, draft, digest="0" * 64)
    assert caught.value.condition == "other_content"


async def test_helper_takes_no_part_in_the_case_even_at_the_desk_that_receives_it(world: World) -> None:
    case = await filed(world, await assisted(world, by=INTAKE))
    with pytest.raises(PermissionDenied):
        await world.use_cases.intake.receive(world.context(INTAKE), case.id, expected_version=case.version)
    taken = await world.use_cases.intake.receive(world.context("mot_cua_2"), case.id, expected_version=case.version)
    assert taken.received_at is not None


async def test_helping_one_applicant_bars_from_no_other_case_of_it(world: World) -> None:
    await filed(world, await assisted(world, by=INTAKE))
    case = await received(world)
    assert case.code is not None


async def test_only_somebody_at_a_desk_prepares_for_others(world: World) -> None:
    for name in (HEAD, OWNER, "nguoi_la", "dai_bieu", "quan_tri"):
        with pytest.raises(PermissionDenied):
            await assisted(world, by=name)
    with pytest.raises(NotFound):
        await assisted(world, organisation_id=uuid7())


async def test_applicant_ends_the_help(world: World) -> None:
    draft = await assisted(world)
    ended = await world.use_cases.applications.unshare(world.context(OWNER), draft.id, person_id=world.people[INTAKE])
    assert ended.until == world.clock.at
    with pytest.raises(NotFound):
        await world.use_cases.cases.read(world.context(INTAKE), draft.id)


async def test_applicant_and_helper_at_once_file_once(world: World) -> None:
    draft = await signed_on_paper(world)
    refusal = await one_of_two(filed(world, draft), file_for(world, draft))
    assert isinstance(refusal, StaleVersion | TransitionNotAllowed | NotFound)
