"""Backups by themselves: one after each interval in which anything changed, and none for its own leaf."""

from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from sandbox_registry.authz import Action
from sandbox_registry.db.operations import backups
from sandbox_registry.usecases.accounts_by_operator import command_line
from sandbox_registry.usecases.operations.backup_schedule import BackupSchedule
from sandbox_registry.usecases.operations.backups import note_backup, read_backup
from tests.support.ledger import Ledger, signing_for
from tests.support.world import World


@pytest.fixture
async def ledger(world: World, database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[Ledger]:
    await world.draft()
    async with signing_for(database_url, owner, tmp_path) as ledger:
        await ledger.signer().publish()
        yield ledger


async def test_a_change_is_backed_up_once_and_old_backups_go(world: World, ledger: Ledger, tmp_path: Path) -> None:
    directory = tmp_path / "kept"
    schedule = BackupSchedule(
        directory=directory,
        owner_url=lambda: ledger.url,
        data_dir=tmp_path,
        now=world.clock,
        new_id=uuid7,
        days=2,
        pseudonym_key="0123456789abcdef",
    )

    async def round_in(**how_long: float) -> list[str]:
        """Let time pass, make a backup if one is due and note it; name all there are."""
        world.clock.forward(**how_long)
        made = schedule.make_if_due()
        if made is not None:
            await note_backup(world.transactions, command_line(), Action.BACKUP_MAKE, made)
        return sorted(each.name for each in directory.iterdir() if each.name[0] == "2")

    first = await round_in(minutes=0)
    assert first == ["20261120T070000Z"]
    about = read_backup(directory / first[0])
    assert (about.pseudonym_key, about.log_key) == ("0123456789abcdef", ledger.files.key().verifier_key.label)
    await world.token("mot_cua")
    assert await round_in(minutes=5) == [*first, "20261120T070500Z"]
    await world.token("mot_cua")
    # Of an earlier day the last stays, and nothing for longer than two days.
    assert await round_in(days=1, minutes=1) == ["20261120T070500Z", "20261121T070600Z"]
    await world.token("mot_cua")
    assert await round_in(days=2, minutes=-1) == ["20261121T070600Z", "20261123T070500Z"]


def test_what_no_leaf_tells_is_a_change_as_well(database_url: str) -> None:
    before = backups.changes(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO counters (series, last) VALUES ('backups', 1)")
        connection.execute("DELETE FROM counters WHERE series = 'backups'")
        connection.execute("SELECT pg_stat_force_next_flush()")
    assert backups.changes(database_url) > before


def test_an_interval_without_changes_needs_no_backup(
    world: World, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "changes", lambda _url: 7)
    schedule = BackupSchedule(
        directory=tmp_path / "kept",
        owner_url=lambda: ledger.url,
        data_dir=tmp_path,
        now=world.clock,
        new_id=uuid7,
        days=2,
        pseudonym_key="",
    )
    assert schedule.make_if_due() is not None
    world.clock.forward(minutes=5)
    assert schedule.make_if_due() is None
    monkeypatch.setattr(backups, "changes", lambda _url: 8)
    assert schedule.make_if_due() is not None
