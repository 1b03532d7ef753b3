"""Published logs at hand when a backup is restored: the longest is what the log goes on from."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.db.operations.backups import BackupFailed
from sandbox_registry.domain.operations.installation import Backup
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.transparency.checkpoints import Checkpoint, checkpoint_of
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.merkle import CompactRange, hash_leaf
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.tiles import bundles_of, decode_bundle

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLog:
    """A published log: where it stands, its newest checkpoint, and its entries; empty where none was ever published."""

    folder: Path | None = None
    note: bytes | None = None
    entries: tuple[bytes, ...] = ()

    @property
    def size(self) -> int:
        """How many entries it has."""
        return len(self.entries)

    def after(self, size: int) -> list[tuple[bytes, datetime]]:
        """Return the entries after the first so many, each with the time it states."""
        return [(entry, _time_of(entry)) for entry in self.entries[size:]]


def longest_log(folders: Iterable[Path], backup: Backup) -> PublishedLog:
    """Return the longest of these logs, all of which must be one log, and the one of the backup.

    Raises:
        BackupFailed: one is damaged, or another log.

    """
    found = [_read(folder) for folder in dict.fromkeys(folders)]
    longest = max(found, key=lambda log: log.size, default=PublishedLog())
    meant = {backup.log_size: (backup.log_root, "the backup")} if backup.log_size <= longest.size else {}
    for log in found:
        if log.note is not None:
            checkpoint = checkpoint_of(parse_note(log.note))
            meant[checkpoint.size] = (checkpoint.root.hex(), str(log.folder))
    tree = CompactRange()
    for entry in (None, *longest.entries):
        tree = tree if entry is None else tree.append(hash_leaf(entry))
        root, whose = meant.get(tree.size, ("", ""))
        if whose and root != tree.root().hex():
            message = f"{longest.folder} holds another log than {whose}: their first {tree.size} entries differ"
            raise BackupFailed(message)
    return longest


def _read(folder: Path) -> PublishedLog:
    source = LogFolder(folder)
    try:
        note = source.checkpoint()
        if note is None:
            return PublishedLog()
        checkpoint: Checkpoint = checkpoint_of(parse_note(note))
        parts = [decode_bundle(source.read(part.path), width=part.width) for part in bundles_of(checkpoint.size)]
    except (LogError, MissingFile) as error:
        message = (
            f"the published log in {folder} is damaged ({error}); restore from another copy of it, or move it away"
        )
        raise BackupFailed(message) from error
    return PublishedLog(folder=folder, note=note, entries=tuple(entry for part in parts for entry in part))


def _time_of(entry: bytes) -> datetime:
    return _EPOCH + timedelta(milliseconds=json.loads(entry)["t"])
