"""What is known of the bytes of files as they are stored, whichever records name them."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sandbox_registry.domain.errors import DomainError
from sandbox_registry.domain.texts import Phrase

MEGABYTE = 1024 * 1024
REMOVED_KEPT = timedelta(days=7)
"""How long the bytes of a file stay that was removed before it was ever filed, or lay in a draft that was given up."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBytes:
    """Bytes of files: of one case, and of the drafts of its organisation and of one account.

    What was filed is a record and counts against its case alone.
    """

    case: int
    organisation: int
    account: int


class StorageQuotaReached(DomainError):
    """The files of this case, or of the drafts of its organisation or of this account, take up all the room they may."""

    code = "storage_quota"

    def __init__(self, *, whose: str, used: int, limit: int) -> None:
        super().__init__(
            whose=Phrase(f"storage.{whose}"),
            amount=round(used / MEGABYTE, 1),
            limit=round(limit / MEGABYTE, 1),
            days=REMOVED_KEPT.days,
        )


def require_room(size: int, *, used: StoredBytes, quotas: StoredBytes) -> None:
    """Refuse a file of so many bytes that would take more than a quota allows; raises StorageQuotaReached."""
    limits = asdict(quotas)
    for whose, taken in asdict(used).items():
        if taken + size > limits[whose]:
            raise StorageQuotaReached(whose=whose, used=taken, limit=limits[whose])
