"""Claiming, assigning, reassigning, releasing: who may have which part, and who may not."""

from dataclasses import replace

import pytest

from sandbox_registry.domain.cases.appraisal import Participation
from sandbox_registry.domain.errors import Duplicate, Invalid, NotFound, PermissionDenied, TransitionNotAllowed
from sandbox_registry.domain.identity.people import Capacity, Person, Role, RoleGrant
from tests.support import stages
from tests.support.checks import leaving, one_of_two
from tests.support.stages import FOCAL, HEAD, INTAKE, OWNER, REVIEWERS
from tests.support.world import World


async def assigned(world: World, case_id: object, name: str, capacity: Capacity) -> Participation:
    return await world.use_cases.assignments.assign(
        world.context(HEAD),
        case_id,  # type: ignore[arg-type]  # The case's id.
        person_id=world.people[name],
        capacity=capacity,
    )


async def also(world: World, name: str, role: Role) -> None:
    """Give somebody a further office."""
    async with world.database.transaction() as work:
        grants = await work.find(RoleGrant, person_id=world.people[HEAD])
        await work.add(replace(grants[0], id=world.transactions.new_id(), person_id=world.people[name], role=role))


async def test_claim_makes_the_focal_officer(world: World) -> None:
    case = await stages.accepted(world)
    async with leaving(world, case.id):
        claimed = await world.use_cases.assignments.claim(world.context(FOCAL), case.id)
    assert (claimed.person_id, claimed.capacity, claimed.given_by, claimed.until) == (
        world.people[FOCAL],
        Capacity.FOCAL,
        world.people[FOCAL],
        None,
    )
    with pytest.raises(Duplicate):
        await world.use_cases.assignments.claim(world.context("chuyen_vien_2"), case.id)


async def test_two_claims_at_once_give_one_focal_officer(world: World) -> None:
    case = await stages.accepted(world)
    refusal = await one_of_two(
        *(world.use_cases.assignments.claim(world.context(who), case.id) for who in (FOCAL, "chuyen_vien_2"))
    )
    assert isinstance(refusal, Duplicate)
    participations = await world.use_cases.assignments.list_participations(world.context(HEAD), case.id)
    assert [each.capacity for each in participations].count(Capacity.FOCAL) == 1


async def test_claim_before_acceptance_is_too_early(world: World) -> None:
    case = await stages.received(world)
    with pytest.raises(TransitionNotAllowed):
        await world.use_cases.assignments.claim(world.context(FOCAL), case.id)


@pytest.mark.parametrize(
    ("who", "error"),
    [(INTAKE, PermissionDenied), (HEAD, PermissionDenied), (OWNER, PermissionDenied), ("phan_bien_1", NotFound)],
)
async def test_others_do_not_claim(world: World, who: str, error: type[Exception]) -> None:
    case = await stages.accepted(world)
    with pytest.raises(error):
        await world.use_cases.assignments.claim(world.context(who), case.id)


async def test_who_took_the_case_in_never_claims_it(world: World) -> None:
    case = await stages.accepted(world)
    both = world.context(INTAKE, offices=world.actor(INTAKE).offices | {(Role.FOCAL_OFFICER, world.units["focal"])})
    with pytest.raises(PermissionDenied):
        await world.use_cases.assignments.claim(both, case.id)


@pytest.mark.parametrize(
    ("name", "capacity"),
    [(FOCAL, Capacity.FOCAL), ("phan_bien_1", Capacity.REVIEWER), ("giam_sat", Capacity.SUPERVISOR)],
)
async def test_head_assigns_people_who_hold_the_office(world: World, name: str, capacity: Capacity) -> None:
    case = await stages.accepted(world)
    async with leaving(world, case.id):
        participation = await assigned(world, case.id, name, capacity)
    assert (participation.person_id, participation.capacity, participation.given_by) == (
        world.people[name],
        capacity,
        world.people[HEAD],
    )
    with pytest.raises(Duplicate):
        await assigned(world, case.id, name, capacity)


