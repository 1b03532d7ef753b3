"""Where the time comes from: the system, or a rehearsal that moves on by itself faster than life."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock that everybody else asks


def rehearsal_clock(file: Path) -> Clock:
    """Return a clock that is off by the whole seconds written in `file`, read again at every look; empty or absent: 0.

    For demonstrations and rehearsals only: it lets a term of thirty days pass while somebody watches. It is moved on,
    never back: a smaller number than before counts as the one before.
    """
    furthest: int | None = None

    def look() -> datetime:
        nonlocal furthest
        try:
            seconds = int(file.read_text("ascii") or "0")
        except FileNotFoundError:
            seconds = 0
        furthest = seconds if furthest is None else max(furthest, seconds)
        return system_clock() + timedelta(seconds=furthest)

    return look
