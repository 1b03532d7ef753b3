"""A case as it stood: on any day, for each reader, after an erasure; and what differs between two versions."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.domain.cases.applications import Application, SupplementItem
from sandbox_registry.domain.cases.appraisal import Advice, Outcome
from sandbox_registry.domain.cases.deadlines import Timing
from sandbox_registry.domain.errors import Invalid, NotFound, PermissionDenied
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.privacy.erasures import ERASED
from sandbox_registry.domain.stages import Stage
from sandbox_registry.usecases.cases.past_cases import CaseAt
from tests.support.checks import leaving
from tests.support.decided import issued
from tests.support.erasing import confirm, propose, refused_intake
from tests.support.stages import (
    FOCAL,
    HEAD,
    INTAKE,
    OWNER,
    REVIEWERS,
    SCORES,
    accepted,
    completed,
    received,
    with_reviewers,
)
from tests.support.statements import statements
from tests.support.world import START, World

COUNCIL = "dai_bieu"


async def stood(world: World, case_id: UUID, at: date | datetime, *, by: str = COUNCIL) -> CaseAt:
    return await world.use_cases.histories.as_it_stood(world.context(by), case_id, at=at)


async def supplemented(world: World) -> Application:
    """A case filed on one day, sent back on the second, completed on the fifth."""
    case = await received(world)
    world.clock.forward(days=1)
    asked = await world.use_cases.intake.request_supplement(
        world.context(INTAKE),
        case.id,
        expected_version=case.version,
        items=(SupplementItem(target="answers.plan.objective", reason="Nêu rõ mục tiêu."),),
        exception_reason=None,
    )
    world.clock.forward(days=3)
    edited = await world.use_cases.applications.edit(
        world.context(OWNER),
        case.id,
        expected_version=asked.version,
        title=None,
        answers={"plan": {"objective": "Đếm đúng 95 % số tôm trong ao."}},
    )
    return await completed(world, edited)


async def erase(owner: AsyncEngine, index: int) -> None:
    async with owner.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("DELETE FROM audit_records WHERE index = :index"), {"index": index})


async def test_each_day_shows_the_case_of_that_day(world: World) -> None:
    case = await supplemented(world)
    first, second, last = [await stood(world, case.id, date(2026, 11, day)) for day in (20, 21, 24)]
    told = [(each.application.stage, each.application.version) for each in (first, second, last) if each.application]
    assert [stage for stage, _ in told] == [Stage.SUBMITTED, Stage.SUPPLEMENT_REQUESTED, Stage.SUBMITTED]
    assert last.application == case
    assert [len(each.supplements or ()) for each in (first, second, last)] == [0, 1, 1]
    assert [each.supplements[0].answered_at for each in (second, last) if each.supplements] == [None, world.clock.at]
    wording = [each.application.answers["plan"]["objective"] for each in (second, last) if each.application]  # type: ignore[index]
    assert wording[0] != wording[1] == "Đếm đúng 95 % số tôm trong ao."
    assert [each.dossier.cause for each in (first, second, last) if each.dossier] == [
        "submitted",
        "submitted",
        "supplemented",
    ]


async def test_deadlines_are_computed_as_of_then(world: World) -> None:
    case = await supplemented(world)
    second = {each.name: each.timing for each in (await stood(world, case.id, date(2026, 11, 21))).deadlines}
    last = {each.name: each.timing for each in (await stood(world, case.id, world.clock.at)).deadlines}
    assert (second["completeness.term"], second["supplement.term"]) == (Timing.PAUSED, Timing.RUNNING)
    assert last["supplement.term"] is Timing.MET


async def test_a_moment_counts_what_was_done_at_it(world: World) -> None:
    case = await received(world)
    world.clock.forward(hours=1)
    await world.use_cases.intake.accept(world.context(INTAKE), case.id, expected_version=case.version)
    just_before = await stood(world, case.id, world.clock.at - timedelta(microseconds=1))
    then = await stood(world, case.id, world.clock.at)
    today = await stood(world, case.id, date(2026, 11, 20))
    assert [each.application and each.application.stage for each in (just_before, then, today)] == [
        Stage.SUBMITTED,
        Stage.ACCEPTED,
        Stage.ACCEPTED,
    ]
    assert today.at == world.clock.at


async def test_a_day_ends_at_midnight_in_ca_mau(world: World) -> None:
    world.clock.at = datetime(2026, 11, 20, 16, 59, 59, tzinfo=UTC)  # 23:59:59 in Cà Mau.
    draft = await world.draft()
    world.clock.forward(seconds=1)
    await world.use_cases.applications.discard(world.context(OWNER), draft.id, expected_version=draft.version)
    world.clock.forward(days=3)
    days = [await stood(world, draft.id, date(2026, 11, day), by=OWNER) for day in (20, 21)]
    assert [each.application and each.application.stage for each in days] == [Stage.DRAFT, Stage.WITHDRAWN]
    assert days[0].at == datetime(2026, 11, 20, 16, 59, 59, 999999, tzinfo=UTC)


async def test_drafts_show_their_edits_which_leave_no_leaf(world: World) -> None:
    draft = await world.draft()
    world.clock.forward(minutes=1)
    await world.use_cases.applications.edit(
        world.context(OWNER), draft.id, expected_version=draft.version, title="Tên mới", answers={}
    )
    before, after = [await stood(world, draft.id, at, by=OWNER) for at in (START, world.clock.at)]
    assert [each.application and each.application.title for each in (before, after)] == [draft.title, "Tên mới"]


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (date(2026, 11, 19), "before_the_case"),
        (START - timedelta(seconds=1), "before_the_case"),
        (date(1900, 1, 1), "before_the_case"),
        (date(2026, 11, 21), "in_the_future"),
        (START + timedelta(seconds=1), "in_the_future"),
    ],
)
async def test_moments_without_the_case_are_refused_by_name(world: World, at: date | datetime, code: str) -> None:
    draft = await world.draft()
    with pytest.raises(Invalid) as caught:
        await stood(world, draft.id, at, by=OWNER)
    assert [(each.field, each.code) for each in caught.value.errors] == [("at", code)]


async def test_who_may_not_know_of_the_case_learns_nothing(world: World) -> None:
    case = await received(world)
    for name, refusal in (("doi_thu", NotFound), ("nguoi_la", NotFound), ("quan_tri", NotFound), ("cong_an", NotFound)):
        async with leaving(world, case.id):
            with pytest.raises(refusal):
                await stood(world, case.id, START, by=name)


async def test_reviewer_reads_the_case_and_not_its_history(world: World) -> None:
    case = await with_reviewers(world)
    with pytest.raises(PermissionDenied):
        await stood(world, case.id, world.clock.at, by=REVIEWERS[0])


async def test_reading_by_the_council_leaves_a_leaf_and_by_the_applicant_none(world: World) -> None:
    case = await received(world)
    async with leaving(world, case.id, count=1):
        await stood(world, case.id, START)
    async with leaving(world, case.id, count=0):
        await stood(world, case.id, START, by=OWNER)


async def test_applicant_sees_the_decision_and_nothing_internal(world: World) -> None:
    permit = await issued(world)
    case_id, now = permit.permit.application_id, world.clock.at
    own, whole = await stood(world, case_id, now, by=OWNER), await stood(world, case_id, now)
    assert own.decision is not None
    assert own.decision == whole.decision
    assert own.decision.decision.outcome is Outcome.APPROVED
    assert own.permit == whole.permit == permit.permit
    assert own.clarifications == ()
    internal = ("consultations", "participations", "declarations", "site_visits", "reviews", "sessions")
    assert [getattr(own, name) for name in (*internal, "recommendation")] == [None] * 7
    assert [len(getattr(whole, name)) for name in internal] == [0, 13, 8, 0, 2, 1]
    assert len(whole.sessions[0].votes) == 5 if whole.sessions else False
    assert whole.recommendation is not None


async def test_permit_and_decision_are_not_there_before_they_were_made(world: World) -> None:
    permit = await issued(world)
    view = await stood(world, permit.permit.application_id, START)
    assert (view.decision, view.permit, view.recommendation) == (None, None, None)


async def test_reviewer_who_reads_as_officer_sees_no_others_before_the_own_review(world: World) -> None:
    case = await with_reviewers(world)
    await world.use_cases.reviews.submit(
        world.context(REVIEWERS[0]), case.id, scores=SCORES, comment="", advice=Advice.APPROVE
    )
    # Someone who heads the department besides being the other reviewer.
    both = world.context(REVIEWERS[1], offices=world.actor(HEAD).offices | world.actor(REVIEWERS[1]).offices)
    seen = await world.use_cases.histories.as_it_stood(both, case.id, at=world.clock.at)
    head = await stood(world, case.id, world.clock.at, by=HEAD)
    assert seen.reviews == ()
    assert len(head.reviews or ()) == 1


async def test_officer_without_the_right_to_reviews_sees_none(world: World) -> None:
    case = await with_reviewers(world)
    seen = await stood(world, case.id, world.clock.at, by=INTAKE)
    assert (seen.reviews, seen.participations, seen.sessions, seen.consultations) == (None, None, None, None)
    assert seen.application is not None


async def test_token_without_the_right_to_read_gets_an_empty_frame(world: World) -> None:
    case = await received(world)
    reader = world.context(OWNER, token_scopes=frozenset({"application:read_timeline"}))
    seen = await world.use_cases.histories.as_it_stood(reader, case.id, at=START)
    assert (seen.application, seen.dossier, seen.supplements, seen.decision) == (None, None, None, None)
    assert seen.deadlines == ()


async def test_erased_records_are_named_and_what_they_wrote_is_missing(world: World, owner: AsyncEngine) -> None:
    case = await accepted(world)
    leaves = await world.use_cases.timelines.read(world.context(OWNER), case.id)
    await erase(owner, leaves[-1].index)
    seen = await stood(world, case.id, world.clock.at, by=OWNER)
    assert (seen.application, seen.deadlines) == (None, ())
    assert [(each.index, each.action, each.kind) for each in seen.erased] == [
        (leaves[-1].index, "application:accept", "application")
    ]
    (begun, *_, last) = await world.use_cases.histories.versions(world.context(OWNER), case.id)
    assert (begun.stage, last.stage, last.version) == (Stage.DRAFT, None, case.version)
    found = await world.use_cases.histories.changes(world.context(OWNER), case.id, older=1, newer=case.version)
    assert found.older.state is not None
    assert found.newer.state is None


async def test_case_emptied_by_request_shows_what_stays_of_it_and_what_was_there_as_erased(world: World) -> None:
    case = await refused_intake(world)
    day_before = world.clock.at
    world.clock.forward(days=1)
    await confirm(world, await propose(world, case.id))
    before, after = await stood(world, case.id, day_before), await stood(world, case.id, world.clock.at)
    assert (before.application, before.deadlines) == (None, ())
    assert {each.action for each in before.erased} > {"application:submit", "application:stop"}
    assert after.application is not None
    assert (after.application.title, after.application.answers, after.application.code) == (ERASED, {}, case.code)
    assert after.application.stage is Stage.WITHDRAWN
    listed = await world.use_cases.histories.versions(world.context(COUNCIL), case.id)
    assert [each.stage for each in listed][-1] is Stage.WITHDRAWN
    assert None in {each.stage for each in listed}


async def test_versions_are_those_that_the_log_records(world: World) -> None:
    case = await supplemented(world)
    listed = await world.use_cases.histories.versions(world.context(OWNER), case.id)
    assert [(each.leaf.action, each.stage) for each in listed] == [
        ("application:create", Stage.DRAFT),
        ("application:submit", Stage.SUBMITTED),
        ("application:receive", Stage.SUBMITTED),
        ("application:request_supplement", Stage.SUPPLEMENT_REQUESTED),
        ("application:submit_supplement", Stage.SUBMITTED),
    ]
    assert listed[-1].version == case.version
    with pytest.raises(NotFound):
        await world.use_cases.histories.changes(world.context(OWNER), case.id, older=1, newer=case.version + 1)


async def test_permit_has_its_versions_too(world: World) -> None:
    view = await issued(world)
    (version,) = await world.use_cases.histories.permit_versions(world.context(OWNER), view.permit.id)
    assert (version.version, version.stage, version.leaf.action) == (1, Stage.PERMIT_ISSUED, "permit:issue")
    same = await world.use_cases.histories.permit_changes(world.context(OWNER), view.permit.id, older=1, newer=1)
    assert same.older.state == same.newer.state == view.permit
    with pytest.raises(NotFound):
        await world.use_cases.histories.permit_versions(world.context("doi_thu"), view.permit.id)


async def test_log_of_other_cases_is_not_looked_at(world: World) -> None:
    case = await received(world)
    with statements(world) as sent:
        await stood(world, case.id, START, by=OWNER)
    asked = [each for each in sent if "audit_leaves" in each]
    assert len(asked) == 1
    assert "audit_leaves.case_id = " in asked[0]


async def test_assigned_people_come_and_go(world: World) -> None:
    case = await with_reviewers(world)
    before = world.clock.at
    world.clock.forward(hours=1)
    parts = (await stood(world, case.id, before, by=FOCAL)).participations or ()
    reviewer = next(each for each in parts if each.capacity is Capacity.REVIEWER)
    await world.use_cases.assignments.release(world.context(HEAD), case.id, reviewer.id, reason="Đổi người.")
    after = (await stood(world, case.id, world.clock.at, by=FOCAL)).participations or ()
    assert reviewer.until is None
    assert {each.id: each.until for each in after}[reviewer.id] == world.clock.at
