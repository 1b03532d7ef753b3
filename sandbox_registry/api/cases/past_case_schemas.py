"""The body of a case as it stood at a moment."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from msgspec import UNSET, UnsetType

from sandbox_registry.api.cases.application_schemas import (
    ApplicationOut,
    ComplaintOut,
    DeadlineOut,
    SupplementOut,
    application_out,
)
from sandbox_registry.api.cases.appraisal_schemas import (
    AssignmentOut,
    DeclarationOut,
    ReviewOut,
    SiteVisitOut,
    assignment_out,
    declaration_out,
    review_out,
    site_visit_out,
)
from sandbox_registry.api.cases.consultations import ClarificationOut, ConsultationOut
from sandbox_registry.api.cases.councils import SessionViewOut, sessions_out
from sandbox_registry.api.cases.decisions import DecisionOut, RecommendationOut, decision_out
from sandbox_registry.api.cases.history_schemas import local
from sandbox_registry.api.cases.returns import FileReturnOut, file_return_out
from sandbox_registry.api.handling.log_links import ProofOut, PublishedLog, proof_of
from sandbox_registry.api.handling.schemas import Instant, Out, TextOut, shown
from sandbox_registry.api.permits.permit_schemas import PermitStateOut
from sandbox_registry.authz import Action
from sandbox_registry.domain.acts import done_name
from sandbox_registry.domain.rules.procedures import ProcedureStatus
from sandbox_registry.domain.stages import Stage, stage_name
from sandbox_registry.usecases.cases.past_cases import CaseAt
from sandbox_registry.usecases.cases.recorded_states import Done

T = TypeVar("T")


class FiledDocumentOut(Out):
    """A document that counted then: the part it answers, its name, and the digest of its bytes."""

    part: str
    filename: str
    sha256: str
    size: int


class DossierAtOut(Out):
    """Which version of the dossier it was, and its documents; its answers stand in the application."""

    number: int
    cause: str
    made_at: Instant
    documents: tuple[FiledDocumentOut, ...]


class PermitAtOut(Out):
    """The permit as it was recorded, and where it stood at that moment."""

    stage: Stage
    stage_name: TextOut
    permit: PermitStateOut


class ErasedOut(Out):
    """An act whose record was lawfully erased: what it wrote is not shown."""

    index: int
    at: Instant
    at_local: Instant
    action: str
    action_name: TextOut
    kind: str
    identity: UUID
    version: int
    log: ProofOut | None


class CaseAtOut(Out):
    """A case as it stood at a moment. What its reader may not read is absent; what was not there yet is null, or empty.

    `at` is the moment in UTC, `at_local` the same in Cà Mau; `log` proves the last leaf that counted. Deadlines are
    computed as of then. A permit you may not read is like none. `erased` lists acts up to then whose records are gone; the application is null when its own is.
    """

    at: Instant
    at_local: Instant
    log: ProofOut | None
    procedure_title: TextOut
    is_draft_procedure: bool
    application: ApplicationOut | None
    stage_name: TextOut | None
    dossier: DossierAtOut | None
    deadlines: tuple[DeadlineOut, ...]
    permit: PermitAtOut | None
    erased: tuple[ErasedOut, ...]
    supplements: tuple[SupplementOut, ...] | UnsetType = UNSET
    complaints: tuple[ComplaintOut, ...] | UnsetType = UNSET
    clarifications: tuple[ClarificationOut, ...] | UnsetType = UNSET
    consultations: tuple[ConsultationOut, ...] | UnsetType = UNSET
    assignments: tuple[AssignmentOut, ...] | UnsetType = UNSET
    declarations: tuple[DeclarationOut, ...] | UnsetType = UNSET
    site_visits: tuple[SiteVisitOut, ...] | UnsetType = UNSET
    reviews: tuple[ReviewOut, ...] | UnsetType = UNSET
    council_sessions: tuple[SessionViewOut, ...] | UnsetType = UNSET
    recommendation: RecommendationOut | UnsetType | None = UNSET
    returns: tuple[FileReturnOut, ...] | UnsetType = UNSET
    decision: DecisionOut | UnsetType | None = UNSET


def case_at_out(case_at: CaseAt, *, log: PublishedLog) -> CaseAtOut:
    """Show a case as it stood."""
    application = case_at.application
    return CaseAtOut(
        at=case_at.at,
        at_local=local(case_at.at),
        log=proof_of(case_at.leaf, log),
        procedure_title=TextOut.of(case_at.procedure.title),
        is_draft_procedure=case_at.procedure.status is ProcedureStatus.DRAFT,
        application=None if application is None else application_out(application),
        stage_name=None if application is None else TextOut.of(stage_name(application.stage)),
        dossier=None if case_at.dossier is None else shown(DossierAtOut)(case_at.dossier),
        deadlines=tuple(map(DeadlineOut.of, case_at.deadlines)),
        supplements=_all(case_at.supplements, shown(SupplementOut)),
        complaints=_all(case_at.complaints, shown(ComplaintOut)),
        clarifications=_all(case_at.clarifications, shown(ClarificationOut)),
        consultations=_all(case_at.consultations, shown(ConsultationOut)),
        assignments=_all(case_at.participations, assignment_out),
        declarations=_all(case_at.declarations, declaration_out),
        site_visits=_all(case_at.site_visits, site_visit_out),
        reviews=_all(case_at.reviews, review_out),
        council_sessions=UNSET if case_at.sessions is None else sessions_out(case_at.sessions).items,
        recommendation=_one(
            case_at.recommendation, shown(RecommendationOut), may_read=Action.REVIEW_READ in case_at.may
        ),
        returns=_all(case_at.returns, file_return_out),
        decision=_one(case_at.decision, partial(decision_out, log=log), may_read=Action.DECISION_READ in case_at.may),
        permit=_permit_out(case_at),
        erased=tuple(_erased_out(each, log) for each in case_at.erased),
    )


def _all(values: tuple[Any, ...] | None, show: Callable[[Any], T]) -> tuple[T, ...] | UnsetType:
    return UNSET if values is None else tuple(map(show, values))


def _one(value: Any, show: Callable[[Any], T], *, may_read: bool) -> T | UnsetType | None:
    if not may_read:
        return UNSET
    return None if value is None else show(value)


def _permit_out(case_at: CaseAt) -> PermitAtOut | None:
    if case_at.permit is None:
        return None
    stage = case_at.permit.stage(at=case_at.at)
    return PermitAtOut(
        stage=stage, stage_name=TextOut.of(stage_name(stage)), permit=shown(PermitStateOut)(case_at.permit)
    )


def _erased_out(done: Done, log: PublishedLog) -> ErasedOut:
    return ErasedOut(
        index=done.index,
        at=done.at,
        at_local=local(done.at),
        action=done.action,
        action_name=TextOut.of(done_name(done.action)),
        kind=done.kind,
        identity=done.identity,
        version=done.version,
        log=proof_of(done.index, log),
    )
