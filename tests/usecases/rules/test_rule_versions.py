"""Versions of rules: registered once, proposed by one, approved by another, tried on past cases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.db.rules import rule_versions
from sandbox_registry.domain.errors import (
    ConditionNotMet,
    DomainError,
    Duplicate,
    Invalid,
    NotFound,
    PermissionDenied,
    StaleVersion,
)
from sandbox_registry.domain.rules.rule_versions import RuleKind, RuleStatus, RuleVersion
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.usecases.rules.rule_versions import RuleVersions
from tests.support.leaves import leaves, told
from tests.support.stages import accepted
from tests.support.world import PROCEDURE, World

POLICIES = shipped("policies")
FILE = POLICIES / "procedures" / f"{PROCEDURE}.toml"
CALENDAR_FILE = POLICIES / "calendars" / "vn.toml"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
async def rules_kept(owner: AsyncEngine) -> AsyncIterator[None]:
    """Rules outlive a test; put back what was there."""
    async with owner.connect() as connection:
        rows = [dict(row) for row in (await connection.execute(select(tables.rule_versions))).mappings()]
    yield
    async with owner.begin() as connection:
        await connection.execute(tables.rule_versions.delete())
        await connection.execute(tables.rule_versions.insert(), rows)


@pytest.fixture
async def empty(world: World, owner: AsyncEngine) -> World:
    """A world without rules."""
    async with owner.begin() as connection:
        await connection.execute(tables.rule_versions.delete())
    return world


@pytest.fixture
def versions(world: World) -> RuleVersions:
    return world.use_cases.rule_versions


def changed(path: Path, old: str, new: str) -> str:
    text = path.read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1)


def longer_appraisal() -> str:
    line = next(line for line in FILE.read_text(encoding="utf-8").splitlines() if line.startswith('"appraisal.term"'))
    return changed(FILE, line, line.replace("value = ", "value = 1"))


async def propose(world: World, *, by: str = "quan_tri", content: str | None = None) -> RuleVersion:
    return await world.use_cases.rule_versions.propose(
        world.context(by), kind=RuleKind.PROCEDURE, content=content or longer_appraisal()
    )


async def test_the_first_start_puts_every_shipped_rule_in_force(empty: World, versions: RuleVersions) -> None:
    made = await versions.register_shipped(POLICIES)
    files = [*(POLICIES / "procedures").glob("*.toml"), *(POLICIES / "calendars").glob("*.toml")]
    assert len(made) == len(files)
    assert {each.status for each in made} == {RuleStatus.APPROVED}
    since = {each.code: each.effective_from for each in made}
    assert since["ai-decree-142-2026"] == datetime(2026, 4, 30, 17, tzinfo=UTC)
    assert since[PROCEDURE] == empty.clock.at
    assert (await versions.current(PROCEDURE)).code == PROCEDURE
    assert await versions.register_shipped(POLICIES) == ()
    found = await leaves(empty)
    assert len(found) == len(files)
    assert {(leaf.action, leaf.kind, leaf.entry["auth"]["method"]) for leaf in found} == {
        ("procedure:approve", "rule_version", "start")
    }


async def test_what_is_in_force_is_listed_once_for_each_code(world: World, versions: RuleVersions) -> None:
    proposed = await propose(world)
    later = world.clock.at + DAY
    await versions.approve(world.context("quan_tri_2"), proposed.id, expected_version=1, effective_from=later)
    for term in (20, 120):
        listed = {each.code: each for each in await versions.in_force()}
        assert len(listed) == len(list((POLICIES / "procedures").glob("*.toml")))
        assert listed[PROCEDURE] == await versions.current(PROCEDURE)
        assert listed[PROCEDURE].parameters["appraisal.term"].value == term
        world.clock.forward(days=2)
    assert (await versions.calendar()).code == "vn"


async def test_nodes_that_start_together_register_once(empty: World, versions: RuleVersions) -> None:
    made = await asyncio.gather(*[versions.register_shipped(POLICIES) for _ in range(3)])
    listed = await versions.list_versions()
    assert sum(len(each) for each in made) == len(listed) == len(await told(empty))


async def test_a_new_release_moves_no_deadline_by_itself(world: World, versions: RuleVersions, tmp_path: Path) -> None:
    (tmp_path / "procedures").mkdir()
    (tmp_path / "calendars").mkdir()
    (tmp_path / "procedures" / FILE.name).write_text(longer_appraisal(), encoding="utf-8")
    before = await versions.current(PROCEDURE)
    (waiting,) = await versions.register_shipped(tmp_path)
    assert (waiting.status, waiting.effective_from, waiting.proposed_by) == (RuleStatus.PROPOSED, None, None)
    assert await versions.current(PROCEDURE) == before
    admin = world.context("quan_tri")
    await versions.approve(admin, waiting.id, expected_version=1, effective_from=world.clock.at)
    assert (await versions.current(PROCEDURE)).checksum == waiting.checksum
    assert [each[:2] for each in await told(world)] == [("procedure:propose", "done"), ("procedure:approve", "done")]


async def test_what_a_release_brings_is_checked_before_it_comes_into_force(
    world: World, versions: RuleVersions, tmp_path: Path
) -> None:
    (tmp_path / "procedures").mkdir()
    (tmp_path / "calendars").mkdir()
    nobody_signs = changed(FILE, 'owner = "decision_maker"', 'owner = "hdnd_member"')
    (tmp_path / "procedures" / FILE.name).write_text(nobody_signs, encoding="utf-8")
    (waiting,) = await versions.register_shipped(tmp_path)
    with pytest.raises(Invalid) as caught:
        await versions.approve(world.context("quan_tri"), waiting.id, expected_version=1, effective_from=world.clock.at)
    assert [(each.field, each.code) for each in caught.value.errors] == [
        ("stages.awaiting_decision.owner", "owner_cannot_act")
    ]
    assert (await versions.read(waiting.id)).status is RuleStatus.PROPOSED


async def test_one_proposes_and_another_approves(world: World, versions: RuleVersions) -> None:
    before = await versions.current(PROCEDURE)
    proposed = await propose(world)
    start = world.clock.at + DAY
    with pytest.raises(ConditionNotMet) as caught:
        await versions.approve(world.context("quan_tri"), proposed.id, expected_version=1, effective_from=start)
    assert caught.value.condition == "four_eyes"
    approved = await versions.approve(
        world.context("quan_tri_2"), proposed.id, expected_version=1, effective_from=start
    )
    assert (approved.version, approved.approved_by) == (2, world.people["quan_tri_2"])
    assert await versions.current(PROCEDURE) == before
    world.clock.forward(days=1)
    assert (await versions.current(PROCEDURE)).checksum == proposed.checksum
    assert await versions.read(proposed.id) == approved
    assert [each[:2] for each in await told(world)] == [("procedure:propose", "done"), ("procedure:approve", "done")]


async def test_a_case_keeps_the_version_it_was_received_under(world: World, versions: RuleVersions) -> None:
    case = await accepted(world)
    proposed = await propose(world)
    await versions.approve(world.context("quan_tri_2"), proposed.id, expected_version=1, effective_from=world.clock.at)
    async with world.database.replica() as connection:
        pinned = await world.transactions.rules.pinned(connection, case)
    assert pinned.checksum == case.procedure_version != proposed.checksum


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("not toml [", "not_toml"),
        (changed(FILE, 'status = "draft"', 'status = "draft"\nsurprise = 1'), "unknown_key"),
        (changed(FILE, 'status = "draft"', 'status = "in_force"'), None),
        (longer_appraisal().replace('unit = "wd"', 'unit = "VND"', 1), "wrong_unit"),
    ],
)
async def test_a_faulty_proposal_is_refused_with_every_finding(world: World, content: str, code: str | None) -> None:
    with pytest.raises(Invalid) as caught:
        await propose(world, content=content)
    codes = {each.code for each in caught.value.errors}
    assert codes
    assert code is None or code in codes
    assert await told(world) == []


async def test_who_may_propose_and_approve(world: World, versions: RuleVersions) -> None:
    for name in ("truong_phong", "dai_bieu", "nguoi_la"):
        with pytest.raises(PermissionDenied):
            await propose(world, by=name)
    proposed = await propose(world)
    for name in ("truong_phong", "dai_bieu", "nguoi_la"):
        with pytest.raises(PermissionDenied):
            await versions.approve(world.context(name), proposed.id, expected_version=1, effective_from=world.clock.at)
    other = world.context("quan_tri_2")
    with pytest.raises(ConditionNotMet):
        await versions.approve(other, proposed.id, expected_version=1, effective_from=world.clock.at - DAY)
    with pytest.raises(NotFound):
        await versions.approve(other, uuid7(), expected_version=1, effective_from=world.clock.at)
    with pytest.raises(NotFound):
        await versions.read(uuid7())


def one_refused(done: list[Any], kind: type[DomainError]) -> bool:
    return sorted(isinstance(each, kind) for each in done) == [False, True] and not any(
        isinstance(each, BaseException) and not isinstance(each, kind) for each in done
    )


async def test_a_check_may_take_minutes_and_other_transactions_may_not(world: World) -> None:
    allowed = Statement(select(func.current_setting("idle_in_transaction_session_timeout")))
    async with world.database.transaction() as work:
        before = await allowed.value(work.connection)
        await work.run(rule_versions.wait_for_check)
        during = await allowed.value(work.connection)
    async with world.database.transaction() as work:
        after = await allowed.value(work.connection)
    assert (before, during, after) == ("30s", "5min", "30s")


async def test_two_proposals_of_one_text_at_once_give_one_success(world: World) -> None:
    done = await asyncio.gather(propose(world), propose(world, by="quan_tri_2"), return_exceptions=True)
    assert one_refused(list(done), Duplicate)


async def test_two_approvals_at_once_give_one_success(world: World, versions: RuleVersions) -> None:
    proposed = await propose(world)
    done = await asyncio.gather(
        *[
            versions.approve(
                world.context("quan_tri_2"), proposed.id, expected_version=1, effective_from=world.clock.at
            )
            for _ in range(2)
        ],
        return_exceptions=True,
    )
    assert one_refused(list(done), StaleVersion)
    with pytest.raises(Duplicate):
        await versions.approve(
            world.context("quan_tri_2"), proposed.id, expected_version=2, effective_from=world.clock.at
        )


async def test_a_calendar_needs_two_people_as_well(world: World, versions: RuleVersions) -> None:
    content = CALENDAR_FILE.read_text(encoding="utf-8") + "# Again.\n"
    proposed = await versions.propose(world.context("quan_tri"), kind=RuleKind.CALENDAR, content=content)
    with pytest.raises(ConditionNotMet):
        await versions.approve(
            world.context("quan_tri"), proposed.id, expected_version=1, effective_from=world.clock.at
        )
    with pytest.raises(Invalid):
        await versions.propose(world.context("quan_tri"), kind=RuleKind.CALENDAR, content="code = 1")


async def test_what_the_check_warns_of_is_approved_with_a_reason(world: World, versions: RuleVersions) -> None:
    content = CALENDAR_FILE.read_text(encoding="utf-8") + (
        '\n[[days]]\ndate = 2026-12-25\nkind = "holiday"\nsource = "Công văn 1"\nconfidence = "V"\n'
        'name = { vi = "Quốc tang", en = "National mourning", fr = "Deuil national" }\n'
    )
    proposed = await versions.propose(world.context("quan_tri"), kind=RuleKind.CALENDAR, content=content)
    assert [(each.key, each.code) for each in await versions.warnings(proposed.id)] == [
        ("days.10.date", "beyond_the_law")
    ]
    given: dict[str, Any] = {"expected_version": 1, "effective_from": world.clock.at}
    with pytest.raises(Invalid) as caught:
        await versions.approve(world.context("quan_tri_2"), proposed.id, **given)
    assert [(each.field, each.code) for each in caught.value.errors] == [
        ("days.10.date", "beyond_the_law"),
        ("warnings_accepted", "required"),
    ]
    done = await asyncio.gather(
        *[
            versions.approve(world.context("quan_tri_2"), proposed.id, warnings_accepted="Công văn đã xem.", **given)
            for _ in range(2)
        ],
        return_exceptions=True,
    )
    assert one_refused(list(done), StaleVersion)
    approved = await versions.read(proposed.id)
    assert (approved.status, approved.warnings_accepted) == (RuleStatus.APPROVED, "Công văn đã xem.")


async def test_a_reason_for_nothing_is_not_kept(world: World, versions: RuleVersions) -> None:
    proposed = await propose(world)
    assert await versions.warnings(proposed.id) == ()
    approved = await versions.approve(
        world.context("quan_tri_2"),
        proposed.id,
        expected_version=1,
        effective_from=world.clock.at,
        warnings_accepted="x",
    )
    assert approved.warnings_accepted is None


async def test_a_replay_says_what_would_have_changed_and_changes_nothing(world: World, versions: RuleVersions) -> None:
    case = await accepted(world)
    proposed = await propose(world)
    before = await told(world)
    replay = await versions.replay(world.context("quan_tri"), proposed.id)
    assert replay.cases == 1
    assert {(each.application_id, each.deadline) for each in replay.differences} == {
        (case.id, "appraisal.term"),
        (case.id, "appointment"),  # The day promised on the slip follows from the appraisal.
    }
    for difference in replay.differences:
        assert difference.before is not None
        assert difference.after is not None
        assert difference.after > difference.before
    assert await told(world) == before
    with pytest.raises(PermissionDenied):
        await versions.replay(world.context("truong_phong"), proposed.id)


async def test_a_calendar_is_replayed_over_every_procedure(world: World, versions: RuleVersions) -> None:
    await accepted(world)
    content = CALENDAR_FILE.read_text(encoding="utf-8") + (
        '\n[[days]]\ndate = 2026-11-25\nkind = "holiday"\nsource = "test"\nconfidence = "I"\n'
        'name = { vi = "Nghỉ", en = "Off", fr = "Congé" }\n'
    )
    proposed = await versions.propose(world.context("quan_tri"), kind=RuleKind.CALENDAR, content=content)
    replay = await versions.replay(world.context("quan_tri"), proposed.id)
    assert {each.deadline for each in replay.differences} >= {"appraisal.term"}


async def test_versions_are_listed_without_their_text(world: World, versions: RuleVersions) -> None:
    proposed = await propose(world)
    listed = await versions.list_versions(kind=RuleKind.PROCEDURE, code=PROCEDURE)
    assert [each.status for each in listed] == [RuleStatus.APPROVED, RuleStatus.PROPOSED]
    assert (listed[1].id, listed[1].proposed_by) == (proposed.id, world.people["quan_tri"])
    assert not hasattr(listed[0], "content")


async def test_a_proposal_is_rejected_or_withdrawn_with_a_reason_and_stays_on_record(
    world: World, versions: RuleVersions
) -> None:
    first = await propose(world)
    admin, other = world.context("quan_tri"), world.context("quan_tri_2")
    for close, by, condition in (
        (versions.reject, admin, "not_anothers_proposal"),
        (versions.withdraw, other, "not_own_proposal"),
    ):
        with pytest.raises(ConditionNotMet) as caught:
            await close(by, first.id, expected_version=1, reason="Sai căn cứ.")
        assert caught.value.condition == condition
    rejected = await versions.reject(other, first.id, expected_version=1, reason="Sai căn cứ.")
    assert (rejected.status, rejected.closed_by, rejected.closing_reason) == (
        RuleStatus.REJECTED,
        world.people["quan_tri_2"],
        "Sai căn cứ.",
    )
    with pytest.raises(ConditionNotMet) as closed:
        await versions.approve(other, first.id, expected_version=2, effective_from=world.clock.at)
    assert closed.value.condition == "proposal_closed"
    again = await propose(world)
    withdrawn = await versions.withdraw(admin, again.id, expected_version=1, reason="Tính lại.")
    assert (withdrawn.status, withdrawn.version) == (RuleStatus.WITHDRAWN, 2)
    assert [each[:2] for each in await told(world)][-4:] == [
        ("procedure:propose", "done"),
        ("procedure:reject", "done"),
        ("procedure:propose", "done"),
        ("procedure:withdraw", "done"),
    ]


async def test_of_an_approval_and_a_withdrawal_at_once_one_succeeds(world: World, versions: RuleVersions) -> None:
    proposed = await propose(world)
    done = await asyncio.gather(
        versions.approve(world.context("quan_tri_2"), proposed.id, expected_version=1, effective_from=world.clock.at),
        versions.withdraw(world.context("quan_tri"), proposed.id, expected_version=1, reason="Tính lại."),
        return_exceptions=True,
    )
    assert one_refused(list(done), StaleVersion)
