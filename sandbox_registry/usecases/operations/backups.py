"""Backups: the database at one moment, the files of dossiers and the published log, in one folder that grows.

    DIRECTORY/20261120T070000Z/database.dump, backup.json      one such folder for each backup
    DIRECTORY/documents/, DIRECTORY/log/                       shared by all: what is there already is not copied again

The log is copied before the database is dumped, so that a restored database is never behind it. Keys are not in a
backup: anyone who finds one must not be able to sign, nor to undo pseudonyms.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from sandbox_registry.auditlog.publishing.folder import LOG_DIR, SIGNER_DIR
from sandbox_registry.auditlog.publishing.restored import PublishedLog, longest_log
from sandbox_registry.auditlog.publishing.signing import Refused, SignerFiles
from sandbox_registry.auditlog.publishing.watching import log_key
from sandbox_registry.authz import Action
from sandbox_registry.db.operations import backups
from sandbox_registry.db.operations.backups import BackupFailed
from sandbox_registry.domain.operations.installation import Backup
from sandbox_registry.runtime.files import Busy, flush_directory, locked, replace_file
from sandbox_registry.runtime.key_files import KeyFileError
from sandbox_registry.transparency.checkpoints import CHECKPOINT, COSIGNED, Checkpoint, open_checkpoint
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.merkle import CompactRange
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transactions import Transactions

DUMP, ABOUT, DOCUMENTS, LOCK = "database.dump", "backup.json", "documents", ".lock"
NAME = "%Y%m%dT%H%M%SZ"
_CHECKPOINTS = (COSIGNED, CHECKPOINT)


def write_backup(
    directory: Path,
    *,
    owner_url: str,
    data_dir: Path,
    at: datetime,
    new_id: Callable[[], UUID],
    pseudonym_key: str = "",
) -> tuple[Path, Backup]:
    """Write a backup below `directory`; return where it stands and what it holds.

    `pseudonym_key` is the check value of the key that a restored registry will need.

    Raises:
        BackupFailed: the database cannot be dumped, a file cannot be written, or another backup is being made there.

    """
    target = directory / at.astimezone(UTC).strftime(NAME)
    with _reporting_failures(), _exclusive(directory), _unfinished(directory) as unfinished:
        _copy_log(data_dir / LOG_DIR, directory / LOG_DIR)
        with backups.one_moment(owner_url) as moment:
            backups.dump(owner_url, moment, unfinished / DUMP)
        _copy_missing(data_dir / DOCUMENTS, directory / DOCUMENTS)
        backup = Backup(
            id=new_id(),
            version=1,
            made_at=at,
            sha256=digest_of(unfinished / DUMP),
            bytes=(unfinished / DUMP).stat().st_size,
            log_size=moment.size,
            log_root=CompactRange.from_list(moment.hashes, size=moment.size).root().hex(),
            revision=moment.revision,
            pseudonym_key=pseudonym_key,
            log_key=(log_key(data_dir) or ("",))[0],
        )
        (unfinished / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(backup), indent=2) + b"\n")
        _flush(unfinished / DUMP, unfinished / ABOUT)
        flush_directory(unfinished)
        unfinished.rename(target)
        flush_directory(directory)
    return target, backup


def read_backup(folder: Path) -> Backup:
    """Read what a backup says of itself, and check that its dump is the one it names.

    Raises:
        BackupFailed: it is no backup, or was damaged.

    """
    try:
        about = msgspec.json.decode((folder / ABOUT).read_bytes(), type=Backup)
        actual = digest_of(folder / DUMP)
    except (OSError, msgspec.DecodeError) as error:
        message = f"{folder} is no whole backup ({error})"
        raise BackupFailed(message) from error
    if actual != about.sha256:
        message = f"{folder / DUMP} was damaged or changed: its SHA-256 is {actual}, not {about.sha256}"
        raise BackupFailed(message)
    return about


def restore_backup(
    folder: Path,
    *,
    owner_url: str,
    data_dir: Path,
    pseudonym_key: str = "",
    newer_log: Path | None = None,
    is_lost_for_good: bool = False,
) -> Backup:
    """Restore a backup into an empty database, and let its log go on where the published one ends; return what it held.

    The published log is the longest at hand: in the data directory, beside the backup, or `newer_log`. Entries after the
    backup are put back from it, though what their acts did is lost. Where even more was signed, the log cannot go on under its
    name: then nothing is restored, unless that is `lost_for_good`, and a log of another name begins.

    Raises:
        BackupFailed: the backup is damaged or needs another key, something is there already, or a log is another one.

    """
    about = read_backup(folder)
    if pseudonym_key and about.pseudonym_key not in {"", pseudonym_key}:
        message = (
            f"this backup needs the secret.key with the check value {about.pseudonym_key}, and the one at hand has "
            f"{pseudonym_key} (a new one is made where none was): put the right one in its place"
        )
        raise BackupFailed(message)
    published = longest_log([data_dir / LOG_DIR, folder.parent / LOG_DIR, *([newer_log] if newer_log else [])], about)
    gone = _signed_beyond(data_dir, size=max(published.size, about.log_size))
    if gone and not is_lost_for_good:
        message = (
            f"{published.size} published entries are at hand, and {gone} more were signed: give a newer copy of the "
            "published log with --log (a mirror, a witness's); only if there is none, --lost-for-good begins a new log"
        )
        raise BackupFailed(message)
    remembered = None if gone else _to_remember(data_dir, published)
    backups.load(owner_url, folder / DUMP)
    lost = published.after(about.log_size)
    if lost:
        backups.put_back(owner_url, lost, first=about.log_size)
    with _reporting_failures():
        _copy_missing(folder.parent / DOCUMENTS, data_dir / DOCUMENTS)
        if gone:
            _put_aside(data_dir)
        elif published.folder is not None and published.folder != data_dir / LOG_DIR:
            _copy_log(published.folder, data_dir / LOG_DIR)
        if remembered is not None:
            SignerFiles(directory=data_dir / SIGNER_DIR).keep_state(remembered)
    return replace(about, lost=len(lost), gone=gone)


def _signed_beyond(data_dir: Path, *, size: int) -> int:
    """Return how many entries the signer signed beyond a size, as far as it is here and remembers."""
    try:
        return max(0, SignerFiles(directory=data_dir / SIGNER_DIR).state().size - size)
    except Refused:
        return 0


def _to_remember(data_dir: Path, published: PublishedLog) -> Checkpoint | None:
    """Return what a signer that is here signed last, where it remembers less than its own published log; else null."""
    files = SignerFiles(directory=data_dir / SIGNER_DIR)
    if not files.key_path.exists() or published.note is None:
        return None
    try:
        checkpoint = open_checkpoint(published.note, keys=[files.key().verifier_key]).checkpoint
    except (KeyFileError, LogError) as error:
        message = f"{files.key_path} is not the key of the published log in {published.folder} ({error})"
        raise BackupFailed(message) from error
    try:
        return checkpoint if files.state().size < checkpoint.size else None
    except Refused:
        return checkpoint


def _put_aside(data_dir: Path) -> None:
    """Keep a log that cannot go on, and its signer, beside the new one, which gets a key and a name of its own."""
    for name in (LOG_DIR, SIGNER_DIR):
        number = 1
        while (data_dir / f"{name}.before-{number}").exists():
            number += 1
        if (data_dir / name).exists():
            (data_dir / name).rename(data_dir / f"{name}.before-{number}")


async def note_backup(transactions: Transactions, context: RequestContext, action: Action, backup: Backup) -> None:
    """Put on record that a backup was made or restored: its digest, its size, and how far the log was.

    Raises:
        PermissionDenied: the policy does not let this actor; the refusal is a leaf.

    """
    async with transactions.open(context, action) as act:
        act.record_state("backup", backup.id, backup.version, backup)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _exclusive(directory: Path) -> Iterator[None]:
    """Let one backup at a time be made below a directory: they share the files of dossiers and of the log."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with locked(directory / LOCK, wait=False):
            yield
    except Busy as busy:
        message = f"another backup is being made in {directory}"
        raise BackupFailed(message) from busy


