"""Stages of an application and of a permit; stored as text with a CHECK, used by policy, procedures and people."""

from enum import StrEnum

from sandbox_registry.domain.texts import Phrase


class Stage(StrEnum):
    """Where a case stands. `permit_*` stages are those of the permit, which follow the decision.

    `none` is the stage of acts that concern no case (accounts, procedures, creating a draft).
    """

    NONE = "none"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    ACCEPTED = "accepted"
    UNDER_APPRAISAL = "under_appraisal"
    AWAITING_DECISION = "awaiting_decision"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    INTAKE_REFUSED = "intake_refused"
    REFERRED = "referred"
    PERMIT_ISSUED = "permit_issued"
    PERMIT_ACTIVE = "permit_active"
    PERMIT_SUSPENDED = "permit_suspended"
    PERMIT_ENDED = "permit_ended"
    PERMIT_REVOKED = "permit_revoked"
    PERMIT_TERMINATED = "permit_terminated"
    PERMIT_TRANSITION = "permit_transition"
    PERMIT_COMPLETED = "permit_completed"
    PERMIT_COMPLETION_REFUSED = "permit_completion_refused"


APPLICATION_STAGES = tuple(stage for stage in Stage if stage is not Stage.NONE and not stage.startswith("permit_"))
PERMIT_STAGES = tuple(stage for stage in Stage if stage.startswith("permit_"))
OPEN_STAGES = frozenset(
    {
        Stage.SUBMITTED,
        Stage.SUPPLEMENT_REQUESTED,
        Stage.ACCEPTED,
        Stage.UNDER_APPRAISAL,
        Stage.AWAITING_DECISION,
    }
)
EDITABLE_STAGES = frozenset({Stage.DRAFT, Stage.SUPPLEMENT_REQUESTED})
"""Where the applicant writes on the dossier, and then files it."""


def stage_name(stage: Stage) -> Phrase:
    """Name a stage for people."""
    return Phrase(f"stage.{stage}")
