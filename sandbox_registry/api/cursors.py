"""Where a list goes on: opaque to clients, plain to us, refused when tampered out of shape."""

import base64
import binascii
from datetime import datetime, timedelta
from uuid import UUID

from litestar.exceptions import ValidationException

from sandbox_registry.db.applications import CaseRow
from sandbox_registry.domain.audit import EPOCH


def case_cursor(row: CaseRow, *, by_change: bool) -> str:
    """Return the cursor after a row: its id, with its change time when the list follows changes."""
    plain = f"{(row.updated_at - EPOCH) // timedelta(microseconds=1)} {row.id}" if by_change else str(row.id)
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def read_case_cursor(cursor: str, *, by_change: bool) -> tuple[datetime, UUID] | UUID:
    """Read a cursor back; 400 when it is none, or belongs to the other order."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        plain = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        if not by_change:
            return UUID(plain)
        seconds, _, identity = plain.partition(" ")
        return EPOCH + timedelta(microseconds=int(seconds)), UUID(identity)
    except (ValueError, OverflowError, binascii.Error):
        raise ValidationException(extra=[{"key": "after", "message": "not a cursor of this list"}]) from None
