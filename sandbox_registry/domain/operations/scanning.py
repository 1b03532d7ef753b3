"""Looking for malicious content in a received file: what a scanner says."""

from dataclasses import dataclass

from sandbox_registry.domain.errors import DomainError


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a scanner says of one file: whether it was looked at, and the threat that was found, if any."""

    is_scanned: bool
    threat: str | None = None


class ScannerUnavailable(DomainError):
    """The scanner for malicious files does not answer; nothing was kept."""

    code = "scanner_unavailable"
