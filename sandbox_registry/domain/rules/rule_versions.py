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
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInForce:
    """A version that took force, by its checksum, and when."""

    checksum: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a rule file. `checksum` is the SHA-256 of `content` (UTF-8 TOML), hex.

    `proposed_by` and `approved_by` are null only for the versions that came with the program. A proposal that was
    rejected, or withdrawn by its proposer, says who closed it, when and why. `warnings_accepted` is why whoever approved
    it stands by what the check warned of; null where it warned of nothing.
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
    closed_by: UUID | None = None
    closed_at: datetime | None = None
    closing_reason: str | None = None
    warnings_accepted: str | None = None


def approve(proposed: RuleVersion, *, by: UUID, at: datetime, effective_from: datetime) -> RuleVersion:
    """Put a proposed version in force from a moment that is not past.

    Raises:
        Duplicate: it is approved already.
        ConditionNotMet: `proposal_closed`; `four_eyes` when the proposer approves; `effective_in_past`.

    """
    _require_open(proposed)
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


def reject(proposed: RuleVersion, *, by: UUID, at: datetime, reason: str) -> RuleVersion:
    """Turn a proposal down, with a reason, as somebody who did not make it; it stays on record.

    Raises:
        Duplicate: it is approved already.
        ConditionNotMet: `proposal_closed`; `not_anothers_proposal` for one's own, which one withdraws.

    """
    _require_open(proposed)
    if proposed.proposed_by == by:
        raise ConditionNotMet("not_anothers_proposal")
    return _closed(proposed, RuleStatus.REJECTED, by=by, at=at, reason=reason)


def withdraw(proposed: RuleVersion, *, by: UUID, at: datetime, reason: str) -> RuleVersion:
    """Take one's own proposal back, with a reason; it stays on record.

    Raises:
        Duplicate: it is approved already.
        ConditionNotMet: `proposal_closed`; `not_own_proposal`, which is rejected instead.

    """
    _require_open(proposed)
    if proposed.proposed_by != by:
        raise ConditionNotMet("not_own_proposal")
    return _closed(proposed, RuleStatus.WITHDRAWN, by=by, at=at, reason=reason)


def _require_open(proposed: RuleVersion) -> None:
    if proposed.status is RuleStatus.APPROVED:
        raise Duplicate(what="approval")
    if proposed.status is not RuleStatus.PROPOSED:
        raise ConditionNotMet("proposal_closed")


def _closed(proposed: RuleVersion, status: RuleStatus, *, by: UUID, at: datetime, reason: str) -> RuleVersion:
    return replace(
        proposed, version=proposed.version + 1, status=status, closed_by=by, closed_at=at, closing_reason=reason
    )
