"""What must be in before an appraisal may be put before the signer."""

from collections.abc import Iterator
from uuid import UUID

from sandbox_registry.domain.cases.appraisal import (
    Clarification,
    Consultation,
    CouncilSession,
    FileReturn,
    ReturnRecipient,
)
from sandbox_registry.domain.cases.case_records import CaseRecords
from sandbox_registry.domain.cases.consultations import is_waiting
from sandbox_registry.domain.cases.councils import is_binding
from sandbox_registry.domain.cases.returns import open_return
from sandbox_registry.domain.errors import ConditionNotMet, FieldError
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.rules.form_fields import Answers
from sandbox_registry.domain.rules.forms import visible
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import Phrase


class AppraisalIncomplete(ConditionNotMet):
    """The appraisal lacks something; `errors` lists everything it lacks, all at once."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__("appraisal_incomplete")
        self.errors = errors


def unmet(procedure: Procedure, answers: Answers, records: CaseRecords) -> tuple[FieldError, ...]:
    """List what the appraisal still lacks; empty when it is complete (A18).

    Of a person with a declared conflict no review counts, and none is waited for. A required consultation is settled
    by an answer, or by silence on record after its term; one that the procedure demands of a dossier with these answers is
    missing until it is asked. What the head returned to the officer comes back first.
    """
    assigned = frozenset(each.person_id for each in records.assignments if each.capacity is Capacity.REVIEWER)
    return (
        *_missing_consultations(procedure, answers, records.consultations),
        *_open_consultations(records.consultations),
        *_open_clarifications(records.clarifications),
        *_outstanding_reviews(assigned - records.conflicted, records.reviewed_by - records.conflicted),
        *_missing_council(procedure, records.sessions),
        *_open_return(records.returns),
    )


def require_complete(errors: tuple[FieldError, ...]) -> None:
    """Refuse to go on while something is unmet.

    Raises:
        AppraisalIncomplete: with everything that is missing.

    """
    if errors:
        raise AppraisalIncomplete(errors)


def _missing_consultations(
    procedure: Procedure, answers: Answers, consultations: tuple[Consultation, ...]
) -> Iterator[FieldError]:
    asked = {each.demanded_by for each in consultations}
    for rule in procedure.consultations_for(visible(procedure, answers)):
        if rule.key not in asked:
            message = Phrase("appraisal.consultation_missing", agency=rule.agency)
            yield FieldError(field=f"consultations.{rule.key}", code="consultation_missing", message=message)


def _open_consultations(consultations: tuple[Consultation, ...]) -> Iterator[FieldError]:
    for each in consultations:
        if each.is_required and each.answered_at is None and each.closed_silent_at is None:
            yield FieldError(
                field=f"consultations.{each.id}",
                code="consultation_open",
                message=Phrase("appraisal.consultation_open"),
            )


def _open_clarifications(clarifications: tuple[Clarification, ...]) -> Iterator[FieldError]:
    for each in clarifications:
        if is_waiting(each):
            yield FieldError(
                field=f"clarifications.{each.id}",
                code="clarification_open",
                message=Phrase("appraisal.clarification_open"),
            )


def _outstanding_reviews(assigned: frozenset[UUID], reviewed_by: frozenset[UUID]) -> Iterator[FieldError]:
    if not reviewed_by:
        yield FieldError(field="reviews", code="review_missing", message=Phrase("appraisal.review_missing"))
    for reviewer in sorted(assigned - reviewed_by):
        yield FieldError(
            field=f"reviews.{reviewer}", code="review_outstanding", message=Phrase("appraisal.review_outstanding")
        )


def _missing_council(procedure: Procedure, sessions: tuple[CouncilSession, ...]) -> Iterator[FieldError]:
    council = procedure.council
    if council is None or any(is_binding(each, council=council) for each in sessions):
        return
    if any(each.concluded_at is not None for each in sessions):
        message = Phrase("appraisal.minutes_unconfirmed")
        yield FieldError(field="council_sessions", code="minutes_unconfirmed", message=message)
    else:
        yield FieldError(field="council_sessions", code="council_not_concluded", message=Phrase("appraisal.no_council"))


def _open_return(returns: tuple[FileReturn, ...]) -> Iterator[FieldError]:
    waiting = open_return(returns, ReturnRecipient.OFFICER)
    if waiting is not None:
        yield FieldError(field=f"returns.{waiting.id}", code="return_open", message=Phrase("appraisal.return_open"))
