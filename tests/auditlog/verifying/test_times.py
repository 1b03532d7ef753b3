"""Time in the log: it may run backwards where the log says that somebody set the clock, and nowhere else."""

from datetime import timedelta

import pytest

from sandbox_registry.auditlog.verifying.database import Evidence, check_database
from sandbox_registry.auditlog.verifying.findings import LogFinding, Report
from sandbox_registry.usecases.operations.installation import program
from tests.support.stages import OWNER
from tests.support.verifying import set_clock
from tests.support.world import World


async def backwards(world: World, *, tolerance: timedelta = timedelta(seconds=5)) -> list[LogFinding]:
    report = Report()
    await check_database(world.database, Evidence(tolerance=tolerance), report=report)
    return [finding for finding in report.findings if finding.code == "time_backwards"]


async def leaf(world: World) -> None:
    await world.token(OWNER)


async def test_leaves_dated_back_are_found_though_time_is_right_again_afterwards(world: World) -> None:
    await leaf(world)
    world.clock.forward(days=-84)
    await leaf(world)
    await leaf(world)
    world.clock.forward(days=84, minutes=1)
    await leaf(world)
    await set_clock(world, timedelta(days=-90))
    (found,) = await backwards(world)
    assert (found.index, found.is_bad) == (1, True)
    minutes = str(84 * 24 * 60)
    assert found.text.en == (
        f"Entry 1 is dated {minutes} minutes before one that precedes it, and no entry says that the clock was set back."
    )


async def test_a_leaf_that_says_how_far_the_clock_was_set_back_accounts_for_those_beside_it(world: World) -> None:
    await leaf(world)
    world.clock.forward(days=365 * 12)
    await leaf(world)
    world.clock.forward(days=-365 * 12)
    await leaf(world)
    world.clock.forward(seconds=4)
    await world.use_cases.installation.note_clock_step(program("start"), timedelta(days=-365 * 12), was_running=False)
    await leaf(world)
    assert await backwards(world) == []


@pytest.mark.parametrize("said", [timedelta(hours=-1), timedelta(hours=3)])
async def test_a_smaller_step_or_one_forwards_accounts_for_nothing(world: World, said: timedelta) -> None:
    await leaf(world)
    world.clock.forward(hours=-3)
    await world.use_cases.installation.note_clock_step(program("watch"), said, was_running=True)
    assert [found.index for found in await backwards(world)] == [1]


async def test_what_the_longest_act_or_the_tolerance_explains_is_no_finding(world: World) -> None:
    await leaf(world)
    world.clock.forward(seconds=-65)
    await leaf(world)
    assert await backwards(world) == []
    world.clock.forward(seconds=-1)
    await leaf(world)
    assert [found.index for found in await backwards(world)] == [2]
    assert await backwards(world, tolerance=timedelta(seconds=6)) == []