async def test_assignments_by_others_are_refused(world: World) -> None:
    case = await stages.claimed(world)
    for who, error in ((FOCAL, PermissionDenied), (INTAKE, PermissionDenied), ("doi_thu", NotFound)):
        with pytest.raises(error):
            await world.use_cases.assignments.assign(
                world.context(who), case.id, person_id=world.people["phan_bien_1"], capacity=Capacity.REVIEWER
            )


@pytest.mark.parametrize(
    ("name", "capacity", "field", "code"),
    [
        ("uy_vien_1", Capacity.REVIEWER, "person_id", "role_not_held"),
        ("nguoi_la", Capacity.REVIEWER, "person_id", "role_not_held"),
        (FOCAL, Capacity.SUPERVISOR, "person_id", "role_not_held"),
        ("uy_vien_1", Capacity.CHAIR, "capacity", "not_assignable"),
        ("van_thu", Capacity.DECIDER, "capacity", "not_assignable"),
    ],
)
async def test_unfit_candidate_is_named(world: World, name: str, capacity: Capacity, field: str, code: str) -> None:
    case = await stages.accepted(world)
    with pytest.raises(Invalid) as caught:
        await assigned(world, case.id, name, capacity)
    assert [(each.field, each.code) for each in caught.value.errors] == [(field, code)]


@pytest.mark.parametrize(
    ("name", "role", "capacity"),
    [
        (INTAKE, Role.REVIEWER, Capacity.REVIEWER),
        (INTAKE, Role.FOCAL_OFFICER, Capacity.FOCAL),
        (INTAKE, Role.SUPERVISOR, Capacity.SUPERVISOR),
        (OWNER, Role.REVIEWER, Capacity.REVIEWER),
        ("nguoi_soan", Role.REVIEWER, Capacity.REVIEWER),
        (OWNER, Role.SUPERVISOR, Capacity.SUPERVISOR),
    ],
)
async def test_who_filed_or_took_in_gets_no_part_whatever_office_they_hold(
    world: World, name: str, role: Role, capacity: Capacity
) -> None:
    case = await stages.accepted(world)
    await also(world, name, role)
    with pytest.raises(Invalid) as caught:
        await assigned(world, case.id, name, capacity)
    assert [each.code for each in caught.value.errors] == ["separation_of_duty"]


async def test_supervisor_and_reviewer_are_two_people(world: World) -> None:
    case = await stages.with_reviewers(world)
    await also(world, "phan_bien_1", Role.SUPERVISOR)
    await also(world, "giam_sat", Role.REVIEWER)
    await assigned(world, case.id, "giam_sat", Capacity.SUPERVISOR)
    for name, capacity in (("phan_bien_1", Capacity.SUPERVISOR), ("giam_sat", Capacity.REVIEWER)):
        with pytest.raises(Invalid) as caught:
            await assigned(world, case.id, name, capacity)
        assert [each.code for each in caught.value.errors] == ["separation_of_duty"]


async def test_disabled_person_is_not_assigned(world: World) -> None:
    case = await stages.accepted(world)
    async with world.database.transaction() as work:
        person = await work.get(Person, world.people["phan_bien_1"])
        await work.save(replace(person, version=2, disabled_at=world.clock.at))
    with pytest.raises(Invalid) as caught:
        await assigned(world, case.id, "phan_bien_1", Capacity.REVIEWER)
    assert [each.code for each in caught.value.errors] == ["unknown_person"]


