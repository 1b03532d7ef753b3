"""`policy check`: proves over the whole space what must hold of a policy, and finds lines that do nothing."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from sandbox_registry.authz.enforcer import Authorizer, Groups, Rule, enforcer_over
from sandbox_registry.authz.names import PolicyFinding, unknown_names
from sandbox_registry.authz.policy import (
    ANY,
    ROLE_PREFIX,
    AuthorizationPolicy,
    PolicyLine,
    PolicyUnreadable,
    read_policy,
)
from sandbox_registry.authz.promises import broken_promises
from sandbox_registry.authz.separation import CASE_ACTS, DECLARATIONS, broken_separation_rules
from sandbox_registry.authz.space import Cell, Space, pairs_of, places_of, someone_can
from sandbox_registry.authz.standings import typical_standings
from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.identity.people import UNIT_BOUND_ROLES, Relation, Role
from sandbox_registry.domain.stages import Stage

Probe = tuple[Role, frozenset[Relation], Stage]
"""A request to put to Casbin about an act."""
MOVES = {
    Stage.DRAFT: {Action.APPLICATION_SUBMIT, Action.APPLICATION_DISCARD},
    Stage.SUBMITTED: {
        Action.APPLICATION_ACCEPT,
        Action.APPLICATION_REFUSE_INTAKE,
        Action.APPLICATION_REQUEST_SUPPLEMENT,
    },
    Stage.SUPPLEMENT_REQUESTED: {Action.APPLICATION_LAPSE, Action.APPLICATION_SUBMIT_SUPPLEMENT},
    Stage.ACCEPTED: {Action.APPLICATION_CLASSIFY, Action.ASSIGNMENT_ASSIGN, Action.ASSIGNMENT_CLAIM},
    Stage.UNDER_APPRAISAL: {Action.APPLICATION_RECOMMEND},
    Stage.AWAITING_DECISION: {Action.DECISION_APPROVE, Action.DECISION_REFUSE},
    Stage.APPROVED: {Action.PERMIT_ISSUE},
}
"""Acts that take a case on from each stage that is not an end; each must be in somebody's power."""

_LIST_ACTIONS = (Action.APPLICATION_READ, Action.PERMIT_READ)
_HIDDEN = {Relation.CONFLICTED, Relation.UNDECLARED}
_LISTS_KNOW = {
    Relation.ASSIGNED,
    Relation.CONSULTED,
    Relation.COUNCIL_CHAIR,
    Relation.COUNCIL_MEMBER,
    Relation.DELEGATE,
    Relation.FOCAL,
    Relation.HELPER,
    Relation.OVERSEER,
    Relation.OWN,
    Relation.SECRETARY,
    Relation.SUPERVISOR,
    Relation.UNIT,
}


def check_policy(
    source: Authorizer | AuthorizationPolicy | Path,
) -> list[PolicyFinding]:
    """Check a policy (or its directory).

    Returns what is wrong, sorted by code; nothing means proved. What the policy cannot see stays with the use cases: that the second person of a
    four-eyes act is another one, that one reads only one's own declaration, that an office is not given to oneself.
    """
    try:
        policy = _policy_of(source)
    except PolicyUnreadable as unreadable:
        return [PolicyFinding(code="unreadable", where="policy.csv", message=str(unreadable))]
    unknown = unknown_names(policy)
    if unknown:
        return unknown
    space = Space(policy)
    findings = [
        *_idle_lines(policy, space),
        *_idle_groups(policy),
        *broken_separation_rules(space),
        *broken_promises(space),
        *_stuck_stages(space),
        *_undeclarable(space),
        *_unreachable(space),
        *_lists_that_differ(policy),
        *_acts_out_of_reach(policy, space),
        *_differences_from_casbin(policy, space),
    ]
    return sorted({(finding.code, finding.where): finding for finding in reversed(findings)}.values(), key=_order)


def _policy_of(source: Authorizer | AuthorizationPolicy | Path) -> AuthorizationPolicy:
    if isinstance(source, Path):
        return read_policy(source)
    return source.policy if isinstance(source, Authorizer) else source


def _order(finding: PolicyFinding) -> tuple[str, str]:
    return finding.code, finding.where


