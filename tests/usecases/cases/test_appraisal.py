"""Classifying, declaring interests, visiting: through the use cases on the real database."""

from datetime import timedelta

import pytest

from sandbox_registry.domain.cases.appraisal import Advice
from sandbox_registry.domain.errors import (
    Duplicate,
    Invalid,
    NotFound,
    PermissionDenied,
    StaleVersion,
    TransitionNotAllowed,
)
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.stages import Stage
from tests.support import stages
from tests.support.checks import leaves, leaving, one_of_two
from tests.support.stages import FOCAL, HEAD, INTAKE, MEMBERS, OWNER, SCORES, SECRETARY
from tests.support.world import World


async def test_classify_fixes_the_level_and_opens_the_appraisal(world: World) -> None:
    case = await stages.claimed(world)
    async with leaving(world, case.id):
        classified = await world.use_cases.appraisal.classify(
            world.context(FOCAL), case.id, expected_version=case.version, level="medium"
        )
    assert (classified.stage, classified.level, classified.classified_at) == (
        Stage.UNDER_APPRAISAL,
        "medium",
        world.clock.at,
    )


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("chuyen_vien_2", PermissionDenied),
        (HEAD, PermissionDenied),
        (INTAKE, PermissionDenied),
        (OWNER, PermissionDenied),
        ("dai_bieu", PermissionDenied),
        ("phan_bien_1", NotFound),
        ("quan_tri", NotFound),
        ("doi_thu", NotFound),
    ],
)
async def test_only_the_focal_officer_of_the_case_classifies(world: World, who: str, error: type[Exception]) -> None:
    case = await stages.claimed(world)
    async with leaving(world, case.id):  # The refusal.
        with pytest.raises(error):
            await world.use_cases.appraisal.classify(
                world.context(who), case.id, expected_version=case.version, level="low"
            )


async def test_classify_twice_is_too_late_and_unknown_level_is_named(world: World) -> None:
    case = await stages.claimed(world)
    with pytest.raises(Invalid):
        await world.use_cases.appraisal.classify(
            world.context(FOCAL), case.id, expected_version=case.version, level="highest"
        )
    classify = world.use_cases.appraisal.classify
    done = await classify(world.context(FOCAL), case.id, expected_version=case.version, level="low")
    with pytest.raises(TransitionNotAllowed):
        await classify(world.context(FOCAL), case.id, expected_version=done.version, level="low")


async def test_two_classifications_at_once_give_one(world: World) -> None:
    case = await stages.claimed(world)
    refusal = await one_of_two(
        *(
            world.use_cases.appraisal.classify(
                world.context(FOCAL), case.id, expected_version=case.version, level=level
            )
            for level in ("low", "high")
        )
    )
    assert isinstance(refusal, StaleVersion | TransitionNotAllowed)


async def test_undeclared_reviewer_opens_nothing_and_declares_first(world: World) -> None:
    case = await stages.under_appraisal(world)
    reviewer = world.context("phan_bien_1")
    await world.use_cases.assignments.assign(
        world.context(HEAD), case.id, person_id=reviewer.actor.person_id, capacity=Capacity.REVIEWER
    )
    with pytest.raises(PermissionDenied):
        await world.use_cases.cases.read(reviewer, case.id)
    assert [each.id for each in await world.use_cases.cases.awaiting_declaration(reviewer)] == [case.id]
    async with leaving(world, case.id):
        await stages.declared(world, case, "phan_bien_1")
    assert (await world.use_cases.cases.read(reviewer, case.id)).application.id == case.id


async def test_declared_conflict_ends_every_part_access_and_score(world: World) -> None:
    case = await stages.reviewed(world)
    reviewer = world.context("phan_bien_1")
    async with leaving(world, case.id):
        await world.use_cases.appraisal.declare(reviewer, case.id, conflicted=True, statement="Em rể góp vốn.")
    participations = await world.use_cases.assignments.list_participations(world.context(HEAD), case.id)
    assert [each.until for each in participations if each.person_id == reviewer.actor.person_id] == [world.clock.at]
    counted = await world.use_cases.reviews.list_reviews(world.context(HEAD), case.id)
    assert [each.review.reviewer_id for each in counted] == [world.people["phan_bien_2"]]
    for reading in (world.use_cases.cases.read, world.use_cases.reviews.list_reviews):
        with pytest.raises(NotFound):
            await reading(reviewer, case.id)


async def test_conflict_is_final(world: World) -> None:
    case = await stages.reviewed(world)
    reviewer = world.context("phan_bien_1")
    await world.use_cases.appraisal.declare(reviewer, case.id, conflicted=True, statement="Em rể góp vốn.")
    with pytest.raises(NotFound):
        await world.use_cases.appraisal.declare(reviewer, case.id, conflicted=False, statement="")
    with pytest.raises(Invalid) as caught:
        await world.use_cases.assignments.assign(
            world.context(HEAD), case.id, person_id=reviewer.actor.person_id, capacity=Capacity.REVIEWER
        )
    assert [each.code for each in caught.value.errors] == ["conflicted"]


async def test_second_declaration_without_a_conflict_is_a_duplicate(world: World) -> None:
    case = await stages.with_reviewers(world)
    with pytest.raises(Duplicate):
        await stages.declared(world, case, "phan_bien_1")


async def test_conflict_needs_words(world: World) -> None:
    case = await stages.with_reviewers(world)
    with pytest.raises(Invalid):
        await world.use_cases.appraisal.declare(world.context("phan_bien_1"), case.id, conflicted=True, statement="")


