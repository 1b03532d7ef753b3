"""Nobody decides about their own side or a rival's: what counts is the history when somebody acts."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from sandbox_registry.domain.cases.applications import SupplementItem
from sandbox_registry.domain.cases.appraisal import Participation
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, Invalid, PermissionDenied
from sandbox_registry.domain.identity.people import Capacity, Membership, MembershipKind
from tests.support.stages import (
    FOCAL,
    HEAD,
    INTAKE,
    accepted,
    complete_draft,
    digest_of,
    received,
    submitted,
    under_appraisal,
)
from tests.support.world import World

YEAR = timedelta(days=365)


async def was_member(world: World, name: str, organisation_id: UUID, *, ago: timedelta | None) -> Membership:
    """Put into history that somebody was a member, until so long ago; null: still is."""
    membership = Membership(
        id=uuid7(),
        version=1,
        organisation_id=organisation_id,
        person_id=world.people[name],
        kind=MembershipKind.EDITOR,
        valid_from=world.clock.at - 10 * YEAR,
        valid_to=None if ago is None else world.clock.at - ago,
    )
    async with world.database.transaction() as work:
        await work.add(membership)
    return membership


async def test_who_was_on_the_applicants_side_takes_no_part(world: World) -> None:
    case = await submitted(world)
    await was_member(world, INTAKE, world.startup, ago=YEAR)
    with pytest.raises(PermissionDenied):
        await world.use_cases.intake.receive(world.context(INTAKE), case.id, expected_version=case.version)
    await world.use_cases.intake.receive(world.context("mot_cua_2"), case.id, expected_version=case.version)


async def test_a_link_that_is_over_for_longer_than_the_term_binds_no_more(world: World) -> None:
    case = await submitted(world)
    await was_member(world, INTAKE, world.startup, ago=3 * YEAR)
    await world.use_cases.intake.receive(world.context(INTAKE), case.id, expected_version=case.version)


async def test_who_was_on_the_applicants_side_is_given_no_part(world: World) -> None:
    case = await under_appraisal(world)
    await was_member(world, "phan_bien_1", world.startup, ago=YEAR)
    with pytest.raises(Invalid) as caught:
        await world.use_cases.assignments.assign(
            world.context(HEAD), case.id, person_id=world.people["phan_bien_1"], capacity=Capacity.REVIEWER
        )
    assert [each.code for each in caught.value.errors] == ["separation_of_duty"]


async def test_who_once_edited_a_dossier_of_the_applicant_takes_no_part(world: World) -> None:
    case = await accepted(world)
    draft = await complete_draft(world)
    async with world.database.transaction() as work:
        await work.add(
            Participation(
                id=uuid7(),
                version=1,
                application_id=draft.id,
                person_id=world.people[FOCAL],
                capacity=Capacity.EDITOR,
                given_by=world.people[FOCAL],
                since=world.clock.at - YEAR,
                until=world.clock.at - timedelta(days=1),
            )
        )
    with pytest.raises(PermissionDenied):
        await world.use_cases.assignments.claim(world.context(FOCAL), case.id)


async def test_who_belongs_to_a_rival_declares_before_acting(world: World) -> None:
    case = await submitted(world)
    await was_member(world, INTAKE, world.rival, ago=None)
    officer = world.context(INTAKE)
    with pytest.raises(PermissionDenied):
        await world.use_cases.intake.receive(officer, case.id, expected_version=case.version)
    told = [
        world.use_cases.appraisal.declare(officer, case.id, conflicted=False, statement="Có em ruột ở Cua Biển.")
        for _ in range(2)
    ]
    done = await asyncio.gather(*told, return_exceptions=True)
    assert sorted(isinstance(each, Duplicate) for each in done) == [False, True]
    await world.use_cases.intake.receive(officer, case.id, expected_version=case.version)


async def test_an_office_in_the_chain_keeps_from_filing(world: World) -> None:
    draft = await complete_draft(world)
    digest = await digest_of(world, draft)
    owner = world.context("nguoi_dai_dien")
    officer = replace(owner, actor=replace(owner.actor, offices=world.actor("phan_bien_1").offices))
    with pytest.raises(ConditionNotMet) as caught:
        await world.use_cases.applications.submit(officer, draft.id, expected_version=draft.version, digest=digest)
    assert caught.value.condition == "in_the_chain"
    with pytest.raises(ConditionNotMet) as caught:
        await world.use_cases.applications.create(
            officer,
            procedure_code=draft.procedure_code,
            organisation_id=world.startup,
            receiving_unit_id=None,
            title="Thử nghiệm",
        )
    assert caught.value.condition == "in_the_chain"
    elsewhere = replace(owner, actor=replace(owner.actor, offices=world.actor("mot_cua_noi_khac").offices))
    await world.use_cases.applications.submit(elsewhere, draft.id, expected_version=draft.version, digest=digest)


async def test_what_an_officer_in_the_chain_may_not_file_is_not_offered(world: World) -> None:
    draft = await complete_draft(world)
    owner = world.context("nguoi_dai_dien")
    assert "application:submit" in (await world.use_cases.cases.read(owner, draft.id)).may_do
    for name, offered in (("phan_bien_1", False), ("mot_cua_noi_khac", True)):
        officer = replace(owner, actor=replace(owner.actor, offices=world.actor(name).offices))
        view = await world.use_cases.cases.read(officer, draft.id)
        assert ("application:submit" in view.may_do) is offered, name


async def test_an_office_in_the_chain_keeps_from_filing_a_supplement(world: World) -> None:
    case = await received(world)
    asked = await world.use_cases.intake.request_supplement(
        world.context(INTAKE),
        case.id,
        expected_version=case.version,
        items=(SupplementItem(target="documents.trial_plan", reason="Mờ"),),
        exception_reason=None,
    )
    owner = world.context("nguoi_dai_dien")
    officer = replace(owner, actor=replace(owner.actor, offices=world.actor("phan_bien_1").offices))
    view = await world.use_cases.cases.read(officer, case.id)
    assert "application:submit_supplement" not in view.may_do
    with pytest.raises(ConditionNotMet) as caught:
        await world.use_cases.applications.submit_supplement(
            officer, case.id, expected_version=asked.version, digest="0" * 64
        )
    assert caught.value.condition == "in_the_chain"
