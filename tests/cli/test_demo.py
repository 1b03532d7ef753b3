"""Examples from the past are for empty registries: on one that holds anything, nothing is done at a false time."""

from datetime import timedelta
from pathlib import Path

import click
import pytest

from sandbox_registry.cli.demo import FileClock, seed
from sandbox_registry.demo.journey import LENGTH
from sandbox_registry.runtime.clocks import rehearsal_clock, system_clock
from sandbox_registry.runtime.settings import Settings
from sandbox_registry.usecases.operations.installation import FalseTime
from tests.support.leaves import told
from tests.support.world import World


async def test_a_registry_whose_log_holds_anything_gets_no_examples(
    world: World, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, pseudonym_key=b"k" * 32, database_url=database_url, demo=True)
    await world.token("mot_cua")
    before = await told(world)
    assert await seed(settings) is None
    assert await told(world) == before


async def test_a_rehearsal_does_not_begin_behind_what_is_on_record(world: World) -> None:
    await world.use_cases.installation.announce(rehearses=True)
    world.clock.forward(days=1)
    await world.use_cases.installation.announce(rehearses=True)
    world.clock.forward(days=-1, seconds=-1)
    with pytest.raises(FalseTime, match="0:00:01 behind"):
        await world.use_cases.installation.announce(rehearses=True)
    await world.use_cases.installation.announce()


def test_a_rehearsals_clock_is_moved_on_but_never_back(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("-7200")
    clock = rehearsal_clock(file)
    assert clock() < system_clock() - timedelta(minutes=119)
    file.write_text("-3600")
    moved = clock()
    file.write_text("-7200")
    assert clock() >= moved
    file.unlink()
    assert clock() > system_clock() - timedelta(minutes=1)


def test_a_driver_moves_no_server_back_and_none_into_the_future(tmp_path: Path) -> None:
    file, now = tmp_path / "clock", system_clock()
    with pytest.raises(click.ClickException, match="-7257600"):
        FileClock(file, begin=now - LENGTH)
    file.write_text(str(-round(LENGTH.total_seconds())))
    clock = FileClock(file, begin=now - LENGTH)
    clock.move_to(now - timedelta(days=3))
    assert clock() >= now - timedelta(days=3)
    clock.move_to(now - timedelta(days=60))
    assert clock() >= now - timedelta(days=3)
    clock.move_to(now + timedelta(days=1))
    assert file.read_text() == "0"
