"""Letters between the applicant and the officers."""

import pytest

from sandbox_registry.domain.errors import NotFound, PermissionDenied
from tests.support import stages
from tests.support.checks import leaving
from tests.support.stages import FOCAL, HEAD, INTAKE, OWNER
from tests.support.world import World


async def test_letters_go_both_ways_with_one_leaf_each(world: World) -> None:
    case = await stages.under_appraisal(world)
    messages = world.use_cases.messages
    async with leaving(world, case.id, count=3):
        asked = await messages.send(world.context("nguoi_soan"), case.id, body="Khi nào có kết quả?")
        answered = await messages.send(world.context(FOCAL), case.id, body="Theo giấy hẹn.")
        await messages.send(world.context(INTAKE), case.id, body="Mời đến nhận giấy.")
    assert (asked.from_applicant, answered.from_applicant) == (True, False)
    seen = await messages.list_messages(world.context(OWNER), case.id, after=None, limit=10)
    assert [each.body for each in seen] == ["Mời đến nhận giấy.", "Theo giấy hẹn.", "Khi nào có kết quả?"]


async def test_each_side_sees_its_own_authors_only(world: World) -> None:
    case = await stages.under_appraisal(world)
    messages = world.use_cases.messages
    await messages.send(world.context(OWNER), case.id, body="Khi nào có kết quả?")
    await messages.send(world.context(FOCAL), case.id, body="Theo giấy hẹn.")
    seen = {
        who: [
            each.author_id for each in await messages.list_messages(world.context(who), case.id, after=None, limit=10)
        ]
        for who in (OWNER, HEAD)
    }
    assert seen == {OWNER: [None, world.people[OWNER]], HEAD: [world.people[FOCAL], None]}


async def test_pages_follow_each_other_without_gap_or_repetition(world: World) -> None:
    case = await stages.under_appraisal(world)
    messages = world.use_cases.messages
    sent = [(await messages.send(world.context(OWNER), case.id, body=str(each))).id for each in range(5)]
    seen = []
    after = None
    while page := await messages.list_messages(world.context(OWNER), case.id, after=after, limit=2):
        seen += [each.id for each in page]
        after = seen[-1]
    assert seen == sent[::-1]


@pytest.mark.parametrize(
    ("who", "error"),
    [
        (HEAD, PermissionDenied),
        ("chuyen_vien_2", PermissionDenied),
        ("dai_bieu", PermissionDenied),
        ("thanh_tra", PermissionDenied),
        ("phan_bien_1", PermissionDenied),
        ("mot_cua_noi_khac", NotFound),
        ("doi_thu", NotFound),
        ("quan_tri", NotFound),
    ],
)
async def test_others_do_not_write(world: World, who: str, error: type[Exception]) -> None:
    case = await stages.with_reviewers(world)
    with pytest.raises(error):
        await world.use_cases.messages.send(world.context(who), case.id, body="!")


@pytest.mark.parametrize(("who", "error"), [("phan_bien_1", PermissionDenied), ("doi_thu", NotFound)])
async def test_others_do_not_read(world: World, who: str, error: type[Exception]) -> None:
    case = await stages.with_reviewers(world)
    with pytest.raises(error):
        await world.use_cases.messages.list_messages(world.context(who), case.id, after=None, limit=10)


async def test_letter_about_a_draft_goes_to_nobody(world: World) -> None:
    case = await stages.complete_draft(world)
    with pytest.raises(Exception, match="transition_not_allowed"):
        await world.use_cases.messages.send(world.context(OWNER), case.id, body="!")