async def test_focal_officer_with_a_conflict_makes_room_for_another(world: World) -> None:
    case = await stages.claimed(world)
    await world.use_cases.appraisal.declare(world.context(FOCAL), case.id, conflicted=True, statement="Cổ đông.")
    with pytest.raises(NotFound):
        await world.use_cases.assignments.claim(world.context(FOCAL), case.id)
    claimed = await world.use_cases.assignments.claim(world.context("chuyen_vien_2"), case.id)
    assert claimed.person_id == world.people["chuyen_vien_2"]


async def test_nobody_declares_for_a_case_they_have_no_part_in(world: World) -> None:
    case = await stages.under_appraisal(world)
    for who, error in (("phan_bien_1", NotFound), (OWNER, PermissionDenied), ("dai_bieu", PermissionDenied)):
        with pytest.raises(error):
            await world.use_cases.appraisal.declare(world.context(who), case.id, conflicted=False, statement="")


async def test_two_declarations_at_once_give_one(world: World) -> None:
    case = await stages.with_reviewers(world)
    declare = world.use_cases.appraisal.declare
    refusal = await one_of_two(
        *(declare(world.context(HEAD), case.id, conflicted=False, statement="") for _ in range(2))
    )
    assert isinstance(refusal, Duplicate)


async def test_reviewers_read_their_own_declaration_and_the_head_reads_all(world: World) -> None:
    case = await stages.with_reviewers(world)
    await stages.convened(world, case)
    await stages.declared(world, case, *MEMBERS, SECRETARY)
    seen = {
        who: len(await world.use_cases.appraisal.list_declarations(world.context(who), case.id))
        for who in ("phan_bien_1", MEMBERS[1], MEMBERS[0], SECRETARY, HEAD, FOCAL, "dai_bieu")
    }
    assert seen == {"phan_bien_1": 1, MEMBERS[1]: 1, MEMBERS[0]: 8, SECRETARY: 8, HEAD: 8, FOCAL: 8, "dai_bieu": 8}
    with pytest.raises(PermissionDenied):
        await world.use_cases.appraisal.list_declarations(world.context(OWNER), case.id)


async def test_conflicted_person_still_reads_their_own_declaration(world: World) -> None:
    case = await stages.with_reviewers(world)
    reviewer = world.context("phan_bien_1")
    await world.use_cases.appraisal.declare(reviewer, case.id, conflicted=True, statement="Em rể góp vốn.")
    found = await world.use_cases.appraisal.list_declarations(reviewer, case.id)
    assert [(each.person_id, each.statement) for each in found] == [(reviewer.actor.person_id, "Em rể góp vốn.")]


async def test_site_visit_is_kept_once_with_its_minutes(world: World) -> None:
    case = await stages.with_reviewers(world)
    visit = {
        "visited_at": world.clock.at - timedelta(hours=2),
        "place": "Vựa cua Năm Căn",
        "minutes": "Đã xem ba ao.",
        "applicant_attended": True,
    }
    record = world.use_cases.appraisal.record_visit
    async with leaving(world, case.id):
        kept = await record(world.context("phan_bien_1"), case.id, **visit)  # type: ignore[arg-type]  # Named above.
    assert await world.use_cases.appraisal.list_visits(world.context(HEAD), case.id) == (kept,)
    with pytest.raises(Duplicate):
        await record(world.context(FOCAL), case.id, **visit)  # type: ignore[arg-type]  # As above.
    late = visit | {"visited_at": world.clock.at + timedelta(minutes=1)}
    with pytest.raises(Invalid):
        await record(world.context(FOCAL), case.id, **late)  # type: ignore[arg-type]  # As above.
    with pytest.raises(PermissionDenied):
        await record(world.context(HEAD), case.id, **visit)  # type: ignore[arg-type]  # As above.
    with pytest.raises(PermissionDenied):
        await world.use_cases.appraisal.list_visits(world.context(OWNER), case.id)


async def test_two_minutes_of_one_visit_at_once_give_one(world: World) -> None:
    case = await stages.with_reviewers(world)
    refusal = await one_of_two(
        *(
            world.use_cases.appraisal.record_visit(
                world.context(who),
                case.id,
                visited_at=world.clock.at,
                place="Ao 1",
                minutes="Đã xem.",
                applicant_attended=False,
            )
            for who in ("phan_bien_1", FOCAL)
        )
    )
    assert isinstance(refusal, Duplicate)


async def test_oversight_leaves_a_leaf_by_reading_and_officers_do_not(world: World) -> None:
    case = await stages.reviewed(world)
    before = await leaves(world, case.id)
    await world.use_cases.reviews.list_reviews(world.context(HEAD), case.id)
    assert await leaves(world, case.id) == before
    await world.use_cases.reviews.list_reviews(world.context("dai_bieu"), case.id)
    assert await leaves(world, case.id) == before + 1


async def test_review_before_the_level_is_fixed_is_too_early(world: World) -> None:
    case = await stages.claimed(world)
    await world.use_cases.assignments.assign(
        world.context(HEAD), case.id, person_id=world.people["phan_bien_1"], capacity=Capacity.REVIEWER
    )
    await stages.declared(world, case, "phan_bien_1")
    with pytest.raises(TransitionNotAllowed):
        await world.use_cases.reviews.submit(
            world.context("phan_bien_1"), case.id, scores=SCORES, comment="", advice=Advice.APPROVE
        )