def _idle_lines(policy: AuthorizationPolicy, space: Space) -> Iterator[PolicyFinding]:
    first_by_rule: dict[tuple[str, ...], PolicyLine] = {}
    for line in policy.lines:
        first = first_by_rule.setdefault(tuple(line.rule[:4]), line)
        if first is not line:
            code = "repeated_line" if first.effect == line.effect else "contradicted_line"
            yield PolicyFinding(code=code, where=line.text, message=f"already said by {first.text}")
        elif not _changes_an_answer(line, policy, space):
            yield PolicyFinding(code="idle_line", where=line.text, message="without this line every answer is the same")


def _changes_an_answer(line: PolicyLine, policy: AuthorizationPolicy, space: Space) -> bool:
    others = [other for other in policy.lines if other is not line]
    changes = _allow_matters if line.effect == "allow" else _deny_matters
    for stage, action in places_of(line):
        near = [other for other in others if stage in other.stages and action in other.actions]
        if changes(line, near, space, stage, action):
            return True
    return False


def _allow_matters(line: PolicyLine, near: list[PolicyLine], space: Space, stage: Stage, action: Action) -> bool:
    covered = {pair for other in near if other.effect == "allow" for pair in pairs_of(other)}
    refused = space.cells[stage, action].deny
    return any(pair not in covered and pair not in refused for pair in pairs_of(line))


def _deny_matters(line: PolicyLine, near: list[PolicyLine], space: Space, stage: Stage, action: Action) -> bool:
    refused = {pair for other in near if other.effect == "deny" for pair in pairs_of(other)}
    allowed = [pair for pair in space.cells[stage, action].allow if pair not in refused]
    for role, relation in pairs_of(line):
        for one, how in allowed:
            request = {(one, how), (one, relation), (role, how), (role, relation)}
            if request.isdisjoint(refused):
                return True
    return False


def _idle_groups(policy: AuthorizationPolicy) -> Iterator[PolicyFinding]:
    used = {line.stage for line in policy.lines} | {line.act for line in policy.lines}
    for pairs in (policy.stage_groups, policy.act_groups):
        groups = {group for _, group in pairs}
        for group in sorted(groups - used - {member for member, _ in pairs}):
            yield PolicyFinding(code="idle_group", where=group, message="no line and no other group uses this group")
        for pair in {pair for pair in pairs if pairs.count(pair) > 1}:
            yield PolicyFinding(code="repeated_member", where=", ".join(pair), message="said twice")


def _stuck_stages(space: Space) -> Iterator[PolicyFinding]:
    for stage, moves in MOVES.items():
        for action in sorted(moves):
            if not any(someone_can(space, role, stage, action) for role in Role):
                yield PolicyFinding(code="no_owner", where=stage, message=f"nobody can {action}, so a case stays here")


def _undeclarable(space: Space) -> Iterator[PolicyFinding]:
    """A person who has to declare interests before an act must be able to: else a procedure that asks for it traps cases."""
    for (stage, action), cell in space.cells.items():
        for role in Role:
            for standing in typical_standings(role).values():
                if role in UNIT_BOUND_ROLES and Relation.UNIT not in standing:
                    continue
                owing = standing | {Relation.DECLARES_FIRST}
                is_barred = cell.allows({role}, standing) and not cell.allows({role}, owing)
                if is_barred and not space.allows({role}, owing, stage, Action.DECLARATION_MAKE):
                    message = f"a declaration is owed before {action} and cannot be made"
                    yield PolicyFinding(code="undeclarable", where=f"{role} {stage}", message=message)


def _unreachable(space: Space) -> Iterator[PolicyFinding]:
    for action in Action:
        if not any(someone_can(space, role, stage, action) for role in Role for stage in Stage):
            yield PolicyFinding(code="unreachable_action", where=action, message="nobody can ever do this")


def _lists_that_differ(policy: AuthorizationPolicy) -> Iterator[PolicyFinding]:
    """A list is cut by facts in a query; a line a query cannot follow would make lists and reads disagree."""
    for action in _LIST_ACTIONS:
        for line in policy.by_action[action]:
            if not (_can_be_left_out(line) if line.effect == "deny" else _can_be_listed(line)):
                message = f"lists cannot follow this line for {action}: they would show more or less than a read allows"
                yield PolicyFinding(code="unlistable", where=line.text, message=message)


