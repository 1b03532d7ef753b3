"""The authorizer: asks Casbin, remembers the answers, and says which line decided."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from casbin import Enforcer

from sandbox_registry.authz.decisions import AuthorizationDecision, PolicyRequest
from sandbox_registry.authz.names import unknown_names
from sandbox_registry.authz.policy import (
    ANY,
    ROLE_PREFIX,
    AuthorizationPolicy,
    PolicyLine,
    PolicyUnreadable,
    new_model,
    read_policy,
)
from sandbox_registry.authz.standings import at_desk, standing_as, towards_unit
from sandbox_registry.domain.acts import POWERS, Action
from sandbox_registry.domain.identity.people import (
    MUST_DECLARE,
    READ_ALL_ROLES,
    UNIT_BOUND_ROLES,
    Actor,
    Capacity,
    Relation,
    Role,
    Standing,
)
from sandbox_registry.domain.identity.people import relations as relations_of
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.stages import Stage

Counting = tuple[frozenset[Role], frozenset[Relation]]
TOKEN_SCOPE = "token scope"  # noqa: S105 - the name of a refusal, not a secret.
TOKEN_PROCEDURES = "token procedures"  # noqa: S105 - as above.
_MOST_SCOPES = 5000
_BY_OFFICE_ALONE = frozenset({ANY, Relation.CONSULTED, Relation.OVERSEER, Relation.UNIT})
"""How somebody stands to cases in which nobody named them."""
_SILENCE = AuthorizationDecision(allowed=False, line=None, basis="", role=None)
_OUT_OF_TOKEN = AuthorizationDecision(
    allowed=False, line=TOKEN_SCOPE, basis="the token does not list this act", role=None
)
OUT_OF_PROCEDURES = AuthorizationDecision(
    allowed=False, line=TOKEN_PROCEDURES, basis="the token is for cases of other procedures only", role=None
)

Rule = tuple[str, ...]
Groups = tuple[tuple[str, str], ...]
"""A line of the policy, and its groups, as Casbin takes them."""


class Authorizer:
    """Who may do what, from `model.conf` and `policy.csv`, read once; another policy is another authorizer."""

    def __init__(self, policy_dir: Path) -> None:
        self.policy = read_policy(policy_dir)
        unknown = unknown_names(self.policy)
        if unknown:
            raise PolicyUnreadable("; ".join(f"{finding.where}: {finding.message}" for finding in unknown))
        self._enforcers: dict[Action, Enforcer] = {}
        self._memo: dict[tuple[frozenset[Role], frozenset[Relation], Stage, Action], AuthorizationDecision] = {}
        self._scope_memo: dict[tuple[object, ...], Scope] = {}
        self._allowed_memo: dict[tuple[frozenset[Role], frozenset[Relation], Stage], frozenset[Action]] = {}
        self._stage_memo: dict[tuple[frozenset[Role], frozenset[Relation], Action], frozenset[Stage]] = {}

    @property
    def version(self) -> str:
        """SHA-256 over model and policy."""
        return self.policy.version

    def decide(
        self, actor_roles: frozenset[Role], relations: frozenset[Relation], stage: Stage, action: Action
    ) -> AuthorizationDecision:
        """Answer for a person of these roles standing so to a case: each role is asked, any refusal wins."""
        key = (actor_roles, relations, stage, action)
        decision = self._memo.get(key)
        if decision is None:
            request = PolicyRequest(roles=actor_roles, relations=relations, stage=stage)
            decision = self._memo[key] = replace(self._ask(actor_roles, relations, stage, action), request=request)
        return decision

    def judge(self, actor: Actor, standing: Standing | None, stage: Stage, action: Action) -> AuthorizationDecision:
        """Answer for an actor and a case (null: an act that concerns none), within the token's scope.

        Offices bound to a unit count only for cases that unit handles. A token for some procedures does nothing else;
        that it knows of no case of another is seen to where cases are loaded and listed.
        """
        return self._judge(actor, _counting(actor, standing), stage, action)

    def may_do(self, actor: Actor, standing: Standing | None, stage: Stage) -> frozenset[Action]:
        """List every act the policy allows this actor here; the domain may still say no."""
        counting = _counting(actor, standing)
        allowed = self._allowed(*counting, stage)
        return frozenset(action for action in allowed if self._judge(actor, counting, stage, action).allowed)

    def offices_of_power(self) -> frozenset[Role]:
        """List the offices that take two people to give.

        By some line of the policy they do an act of `POWERS`, or reach cases in which nobody named their holder: those
        of their unit, those their agency is consulted on, or all.
        """
        allowing = (line for line in self.policy.lines if line.effect == "allow")
        powerful = (line for line in allowing if line.actions & POWERS or _reaches_cases(line))
        return frozenset(Role(line.role.removeprefix(ROLE_PREFIX)) for line in powerful)

    def tables(self) -> tuple[PolicyLine, ...]:
        """Give the whole policy as rows, with its groups opened, for the public page of who decides what."""
        return self.policy.lines

    def scope(self, actor: Actor, action: Action = Action.APPLICATION_READ) -> Scope:
        """Say which cases this actor's lists may hold, by asking the policy about each way of standing to a case.

        A token that does not list the act lists no case, as it reads none. Answers are remembered for exactly what is
        in force for the actor at this moment: with one office less it is another question.
        """
        key = (
            actor.person_id,
            actor.offices,
            actor.signs_for_organisations,
            actor.drafts_for_organisations,
            actor.token_scopes,
            actor.token_procedures,
            action,
        )
        scope = self._scope_memo.get(key)
        if scope is None:
            scope = self._scope_memo[key] = self._scope(actor, action)
            if len(self._scope_memo) > _MOST_SCOPES:
                del self._scope_memo[next(iter(self._scope_memo))]
        return scope

    def scopes(self, actor: Actor, actions: Iterable[Action]) -> tuple[Scope, ...]:
        """Say where this actor may do one of these acts: in what one of the scopes admits. As few of them as can be."""
        return _joined(tuple([self.scope(actor, action) for action in actions]))

    def _allowed(self, roles: frozenset[Role], relations: frozenset[Relation], stage: Stage) -> frozenset[Action]:
        """List every act allowed to anyone with this standing, before a token limits it."""
        key = (roles, relations, stage)
        actions = self._allowed_memo.get(key)
        if actions is None:
            allowed = (action for action in Action if self.decide(roles, relations, stage, action).allowed)
            actions = self._allowed_memo[key] = frozenset(allowed)
        return actions

    def _judge(self, actor: Actor, counting: Counting, stage: Stage, action: Action) -> AuthorizationDecision:
        if actor.token_scopes is not None and action not in actor.token_scopes:
            return _OUT_OF_TOKEN
        if actor.token_procedures is not None and stage is Stage.NONE and not action.within_procedures:
            return OUT_OF_PROCEDURES
        return self.decide(*counting, stage, action)

    def _scope(self, actor: Actor, action: Action) -> Scope:
        return Scope(
            person_id=actor.person_id,
            all_stages=self._stages_for(actor, standing_as(), action),
            unit_stages={unit: self._stages_for(actor, towards_unit(unit), action) for unit in _units(actor)},
            desk_stages={unit: self._stages_for(actor, at_desk(unit), action) for unit in _units(actor)},
            own_organisations=actor.signs_for_organisations,
            own_stages=self._stages_as(actor, Relation.OWN, action),
            delegate_organisations=actor.drafts_for_organisations,
            delegate_stages=self._stages_as(actor, Relation.DELEGATE, action),
            consulted_units=actor.consulted_units,
            capacities={
                capacity: self._stages_for(actor, standing_as(capacity, conflicted=False), action)
                for capacity in Capacity
            },
            conflicted_stages=self._stages_as(actor, Relation.CONFLICTED, action),
            hides_conflicted=self._hides(Relation.CONFLICTED, action),
            hides_undeclared=self._hides(Relation.UNDECLARED, action),
            awaiting_declaration={
                capacity: self._stages(
                    actor, actor.roles, relations_of(actor, standing_as(capacity)), Action.DECLARATION_MAKE
                )
                for capacity in MUST_DECLARE
            },
            procedures=actor.token_procedures,
        )

    def _stages_for(self, actor: Actor, standing: Standing, action: Action) -> frozenset[Stage]:
        roles, how = actor.roles_towards(standing), relations_of(actor, standing)
        return self._stages(actor, roles, how, action)

    def _stages_as(self, actor: Actor, relation: Relation, action: Action) -> frozenset[Stage]:
        return self._stages(actor, actor.roles_towards(standing_as()), frozenset({relation}), action)

    def _stages(
        self, actor: Actor, roles: frozenset[Role], how: frozenset[Relation], action: Action
    ) -> frozenset[Stage]:
        if actor.token_scopes is not None and action not in actor.token_scopes:
            return frozenset()
        key = (roles, how, action)
        stages = self._stage_memo.get(key)
        if stages is None:
            named = {stage for line in self.policy.by_action[action] if line.effect == "allow" for stage in line.stages}
            cases = (stage for stage in Stage if stage in named and stage is not Stage.NONE)
            stages = frozenset(stage for stage in cases if self.decide(roles, how, stage, action).allowed)
            self._stage_memo[key] = stages
        return stages

    def _hides(self, relation: Relation, action: Action) -> bool:
        return any(line.effect == "deny" and line.relation == relation for line in self.policy.by_action[action])

    def _ask(
        self, roles: frozenset[Role], relations: frozenset[Relation], stage: Stage, action: Action
    ) -> AuthorizationDecision:
        allowing = _SILENCE
        for role in sorted(roles):
            # Casbin reads its matcher anew for each question, which takes a while; about most no line says anything.
            if not any(line.covers(role, relations, stage, action) for line in self.policy.by_action[action]):
                continue
            allowed, rule = self._enforcer(action).enforce_ex(ROLE_PREFIX + role, relations, str(stage), str(action))
            if not rule:
                continue
            line = self.policy.by_rule[tuple(rule)]
            decision = AuthorizationDecision(allowed=allowed, line=line.text, basis=line.basis, role=role)
            if not allowed:
                return decision
            allowing = decision
        return allowing

    def _enforcer(self, action: Action) -> Enforcer:
        """Keep one Casbin enforcer per act, holding only the lines about it: ten lines are asked, not two hundred."""
        enforcer = self._enforcers.get(action)
        if enforcer is None:
            enforcer = self._enforcers[action] = casbin_enforcer(self.policy, self.policy.by_action[action])
        return enforcer


def _reaches_cases(line: PolicyLine) -> bool:
    return line.relation in _BY_OFFICE_ALONE and line.stages != {Stage.NONE}


@lru_cache(maxsize=_MOST_SCOPES)
def _joined(scopes: tuple[Scope, ...]) -> tuple[Scope, ...]:
    """Join the scopes that exclude the same."""
    joined: dict[tuple[bool, bool], Scope] = {}
    for scope in scopes:
        excluded = (scope.hides_conflicted, scope.hides_undeclared)
        joined[excluded] = joined[excluded].joined(scope) if excluded in joined else scope
    return tuple(joined.values())


def casbin_enforcer(policy: AuthorizationPolicy, lines: Iterable[PolicyLine]) -> Enforcer:
    """Make a Casbin enforcer over these lines and the policy's groups."""
    rules = (tuple(line.rule) for line in lines)
    return enforcer_over(rules, policy.model_text, stage_groups=policy.stage_groups, act_groups=policy.act_groups)


def enforcer_over(rules: Iterable[Rule], model_text: str, *, stage_groups: Groups, act_groups: Groups) -> Enforcer:
    """Make a Casbin enforcer of what alone decides its answers: the rules, the model, the groups."""
    model = new_model(model_text)
    model["p"]["p"].policy = [list(rule) for rule in rules]
    model["g"]["g"].policy = [list(pair) for pair in stage_groups]
    model["g"]["g2"].policy = [list(pair) for pair in act_groups]
    enforcer = Enforcer(model)
    enforcer.build_role_links()
    return enforcer


def _counting(actor: Actor, standing: Standing | None) -> Counting:
    """Return the roles and relations of an actor that count for a case, or for an act that concerns none."""
    if standing is None:
        overseer = actor.roles & READ_ALL_ROLES
        return actor.roles, frozenset({Relation.OVERSEER if overseer else Relation.NONE})
    return actor.roles_towards(standing), relations_of(actor, standing)


def _units(actor: Actor) -> frozenset[UUID]:
    return frozenset(unit for role, unit in actor.offices if role in UNIT_BOUND_ROLES)
