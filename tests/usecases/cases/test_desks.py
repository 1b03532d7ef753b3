"""Desks: each has to do with dossiers addressed to it only, and a unit founded later is given old cases by an act."""

from dataclasses import replace
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.errors import Duplicate, Invalid, NotFound, PermissionDenied, StaleVersion
from sandbox_registry.domain.identity.people import Role, RoleGrant
from sandbox_registry.usecases.transaction.context import RequestContext
from tests.support.checks import leaving, one_of_two
from tests.support.stages import EVERYTHING, FOCAL, HEAD, INTAKE, OWNER, accepted, founded, received, submitted
from tests.support.world import World


def at_unit(world: World, role: Role, unit: UUID) -> RequestContext:
    """Somebody who holds an office in a unit of the test."""
    context = world.context("mot_cua_noi_khac")
    return replace(context, actor=replace(context.actor, offices=frozenset({(role, unit)})))


async def entrust(world: World, case: Application, unit: UUID, *, by: str = HEAD, as_desk: bool = False) -> Application:
    return await world.use_cases.assignments.entrust(
        world.context(by),
        case.id,
        expected_version=case.version,
        unit_id=unit,
        as_desk=as_desk,
        reason="Chi nhánh thành lập sau.",
    )


async def listed(world: World, context: RequestContext) -> set[UUID]:
    rows = await world.use_cases.cases.list_cases(context, narrowed=EVERYTHING, after=None, limit=100)
    return {row.id for row in rows}


async def between_desks(world: World) -> tuple[Application, UUID]:
    """A case addressed to one desk, which another desk that takes in the same procedure handles as well."""
    case, unit = await submitted(world), await founded(world)
    return await entrust(world, case, unit), unit


async def test_desk_reads_and_acts_on_what_is_addressed_to_it_only(world: World) -> None:
    case, unit = await between_desks(world)
    other = at_unit(world, Role.ONE_STOP_OFFICER, unit)
    for act in (
        world.use_cases.cases.read(other, case.id),
        world.use_cases.intake.receive(other, case.id, expected_version=case.version),
        world.use_cases.timelines.read(other, case.id, limit=3),
    ):
        with pytest.raises(NotFound):
            await act
    assert await listed(world, other) == set()
    assert await listed(world, world.context(INTAKE)) == {case.id}
    received_there = await world.use_cases.intake.receive(world.context(INTAKE), case.id, expected_version=case.version)
    assert received_there.code is not None


async def test_other_offices_of_a_unit_with_a_desk_work_on_every_case_it_handles(world: World) -> None:
    case, unit = await between_desks(world)
    focal = at_unit(world, Role.FOCAL_HEAD, unit)
    assert await listed(world, focal) == {case.id}
    assert (await world.use_cases.cases.read(focal, case.id)).application.id == case.id
    both = replace(focal, actor=replace(focal.actor, offices=focal.actor.offices | {(Role.ONE_STOP_OFFICER, unit)}))
    assert await listed(world, both) == {case.id}
    with pytest.raises(PermissionDenied):
        await world.use_cases.intake.receive(both, case.id, expected_version=case.version)


async def test_desk_knows_the_applicants_that_file_with_it_only(world: World) -> None:
    _, unit = await between_desks(world)
    read = world.use_cases.organisations.read
    assert (await read(world.context(INTAKE), world.startup)).organisation.id == world.startup
    with pytest.raises(NotFound):
        await read(at_unit(world, Role.ONE_STOP_OFFICER, unit), world.startup)


async def test_case_is_addressed_to_a_desk_founded_later(world: World) -> None:
    case, unit = await received(world), await founded(world)
    async with leaving(world, case.id):
        given = await entrust(world, case, unit, as_desk=True)
    assert given == replace(
        case,
        version=case.version + 1,
        unit_ids=(*case.unit_ids, unit),
        receiving_unit_id=unit,
        updated_at=world.clock.at,
    )
    desk = at_unit(world, Role.ONE_STOP_OFFICER, unit)
    with pytest.raises(NotFound):
        await world.use_cases.intake.accept(world.context(INTAKE), case.id, expected_version=given.version)
    taken = await world.use_cases.intake.accept(desk, case.id, expected_version=given.version)
    assert taken.code == case.code


async def test_unit_founded_later_works_on_old_cases_once_they_are_given_to_it(world: World) -> None:
    case, unit = await accepted(world), await founded(world, agency_code=None)
    async with world.database.transaction() as work:
        like = (await work.find(RoleGrant, person_id=world.people[FOCAL]))[0]
        await work.add(replace(like, id=uuid7(), person_id=world.people["nguoi_la"], unit_id=unit))
    officer = world.context("nguoi_la")
    officer = replace(officer, actor=replace(officer.actor, offices=frozenset({(Role.FOCAL_OFFICER, unit)})))
    with pytest.raises(NotFound):
        await world.use_cases.assignments.claim(officer, case.id)
    await entrust(world, case, unit)
    assert (await world.use_cases.assignments.claim(officer, case.id)).person_id == world.people["nguoi_la"]


async def test_only_the_head_gives_a_case_to_another_unit(world: World) -> None:
    case, unit = await received(world), await founded(world)
    for who, error in (
        (INTAKE, PermissionDenied),
        (FOCAL, PermissionDenied),
        ("chu_tich", NotFound),
        (OWNER, PermissionDenied),
        ("quan_tri", NotFound),
        ("dai_bieu", PermissionDenied),
    ):
        with pytest.raises(error):
            await entrust(world, case, unit, by=who)


async def test_unit_that_cannot_have_the_case_is_refused(world: World) -> None:
    case, plain = await received(world), await founded(world, agency_code=None)
    for unit, as_desk, code in (
        (world.units["police"], False, "not_handling"),
        (world.startup, False, "not_handling"),
        (plain, True, "no_desk"),
    ):
        with pytest.raises(Invalid) as caught:
            await entrust(world, case, unit, as_desk=as_desk)
        assert [(each.field, each.code) for each in caught.value.errors] == [("unit_id", code)]
    with pytest.raises(NotFound):
        await entrust(world, case, uuid7())
    for as_desk in (False, True):
        with pytest.raises(Duplicate):
            await entrust(world, case, world.units["one_stop"], as_desk=as_desk)


async def test_case_given_twice_at_once_is_given_once(world: World) -> None:
    case, unit = await received(world), await founded(world)
    assert isinstance(await one_of_two(entrust(world, case, unit), entrust(world, case, unit)), StaleVersion)