async def test_reassign_ends_one_part_and_gives_another_in_one_act(world: World) -> None:
    case = await stages.claimed(world)
    participations = await world.use_cases.assignments.list_participations(world.context(HEAD), case.id)
    focal = next(each for each in participations if each.capacity is Capacity.FOCAL)
    async with leaving(world, case.id):
        given = await world.use_cases.assignments.reassign(
            world.context(HEAD), case.id, focal.id, person_id=world.people["chuyen_vien_2"], reason="Nghỉ phép"
        )
    assert (given.person_id, given.capacity) == (world.people["chuyen_vien_2"], Capacity.FOCAL)
    after = await world.use_cases.assignments.list_participations(world.context(HEAD), case.id)
    assert next(each for each in after if each.id == focal.id).until == world.clock.at
    with pytest.raises(NotFound):
        await world.use_cases.assignments.reassign(
            world.context(HEAD), case.id, focal.id, person_id=world.people[FOCAL], reason="Lại"
        )


async def test_two_reassignments_at_once_give_one(world: World) -> None:
    case = await stages.with_reviewers(world)
    await also(world, "uy_vien_1", Role.REVIEWER)
    await also(world, "uy_vien_2", Role.REVIEWER)
    participations = await world.use_cases.assignments.list_participations(world.context(HEAD), case.id)
    participation = next(each for each in participations if each.person_id == world.people["phan_bien_1"])
    refusal = await one_of_two(
        *(
            world.use_cases.assignments.reassign(
                world.context(HEAD), case.id, participation.id, person_id=world.people[name], reason="Quá tải"
            )
            for name in ("uy_vien_1", "uy_vien_2")
        )
    )
    assert isinstance(refusal, NotFound)


async def test_release_frees_the_case_and_keeps_the_past(world: World) -> None:
    case = await stages.accepted(world)
    held = await world.use_cases.assignments.claim(world.context(FOCAL), case.id)
    async with leaving(world, case.id):
        released = await world.use_cases.assignments.release(world.context(FOCAL), case.id, held.id, reason="Quá tải")
    assert released.until == world.clock.at
    again = await world.use_cases.assignments.claim(world.context("chuyen_vien_2"), case.id)
    assert again.until is None


async def test_officer_releases_only_their_own_part_and_the_head_any(world: World) -> None:
    case = await stages.with_reviewers(world)
    participations = await world.use_cases.assignments.list_participations(world.context(HEAD), case.id)
    participation = next(each for each in participations if each.person_id == world.people["phan_bien_1"])
    release = world.use_cases.assignments.release
    with pytest.raises(PermissionDenied):
        await release(world.context(FOCAL), case.id, participation.id, reason="Không cần")
    with pytest.raises(PermissionDenied):
        await release(world.context("phan_bien_1"), case.id, participation.id, reason="Bận")
    ended = await release(world.context(HEAD), case.id, participation.id, reason="Bận công tác")
    assert ended.until == world.clock.at
    with pytest.raises(NotFound):
        await world.use_cases.cases.read(world.context("phan_bien_1"), case.id)


async def test_two_releases_at_once_give_one(world: World) -> None:
    case = await stages.accepted(world)
    held = await world.use_cases.assignments.claim(world.context(FOCAL), case.id)
    release = world.use_cases.assignments.release
    refusal = await one_of_two(
        release(world.context(FOCAL), case.id, held.id, reason="a"),
        release(world.context(HEAD), case.id, held.id, reason="b"),
    )
    assert isinstance(refusal, NotFound | PermissionDenied)


async def test_reviewers_do_not_learn_of_each_other_before_filing(world: World) -> None:
    case = await stages.with_reviewers(world)
    seen = await world.use_cases.assignments.list_participations(world.context(REVIEWERS[0]), case.id)
    assert {each.person_id for each in seen} == {world.people[REVIEWERS[0]]}


async def test_workload_counts_what_was_claimed_and_assigned(world: World) -> None:
    await stages.with_reviewers(world)
    loads = await world.use_cases.cases.workload(world.context(HEAD))
    assert {(each.person_id, each.capacity, each.cases) for each in loads} == {
        (world.people[FOCAL], Capacity.FOCAL, 1),
        (world.people["phan_bien_1"], Capacity.REVIEWER, 1),
        (world.people["phan_bien_2"], Capacity.REVIEWER, 1),
    }
