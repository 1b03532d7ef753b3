"""Conditions and limits of earlier permits: how often each was used and lifted, and why it stood."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sandbox_registry.domain.permits.permits import Justification


class Restriction(StrEnum):
    """What restricts a trial: a condition in words, or a limit on a quantity."""

    CONDITION = "condition"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFilter:
    """What the library is narrowed by; null leaves a question open."""

    procedure_code: str | None = None
    permit_kind: str | None = None
    restriction: Restriction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictionUse:
    """One condition in its own words, or the quantity of a limit, over all permits of one procedure and kind.

    `used` counts the permits that carry or carried it, `lifted` those among them whose last version does not. `justified` is
    how the newest permit that says why it stands says it; null where none does.
    """

    restriction: Restriction
    text: str
    procedure_code: str
    permit_kind: str
    used: int
    lifted: int
    last_issued_at: datetime
    justified: Justification | None
