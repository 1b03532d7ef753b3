"""The drill: any backup restored, anywhere, gives a log that goes on as it was signed, and says what it lost."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from sandbox_registry.auditlog.publishing.folder import LOG_DIR, SIGNER_DIR, LogFolder
from sandbox_registry.auditlog.publishing.signing import Refused, Signer, SignerFiles
from sandbox_registry.auditlog.verifying.database import Evidence, authorities_in, check_database
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.trees import check_published
from sandbox_registry.auditlog.witness.witness import Witness
from sandbox_registry.authz import Action
from sandbox_registry.db.auditlog.tree import log_reader
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.operations.backups import BackupFailed
from sandbox_registry.domain.operations.installation import Backup
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.usecases.accounts_by_operator import command_line
from sandbox_registry.usecases.operations.backups import note_backup, restore_backup, write_backup
from sandbox_registry.usecases.operations.health import LogTrouble, log_trouble
from tests.support.ledger import ORIGIN, Ledger, signing_for
from tests.support.stages import received
from tests.support.stored_leaves import all_leaves
from tests.support.verifying import AUTHORITY, record_settled
from tests.support.witnesses import new_witness
from tests.support.world import World, new_world

OLDER, NEWER = 0, 1


@dataclass(frozen=True, kw_only=True)
class Lived:
    """A registry that made two backups, and went on: its own files, a witness of it, and how far it was published."""

    ledger: Ledger
    witness: Witness
    backups: tuple[tuple[Path, Backup], ...]
    published: int

    @property
    def data_dir(self) -> Path:
        return self.ledger.folder.root.parent


@pytest.fixture
async def lived(world: World, database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[Lived]:
    await record_settled(world)
    await world.use_cases.installation.announce()
    await world.draft(answers={})
    async with signing_for(database_url, owner, tmp_path) as ledger:
        made = []
        for _ in (OLDER, NEWER):
            await ledger.signer().publish()
            world.clock.forward(minutes=5)
            made.append(
                write_backup(
                    tmp_path / "backups",
                    owner_url=ledger.url,
                    data_dir=tmp_path,
                    at=world.clock(),
                    new_id=uuid7,
                    pseudonym_key=world.transactions.pseudonyms.check_value,
                )
            )
            await received(world)
        published = (await ledger.signer().publish()).size
        (tmp_path / "witness").mkdir()
        witness = replace_logs(new_witness(tmp_path / "witness"), ledger)
        witness.pull(ledger.folder, ORIGIN)
        yield Lived(ledger=ledger, witness=witness, backups=tuple(made), published=published)


def replace_logs(witness: Witness, ledger: Ledger) -> Witness:
    key = ledger.files.key().verifier_key
    return Witness(directory=witness.directory, logs=(key,), now=lambda: 1_800_000_000)


@pytest.fixture
async def empty_url(database_url: str) -> AsyncIterator[str]:
    """Give an empty database on the same server."""

    def run(statement: str) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(statement.encode())

    await to_thread.run_sync(run, "CREATE DATABASE restored")
    yield database_url.replace("/registry?", "/restored?")
    await to_thread.run_sync(run, "DROP DATABASE restored WITH (FORCE)")


@asynccontextmanager
async def again(world: World, url: str) -> AsyncIterator[World]:
    """The same people over a restored database."""
    database = Database(url)
    made = new_world(database, snapshots=world.snapshots, documents=Path("unused"))
    made.clock.at = world.clock.at
    yield replace(made, units=world.units, people=world.people, startup=world.startup, rival=world.rival)
    await database.close()


async def signed(url: str, data_dir: Path) -> int:
    source = await log_reader(url)
    try:
        signer = Signer(
            files=SignerFiles(directory=data_dir / SIGNER_DIR), folder=LogFolder(data_dir / LOG_DIR), source=source
        )
        with signer.holding():
            return (await signer.publish()).size
    finally:
        await source.close()


async def checked(world: World, data_dir: Path) -> Report:
    report, log = Report(), LogFolder(data_dir / LOG_DIR)
    files = SignerFiles(directory=data_dir / SIGNER_DIR)
    policy = WitnessPolicy(logs=(PolicyLog(key=files.key().verifier_key),))
    checkpoint, _ = check_published(log, policy=policy, report=report)
    await check_database(
        world.database,
        Evidence(published=log, checkpoint=checkpoint, authorities=authorities_in((AUTHORITY,)), signed=files.state()),
        report=report,
    )
    return report


@pytest.mark.parametrize("which", [OLDER, NEWER])
@pytest.mark.parametrize("is_elsewhere", [False, True])
async def test_any_backup_goes_on_from_the_published_log_and_says_what_it_lost(
    world: World, lived: Lived, empty_url: str, tmp_path: Path, which: int, *, is_elsewhere: bool
) -> None:
    folder, made = lived.backups[which]
    data_dir, newer = lived.data_dir, None
    if is_elsewhere:
        data_dir, newer = tmp_path / "another machine", lived.data_dir / LOG_DIR
        shutil.copytree(lived.data_dir / SIGNER_DIR, data_dir / SIGNER_DIR)
    about = restore_backup(folder, owner_url=empty_url, data_dir=data_dir, newer_log=newer)
    lost = lived.published - made.log_size
    assert (about.lost, about.gone, about.log_key) == (lost, 0, lived.ledger.files.key().verifier_key.label)
    async with again(world, empty_url) as restored:
        await restored.use_cases.installation.announce()
        await note_backup(restored.transactions, command_line(), Action.BACKUP_RESTORE, about)
        await received(restored)
        size = await signed(empty_url, data_dir)
        assert await log_trouble(restored.database, data_dir, now=restored.clock()) is None
        # Nothing was signed that contradicts what was signed before: the witness cosigns without being asked to forgive.
        lived.witness.pull(LogFolder(data_dir / LOG_DIR), ORIGIN)
        report = await checked(restored, data_dir)
    assert report.is_good
    (told,) = report.findings
    assert (told.code, told.index) == ("lost", made.log_size)
    assert told.text.en.startswith(f"{lost} acts, of entries {made.log_size} to {lived.published - 1}, were lost when")
    assert report.entries == size > lived.published


async def test_a_leaf_that_nothing_opens_is_lost_only_where_a_restore_says_so(
    world: World, lived: Lived, empty_url: str
) -> None:
    folder, _ = lived.backups[NEWER]
    about = restore_backup(folder, owner_url=empty_url, data_dir=lived.data_dir)
    async with again(world, empty_url) as restored:
        await note_backup(
            restored.transactions, command_line(), Action.BACKUP_RESTORE, replace(about, lost=about.lost - 1)
        )
        await signed(empty_url, lived.data_dir)
        report = await checked(restored, lived.data_dir)
    assert {(each.code, each.index) for each in report.findings if each.is_bad} == {
        ("statement_missing", lived.published - 1)
    }


async def test_what_was_signed_beyond_every_copy_is_refused_and_then_begins_a_log_of_another_name(
    world: World, lived: Lived, empty_url: str, tmp_path: Path
) -> None:
    folder, made = lived.backups[OLDER]
    data_dir = tmp_path / "another machine"
    shutil.copytree(lived.data_dir / SIGNER_DIR, data_dir / SIGNER_DIR)
    at_hand = lived.backups[NEWER][1].log_size
    gone = lived.published - at_hand
    with pytest.raises(BackupFailed, match=f"^{at_hand} published entries are at hand, and {gone} more were signed"):
        restore_backup(folder, owner_url=empty_url, data_dir=data_dir)
    about = restore_backup(folder, owner_url=empty_url, data_dir=data_dir, is_lost_for_good=True)
    assert (about.lost, about.gone) == (at_hand - made.log_size, gone)
    assert (data_dir / "log-signer.before-1" / "key").exists()
    SignerFiles(directory=data_dir / SIGNER_DIR).make(name="sandbox.camau.example/log/2")
    async with again(world, empty_url) as restored:
        await note_backup(restored.transactions, command_line(), Action.BACKUP_RESTORE, about)
        await signed(empty_url, data_dir)
        report = await checked(restored, data_dir)
        async with restored.database.replica() as connection:
            noted = (await all_leaves(connection))[-1]
        state = json.loads(noted.record or b"")["objects"][0]["state"]
    assert (state["log_size"], state["lost"], state["gone"]) == (made.log_size, about.lost, gone)
    assert [each.code for each in report.findings] == ["lost"]
    # A council member adds the new log's key, once told; the old one stays what it was to the witness.
    with pytest.raises(LogError):
        lived.witness.pull(LogFolder(data_dir / LOG_DIR), ORIGIN)


async def test_a_key_kept_since_the_beginning_learns_from_its_own_published_log(
    lived: Lived, empty_url: str, tmp_path: Path
) -> None:
    data_dir = tmp_path / "another machine"
    files = SignerFiles(directory=data_dir / SIGNER_DIR)
    files.directory.mkdir(parents=True)
    shutil.copy2(lived.ledger.files.key_path, files.key_path)
    folder, _ = lived.backups[NEWER]
    stranger = tmp_path / "a stranger's"
    SignerFiles(directory=stranger / SIGNER_DIR).make(name=ORIGIN)
    with pytest.raises(BackupFailed, match="is not the key of the published log"):
        restore_backup(folder, owner_url=empty_url, data_dir=stranger)
    restore_backup(folder, owner_url=empty_url, data_dir=data_dir, newer_log=lived.data_dir / LOG_DIR)
    assert files.state().size == lived.published
    assert await signed(empty_url, data_dir) == lived.published


async def test_another_log_or_another_secret_is_refused_before_anything_is_restored(
    lived: Lived, empty_url: str, tmp_path: Path
) -> None:
    folder, made = lived.backups[NEWER]
    with pytest.raises(BackupFailed, match=f"needs the secret.key with the check value {made.pseudonym_key}"):
        restore_backup(folder, owner_url=empty_url, data_dir=tmp_path, pseudonym_key="0" * 16)
    entries = await lived.ledger.entries()
    await lived.ledger.rewrite([b'{"t":0}', *entries[1:]])
    other = Ledger(
        url=lived.ledger.url,
        database=lived.ledger.database,
        owner=lived.ledger.owner,
        files=SignerFiles(directory=tmp_path / "other" / SIGNER_DIR),
        folder=LogFolder(tmp_path / "other" / LOG_DIR),
        reader=lived.ledger.reader,
    )
    other.files.make(name=ORIGIN)
    await other.signer().publish()
    with pytest.raises(BackupFailed, match=f"holds another log than .*: their first {made.log_size} entries differ"):
        restore_backup(folder, owner_url=empty_url, data_dir=tmp_path / "new", newer_log=tmp_path / "other" / LOG_DIR)
    tile = next((tmp_path / "other" / LOG_DIR / "tile" / "entries").rglob("*.p/*"))
    tile.write_bytes(b"damaged")
    with pytest.raises(BackupFailed, match="is damaged"):
        restore_backup(folder, owner_url=empty_url, data_dir=tmp_path / "new", newer_log=tmp_path / "other" / LOG_DIR)


async def test_a_signer_that_cannot_go_on_is_seen_without_waiting_for_it(world: World, lived: Lived) -> None:
    async def trouble() -> LogTrouble | None:
        return await log_trouble(world.database, lived.data_dir, now=world.clock())

    assert await trouble() is None
    files, kept = lived.ledger.files, lived.ledger.files.state()
    files.keep_state(replace(kept, size=kept.size + 1))
    assert await trouble() is LogTrouble.SIGNER_AHEAD
    with pytest.raises(Refused):
        await lived.ledger.signer().publish()
    files.keep_state(replace(kept, size=kept.size - 1))
    assert await trouble() is LogTrouble.SIGNER_BEHIND
    assert [each.code for each in (await checked(world, lived.data_dir)).findings if each.is_bad][-1] == "signer_behind"
    files.state_path.unlink()
    assert await trouble() is LogTrouble.SIGNER_BEHIND
    files.keep_state(kept)
    await world.draft(answers={})
    assert await trouble() is None
    world.clock.forward(minutes=1, seconds=1)
    assert await trouble() is LogTrouble.UNSIGNED
    files.key_path.unlink()
    assert await trouble() is LogTrouble.UNSIGNED
