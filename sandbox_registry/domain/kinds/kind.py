"""What is declared of a kind of record. What a declaration does not name is closed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.privacy.erasures import ErasureKind
from sandbox_registry.domain.stages import Stage


class Rows(StrEnum):
    """What the application may do with the rows of a kind once they are added."""

    NEITHER_CHANGED_NOR_DELETED = "SELECT, INSERT"
    CHANGED = "SELECT, INSERT, UPDATE"
    CHANGED_AND_DELETED = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """Erased together with an account or a case: `without` returns the object with nothing personal left in it.

    `about` is the field that names the account, its own organisation, or the case. Where `without` is null, the
    database empties the rows itself, in the function that erases the records.
    """

    with_the: ErasureKind
    about: str
    without: Callable[[Any, datetime], Any] | None


@dataclass(frozen=True, slots=True)
class Kept:
    """Not erased, and why."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something webhooks tell of a kind. Anyone who receives it must be allowed `needs`, at the stage `at` if one is named.

    `of` says of a changed object whether this happened, and what to tell of it; null when the case itself tells it.
    """

    name: str
    needs: Action
    at: Stage | None = None
    of: Callable[[Any], Mapping[str, object] | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of record, by the `name` under which it stands in the log.

    `of` is its class and `rows` what its table allows; null for what is only remarked and has no table. `read_by` is
    the act of reading it: without one nobody reads it in any channel, unless it `is_public`. `exported` are the fields that exports may hold.
    `for_analysts` opens the table to the role that only reads.
    """

    name: str
    erasure: Emptied | Kept
    of: type[Any] | None = None
    read_by: Action | None = None
    is_public: bool = False
    in_bundle: bool = False
    in_history: bool = False
    exported: frozenset[str] = frozenset()
    events: tuple[Event, ...] = ()
    rows: Rows | None = None
    for_analysts: bool = False

    def __post_init__(self) -> None:
        """Refuse a kind that is carried somewhere and read by nobody."""
        if self.read_by is None and (self.in_bundle or self.in_history or self.exported or self.events):
            message = f"nobody reads {self.name}, so no channel may carry it"
            raise ValueError(message)
        if (self.of is None) != (self.rows is None):
            message = f"{self.name} needs both a class and what its rows allow, or neither"
            raise ValueError(message)


OFFICIAL_RECORD = Kept("what officials wrote is the agency's own record: docs/erasure.md")
REGISTER = Kept("who held which power, and who acted for whom, is the proof of every act")
