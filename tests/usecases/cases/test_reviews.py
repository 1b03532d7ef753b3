"""Reviews through the use cases: filed once, hidden until one's own is in."""

from fractions import Fraction

import pytest

from sandbox_registry.domain.cases.appraisal import Advice
from sandbox_registry.domain.errors import Duplicate, Invalid, NotFound, PermissionDenied
from sandbox_registry.domain.identity.people import Capacity, Role
from sandbox_registry.usecases.cases.reviews import ScoredReview
from tests.support import stages
from tests.support.checks import leaving, one_of_two
from tests.support.stages import FOCAL, HEAD, INTAKE, MEMBERS, OWNER, SCORES
from tests.support.world import World

ONE, TWO = stages.REVIEWERS


async def file(world: World, case_id: object, who: str = ONE) -> ScoredReview:
    return await world.use_cases.reviews.submit(
        world.context(who),
        case_id,  # type: ignore[arg-type]  # The case's id.
        scores=SCORES,
        comment="Khả thi.",
        advice=Advice.APPROVE_WITH_CONDITIONS,
    )


async def test_filed_review_leaves_one_leaf_and_its_score(world: World) -> None:
    case = await stages.with_reviewers(world)
    async with leaving(world, case.id):
        filed = await file(world, case.id)
    assert (filed.review.reviewer_id, filed.review.advice, filed.score) == (
        world.people[ONE],
        Advice.APPROVE_WITH_CONDITIONS,
        Fraction(80),
    )


async def test_reviews_of_others_show_only_after_ones_own(world: World) -> None:
    case = await stages.with_reviewers(world)
    read = world.use_cases.reviews.list_reviews
    first = await file(world, case.id, ONE)
    assert await read(world.context(TWO), case.id) == ()
    assert await read(world.context(ONE), case.id) == (first,)
    second = await file(world, case.id, TWO)
    for who in (ONE, TWO, FOCAL, HEAD, "dai_bieu", "thanh_tra"):
        assert await read(world.context(who), case.id) == (first, second)


async def test_reviewer_who_also_sits_in_council_still_files_blind(world: World) -> None:
    case = await stages.with_reviewers(world)
    await file(world, case.id, ONE)
    both = world.context(TWO, offices=world.actor(TWO).offices | {(Role.COUNCIL_EXPERT, world.units["focal"])})
    assert await world.use_cases.reviews.list_reviews(both, case.id) == ()


async def test_applicant_and_outsiders_never_see_reviews(world: World) -> None:
    case = await stages.reviewed(world)
    for who, error in (
        (OWNER, PermissionDenied),
        ("nguoi_soan", PermissionDenied),
        (INTAKE, PermissionDenied),
        ("cong_an", NotFound),
        (MEMBERS[0], NotFound),
        ("doi_thu", NotFound),
    ):
        with pytest.raises(error):
            await world.use_cases.reviews.list_reviews(world.context(who), case.id)


async def test_only_assigned_reviewers_file(world: World) -> None:
    case = await stages.under_appraisal(world)
    for who, error in ((ONE, NotFound), (FOCAL, PermissionDenied), (HEAD, PermissionDenied), (OWNER, PermissionDenied)):
        with pytest.raises(error):
            await file(world, case.id, who)


async def test_undeclared_reviewer_does_not_file(world: World) -> None:
    case = await stages.under_appraisal(world)
    await world.use_cases.assignments.assign(
        world.context(HEAD), case.id, person_id=world.people[ONE], capacity=Capacity.REVIEWER
    )
    with pytest.raises(PermissionDenied):
        await file(world, case.id, ONE)


async def test_faulty_scores_are_refused(world: World) -> None:
    case = await stages.with_reviewers(world)
    with pytest.raises(Invalid) as caught:
        await world.use_cases.reviews.submit(
            world.context(ONE), case.id, scores={"plan": 11}, comment="", advice=Advice.REFUSE
        )
    assert len(caught.value.errors) == len(SCORES)


async def test_review_is_final_also_at_once(world: World) -> None:
    case = await stages.with_reviewers(world)
    assert isinstance(await one_of_two(file(world, case.id), file(world, case.id)), Duplicate)
    with pytest.raises(Duplicate):
        await file(world, case.id)


async def test_review_of_a_released_reviewer_still_counts(world: World) -> None:
    case = await stages.reviewed(world)
    participations = await world.use_cases.assignments.list_participations(world.context(HEAD), case.id)
    participation = next(each for each in participations if each.person_id == world.people[ONE])
    await world.use_cases.assignments.release(world.context(HEAD), case.id, participation.id, reason="Chuyển công tác")
    assert len(await world.use_cases.reviews.list_reviews(world.context(HEAD), case.id)) == 2
    with pytest.raises(NotFound):
        await world.use_cases.reviews.list_reviews(world.context(ONE), case.id)
