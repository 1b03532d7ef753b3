"""Bodies, in and out: the same JSON as ours."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Line = Annotated[str, Field(min_length=1, max_length=300)]
Paragraph = Annotated[str, Field(min_length=1, max_length=20_000)]


class Sent(BaseModel):
    """A body that comes in."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ReasonIn(Sent):
    """A reason from the procedure's list."""

    code: Line
    text: Paragraph


class RefusalIn(Sent):
    """A decision that refuses the trial."""

    legal_basis: Annotated[list[Line], Field(max_length=50)]
    reasons: Annotated[list[ReasonIn], Field(max_length=50)]


class Shown(BaseModel):
    """A body read off an entity."""

    model_config = ConfigDict(from_attributes=True)


class RowShown(Shown):
    """One line of a list."""

    id: UUID
    version: int
    code: str | None
    stage: str
    title: str
    procedure_code: str
    organisation_id: UUID
    organisation_name: str
    level: str | None
    submitted_at: datetime | None
    next_due_at: datetime | None
    updated_at: datetime


class PageShown(BaseModel):
    """A page of a list."""

    items: list[RowShown]
    after: str | None


class ApplicationShown(Shown):
    """A case."""

    id: UUID
    version: int
    stage: str
    procedure_code: str
    procedure_version: str | None
    organisation_id: UUID
    receiving_unit_id: UUID
    title: str
    code: str | None
    level: str | None
    previous_case_id: UUID | None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    received_at: datetime | None
    accepted_at: datetime | None
    appointment_at: datetime | None
    classified_at: datetime | None
    recommended_at: datetime | None
    decided_at: datetime | None
    issued_at: datetime | None
    withdrawal: dict[str, Any] | None
    apology: dict[str, Any] | None
    closing: dict[str, Any] | None
    delivery: dict[str, Any] | None
    confirmation: dict[str, Any] | None
    retention: dict[str, Any] | None
    applicant: dict[str, Any] | None
    level_corrections: list[dict[str, Any]]
    returns: int
    assistance: dict[str, Any] | None
    answers: dict[str, Any]


class TextShown(Shown):
    """Words in three languages."""

    vi: str
    en: str
    fr: str


class DocumentShown(Shown):
    """A file of a dossier."""

    id: UUID
    version: int
    part: str
    filename: str
    media_type: str
    size: int
    sha256: str
    uploaded_by: UUID
    uploaded_at: datetime
    removed_at: datetime | None


class SupplementShown(Shown):
    """A request to complete a dossier."""

    id: UUID
    version: int
    round: int
    items: list[dict[str, Any]]
    exception_reason: str | None
    requested_at: datetime
    answered_at: datetime | None


class ComplaintShown(Shown):
    """A complaint."""

    id: UUID
    version: int
    filed_at: datetime
    grounds: str


class LineShown(Shown):
    """One day of a computation."""

    date: date
    counted: bool
    running_count: int
    reason: TextShown
    source: str


class DeadlineShown(Shown):
    """A deadline with its days."""

    name: str
    subject: str
    duty: str
    timing: str
    due: datetime | None
    due_date: date | None
    started_at: datetime | None
    fulfilled_at: datetime | None
    basis: str
    calendar_version: str | None
    is_provisional: bool
    gap: str | None
    history: list[dict[str, Any]]
    ledger: list[LineShown]


class CaseShown(BaseModel):
    """A case with what hangs on it and its deadlines."""

    application: ApplicationShown
    stage_name: TextShown
    procedure_title: TextShown
    is_draft_procedure: bool
    documents: list[DocumentShown]
    supplements: list[SupplementShown]
    complaints: list[ComplaintShown]
    deadlines: list[DeadlineShown]
    fees: list[dict[str, Any]]


class DecisionShown(Shown):
    """A decision."""

    id: UUID
    version: int
    application_id: UUID
    unit_id: UUID
    number: str
    outcome: str
    signer_id: UUID
    signer_title: str
    on_behalf_of: UUID | None
    decided_at: datetime
    legal_basis: list[str]
    reasons: list[dict[str, Any]]
    conditions: list[str]
    terms: dict[str, Any] | None


class DecidedShown(BaseModel):
    """The case after the decision, the decision, and who signed."""

    application: ApplicationShown
    decision: DecisionShown
    signer_name: str
