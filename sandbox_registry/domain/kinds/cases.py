"""Kinds of records that hang on a case, up to its permit."""

from collections.abc import Mapping
from datetime import datetime

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases.applications import (
    Application,
    Complaint,
    Document,
    DossierVersion,
    Message,
    SupplementRequest,
)
from sandbox_registry.domain.cases.appraisal import (
    Clarification,
    Consultation,
    CouncilSession,
    Decision,
    Declaration,
    FileReturn,
    Participation,
    Recommendation,
    Review,
    SiteVisit,
    Vote,
)
from sandbox_registry.domain.cases.attachments import Attachment
from sandbox_registry.domain.cases.promises import RECALCULATED, Promise
from sandbox_registry.domain.integrations.webhooks import SOURCE
from sandbox_registry.domain.kinds.kind import OFFICIAL_RECORD, REGISTER, Emptied, Event, Kind, Rows
from sandbox_registry.domain.permits.permits import Permit, PermitVersion
from sandbox_registry.domain.privacy.erasures import (
    ErasureKind,
    LegalHold,
    without_answer,
    without_body,
    without_dossier,
    without_grounds,
    without_name,
    without_words,
)
from sandbox_registry.domain.stages import APPLICATION_STAGES, Stage


def _settled(complaint: Complaint) -> Mapping[str, object] | None:
    if complaint.settlement is None:
        return None
    return {"complaint_id": str(complaint.id), "outcome": str(complaint.settlement.outcome)}


def _asked(asked: Clarification) -> Mapping[str, object] | None:
    return {"clarification_id": str(asked.id)} if asked.version == 1 else None


def _closed(closed: Clarification) -> Mapping[str, object] | None:
    is_news = closed.closed_at is not None and closed.answered_at is None
    return {"clarification_id": str(closed.id)} if is_news else None


def _answered(answered: Clarification) -> Mapping[str, object] | None:
    return None if answered.answered_at is None else {"clarification_id": str(answered.id)}


def _sent(letter: Message) -> Mapping[str, object]:
    return {"message_id": str(letter.id), "from_applicant": letter.from_applicant}


def _issued(permit: Permit) -> Mapping[str, object] | None:
    if permit.version != 1:
        return None
    address = f"{SOURCE}/permits/{permit.id}"
    return {"permit_id": str(permit.id), "permit_number": permit.number, "permit_url": address}


def _recalculated(given: Promise) -> Mapping[str, object] | None:
    if given.cause != RECALCULATED or given.due is None:
        return None
    return {"deadline": given.name, "subject": given.subject, "due": given.due.isoformat().replace("+00:00", "Z")}


def _without_answer(asked: Clarification, _at: datetime) -> Clarification:
    return asked if asked.answered_at is None else without_answer(asked)


def _without_words(request: SupplementRequest, _at: datetime) -> SupplementRequest:
    return without_words(request) if request.unchanged else request


