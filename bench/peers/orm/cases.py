"""Cases as entities, with what hangs on them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bench.peers.orm.people import Base, Organisation

_CASE = "applications.id"


class Participation(Base):
    """A part somebody has in a case."""

    __tablename__ = "participations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    application_id: Mapped[UUID] = mapped_column(ForeignKey(_CASE))
    person_id: Mapped[UUID]
    capacity: Mapped[str]
    given_by: Mapped[UUID]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class InterestDeclaration(Base):
    """A declaration of interest."""

    __tablename__ = "declarations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    application_id: Mapped[UUID] = mapped_column(ForeignKey(_CASE))
    person_id: Mapped[UUID]
    conflicted: Mapped[bool]
    statement: Mapped[str]
    made_at: Mapped[datetime]


class Document(Base):
    """A file of a dossier."""

    __tablename__ = "documents"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    application_id: Mapped[UUID] = mapped_column(ForeignKey(_CASE))
    part: Mapped[str]
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    uploaded_by: Mapped[UUID]
    uploaded_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class DossierVersion(Base):
    """A dossier as it stood after an edit."""

    __tablename__ = "dossier_versions"
    application_id: Mapped[UUID] = mapped_column(ForeignKey(_CASE), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    cause: Mapped[str]
    title: Mapped[str]
    answers: Mapped[dict[str, Any]]
    documents: Mapped[list[dict[str, Any]]]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]


class SupplementRequest(Base):
    """A request to complete a dossier."""

    __tablename__ = "supplement_requests"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    application_id: Mapped[UUID] = mapped_column(ForeignKey(_CASE))
    round: Mapped[int]
    items: Mapped[list[dict[str, Any]]]
    exception_reason: Mapped[str | None]
    requested_by: Mapped[UUID]
    requested_at: Mapped[datetime]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]


class Complaint(Base):
    """A complaint."""

    __tablename__ = "complaints"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    application_id: Mapped[UUID] = mapped_column(ForeignKey(_CASE))
    filed_by: Mapped[UUID]
    filed_at: Mapped[datetime]
    grounds: Mapped[str]


class Clarification(Base):
    """A question to the applicant."""

    __tablename__ = "clarifications"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    application_id: Mapped[UUID] = mapped_column(ForeignKey(_CASE))
    round: Mapped[int]
    question: Mapped[str]
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime]
    answer: Mapped[str]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]


class Consultation(Base):
    """A question to another agency."""

    __tablename__ = "consultations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    application_id: Mapped[UUID] = mapped_column(ForeignKey(_CASE))
    unit_id: Mapped[UUID]
    question: Mapped[str]
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime]
    term_value: Mapped[int]
    term_unit: Mapped[str]
    remind_on: Mapped[date | None]
    is_required: Mapped[bool]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    opinion: Mapped[str | None]
    text: Mapped[str]
    is_late: Mapped[bool]
    closed_silent_at: Mapped[datetime | None]


class Decision(Base):
    """What the signer decided."""

    __tablename__ = "decisions"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    application_id: Mapped[UUID] = mapped_column(ForeignKey(_CASE))
    unit_id: Mapped[UUID]
    number: Mapped[str]
    outcome: Mapped[str]
    signer_id: Mapped[UUID]
    signer_title: Mapped[str]
    on_behalf_of: Mapped[UUID | None]
    decided_at: Mapped[datetime]
    legal_basis: Mapped[list[str]]
    reasons: Mapped[list[dict[str, Any]]]
    conditions: Mapped[list[str]]
    terms: Mapped[dict[str, Any] | None]
    year: Mapped[int]


class Application(Base):
    """A case."""

    __tablename__ = "applications"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    stage: Mapped[str]
    procedure_code: Mapped[str]
    procedure_version: Mapped[str | None]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    receiving_unit_id: Mapped[UUID]
    unit_ids: Mapped[list[UUID]]
    title: Mapped[str]
    answers: Mapped[dict[str, Any]]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    code: Mapped[str | None]
    external_code: Mapped[str | None]
    previous_case_id: Mapped[UUID | None]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[UUID | None]
    received_at: Mapped[datetime | None]
    completeness_from: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    appointment_at: Mapped[datetime | None]
    level: Mapped[str | None]
    classified_at: Mapped[datetime | None]
    recommended_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    issued_at: Mapped[datetime | None]
    withdrawal: Mapped[dict[str, Any] | None]
    apology: Mapped[dict[str, Any] | None]
    closing: Mapped[dict[str, Any] | None]
    delivery: Mapped[dict[str, Any] | None]
    confirmation: Mapped[dict[str, Any] | None]
    retention: Mapped[dict[str, Any] | None]
    applicant: Mapped[dict[str, Any] | None]
    level_corrections: Mapped[list[dict[str, Any]]]
    returns: Mapped[int]
    assistance: Mapped[dict[str, Any] | None]
    next_due_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship()
    documents: Mapped[list[Document]] = relationship(order_by=Document.id)
    participations: Mapped[list[Participation]] = relationship()
    declarations: Mapped[list[InterestDeclaration]] = relationship()
    supplements: Mapped[list[SupplementRequest]] = relationship(order_by=SupplementRequest.id)
    complaints: Mapped[list[Complaint]] = relationship(order_by=Complaint.id)
    clarifications: Mapped[list[Clarification]] = relationship(order_by=Clarification.id)
    consultations: Mapped[list[Consultation]] = relationship(order_by=Consultation.id)

    @property
    def organisation_name(self) -> str:
        """The applicant's name."""
        return self.organisation.name
