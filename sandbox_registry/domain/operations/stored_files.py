"""What is known of the bytes of files as they are stored, whichever records name them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.errors import DomainError


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedFile:
    """A file whose bytes are no longer those that were stored under its SHA-256 (hex); noted once until they are again."""

    id: UUID
    version: int
    sha256: str
    found_at: datetime


class FileDamaged(DomainError):
    """The stored file is damaged and was not sent; the operator has been alerted."""

    code = "file_damaged"
