"""What hangs on a case, of one instant: what its deadlines and the acts possible now are derived from."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.cases.applications import Complaint, Document, SupplementRequest
from sandbox_registry.domain.cases.appraisal import (
    Clarification,
    Consultation,
    CouncilSession,
    Decision,
    FileReturn,
    Participation,
    Recommendation,
    Vote,
)
from sandbox_registry.domain.cases.attachments import AttachmentKind
from sandbox_registry.domain.cases.promises import Promise
from sandbox_registry.domain.identity.people import OrganisationKind
from sandbox_registry.domain.rules.rule_versions import VersionInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """What an act on a case asks of its applicant; see `Organisation`."""

    kind: OrganisationKind
    licence_end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecords:
    """The records of one case, each kind oldest first, as far as they were asked for.

    Of documents only those that were not removed, of assignments those still held. `conflicted` are the people who
    declared a conflict, `reviewed_by` those who filed a review; `letters` the moments at which officials wrote to the
    applicant; `has_hold` tells of holds not lifted. `agency_code` is the receiving unit's, null when there is none.
    `papers` are the kinds of papers that officials attached. `handling_units` are the units that work on cases of the procedure now. `calendars` are the calendar's versions that took force, newest first.
    """

    supplements: tuple[SupplementRequest, ...] = ()
    clarifications: tuple[Clarification, ...] = ()
    consultations: tuple[Consultation, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    documents: tuple[Document, ...] = ()
    promises: tuple[Promise, ...] = ()
    calendars: tuple[VersionInForce, ...] = ()
    assignments: tuple[Participation, ...] = ()
    conflicted: frozenset[UUID] = frozenset()
    reviewed_by: frozenset[UUID] = frozenset()
    sessions: tuple[CouncilSession, ...] = ()
    votes: tuple[Vote, ...] = ()
    decisions: tuple[Decision, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    returns: tuple[FileReturn, ...] = ()
    letters: tuple[datetime, ...] = ()
    has_hold: bool = False
    has_permit: bool = False
    applicant: Applicant | None = None
    agency_code: str | None = None
    handling_units: frozenset[UUID] = frozenset()
    papers: frozenset[AttachmentKind] = frozenset()


SHOWN = frozenset(
    {"calendars", "clarifications", "complaints", "consultations", "documents", "promises", "supplements"}
)
"""What is read with every case, for its page and its deadlines; the rest only for the acts that depend on it."""
