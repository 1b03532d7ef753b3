"""Looking for malicious content in a received file: the interface, and the scanner that does not look."""

from pathlib import Path
from typing import Protocol

import structlog

from sandbox_registry.domain.operations.scanning import Verdict

logger = structlog.get_logger("documents")


class Scanner(Protocol):
    """Says whether a file is clean. An unknown file is not a clean one: a scanner that cannot answer raises."""

    async def scan(self, path: Path) -> Verdict:
        """Judge the file at this path; raises ScannerUnavailable."""


class NullScanner:
    """Passes everything and says so. It stands where no scanner is installed, and warns when made."""

    def __init__(self) -> None:
        logger.warning("uploads_not_scanned", reason="no scanner is configured")

    async def scan(self, path: Path) -> Verdict:  # noqa: ARG002 - the interface gives a path.
        """Let the file pass, marked as not scanned."""
        return Verdict(is_scanned=False)
