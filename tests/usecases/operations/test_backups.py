"""Backups: made while people work, restored into an empty database, found whole by the verifier; damage is refused."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from sandbox_registry.auditlog.publishing.folder import LOG_DIR, LogFolder
from sandbox_registry.auditlog.verifying.database import Evidence, authorities_in, check_database
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.trees import check_published
from sandbox_registry.authz import Action
from sandbox_registry.db.core import revisions
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.db.operations.backups import BackupFailed
from sandbox_registry.domain.errors import PermissionDenied
from sandbox_registry.domain.operations.installation import Backup
from sandbox_registry.runtime.files import locked
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.transparency.checkpoints import checkpoint_of
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.usecases.accounts_by_operator import command_line
from sandbox_registry.usecases.operations.backups import (
    LOCK,
    digest_of,
    note_backup,
    read_backup,
    restore_backup,
    write_backup,
)
from tests.support.leaves import leaves
from tests.support.ledger import Ledger, signing_for
from tests.support.verifying import AUTHORITY, record_settled
from tests.support.world import START, World


@pytest.fixture
async def ledger(world: World, database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[Ledger]:
    await record_settled(world)
    await world.use_cases.installation.announce()
    await world.draft(answers={})
    async with signing_for(database_url, owner, tmp_path) as ledger:
        await ledger.signer().publish()
        yield ledger


@pytest.fixture
async def empty_url(database_url: str) -> AsyncIterator[str]:
    """Give an empty database on the same server."""

    def run(statement: str) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(statement.encode())

    await to_thread.run_sync(run, "CREATE DATABASE restored")
    yield database_url.replace("/registry?", "/restored?")
    await to_thread.run_sync(run, "DROP DATABASE restored WITH (FORCE)")


def write(world: World, ledger: Ledger, directory: Path) -> tuple[Path, Backup]:
    return write_backup(
        directory, owner_url=ledger.url, data_dir=ledger.folder.root.parent, at=world.clock(), new_id=uuid7
    )


async def test_a_restored_backup_is_the_same_registry_and_its_log_goes_on(
    world: World, ledger: Ledger, empty_url: str, tmp_path: Path
) -> None:
    (tmp_path / "documents" / "ab" / "cd").mkdir(parents=True, exist_ok=True)
    (tmp_path / "documents" / "ab" / "cd" / "abcd").write_bytes(b"a file of a dossier")
    size = len(await leaves(world))
    folder, made = write(world, ledger, tmp_path / "backups")
    await world.draft(answers={})  # After the backup: not in it.
    assert (made.log_size, made.sha256, read_backup(folder)) == (size, digest_of(folder / "database.dump"), made)
    data_dir = tmp_path / "elsewhere"
    assert restore_backup(folder, owner_url=empty_url, data_dir=data_dir) == made
    assert (data_dir / "documents" / "ab" / "cd" / "abcd").read_bytes() == b"a file of a dossier"
    report, log = Report(), LogFolder(data_dir / LOG_DIR)
    policy = WitnessPolicy(logs=(PolicyLog(key=ledger.signer().key.verifier_key),))
    checkpoint, _ = check_published(log, policy=policy, report=report)
    database = Database(empty_url)
    await check_database(
        database,
        Evidence(published=log, checkpoint=checkpoint, authorities=authorities_in((AUTHORITY,))),
        report=report,
    )
    await database.close()
    assert (report.findings, report.entries) == ([], size)
    assert revisions.current(empty_url) == made.revision == revisions.newest()


async def test_a_second_backup_copies_only_what_is_new(world: World, ledger: Ledger, tmp_path: Path) -> None:
    first, made = write(world, ledger, tmp_path / "backups")
    tiles = {path: path.stat().st_ino for path in (tmp_path / "backups" / LOG_DIR).rglob("*") if path.is_file()}
    await world.draft(answers={})
    await ledger.signer().publish()
    world.clock.forward(days=1)
    second, later = write(world, ledger, tmp_path / "backups")
    assert (first.name, second.name) == ("20261120T070000Z", "20261121T070000Z")
    assert later.log_size > made.log_size
    kept = tmp_path / "backups" / LOG_DIR
    assert all(path.stat().st_ino == inode for path, inode in tiles.items() if "checkpoint" not in path.name)
    assert checkpoint_of(parse_note((kept / "checkpoint").read_bytes())).size == later.log_size
    assert {stat.S_IMODE(path.stat().st_mode) for path in (first, second)} == {0o700}
    assert read_backup(first) == made


async def test_nothing_is_overwritten_and_damage_is_refused(
    world: World, ledger: Ledger, empty_url: str, tmp_path: Path
) -> None:
    folder, _ = write(world, ledger, tmp_path / "backups")
    with pytest.raises(BackupFailed, match="holds a registry already"):
        restore_backup(folder, owner_url=ledger.url, data_dir=tmp_path / "elsewhere")
    with pytest.raises(BackupFailed, match="20261120T070000Z: Directory not empty"):
        write(world, ledger, tmp_path / "backups")
    dump = folder / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-1] + b"x")
    with pytest.raises(BackupFailed, match="damaged or changed"):
        restore_backup(folder, owner_url=empty_url, data_dir=tmp_path / "elsewhere")
    with pytest.raises(BackupFailed, match="no whole backup"):
        read_backup(tmp_path)
    assert revisions.current(empty_url) is None


async def test_a_database_that_does_not_answer_leaves_nothing_behind(tmp_path: Path) -> None:
    nowhere = "postgresql://app:hunter2@127.0.0.1:1/registry"
    with pytest.raises(BackupFailed, match="Connection refused") as caught:
        write_backup(tmp_path / "b", owner_url=nowhere, data_dir=tmp_path, at=START, new_id=uuid7)
    assert "hunter2" not in str(caught.value)
    assert [each.name for each in (tmp_path / "b").iterdir()] == [LOCK]


async def test_one_backup_is_made_at_a_time_in_one_directory(world: World, ledger: Ledger, tmp_path: Path) -> None:
    folder, _ = write(world, ledger, tmp_path / "backups")
    world.clock.forward(days=1)
    with locked(tmp_path / "backups" / LOCK, wait=False), pytest.raises(BackupFailed, match="another backup is"):
        write(world, ledger, tmp_path / "backups")
    assert write(world, ledger, tmp_path / "backups")[0] != folder


BACKUP: dict[str, Any] = {
    "version": 1,
    "sha256": "0" * 64,
    "bytes": 5,
    "log_size": 7,
    "log_root": "1" * 64,
    "revision": "0001",
}


async def test_a_backup_is_a_leaf_of_the_operator_and_of_nobody_else(world: World) -> None:
    made = Backup(id=uuid7(), made_at=world.clock(), **BACKUP)
    await note_backup(world.transactions, command_line(), Action.BACKUP_MAKE, made)
    with pytest.raises(PermissionDenied):
        await note_backup(world.transactions, world.context("mot_cua"), Action.BACKUP_RESTORE, made)
    found = [(leaf.action, leaf.result, leaf.entry["actor"]["kind"]) for leaf in await leaves(world)]
    assert found == [("backup:make", "done", "operator"), ("backup:restore", "refused", "person")]
    state = (await leaves(world))[0].record["objects"][0]["state"]
    assert (state["sha256"], state["log_size"], state["log_root"]) == ("0" * 64, 7, "1" * 64)


def command(*words: str, data_dir: Path) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "DATABASE_"))}
    variables = {"PYTHONPATH": str(shipped("alembic").parent), "SANDBOX_DATA_DIR": str(data_dir)}
    done = subprocess.run(
        [sys.executable, "-m", "sandbox_registry.cli", *words],
        env={**kept, **variables},
        cwd="/",
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_office_backs_up_loses_its_machine_restores_and_verifies() -> None:
    """The whole way with the embedded database, as docs/operators.md tells it."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as made:
        home = Path(made)
        home.chmod(0o711)
        old, new = home / "old", home / "new"
        key = command("log", "key", "new", "sandbox.camau.example/log", data_dir=old).strip()
        command("users", "add", "--email", "an@camau.example", "--name", "An", "--no-password", data_dir=old)
        with EmbeddedServer(old, fsync=False):
            command("log", "sign", "--once", data_dir=old)
            folder = Path(command("backup", str(home / "kept"), data_dir=old).partition(":")[0])
        assert folder.parent == home / "kept"
        new.mkdir(mode=0o711)
        shutil.copy2(old / "secret.key", new / "secret.key")
        shutil.copytree(old / "log-signer", new / "log-signer")
        assert command("restore", str(folder), data_dir=new).startswith("Restored the backup of ")
        with EmbeddedServer(new, fsync=False):
            assert "an@camau.example" in command("users", "list", data_dir=new)
            command("log", "sign", "--once", data_dir=new)
            assert "YES, the log is whole" in command("log", "verify", "--key", key, "--lang", "en", data_dir=new)
