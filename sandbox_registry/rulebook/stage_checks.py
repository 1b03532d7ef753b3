"""The lint of `[[stages]]`: every step is one that an act takes, and the owner is one whom the policy lets take it."""

from collections import deque
from dataclasses import replace
from functools import cache, lru_cache

from sandbox_registry.authz.policy import AuthorizationPolicy
from sandbox_registry.authz.promises import FILED
from sandbox_registry.authz.separation import CASE_ACTS, DECLARATIONS, READS
from sandbox_registry.authz.space import Space, someone_can
from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases.lifecycle import step_of
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.rules.procedures import Procedure, StageRule
from sandbox_registry.domain.stages import APPLICATION_STAGES, Stage
from sandbox_registry.rulebook.faults import Faults, fault
from sandbox_registry.rulebook.traps import Walked, walk


def stage_faults(procedure: Procedure, policy: AuthorizationPolicy) -> Faults:
    """List what is wrong with the stages of a procedure under a policy.

    Steps and owners are judged up to the permit; there are no acts on a permit under trial yet.
    """
    rules = {rule.stage: rule for rule in procedure.stages}
    if procedure.takes_dossiers and Stage.DRAFT not in rules:
        yield fault("missing_stage", "stages", stage=Stage.DRAFT)
        return
    for rule in procedure.stages:
        for stage in rule.next:
            if stage not in rules:
                yield fault("unknown_stage", f"stages.{rule.stage}.next", stage=stage)
        if rule.stage in APPLICATION_STAGES:
            yield from _step_faults(rule, space_of(policy))
    reached = _closure({Stage.DRAFT}, rules)
    for stage in rules:
        if stage not in reached:
            yield fault("unreachable_stage", f"stages.{stage}")
        if all(rules[end].next for end in _closure({stage}, rules) if end in rules):
            yield fault("endless_stage", f"stages.{stage}")


def trap_faults(procedure: Procedure, policy: AuthorizationPolicy) -> Faults:
    """List states of a case that the authority cannot end, and results that no case reaches: see `traps.walk`.

    The key of a trap names its state: the stage, and what hangs on the case.
    """
    walked = _walked(procedure, policy)
    for trap in walked.traps:
        state = "; ".join(sorted(trap.features))
        yield fault("trap", f"stages.{trap.stage}[{state}]")
    for stage in (Stage.APPROVED, Stage.REFUSED):
        if stage not in walked.reached:
            yield fault("never_reached", f"stages.{stage}")


_WALKS: deque[tuple[Procedure, AuthorizationPolicy, Walked]] = deque(maxlen=16)


def _walked(procedure: Procedure, policy: AuthorizationPolicy) -> Walked:
    """Walk cases under a procedure and a policy; the last walks are remembered, since each takes seconds.

    A version is walked when it is proposed and again when it is approved. How it is named decides nothing.
    """
    unnamed = replace(procedure, version="", checksum="", effective_from=None, effective_to=None)
    for walked_procedure, walked_policy, walked in tuple(_WALKS):
        if (walked_policy, walked_procedure) == (policy, unnamed):
            return walked
    space = space_of(policy)

    @cache
    def permitted(stage: Stage, action: Action) -> bool:
        return any(someone_can(space, role, stage, action) for role in Role)

    walked = walk(unnamed, permitted=permitted)
    _WALKS.append((unnamed, policy, walked))
    return walked


@lru_cache(maxsize=4)
def space_of(policy: AuthorizationPolicy) -> Space:
    """Open a policy over its whole space, once."""
    return Space(policy)


def _step_faults(rule: StageRule, space: Space) -> Faults:
    key, owner = f"stages.{rule.stage}", rule.owner
    steps = {action: step for action in Action if (step := step_of(action, rule.stage)) is not None}
    for stage in rule.next:
        if stage not in steps.values():
            yield fault("step_without_act", f"{key}.next", stage=stage)
    if owner is None:
        if rule.next:
            yield fault("missing_owner", f"{key}.owner")
        return
    works = {action for action, step in steps.items() if step in rule.next} if rule.next else _works_of_stages(space)
    if not any(someone_can(space, owner, rule.stage, action) for action in works):
        does = "move" if rule.next else "work"
        yield fault(f"owner_cannot_act.{does}", f"{key}.owner", owner=owner)


@lru_cache(maxsize=4)
def _works_of_stages(space: Space) -> frozenset[Action]:
    """List what is done in a case because of its stage: not what the policy opens to somebody at every filed stage."""
    return frozenset(
        action
        for action in CASE_ACTS - READS - DECLARATIONS
        if not all(space.cells[stage, action].allow for stage in FILED)
    )


def _closure(start: set[Stage], rules: dict[Stage, StageRule]) -> set[Stage]:
    reached, frontier = set(start), set(start)
    while frontier:
        frontier = {
            stage for stage_before in frontier if stage_before in rules for stage in rules[stage_before].next
        } - reached
        reached |= frontier
    return reached
