"""Versions of procedures and calendars: proposed by one person, approved by another, in force from a moment."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sandbox_registry.domain.errors import ConditionNotMet, Duplicate


class RuleKind(StrEnum):
    """What moves deadlines, and so needs two people (hard rule 7)."""

    PROCEDURE = "procedure"
    CALENDAR = "calendar"


class RuleStatus(StrEnum):
    """Where a version stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInForce:
    """A version that took force, by its checksum, and when."""

    checksum: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a rule file. `checksum` is the SHA-256 of `content` (UTF-8 TOML), hex.

    `proposed_by` and `approved_by` are null only for the versions that came with the program.
    """

    id: UUID
    version: int
    kind: RuleKind
    code: str
    checksum: str
    content: str
    status: RuleStatus
    proposed_by: UUID | None
    proposed_at: datetime
    approved_by: UUID | None = None
    approved_at: datetime | None = None
    effective_from: datetime | None = None


def approve(proposed: RuleVersion, *, by: UUID, at: datetime, effective_from: datetime) -> RuleVersion:
    """Put a proposed version in force from a moment that is not past.

    Raises:
        Duplicate: it is approved already.
        ConditionNotMet: `four_eyes` when the proposer approves; `effective_in_past`.

    """
    if proposed.status is RuleStatus.APPROVED:
        raise Duplicate(what="approval")
    if proposed.proposed_by == by:
        raise ConditionNotMet("four_eyes.rules")
    if effective_from < at:
        raise ConditionNotMet("effective_in_past")
    return replace(
        proposed,
        version=proposed.version + 1,
        status=RuleStatus.APPROVED,
        approved_by=by,
        approved_at=at,
        effective_from=effective_from,
    )
