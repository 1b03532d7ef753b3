"""How far a case is, for anybody who knows its code: the degree of completion and nothing else (Circular 01/2018 art. 16)."""

from dataclasses import dataclass

from sandbox_registry.domain.stages import Stage

_DONE = {
    Stage.SUBMITTED: 1,
    Stage.SUPPLEMENT_REQUESTED: 1,
    Stage.ACCEPTED: 2,
    Stage.UNDER_APPRAISAL: 2,
    Stage.AWAITING_DECISION: 3,
}
STEPS = 4
"""Filed, taken in, appraised, ended. How it ended is for the applicant, and for the register where a permit came of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A case by its code, and how many of the steps are done."""

    code: str
    done: int
    steps: int = STEPS


def progress(code: str, stage: Stage) -> Progress:
    """Say how far a case is; a case that ended, in whatever way, is through."""
    return Progress(code=code, done=_DONE.get(stage, STEPS))