def _acts_out_of_reach(policy: AuthorizationPolicy, space: Space) -> Iterator[PolicyFinding]:
    """A case is loaded for those whom a scope lets in; whom a line allows an act beyond that could not find the case."""
    for action in sorted(CASE_ACTS | DECLARATIONS):
        for line in policy.by_action[action]:
            if line.effect == "allow" and not _can_be_found(line, space):
                message = f"whom this line lets {action} could not find the case: no scope follows it"
                yield PolicyFinding(code="unfindable", where=line.text, message=message)


def _can_be_found(line: PolicyLine, space: Space) -> bool:
    if _can_be_listed(line) or line.relation == Relation.CONFLICTED:
        return True
    role = next((each for each in UNIT_BOUND_ROLES if line.role == ROLE_PREFIX + each), None)
    # Such an office counts in the cases of its unit only, which it finds if it may read them.
    stages = [stage for stage in Stage if stage in line.stages]
    return role is not None and all(
        space.allows({role}, {Relation.UNIT}, stage, Action.APPLICATION_READ) for stage in stages
    )


def _can_be_left_out(line: PolicyLine) -> bool:
    everywhere = line.stages >= frozenset(Stage)
    if line.role == ANY:
        return line.relation in _HIDDEN and everywhere
    return line.relation == ANY and line.role.removeprefix(ROLE_PREFIX) not in UNIT_BOUND_ROLES


def _can_be_listed(line: PolicyLine) -> bool:
    if line.role.removeprefix(ROLE_PREFIX) in UNIT_BOUND_ROLES:
        return line.relation == Relation.UNIT
    return line.relation in _LISTS_KNOW


def _differences_from_casbin(policy: AuthorizationPolicy, space: Space) -> Iterator[PolicyFinding]:
    """Put requests to Casbin about every line: what it speaks about, that with a refusal beside it, and near misses."""
    asked: dict[Action, list[tuple[PolicyLine, Probe]]] = {}
    for line in policy.lines:
        stage, action = places_of(line)[0]
        probes = ((role, relations, stage) for role, relations in _probes(line, space.cells[stage, action]))
        asked.setdefault(action, []).extend((line, probe) for probe in probes)
    for action, put in asked.items():
        rules = tuple(tuple(line.rule) for line in policy.by_action[action])
        groups = (policy.stage_groups, policy.act_groups)
        answers = _casbin_answers(action, tuple(probe for _, probe in put), rules, policy.model_text, *groups)
        for (line, (role, relations, stage)), answer in zip(put, answers, strict=True):
            if answer != space.allows({role}, relations, stage, action):
                message = (
                    f"Casbin says {answer} to {role} as {sorted(relations)} for {action} at {stage}: see model.conf"
                )
                yield PolicyFinding(code="model_differs", where=line.text, message=message)


@lru_cache(maxsize=1000)
def _casbin_answers(  # noqa: PLR0917 - what is remembered by.
    action: Action,
    probes: tuple[Probe, ...],
    rules: tuple[Rule, ...],
    model_text: str,
    stage_groups: Groups,
    act_groups: Groups,
) -> tuple[bool, ...]:
    """Ask Casbin about an act. What else a policy says decides nothing here, so another policy need not ask again."""
    enforcer = enforcer_over(rules, model_text, stage_groups=stage_groups, act_groups=act_groups)
    return tuple(
        enforcer.enforce(ROLE_PREFIX + role, relations, str(stage), str(action)) for role, relations, stage in probes
    )


def _probes(line: PolicyLine, cell: Cell) -> Iterator[tuple[Role, frozenset[Relation]]]:
    role, relation = pairs_of(line)[0]
    yield role, frozenset({relation})
    yield role, frozenset({Relation.NONE})
    yield next(other for other in Role if other is not role), frozenset({relation})
    refusing = {how for one, how in cell.deny if one is role}
    for second in sorted(refusing) + [how for how in Relation if how not in refusing][:1]:
        yield role, frozenset({relation, second})
