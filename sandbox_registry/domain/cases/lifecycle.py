"""How an application moves: one table of stages, and what every act does to the case it moves."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases.applications import (
    Application,
    Closing,
    ClosingKind,
    Reason,
)
from sandbox_registry.domain.errors import ConditionNotMet, TransitionNotAllowed
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import OPEN_STAGES, Stage, stage_name

# Act -> stages it may start from, stage it leads to (null: the stage stays). Events of the field (A2...) beside each.
TRANSITIONS: Mapping[str, tuple[frozenset[Stage], Stage | None]] = {
    "discard": (frozenset({Stage.DRAFT}), Stage.WITHDRAWN),
    "submit": (frozenset({Stage.DRAFT}), Stage.SUBMITTED),  # A2
    "file_assisted": (frozenset({Stage.DRAFT}), Stage.SUBMITTED),  # A2, for somebody who signed on paper
    "receive": (frozenset({Stage.SUBMITTED}), None),  # A3
    "request_supplement": (frozenset({Stage.SUBMITTED}), Stage.SUPPLEMENT_REQUESTED),  # A4, A5
    "submit_supplement": (frozenset({Stage.SUPPLEMENT_REQUESTED}), Stage.SUBMITTED),  # A6, A7
    "lapse": (frozenset({Stage.SUPPLEMENT_REQUESTED}), Stage.LAPSED),  # A8
    "refuse_intake": (frozenset({Stage.SUBMITTED}), Stage.INTAKE_REFUSED),  # A9
    "refer": (frozenset({Stage.SUBMITTED, Stage.ACCEPTED, Stage.UNDER_APPRAISAL}), Stage.REFERRED),  # A9, A12
    "retain": (  # A12
        frozenset({Stage.SUBMITTED, Stage.ACCEPTED, Stage.UNDER_APPRAISAL, Stage.AWAITING_DECISION}),
        None,
    ),
    "accept": (frozenset({Stage.SUBMITTED}), Stage.ACCEPTED),  # A10
    "classify": (frozenset({Stage.ACCEPTED}), Stage.UNDER_APPRAISAL),  # A11, A13
    "reclassify": (frozenset({Stage.UNDER_APPRAISAL}), None),  # A11
    "return_to_officer": (frozenset({Stage.UNDER_APPRAISAL}), None),  # A18
    "resubmit": (frozenset({Stage.UNDER_APPRAISAL}), None),  # A18
    "recommend": (frozenset({Stage.UNDER_APPRAISAL}), Stage.AWAITING_DECISION),  # A18
    "return_to_head": (frozenset({Stage.AWAITING_DECISION}), Stage.UNDER_APPRAISAL),  # A18
    "approve": (frozenset({Stage.AWAITING_DECISION}), Stage.APPROVED),  # A19
    "refuse": (frozenset({Stage.AWAITING_DECISION}), Stage.REFUSED),  # A20
    "request_withdrawal": (OPEN_STAGES, None),  # A21
    "stop": (OPEN_STAGES, Stage.WITHDRAWN),  # A21
    "apologize": (frozenset({Stage.ACCEPTED, Stage.UNDER_APPRAISAL, Stage.AWAITING_DECISION}), None),  # A22
    "issue": (frozenset({Stage.APPROVED}), None),  # A23
    "deliver": (frozenset({Stage.APPROVED, Stage.REFUSED}), None),  # A24
    "complain": (frozenset({Stage.REFUSED, Stage.INTAKE_REFUSED}), None),  # A25
}


ACTIONS = {
    "approve": "decision:approve",
    "issue": "permit:issue",
    "refuse": "decision:refuse",
    "resubmit": "file:resubmit",
    "return_to_head": "file:return_to_head",
    "return_to_officer": "file:return_to_officer",
}
"""What the log calls the acts that are not `application:<act>`."""
_BY_ACTION = {ACTIONS.get(act, f"application:{act}"): move for act, move in TRANSITIONS.items()}


def require_stage(application: Application, act: str) -> None:
    """Refuse an act that the case's stage does not allow; `act` is a key of `TRANSITIONS`.

    Raises:
        TransitionNotAllowed: with the act and the stage.
        ConditionNotMet: `withdrawal_unanswered`: the applicant asked to stop, and nothing but the notice moves the case.

    """
    starts, leads_to = TRANSITIONS[act]
    if application.stage not in starts:
        raise TransitionNotAllowed(action=ACTIONS.get(act, f"application:{act}"), stage=application.stage)
    if application.withdrawal is not None and leads_to not in {None, Stage.WITHDRAWN}:
        raise ConditionNotMet("withdrawal_unanswered")


def step_of(action: Action, stage: Stage) -> Stage | None:
    """Return the stage to which an act takes a case from here; null when it leaves the case where it stands."""
    starts, leads_to = _BY_ACTION.get(action, (frozenset[Stage](), None))
    if action is Action.PERMIT_ISSUE:
        # The case stays decided; the stage that follows is the permit's.
        leads_to = Stage.PERMIT_ISSUED
    return leads_to if stage in starts else None


def require_step(application: Application, action: Action, procedure: Procedure) -> None:
    """Refuse an act that takes the case where its procedure does not let it go from here: `next` of `[[stages]]` binds.

    Raises:
        ConditionNotMet: `step_not_in_procedure`.

    """
    step = step_of(action, application.stage)
    if step is not None and step not in procedure.next_stages(application.stage):
        raise ConditionNotMet("step_not_in_procedure", before=stage_name(application.stage), after=stage_name(step))


def moved(application: Application, act: str, *, at: datetime, **facts: object) -> Application:
    """Return the application after an act: next version, next stage, the facts the act adds."""
    require_stage(application, act)
    stage = TRANSITIONS[act][1] or application.stage
    return replace(application, version=application.version + 1, stage=stage, updated_at=at, **facts)  # type: ignore[arg-type]  # Facts are fields.


def closed(kind: ClosingKind, *, at: datetime, by: UUID, reasons: tuple[Reason, ...] = ()) -> Closing:
    """Say how, when and by whom a case ended before a decision, and why."""
    return Closing(kind=kind, at=at, by=by, reasons=reasons)
