"""Old acts decided again: the policy in force is the one the log announced, and the offices are those it says were given."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox_registry.auditlog.verifying.authority import Powers
from sandbox_registry.auditlog.verifying.database import Evidence, check_database
from sandbox_registry.auditlog.verifying.entries import read_leaf, read_record
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.operations.installation import Fact
from sandbox_registry.usecases.operations.installation import program
from tests.support import stored_leaves
from tests.support.stages import received
from tests.support.verifying import record_settled
from tests.support.world import World

Change = Callable[[dict[str, Any], dict[str, Any]], object]


@pytest.fixture
async def settled(world: World) -> World:
    await world.use_cases.installation.announce()
    await record_settled(world)
    return world


async def replayed(world: World, act: str = "", change: Change = lambda _said, _record: None) -> list[str]:
    """Feed the log to a reader who has no policy file, one act changed in its entry or record; return what is found."""
    report = Report()
    powers = Powers(report=report, authorities={}, knows_offices=True)
    async with world.database.replica() as connection:
        leaves = await stored_leaves.all_leaves(connection)
    for leaf in leaves:
        said, record = read_leaf(leaf.given).said, read_record(leaf.record or b"")
        assert said is not None
        assert record is not None
        if said["act"] == act:
            change(said, record)
        powers.feed(leaf.index, said, record)
        if said["result"] == "done":
            powers.check(leaf.index, said, record, stage=None)
    powers.finish()
    return [finding.code for finding in report.findings]


async def test_a_province_at_work_needs_no_policy_file_to_be_decided_anew(settled: World) -> None:
    await received(settled)
    report = Report()
    await check_database(settled.database, Evidence(), report=report)
    assert report.findings == []


async def test_without_the_announcement_only_the_files_at_hand_count(world: World) -> None:
    await record_settled(world)
    report = Report()
    await check_database(world.database, Evidence(), report=report)
    assert {finding.code for finding in report.findings} == {"policy_unknown"}


def in_office(role: str) -> Change:
    return lambda _said, record: record["asked"].update(roles=[role, "applicant"])


def standing(*relations: str) -> Change:
    return lambda _said, record: record["asked"].update(relations=list(relations))


def at_stage(stage: str) -> Change:
    return lambda _said, record: record["asked"].update(stage=stage)


def under(version: str) -> Change:
    return lambda said, _record: said["policy"].update(version=version)


def much_later(said: dict[str, Any], _record: dict[str, Any]) -> None:
    said["t"] -= 365 * 86_400_000


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (standing("unit"), []),
        (standing("none"), ["not_permitted"]),
        (standing("unit", "own"), ["not_permitted"]),
        (at_stage("draft"), ["not_permitted"]),
        (in_office("reviewer"), ["not_permitted", "office_not_held"]),
        (in_office("auditor"), ["not_permitted", "office_not_held"]),
        (much_later, ["office_not_held"]),
        (under("0" * 64), ["policy_unannounced", "policy_unknown"]),
    ],
)
async def test_an_act_that_the_policy_then_did_not_allow_is_found(
    settled: World, change: Change, found: list[str]
) -> None:
    await received(settled)
    assert await replayed(settled, "application:receive", change) == found


async def test_an_office_that_ended_before_the_act_is_not_one(settled: World) -> None:
    await received(settled)

    def ended(_said: dict[str, Any], record: dict[str, Any]) -> None:
        for each in record["objects"]:
            if each["type"] == "role_grant" and each["state"]["role"] == Role.ONE_STOP_OFFICER:
                each["state"]["valid_to"] = each["state"]["valid_from"].replace("2026-11-20", "2026-11-19")

    assert await replayed(settled, "person:create", ended) == ["office_not_held"]


async def test_an_office_given_in_the_same_millisecond_is_held(settled: World) -> None:
    await received(settled)

    def a_moment_later(_said: dict[str, Any], record: dict[str, Any]) -> None:
        for each in record["objects"]:
            if each["type"] == "role_grant":
                each["state"]["valid_from"] = each["state"]["valid_from"].replace("07:00:00", "07:00:00.000999")

    assert await replayed(settled, "person:create", a_moment_later) == []


async def test_delegated_authority_counts_for_whoever_it_was_lent_to(settled: World) -> None:
    lent = {"id": "d", "valid_from": "2026-11-01T00:00:00Z", "valid_to": "2026-12-01T00:00:00Z", "revoked_at": None}
    lent |= {"from_person_id": "signer", "to_person_id": "deputy"}
    report = Report()
    powers = Powers(report=report, authorities={}, knows_offices=True)
    async with settled.database.replica() as connection:
        said = json.loads((await stored_leaves.all_leaves(connection))[-1].said)
    objects = [{"type": "delegation", "state": lent}]
    asked = {"roles": ["decision_maker", "applicant"], "relations": ["unit"], "stage": "none"}
    for delegator, codes in (("signer", []), ("somebody", ["office_not_held"]), (None, ["office_not_held"])):
        record = {"actor": "deputy", "signs_for": delegator, "objects": objects, "asked": asked}
        report.findings.clear()
        powers.feed(0, said, record)
        powers.check(0, said, record, stage=None)
        assert [each.code for each in report.findings if each.code.startswith("office")] == codes


def other_text(_said: dict[str, Any], record: dict[str, Any]) -> None:
    record["objects"][0]["state"]["details"]["policy"] += "\np, r:applicant, *, none, role:grant, allow, forged"


def no_text(_said: dict[str, Any], record: dict[str, Any]) -> None:
    record["objects"] = [{"type": "authority_policy", "state": None}]


@pytest.mark.parametrize("change", [other_text, no_text])
async def test_a_policy_that_is_not_what_its_digest_names_is_found_and_not_believed(
    settled: World, change: Change
) -> None:
    found = await replayed(settled, "policy:change", change)
    assert found[0] == "policy_text"
    assert set(found[1:]) == {"policy_unknown"}


async def test_policies_follow_one_another(settled: World) -> None:
    await settled.use_cases.installation.note(program("start"), Fact.AUTHORITY_POLICY, None)
    assert "policy_text" in await replayed(settled)


async def test_who_lacks_the_record_of_an_office_accuses_nobody(settled: World) -> None:
    await received(settled)
    report = Report()
    powers = Powers(report=report, authorities={}, knows_offices=True)
    powers.forget_offices()
    async with settled.database.replica() as connection:
        for leaf in await stored_leaves.all_leaves(connection):
            said, record = read_leaf(leaf.given).said, read_record(leaf.record or b"")
            assert said is not None
            if said["act"] == "person:create":
                record = None
            powers.feed(leaf.index, said, record)
            powers.check(leaf.index, said, record, stage=None)
    assert "office_not_held" not in {finding.code for finding in report.findings}
