"""Whether the files of dossiers are still those that were filed: every file that a row names, hashed again."""

import hashlib
from pathlib import Path

from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.db.auditlog import rows as log_rows
from sandbox_registry.db.core.engine import Connection

PIECE = 1024 * 1024


async def check_files(connection: Connection, directory: Path, *, report: Report) -> None:
    """Hash every file in the store that a document or attachment names; each content once. Erased cases have none."""
    seen: dict[str, str | None] = {}
    async for file in log_rows.kept_files(connection):
        if file.sha256 not in seen:
            seen[file.sha256] = _wrong(directory / file.sha256[:2] / file.sha256[2:4] / file.sha256, file.sha256)
            report.files += 1
        wrong = seen[file.sha256]
        if wrong is not None:
            report.add(wrong, kind=file.kind, identity=str(file.identity), what=file.filename)


def _wrong(path: Path, sha256: str) -> str | None:
    """Return the code of what is wrong with a file, null for nothing."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
    except OSError:
        return "file_missing"
    return None if digest.hexdigest() == sha256 else "file_changed"
