"""Where a list continues: a cursor is opaque to clients, plain to us, and refused when a client changed its form."""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

from litestar.exceptions import ValidationException

from sandbox_registry.domain.audit import EPOCH
from sandbox_registry.domain.malformed import NOT_A_CURSOR

Position = TypeVar("Position")
_INDEX = re.compile(r"[0-9]{1,18}")
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorCodec(Generic[Position]):
    """Turns positions in lists of one order into cursors and back."""

    position_of: Callable[[Any], Position]
    """Where a row stands."""
    to_text: Callable[[Position], str]
    from_text: Callable[[str], Position]
    """Raises `ValueError` or `OverflowError` for text that is not a position of this order."""

    def write(self, row: object) -> str:
        """Return the cursor after a row."""
        return base64.urlsafe_b64encode(self.to_text(self.position_of(row)).encode()).decode().rstrip("=")

    def read(self, cursor: str | None) -> Position | None:
        """Return the position of a cursor, null for none; 400 when no list of this order gave it."""
        if cursor is None:
            return None
        padded = cursor + "=" * (-len(cursor) % 4)
        try:
            return self.from_text(base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii"))
        except (ValueError, OverflowError, binascii.Error):
            raise ValidationException(extra=[{"key": "after", "message": NOT_A_CURSOR}]) from None

    def after(self, rows: Sequence[object], *, limit: int) -> str | None:
        """Return the cursor after a page; null after one that is not full, which is the last."""
        return self.write(rows[-1]) if len(rows) == limit else None


def _change_to_text(change: tuple[datetime, UUID]) -> str:
    return f"{(change[0] - EPOCH) // _MICROSECOND} {change[1]}"


def _change_from_text(text: str) -> tuple[datetime, UUID]:
    microseconds, _, identity = text.partition(" ")
    return EPOCH + timedelta(microseconds=int(microseconds)), UUID(identity)


def _index_from_text(text: str) -> int:
    if not _INDEX.fullmatch(text):
        raise ValueError(text)
    return int(text)


BY_ID: CursorCodec[UUID] = CursorCodec(position_of=attrgetter("id"), to_text=str, from_text=UUID)
BY_CHANGE: CursorCodec[tuple[datetime, UUID]] = CursorCodec(
    position_of=attrgetter("updated_at", "id"), to_text=_change_to_text, from_text=_change_from_text
)
"""Lists ordered by the time of the last change, then by id."""
BY_INDEX: CursorCodec[int] = CursorCodec(position_of=attrgetter("index"), to_text=str, from_text=_index_from_text)
"""Lists ordered by the leaves of the log."""
