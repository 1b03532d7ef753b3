"""A file returned to be completed ("trả lại để hoàn thiện"): by the signer to the head, by the head to the officer.

No clock stops for it: the applicant was given a day, and it stands.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.appraisal import FileReturn, Participation, Recommendation, ReturnRecipient
from sandbox_registry.domain.cases.lifecycle import moved, require_stage
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, NotFound
from sandbox_registry.domain.identity.people import Capacity


def return_to_head(
    application: Application,
    *,
    return_id: UUID,
    recommendation: Recommendation,
    reason: str,
    by: UUID,
    at: datetime,
) -> tuple[Application, Recommendation, FileReturn]:
    """Return the file to the head of the focal department; the recommendation stays on record, superseded.

    Raises:
        TransitionNotAllowed: the case does not await a decision.

    """
    require_stage(application, "return_to_head")
    number = application.returns + 1
    returned = FileReturn(
        id=return_id,
        version=1,
        application_id=application.id,
        number=number,
        recipient=ReturnRecipient.HEAD,
        reason=reason,
        recommendation_id=recommendation.id,
        returned_by=by,
        returned_at=at,
    )
    superseded = replace(recommendation, version=recommendation.version + 1, superseded_at=at)
    return moved(application, "return_to_head", at=at, recommended_at=None, returns=number), superseded, returned


def return_to_officer(
    application: Application,
    *,
    return_id: UUID,
    reason: str,
    assignments: tuple[Participation, ...],
    returns: tuple[FileReturn, ...],
    by: UUID,
    at: datetime,
) -> tuple[Application, FileReturn]:
    """Return the file to the officer who leads it; nobody recommends before the officer has resubmitted it.

    Raises:
        TransitionNotAllowed: the case is not under appraisal.
        ConditionNotMet: `no_focal_officer`.
        Duplicate: the officer has it already.

    """
    require_returnable_to_officer(application, assignments=assignments, returns=returns)
    number = application.returns + 1
    returned = FileReturn(
        id=return_id,
        version=1,
        application_id=application.id,
        number=number,
        recipient=ReturnRecipient.OFFICER,
        reason=reason,
        recommendation_id=None,
        returned_by=by,
        returned_at=at,
    )
    return moved(application, "return_to_officer", at=at, returns=number), returned


def require_returnable_to_officer(
    application: Application, *, assignments: tuple[Participation, ...], returns: tuple[FileReturn, ...]
) -> None:
    """Refuse to return a file to an officer who is not there, or who has it already; raises as `return_to_officer`."""
    require_stage(application, "return_to_officer")
    if all(each.capacity is not Capacity.FOCAL for each in assignments):
        raise ConditionNotMet("no_focal_officer")
    if open_return(returns, ReturnRecipient.OFFICER) is not None:
        raise Duplicate(what="file_return")


def resubmit(
    application: Application, *, returns: tuple[FileReturn, ...], answer: str, by: UUID, at: datetime
) -> tuple[Application, FileReturn]:
    """Put a completed file before the head again, saying what was done.

    Raises:
        TransitionNotAllowed: the case is not under appraisal.
        NotFound: the head returned nothing that waits.

    """
    waiting = require_resubmittable(application, returns=returns)
    return moved(application, "resubmit", at=at), answered(waiting, answer=answer, by=by, at=at)


def require_resubmittable(application: Application, *, returns: tuple[FileReturn, ...]) -> FileReturn:
    """Return what the officer has to complete; refuse where the head returned nothing."""
    require_stage(application, "resubmit")
    waiting = open_return(returns, ReturnRecipient.OFFICER)
    if waiting is None:
        raise NotFound(what="file_return")
    return waiting


def open_return(returns: tuple[FileReturn, ...], recipient: ReturnRecipient) -> FileReturn | None:
    """Find the return that waits to be completed by the head, or by the officer; there is at most one."""
    return next((each for each in returns if each.recipient is recipient and each.answered_at is None), None)


def answered(waiting: FileReturn, *, answer: str, by: UUID, at: datetime) -> FileReturn:
    """Say of a return what was done about it."""
    return replace(waiting, version=waiting.version + 1, answer=answer, answered_by=by, answered_at=at)