CASE_KINDS = (
    Kind(
        name="application",
        of=Application,
        read_by=Action.APPLICATION_READ,
        in_bundle=True,
        in_history=True,
        exported=frozenset(
            {
                "accepted_at",
                "code",
                "created_at",
                "decided_at",
                "id",
                "level",
                "organisation_id",
                "procedure_code",
                "procedure_version",
                "received_at",
                "stage",
                "submitted_at",
                "title",
                "updated_at",
                "version",
            }
        ),
        events=(
            *(
                Event(name=f"application.{stage}", needs=Action.APPLICATION_READ)
                for stage in APPLICATION_STAGES
                if stage is not Stage.DRAFT
            ),
            Event(name="application.received", needs=Action.APPLICATION_READ),
        ),
        erasure=Emptied(with_the=ErasureKind.CASE, about="id", without=lambda case, at: without_dossier(case, at=at)),
        rows=Rows.CHANGED,
        for_analysts=True,
    ),
    # Who reads a paper goes by what it is (`domain/cases/attachments.py`), so no channel that goes by kinds carries it.
    Kind(
        name="attachment",
        of=Attachment,
        read_by=Action.APPLICATION_READ,
        erasure=OFFICIAL_RECORD,
        rows=Rows.NEITHER_CHANGED_NOR_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="clarification",
        of=Clarification,
        read_by=Action.CLARIFICATION_READ,
        in_bundle=True,
        in_history=True,
        events=(
            Event(name="clarification.answered", needs=Action.CLARIFICATION_READ, of=_answered),
            Event(name="clarification.asked", needs=Action.CLARIFICATION_READ, of=_asked),
            Event(name="clarification.closed", needs=Action.CLARIFICATION_READ, of=_closed),
        ),
        erasure=Emptied(with_the=ErasureKind.CASE, about="application_id", without=_without_answer),
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="complaint",
        of=Complaint,
        read_by=Action.APPLICATION_READ,
        in_bundle=True,
        in_history=True,
        events=(Event(name="complaint.settled", needs=Action.APPLICATION_READ, of=_settled),),
        erasure=Emptied(
            with_the=ErasureKind.CASE, about="application_id", without=lambda complaint, _at: without_grounds(complaint)
        ),
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="consultation",
        of=Consultation,
        read_by=Action.CONSULTATION_READ,
        in_bundle=True,
        in_history=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="council_session",
        of=CouncilSession,
        read_by=Action.COUNCIL_READ,
        in_bundle=True,
        in_history=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="decision",
        of=Decision,
        read_by=Action.DECISION_READ,
        in_bundle=True,
        in_history=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.NEITHER_CHANGED_NOR_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="declaration",
        of=Declaration,
        read_by=Action.DECLARATION_READ,
        in_bundle=True,
        in_history=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="document",
        of=Document,
        read_by=Action.APPLICATION_READ,
        in_bundle=True,
        erasure=Emptied(
            with_the=ErasureKind.CASE, about="application_id", without=lambda document, _at: without_name(document)
        ),
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="dossier_version",
        of=DossierVersion,
        read_by=Action.APPLICATION_READ,
        in_bundle=True,
        in_history=True,
        erasure=Emptied(with_the=ErasureKind.CASE, about="application_id", without=None),
        rows=Rows.NEITHER_CHANGED_NOR_DELETED,
        for_analysts=True,
    ),
    Kind(name="entrusting", read_by=Action.REVIEW_READ, in_bundle=True, erasure=OFFICIAL_RECORD),
    Kind(
        name="file_return",
        of=FileReturn,
        read_by=Action.REVIEW_READ,
        in_bundle=True,
        in_history=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.CHANGED,
        for_analysts=True,
    ),
    Kind(
        name="legal_hold",
        of=LegalHold,
        read_by=Action.HOLD_READ,
        in_bundle=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.CHANGED,
        for_analysts=True,
    ),
    Kind(
        name="message",
        of=Message,
        read_by=Action.MESSAGE_READ,
        in_bundle=True,
        events=(Event(name="message.sent", needs=Action.MESSAGE_READ, of=_sent),),
        erasure=Emptied(
            with_the=ErasureKind.CASE, about="application_id", without=lambda letter, _at: without_body(letter)
        ),
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="participation",
        of=Participation,
        read_by=Action.REVIEW_READ,
        in_bundle=True,
        in_history=True,
        erasure=REGISTER,
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="permit",
        of=Permit,
        read_by=Action.PERMIT_READ,
        in_bundle=True,
        in_history=True,
        exported=frozenset(
            {"application_id", "id", "issued_at", "kind", "number", "organisation_id", "procedure_code", "version"}
        ),
        events=(Event(name="permit.issued", needs=Action.PERMIT_READ, at=Stage.PERMIT_ISSUED, of=_issued),),
        erasure=OFFICIAL_RECORD,
        rows=Rows.CHANGED,
        for_analysts=True,
    ),
    Kind(
        name="permit_version",
        of=PermitVersion,
        read_by=Action.PERMIT_READ,
        in_bundle=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.NEITHER_CHANGED_NOR_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="promise",
        of=Promise,
        read_by=Action.APPLICATION_READ,
        in_bundle=True,
        in_history=True,
        events=(Event(name="deadline.recalculated", needs=Action.APPLICATION_READ, of=_recalculated),),
        erasure=OFFICIAL_RECORD,
        rows=Rows.NEITHER_CHANGED_NOR_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="recommendation",
        of=Recommendation,
        read_by=Action.REVIEW_READ,
        in_bundle=True,
        in_history=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(name="release", read_by=Action.REVIEW_READ, in_bundle=True, erasure=OFFICIAL_RECORD),
    Kind(
        name="review",
        of=Review,
        read_by=Action.REVIEW_READ,
        in_bundle=True,
        in_history=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(name="rule_gap", read_by=Action.REVIEW_READ, in_bundle=True, erasure=OFFICIAL_RECORD),
    Kind(
        name="site_visit",
        of=SiteVisit,
        read_by=Action.REVIEW_READ,
        in_bundle=True,
        in_history=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="supplement_request",
        of=SupplementRequest,
        read_by=Action.APPLICATION_READ,
        in_bundle=True,
        in_history=True,
        erasure=Emptied(with_the=ErasureKind.CASE, about="application_id", without=_without_words),
        rows=Rows.CHANGED_AND_DELETED,
        for_analysts=True,
    ),
    Kind(
        name="vote",
        of=Vote,
        read_by=Action.COUNCIL_READ,
        in_bundle=True,
        in_history=True,
        erasure=OFFICIAL_RECORD,
        rows=Rows.NEITHER_CHANGED_NOR_DELETED,
        for_analysts=True,
    ),
)
