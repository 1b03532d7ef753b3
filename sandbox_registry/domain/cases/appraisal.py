"""Records of appraisal: who stands where in a case, declarations, opinions, reviews, council, decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sandbox_registry.domain.cases.applications import Reason
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.permits.permits import PermitTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """A person's capacity in a case, from when until when (null: still), and who gave it."""

    id: UUID
    version: int
    application_id: UUID
    person_id: UUID
    capacity: Capacity
    given_by: UUID
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A declaration of interest, made before opening the dossier (hard rule 2)."""

    id: UUID
    version: int
    application_id: UUID
    person_id: UUID
    conflicted: bool
    statement: str
    made_at: datetime


class Opinion(StrEnum):
    """What a consulted agency says."""

    AGREE = "agree"
    AGREE_WITH_CONDITIONS = "agree_with_conditions"
    DISAGREE = "disagree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """A question to another agency. `term_value`/`term_unit` were set when asked; the due date is derived.

    A late answer is kept and marked; silence is never consent, it is recorded as silence (Decree 61/2018 art. 19(5)).
    `demanded_by` is the key of the procedure's rule that demands it; null when nobody but the lead does.
    """

    id: UUID
    version: int
    application_id: UUID
    unit_id: UUID
    question: str
    asked_by: UUID
    asked_at: datetime
    term_value: int
    term_unit: str
    remind_on: date | None
    is_required: bool
    answered_by: UUID | None = None
    answered_at: datetime | None = None
    opinion: Opinion | None = None
    text: str = ""
    is_late: bool = False
    closed_silent_at: datetime | None = None
    demanded_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarification:
    """A question of substance to the applicant during appraisal, and the answer, or that none came.

    `closing_reason` says why the authority stopped waiting; an answer that comes later is kept and marked late.
    """

    id: UUID
    version: int
    application_id: UUID
    round: int
    question: str
    asked_by: UUID
    asked_at: datetime
    answer: str = ""
    answered_by: UUID | None = None
    answered_at: datetime | None = None
    is_late: bool = False
    closed_by: UUID | None = None
    closed_at: datetime | None = None
    closing_reason: str | None = None


class Advice(StrEnum):
    """What a reviewer, a council or the focal department advises."""

    APPROVE = "approve"
    APPROVE_WITH_CONDITIONS = "approve_with_conditions"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One reviewer's scores by criterion, and advice. Others see it only after filing their own."""

    id: UUID
    version: int
    application_id: UUID
    reviewer_id: UUID
    scores: Mapping[str, int]
    comment: str
    advice: Advice
    submitted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteVisit:
    """Minutes of a check on site (Decree 61/2018 art. 19(3))."""

    id: UUID
    version: int
    application_id: UUID
    visited_at: datetime
    place: str
    minutes: str
    applicant_attended: bool
    recorded_by: UUID
    recorded_at: datetime


class Choice(StrEnum):
    """A vote in the council."""

    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierConclusion:
    """What a council concluded and nobody confirmed before it was drawn up again, and why, by whom and when it was."""

    present_ids: tuple[UUID, ...]
    minutes: str
    dissent: tuple[str, ...]
    votes_for: int
    votes_against: int
    votes_abstain: int
    is_passed: bool
    concluded_by: UUID | None
    concluded_at: datetime
    reason: str
    replaced_by: UUID
    replaced_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilSession:
    """A sitting of the appraisal council: its members, one of them the chair; the secretary has no vote.

    `concluded_by` closed it with the minutes, `confirmed_by` is the other one of chair and secretary, who stands by
    them; null where the procedure asks for no second person, and until there is one. `earlier` are conclusions that this
    one replaced, oldest first.
    """

    id: UUID
    version: int
    application_id: UUID
    chair_id: UUID
    secretary_id: UUID
    member_ids: tuple[UUID, ...]
    scheduled_at: datetime
    place: str
    convened_by: UUID
    convened_at: datetime
    present_ids: tuple[UUID, ...] = ()
    minutes: str = ""
    dissent: tuple[str, ...] = ()
    votes_for: int | None = None
    votes_against: int | None = None
    votes_abstain: int | None = None
    is_passed: bool | None = None
    concluded_by: UUID | None = None
    concluded_at: datetime | None = None
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = None
    earlier: tuple[EarlierConclusion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One member's vote; `is_written` when sent by an absent member. `dissent` is kept in the minutes."""

    id: UUID
    version: int
    application_id: UUID
    session_id: UUID
    member_id: UUID
    choice: Choice
    is_written: bool
    dissent: str
    cast_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DisagreementAnswer:
    """What the recommendation answers to an agency that had to be asked and disagrees."""

    consultation_id: UUID
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The appraisal report the focal department puts before the signer.

    `departure` says why the advice goes against the council's vote; null when it does not. `terms` are those it
    recommends; null when it advises to refuse. `superseded_at` is when the signer returned the file: another
    recommendation then takes its place. At most one of a case counts.
    """

    id: UUID
    version: int
    application_id: UUID
    advice: Advice
    report: str
    conditions: tuple[str, ...]
    departure: str | None
    made_by: UUID
    made_at: datetime
    terms: PermitTerms | None = None
    disagreements: tuple[DisagreementAnswer, ...] = ()
    superseded_at: datetime | None = None


class ReturnRecipient(StrEnum):
    """To whom a file was returned."""

    HEAD = "head"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReturn:
    """A file returned to be completed: by the signer to the head, or by the head to the officer.

    `number` counts the returns of a case. `recommendation_id` is the recommendation that was returned, null when the head
    returned the file. `answer` says what was done about it: the officer's, or that of the head's next recommendation.
    """

    id: UUID
    version: int
    application_id: UUID
    number: int
    recipient: ReturnRecipient
    reason: str
    recommendation_id: UUID | None
    returned_by: UUID
    returned_at: datetime
    answer: str = ""
    answered_by: UUID | None = None
    answered_at: datetime | None = None


class Outcome(StrEnum):
    """What was decided."""

    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The decision of the People's Committee: with terms and conditions when it allows, with reasons when it refuses.

    `unit_id` is the agency that decides and numbers, `on_behalf_of` the signer who delegated it. There is one live
    decision per application.
    """

    id: UUID
    version: int
    application_id: UUID
    unit_id: UUID
    number: str
    outcome: Outcome
    signer_id: UUID
    signer_title: str
    on_behalf_of: UUID | None
    decided_at: datetime
    legal_basis: tuple[str, ...]
    reasons: tuple[Reason, ...]
    conditions: tuple[str, ...]
    terms: PermitTerms | None