@contextmanager
def _unfinished(directory: Path) -> Iterator[Path]:
    """Give a private folder that is gone afterwards, unless it was renamed to stay."""
    folder = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=directory))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _reporting_failures() -> Iterator[None]:
    """Say in one line which file stood in the way."""
    try:
        yield
    except OSError as error:
        message = f"cannot write {error.filename2 or error.filename}: {error.strerror}"
        raise BackupFailed(message) from error


def _copy_log(source: Path, target: Path) -> None:
    """Copy a published log: its checkpoints as they were before its tiles were looked at, so that none lacks a tile."""
    notes = {name: (source / name).read_bytes() for name in _CHECKPOINTS if (source / name).exists()}
    _copy_missing(source / "tile", target / "tile")
    for name, note in notes.items():
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(target / name, note, incoming=target, name=name)


def _copy_missing(source: Path, target: Path) -> None:
    """Copy the files that are not there yet; a file that never changes under its name is whole or absent."""
    if not source.exists():
        return
    for path in sorted(source.rglob("*")):
        copy = target / path.relative_to(source)
        if path.is_file() and "incoming" not in path.relative_to(source).parts and not copy.exists():
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = copy.with_name(f".{copy.name}.unfinished")
            shutil.copy2(path, unfinished)
            _flush(unfinished)
            unfinished.rename(copy)


def _flush(*paths: Path) -> None:
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
