"""The scanner that does not look says so."""

from pathlib import Path

from structlog.testing import capture_logs

from sandbox_registry.documents.uploads.scanning import NullScanner, Scanner
from sandbox_registry.domain.operations.scanning import Verdict


async def test_null_scanner_passes_everything_as_not_scanned_and_warns_when_made(tmp_path: Path) -> None:
    with capture_logs() as logs:
        scanner: Scanner = NullScanner()
    assert logs == [{"event": "uploads_not_scanned", "reason": "no scanner is configured", "log_level": "warning"}]
    assert await scanner.scan(tmp_path / "x") == Verdict(is_scanned=False)
