"""The council through the use cases: called, declared, voting, losing a member, concluding."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.appraisal import Advice, Choice, CouncilSession, Vote
from sandbox_registry.domain.cases.appraisal_guards import AppraisalIncomplete
from sandbox_registry.domain.cases.councils import Composition
from sandbox_registry.domain.errors import (
    ConditionNotMet,
    Duplicate,
    Invalid,
    NotFound,
    PermissionDenied,
    StaleVersion,
    TransitionNotAllowed,
)
from sandbox_registry.domain.identity.people import Capacity, Role, RoleGrant
from sandbox_registry.domain.stages import Stage
from tests.support import stages
from tests.support.checks import leaving, one_of_two
from tests.support.stages import FOCAL, HEAD, INTAKE, MEMBERS, OWNER, SECRETARY
from tests.support.world import AI_PROCEDURE, World

CHAIR = MEMBERS[0]


async def cast(world: World, session: CouncilSession, who: str, choice: Choice = Choice.FOR, **changes: Any) -> Vote:
    how: dict[str, Any] = {"choice": choice, "is_written": False, "dissent": ""}
    return await world.use_cases.councils.vote(
        world.context(who), session.application_id, session.id, **(how | changes)
    )


async def conclude(
    world: World, session: CouncilSession, *present: str, by: str = SECRETARY, reason: str | None = None
) -> CouncilSession:
    return await world.use_cases.councils.conclude(
        world.context(by),
        session.application_id,
        session.id,
        expected_version=session.version,
        present_ids=tuple(world.people[name] for name in present),
        minutes="Biên bản họp.",
        reason=reason,
    )


async def confirm(world: World, session: CouncilSession, by: str = CHAIR) -> CouncilSession:
    return await world.use_cases.councils.confirm(
        world.context(by), session.application_id, session.id, expected_version=session.version
    )


async def recommended(world: World, case: Application) -> Application:
    done = await world.use_cases.decisions.recommend(
        world.context(HEAD),
        case.id,
        expected_version=case.version,
        advice=Advice.REFUSE,
        report="Báo cáo",
        departure="-",
    )
    return done.application


async def recompose(world: World, session: CouncilSession, composition: Composition, by: str = FOCAL) -> CouncilSession:
    return await world.use_cases.councils.recompose(
        world.context(by),
        session.application_id,
        session.id,
        expected_version=session.version,
        composition=composition,
        scheduled_at=session.scheduled_at,
        place=session.place,
        reason=None if session.concluded_at is None else "Chủ tịch thôi tham gia",
    )


async def convene(world: World, case_id: UUID, by: str = FOCAL, **changes: Any) -> CouncilSession:
    how: dict[str, Any] = {
        "composition": stages.composition(world),
        "scheduled_at": world.clock.at + timedelta(days=1),
        "place": "Phòng 2",
    }
    return await world.use_cases.councils.convene(world.context(by), case_id, **(how | changes))


async def also(world: World, name: str, role: Role) -> None:
    """Give somebody a further office."""
    async with world.database.transaction() as work:
        grants = await work.find(RoleGrant, person_id=world.people[HEAD])
        await work.add(replace(grants[0], id=world.transactions.new_id(), person_id=world.people[name], role=role))


async def seats(world: World, case_id: UUID) -> set[tuple[UUID, Capacity]]:
    participations = await world.use_cases.assignments.list_participations(world.context(HEAD), case_id)
    sitting = {Capacity.CHAIR, Capacity.COUNCIL_MEMBER, Capacity.SECRETARY}
    return {
        (each.person_id, each.capacity) for each in participations if each.until is None and each.capacity in sitting
    }


async def test_convening_seats_everybody_in_one_act(world: World) -> None:
    case = await stages.under_appraisal(world)
    async with leaving(world, case.id):
        session = await convene(world, case.id)
    assert await seats(world, case.id) == stages.composition(world).seats()
    assert (session.convened_by, session.concluded_at, session.is_passed) == (world.people[FOCAL], None, None)


async def test_one_council_per_case_also_at_once(world: World) -> None:
    case = await stages.under_appraisal(world)
    assert isinstance(await one_of_two(convene(world, case.id), convene(world, case.id)), Duplicate)
    with pytest.raises(Duplicate):
        await convene(world, case.id)


async def test_procedure_without_a_council_convenes_none(world: World) -> None:
    case = await stages.under_appraisal(world, procedure_code=AI_PROCEDURE)
    with pytest.raises(ConditionNotMet) as caught:
        await convene(world, case.id)
    assert caught.value.condition == "no_council"


async def test_convening_is_for_the_focal_officer_once_the_appraisal_runs(world: World) -> None:
    case = await stages.claimed(world)
    with pytest.raises(TransitionNotAllowed):
        await convene(world, case.id)
    for who, error in ((HEAD, PermissionDenied), (INTAKE, PermissionDenied), (CHAIR, NotFound), ("doi_thu", NotFound)):
        with pytest.raises(error):
            await convene(world, case.id, who)


@pytest.mark.parametrize(
    ("seat", "person", "role", "code"),
    [
        ("uy_vien_5", "phan_bien_1", None, "role_not_held"),
        ("uy_vien_5", INTAKE, Role.COUNCIL_EXPERT, "separation_of_duty"),
        ("uy_vien_5", FOCAL, Role.COUNCIL_EXPERT, "separation_of_duty"),
        ("uy_vien_5", OWNER, Role.COUNCIL_EXPERT, "separation_of_duty"),
        ("uy_vien_5", "nguoi_soan", Role.COUNCIL_EXPERT, "separation_of_duty"),
        ("uy_vien_1", "giam_sat", None, "role_not_held"),
    ],
)
async def test_member_who_may_not_sit_is_named(
    world: World, seat: str, person: str, role: Role | None, code: str
) -> None:
    case = await stages.under_appraisal(world)
    if role is not None:
        await also(world, person, role)
    names = [person if name == seat else name for name in MEMBERS]
    with pytest.raises(Invalid) as caught:
        await convene(world, case.id, composition=stages.composition(world, *names))
    assert [(each.field, each.code) for each in caught.value.errors] == [(f"member_ids.{MEMBERS.index(seat)}", code)]
    assert await seats(world, case.id) == set()


async def test_secretary_who_took_the_case_in_is_refused(world: World) -> None:
    case = await stages.under_appraisal(world)
    await also(world, INTAKE, Role.COUNCIL_EXPERT)
    with pytest.raises(Invalid) as caught:
        await convene(world, case.id, composition=stages.composition(world, secretary=INTAKE))
    assert [(each.field, each.code) for each in caught.value.errors] == [("secretary_id", "separation_of_duty")]


async def test_member_declares_before_opening_and_before_voting(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.convened(world, case)
    world.clock.forward(days=1)
    for act in (world.use_cases.cases.read(world.context(CHAIR), case.id), cast(world, session, CHAIR)):
        with pytest.raises(PermissionDenied):
            await act
    await stages.declared(world, case, CHAIR)
    assert (await cast(world, session, CHAIR)).member_id == world.people[CHAIR]


async def test_vote_is_cast_once_also_at_once(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.sitting(world, case)
    async with leaving(world, case.id, count=2):
        await cast(world, session, CHAIR)
        await cast(world, session, MEMBERS[1], Choice.AGAINST, dissent="Thiếu số liệu.")
    with pytest.raises(Duplicate):
        await cast(world, session, CHAIR, Choice.AGAINST)
    refusal = await one_of_two(cast(world, session, MEMBERS[2]), cast(world, session, MEMBERS[2], Choice.AGAINST))
    assert isinstance(refusal, Duplicate)


async def test_vote_before_the_sitting_is_too_early_unless_written(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.convened(world, case)
    await stages.declared(world, case, CHAIR, MEMBERS[1])
    with pytest.raises(ConditionNotMet):
        await cast(world, session, CHAIR)
    assert (await cast(world, session, MEMBERS[1], is_written=True)).is_written


async def test_nobody_but_members_votes(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.sitting(world, case)
    for who, error in (
        (SECRETARY, PermissionDenied),
        (FOCAL, PermissionDenied),
        (HEAD, PermissionDenied),
        ("dai_bieu", PermissionDenied),
        ("uy_vien_6", NotFound),
        (OWNER, PermissionDenied),
    ):
        with pytest.raises(error):
            await cast(world, session, who)


async def test_votes_of_others_show_only_once_concluded(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.sitting(world, case)
    for name in MEMBERS:
        await cast(world, session, name)
    read = world.use_cases.councils.list_sessions
    seen = {
        who: len((await read(world.context(who), case.id))[0].votes) for who in (CHAIR, SECRETARY, HEAD, "dai_bieu")
    }
    assert seen == {CHAIR: 1, SECRETARY: 0, HEAD: 0, "dai_bieu": 0}
    await conclude(world, session, *MEMBERS)
    seen = {
        who: len((await read(world.context(who), case.id))[0].votes) for who in (CHAIR, SECRETARY, HEAD, "dai_bieu")
    }
    assert set(seen.values()) == {5}
    for who in (OWNER, INTAKE):
        with pytest.raises(PermissionDenied):
            await read(world.context(who), case.id)


async def test_conclusion_keeps_votes_dissent_and_minutes(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.sitting(world, case)
    for name in MEMBERS[:3]:
        await cast(world, session, name)
    await cast(world, session, MEMBERS[3], Choice.AGAINST, dissent="Thiếu số liệu.")
    async with leaving(world, case.id):
        concluded = await conclude(world, session, *MEMBERS[:4])
    assert concluded == replace(
        session,
        version=2,
        present_ids=tuple(world.people[name] for name in MEMBERS[:4]),
        minutes="Biên bản họp.",
        dissent=("Thiếu số liệu.",),
        votes_for=3,
        votes_against=1,
        votes_abstain=0,
        is_passed=True,
        concluded_by=world.people[SECRETARY],
        concluded_at=world.clock.at,
    )
    confirmed = await confirm(world, concluded)
    for late in (cast(world, session, MEMBERS[4]), conclude(world, confirmed, *MEMBERS[:4])):
        with pytest.raises(ConditionNotMet) as caught:
            await late
        assert caught.value.condition == "council_concluded"


async def test_without_a_quorum_the_sitting_stays_open(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.sitting(world, case)
    for name in MEMBERS[:3]:
        await cast(world, session, name)
    await cast(world, session, MEMBERS[3], is_written=True)  # This procedure does not count written opinions.
    with pytest.raises(ConditionNotMet) as caught:
        await conclude(world, session, *MEMBERS[:3])
    assert caught.value.condition == "council_quorum_not_reached"
    await cast(world, session, MEMBERS[4])
    assert (await conclude(world, session, *MEMBERS[:3], MEMBERS[4])).votes_for == 4


async def test_conclusion_is_for_chair_or_secretary_and_happens_once(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.sitting(world, case)
    for name in MEMBERS:
        await cast(world, session, name)
    for who in (MEMBERS[1], FOCAL, HEAD, "thanh_tra"):
        with pytest.raises(PermissionDenied):
            await conclude(world, session, *MEMBERS, by=who)
    refusal = await one_of_two(conclude(world, session, *MEMBERS, by=CHAIR), conclude(world, session, *MEMBERS))
    assert isinstance(refusal, StaleVersion)


async def drawn_up(world: World, case: Application) -> CouncilSession:
    """A council that concluded; its minutes wait for the chair."""
    session = await stages.sitting(world, case)
    for name in MEMBERS:
        await cast(world, session, name)
    return await conclude(world, session, *MEMBERS)


async def test_minutes_are_confirmed_by_the_other_one_of_chair_and_secretary(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await drawn_up(world, case)
    with pytest.raises(ConditionNotMet) as caught:
        await confirm(world, session, by=SECRETARY)
    assert caught.value.condition == "four_eyes"
    for who, error in (
        (MEMBERS[1], PermissionDenied),
        (FOCAL, PermissionDenied),
        (HEAD, PermissionDenied),
        ("dai_bieu", PermissionDenied),
        (OWNER, PermissionDenied),
        ("uy_vien_6", NotFound),
    ):
        with pytest.raises(error):
            await confirm(world, session, by=who)
    async with leaving(world, case.id):
        confirmed = await confirm(world, session)
    assert confirmed == replace(
        session, version=session.version + 1, confirmed_by=world.people[CHAIR], confirmed_at=world.clock.at
    )


async def test_chair_draws_up_and_the_secretary_confirms_as_well(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.sitting(world, case)
    for name in MEMBERS:
        await cast(world, session, name)
    concluded = await conclude(world, session, *MEMBERS, by=CHAIR)
    with pytest.raises(ConditionNotMet):
        await confirm(world, concluded)
    assert (await confirm(world, concluded, by=SECRETARY)).confirmed_by == world.people[SECRETARY]


async def test_minutes_that_change_while_they_are_confirmed_are_not(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await drawn_up(world, case)
    refusal = await one_of_two(conclude(world, session, *MEMBERS, reason="Sai ngày"), confirm(world, session))
    assert isinstance(refusal, StaleVersion)
    other = await drawn_up(world, await stages.under_appraisal(world))
    assert isinstance(await one_of_two(confirm(world, other), confirm(world, other)), StaleVersion)


async def test_appraisal_waits_for_the_minutes(world: World) -> None:
    case = await stages.reviewed(world)
    session = await drawn_up(world, case)
    with pytest.raises(AppraisalIncomplete) as caught:
        await recommended(world, case)
    assert [each.code for each in caught.value.errors] == ["minutes_unconfirmed"]
    await confirm(world, session)
    assert (await recommended(world, case)).stage is Stage.AWAITING_DECISION


async def test_chair_who_leaves_before_confirming_is_replaced_and_the_council_concludes_again(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await drawn_up(world, case)
    await world.use_cases.appraisal.declare(world.context(CHAIR), case.id, conflicted=True, statement="Cổ đông.")
    with pytest.raises(NotFound):
        await confirm(world, session)
    composition = stages.composition(world, *MEMBERS[1:], "uy_vien_6")
    changed = await recompose(world, session, composition)
    assert (changed.minutes, changed.is_passed, changed.concluded_at) == ("", None, None)
    await stages.declared(world, case, "uy_vien_6")
    await cast(world, changed, "uy_vien_6")
    again = await conclude(world, changed, *MEMBERS[1:], "uy_vien_6")
    assert (await confirm(world, again, by=MEMBERS[1])).votes_for == 5
    (view,) = await world.use_cases.councils.list_sessions(world.context(FOCAL), case.id)
    assert [(each.minutes, each.reason, each.votes_for) for each in view.session.earlier] == [
        (session.minutes, "Chủ tịch thôi tham gia", 5)
    ]


async def test_conflicted_member_leaves_and_is_replaced_before_the_council_concludes(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.sitting(world, case)
    for name in MEMBERS:
        await cast(world, session, name)
    await world.use_cases.appraisal.declare(world.context(MEMBERS[4]), case.id, conflicted=True, statement="Cổ đông.")
    with pytest.raises(ConditionNotMet) as caught:
        await conclude(world, session, *MEMBERS[:4])
    assert caught.value.condition == "council_member_left"
    composition = stages.composition(world, *MEMBERS[:4], "uy_vien_6")
    async with leaving(world, case.id):
        changed = await recompose(world, session, composition, by=SECRETARY)
    assert await seats(world, case.id) == composition.seats()
    await stages.declared(world, case, "uy_vien_6")
    await cast(world, changed, "uy_vien_6", Choice.AGAINST)
    concluded = await conclude(world, changed, *MEMBERS[:4], "uy_vien_6")
    assert (concluded.votes_for, concluded.votes_against) == (4, 1)


async def test_conflicted_person_is_not_seated_again(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.sitting(world, case)
    await world.use_cases.appraisal.declare(world.context(MEMBERS[4]), case.id, conflicted=True, statement="Cổ đông.")
    with pytest.raises(Invalid) as caught:
        await recompose(world, session, stages.composition(world))
    assert [(each.field, each.code) for each in caught.value.errors] == [("member_ids.4", "conflicted")]


async def test_two_recompositions_at_once_give_one(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.convened(world, case)
    chairs = (MEMBERS[1], MEMBERS[2])
    refusal = await one_of_two(*(recompose(world, session, stages.composition(world, chair=each)) for each in chairs))
    assert isinstance(refusal, StaleVersion)
    assert await seats(world, case.id) in [stages.composition(world, chair=each).seats() for each in chairs]


async def test_conclusion_over_a_council_that_changed_is_stale(world: World) -> None:
    case = await stages.under_appraisal(world)
    session = await stages.sitting(world, case)
    for name in MEMBERS:
        await cast(world, session, name)
    await recompose(world, session, stages.composition(world, chair=MEMBERS[1]))
    with pytest.raises(StaleVersion):
        await conclude(world, session, *MEMBERS)


async def test_session_of_another_case_is_not_found(world: World) -> None:
    first, second = await stages.under_appraisal(world), await stages.under_appraisal(world)
    session = await stages.sitting(world, first)
    await stages.convened(world, second)
    await stages.declared(world, second, CHAIR)
    with pytest.raises(NotFound):
        await cast(world, replace(session, application_id=second.id), CHAIR)
