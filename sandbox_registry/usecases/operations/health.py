"""Whether the registry can work: the database answers, at the revision this program needs, and its log is signed."""

from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sandbox_registry.auditlog.publishing.folder import LOG_DIR, SIGNER_DIR, LogFolder
from sandbox_registry.auditlog.publishing.signing import Refused, SignerFiles
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.revisions import newest
from sandbox_registry.db.operations.installation import size_and_time_of
from sandbox_registry.transparency.checkpoints import checkpoint_of
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.notes import parse_note

PATIENCE = timedelta(minutes=1)
"""How long a leaf may stay unpublished: the signer needs a second, and takes over from another in five."""


class LogTrouble(StrEnum):
    """What keeps the log from being signed.

    The signer signed more than the database holds; it remembers less than is published, or nothing; leaves stay unpublished.
    """

    SIGNER_AHEAD = "signer_ahead"
    SIGNER_BEHIND = "signer_behind"
    UNSIGNED = "unsigned"


async def is_ready(database: Database) -> bool:
    """Tell whether the database answers and has the schema this program was written for."""
    return await database.revision() == newest()


async def log_trouble(database: Database, data_dir: Path, *, now: datetime) -> LogTrouble | None:
    """Say what is wrong with the signing of the log, null while nothing is; a log nobody signed yet has its minute, too."""
    published = _published(data_dir)
    async with database.replica() as connection:
        size, waiting_since = await size_and_time_of(connection, index=published)
    files = SignerFiles(directory=data_dir / SIGNER_DIR)
    if _is_here(files):
        try:
            signed = files.state().size
        except Refused:
            return LogTrouble.SIGNER_BEHIND
        if signed > size:
            return LogTrouble.SIGNER_AHEAD
        if signed < published:
            return LogTrouble.SIGNER_BEHIND
    if waiting_since is not None and now - waiting_since > PATIENCE:
        return LogTrouble.UNSIGNED
    return None


def _is_here(files: SignerFiles) -> bool:
    try:
        return files.key_path.exists()
    except PermissionError:
        return False  # Another user signs.


def _published(data_dir: Path) -> int:
    try:
        note = LogFolder(data_dir / LOG_DIR).checkpoint()
        return 0 if note is None else checkpoint_of(parse_note(note)).size
    except LogError:
        return 0
