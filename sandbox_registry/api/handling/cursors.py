"""Where a list goes on: opaque to clients, plain to us, refused when tampered out of shape."""

import base64
import binascii
import re
from datetime import datetime, timedelta
from uuid import UUID

from litestar.exceptions import ValidationException

from sandbox_registry.domain.audit import EPOCH
from sandbox_registry.domain.cases.case_lists import CaseRow
from sandbox_registry.domain.permits.permit_lists import PermitRow
from sandbox_registry.http.malformed import NOT_A_CURSOR

_INDEX = re.compile(r"[0-9]{1,18}")


def row_cursor(row: CaseRow | PermitRow, *, by_change: bool) -> str:
    """Return the cursor after a row: its id, with its change time when the list follows changes."""
    plain = f"{(row.updated_at - EPOCH) // timedelta(microseconds=1)} {row.id}" if by_change else str(row.id)
    return _hidden(plain)


def id_cursor(identity: UUID) -> str:
    """Return the cursor after a row of a list ordered by id."""
    return _hidden(str(identity))


def index_cursor(index: int) -> str:
    """Return the cursor after a leaf of the log."""
    return _hidden(str(index))


def read_index_cursor(cursor: str) -> int:
    """Read a cursor of a list ordered by leaves back; 400 when it is none."""
    try:
        plain = _shown(cursor)
    except (ValueError, binascii.Error):
        raise _not_a_cursor() from None
    if not _INDEX.fullmatch(plain):
        raise _not_a_cursor()
    return int(plain)


def _hidden(plain: str) -> str:
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _shown(cursor: str) -> str:
    padded = cursor + "=" * (-len(cursor) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")


def read_id_cursor(cursor: str) -> UUID:
    """Read a cursor of a list ordered by id back; 400 when it is none."""
    try:
        return UUID(_shown(cursor))
    except (ValueError, binascii.Error):
        raise _not_a_cursor() from None


def _not_a_cursor() -> ValidationException:
    return ValidationException(extra=[{"key": "after", "message": NOT_A_CURSOR}])


def read_row_cursor(cursor: str, *, by_change: bool) -> tuple[datetime, UUID] | UUID:
    """Read a cursor back; 400 when it is none, or belongs to the other order."""
    try:
        plain = _shown(cursor)
        if not by_change:
            return UUID(plain)
        seconds, _, identity = plain.partition(" ")
        return EPOCH + timedelta(microseconds=int(seconds)), UUID(identity)
    except (ValueError, OverflowError, binascii.Error):
        raise _not_a_cursor() from None
