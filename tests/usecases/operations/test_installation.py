"""What the program says of itself: one leaf for each change, no matter which process notices it, and no secret in it."""

import asyncio
from datetime import timedelta

import pytest

from sandbox_registry.domain.errors import PermissionDenied
from sandbox_registry.domain.operations.installation import Fact
from sandbox_registry.usecases.operations.installation import Installation, program
from tests.support.leaves import Leaf, leaves, told
from tests.support.world import World


@pytest.fixture
def installation(world: World) -> Installation:
    return world.use_cases.installation


async def last(world: World) -> Leaf:
    return (await leaves(world))[-1]


async def test_processes_that_start_at_once_leave_one_leaf_for_the_policy_and_one_for_the_key(
    world: World, installation: Installation
) -> None:
    await asyncio.gather(*(installation.announce() for _ in range(6)))
    await installation.announce()
    assert sorted(await told(world)) == [("key:change", "done", None), ("policy:change", "done", None)]
    policy = next(leaf for leaf in await leaves(world) if leaf.kind == "authority_policy")
    assert policy.entry["actor"]["kind"] == "system"
    assert policy.entry["policy"]["version"] == world.transactions.authorizer.version
    (stated,) = policy.record["objects"]
    assert (stated["state"]["before"], stated["state"]["after"]) == (None, world.transactions.authorizer.version)
    assert stated["state"]["details"]["policy"] == world.transactions.authorizer.policy.policy_text


async def test_a_change_says_old_and_new_and_counts_up(world: World, installation: Installation) -> None:
    for value in ("a.example/log+01020304", "a.example/log+01020304", "a.example/2027+0a0b0c0d"):
        await installation.note(program("watch"), Fact.LOG_KEY, value, details={"vkey": value})
    assert await told(world) == [("key:change", "done", None)] * 2
    found = await last(world)
    state = found.record["objects"][0]["state"]
    assert (found.entry["obj"]["ver"], state["version"]) == (2, 2)
    assert (state["before"], state["after"]) == ("a.example/log+01020304", "a.example/2027+0a0b0c0d")
    gone = await installation.note(program("watch"), Fact.LOG_KEY, None)
    assert gone is not None
    assert (gone.version, gone.before, gone.after) == (3, "a.example/2027+0a0b0c0d", None)


async def test_no_key_gets_into_the_log(world: World, installation: Installation) -> None:
    await installation.announce()
    written = "".join(str(leaf.entry) + str(leaf.record) for leaf in await leaves(world))
    assert world.transactions.pseudonyms.key.hex() not in written
    assert world.transactions.pseudonyms.key.decode() not in written
    assert world.transactions.pseudonyms.check_value in written


async def test_a_clock_step_is_a_leaf_that_says_how_far(world: World, installation: Installation) -> None:
    await installation.note_clock_step(program("watch"), timedelta(seconds=-90.5), was_running=True)
    found = await last(world)
    assert (found.action, found.kind, found.result) == ("clock:step", "clock", "done")
    state = found.record["objects"][0]["state"]
    assert (state["milliseconds"], state["was_running"]) == (-90_500, True)


async def test_a_clock_behind_the_last_leaf_is_noticed(world: World, installation: Installation) -> None:
    tolerance = timedelta(seconds=5)
    assert await installation.step_since_last_leaf(tolerance=tolerance) is None
    await installation.announce()
    assert await installation.step_since_last_leaf(tolerance=tolerance) is None
    world.clock.forward(hours=-2)
    assert await installation.step_since_last_leaf(tolerance=tolerance) == timedelta(hours=-2)


async def test_nobody_without_the_office_speaks_for_the_installation(world: World, installation: Installation) -> None:
    stranger = world.context("mot_cua")
    with pytest.raises(PermissionDenied):
        await installation.note(stranger, Fact.WITNESS_POLICY, "forged")
    with pytest.raises(PermissionDenied):
        await installation.note_clock_step(stranger, timedelta(hours=1), was_running=True)
    assert await told(world) == [
        ("witness:change", "refused", "permission_denied"),
        ("clock:step", "refused", "permission_denied"),
    ]
    assert await installation.note(program("watch"), Fact.WITNESS_POLICY, "true") is not None
