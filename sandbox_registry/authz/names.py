"""Findings about a policy, and the first of them: names that mean nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox_registry.authz.policy import ANY, ROLE_PREFIX, AuthorizationPolicy, PolicyLine
from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.identity.people import Relation, Role
from sandbox_registry.domain.stages import Stage

STAGE_GROUP = "stages:"
ACT_GROUP = "acts:"
_ROLES = {ANY} | {ROLE_PREFIX + role for role in Role}
_RELATIONS = {ANY, *Relation}
_STAGES = {*Stage}
_ACTIONS = {*Action}


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFinding:
    """Something wrong with the policy: a stable code, the line or place, and a sentence."""

    code: str
    where: str
    message: str


def unknown_names(policy: AuthorizationPolicy) -> list[PolicyFinding]:
    """Find names no part of the program knows: a misspelt refusal would refuse nobody."""
    groups = [*_unknown_members(policy.stage_groups, STAGE_GROUP, _STAGES, "stage")]
    groups += _unknown_members(policy.act_groups, ACT_GROUP, _ACTIONS, "action")
    return groups + [finding for line in policy.lines for finding in _unknown_in(line, policy)]


def _unknown_in(line: PolicyLine, policy: AuthorizationPolicy) -> Iterator[PolicyFinding]:
    stages = _STAGES | {ANY} | {group for _, group in policy.stage_groups}
    acts = _ACTIONS | {group for _, group in policy.act_groups}
    for kind, value, names in (
        ("role", line.role, _ROLES),
        ("relation", line.relation, _RELATIONS),
        ("stage", line.stage, stages),
        ("action", line.act, acts),
        ("effect", line.effect, {"allow", "deny"}),
    ):
        if value not in names:
            yield PolicyFinding(code=f"unknown_{kind}", where=line.text, message=f"{value!r} is no {kind}")
    if not line.basis:
        yield PolicyFinding(code="no_basis", where=line.text, message="the line cites no basis")


def _unknown_members(
    pairs: tuple[tuple[str, str], ...], prefix: str, names: set[str], kind: str
) -> Iterator[PolicyFinding]:
    groups = {group for _, group in pairs}
    for member, group in pairs:
        where = f"{member}, {group}"
        if not group.startswith(prefix):
            yield PolicyFinding(
                code=f"unknown_{kind}", where=where, message=f"a group of {kind}s is called {prefix}..."
            )
        if member not in names | groups:
            yield PolicyFinding(code=f"unknown_{kind}", where=where, message=f"{member!r} is no {kind}")
