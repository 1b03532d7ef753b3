"""Looking for malicious content in a received file: the interface, and the scanner that does not look."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

logger = structlog.get_logger("documents")

NOT_SCANNED = "not scanned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a scanner says of one file. `name` is the threat found, `not scanned` if nobody looked, else empty."""

    clean: bool
    name: str = ""


class Scanner(Protocol):
    """Says whether a file is clean. A scanner that cannot answer raises: an unknown file is not a clean one."""

    async def scan(self, path: Path) -> Verdict:
        """Judge the file at this path."""


class NullScanner:
    """Passes everything and says so. It stands where no scanner is installed, and warns when made."""

    def __init__(self) -> None:
        logger.warning("uploads_not_scanned", reason="no scanner is configured")

    async def scan(self, path: Path) -> Verdict:  # noqa: ARG002 - the interface gives a path.
        """Let the file pass, marked as not scanned."""
        return Verdict(clean=True, name=NOT_SCANNED)
