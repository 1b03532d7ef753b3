"""Every possible request and the policy's answer to it: what proofs about a policy are made over.

A request is a set of roles, a set of relations, a stage and an act. A line speaks about it when one role and one relation
of the request match; so the answer is "some pair (role, relation) is allowed and no pair is refused". Two things follow.

- If a request of many roles and relations is allowed, so is the smaller one that keeps one allowed pair and whatever
  the question is about: dropping a role or a relation can only drop refusals. To prove that nobody of role A standing in
  relation B ever does an act, it is enough to ask {A, r} x {B, s} for every single r and s.
- If taking a line away changes an answer, it changes the answer to a request of at most two roles and two relations.

So the checks below look at all pairs and thereby speak about all subsets: 2^14 roles times 2^19 relations.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

from sandbox_registry.authz.policy import ANY, ROLE_PREFIX, AuthorizationPolicy, PolicyLine
from sandbox_registry.authz.standings import typical_standings
from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.identity.people import Relation, Role
from sandbox_registry.domain.stages import Stage

Pair = tuple[Role, Relation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One act at one stage: the pairs allowed and refused, each with the first line that says so."""

    allow: dict[Pair, PolicyLine] = field(default_factory=dict)
    deny: dict[Pair, PolicyLine] = field(default_factory=dict)

    def allows(self, roles: Iterable[Role], relations: Iterable[Relation]) -> bool:
        """Answer a request of these roles and relations."""
        if not self.allow:
            return False
        pairs = set(product(roles, relations))
        return not pairs.isdisjoint(self.allow) and pairs.isdisjoint(self.deny)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """The smallest request that shows something, and the line that allows it."""

    roles: frozenset[Role]
    relations: frozenset[Relation]
    stage: Stage
    action: Action
    line: PolicyLine

    def __str__(self) -> str:
        who, how = " + ".join(sorted(self.roles)), " + ".join(sorted(self.relations))
        return f"{who} standing as {how} may {self.action} at {self.stage}"


class Space:
    """The policy's answers by stage and act."""

    def __init__(self, policy: AuthorizationPolicy) -> None:
        self.cells = {(stage, action): Cell() for stage in Stage for action in Action}
        for line in policy.lines:
            pairs = pairs_of(line)
            for stage, action in places_of(line):
                cell = self.cells[stage, action]
                first_lines = cell.allow if line.effect == "allow" else cell.deny
                for pair in pairs:
                    first_lines.setdefault(pair, line)

    def allows(self, roles: Iterable[Role], relations: Iterable[Relation], stage: Stage, action: Action) -> bool:
        """Answer one request."""
        return self.cells[stage, action].allows(roles, relations)

    def exceptions(
        self,
        actions: Iterable[Action],
        *,
        stages: Iterable[Stage] = tuple(Stage),
        role: Role | None = None,
        relation: Relation | None = None,
    ) -> Iterator[Counterexample]:
        """Find requests that are allowed although they hold this role or this relation; none proves "never"."""
        for stage, action in product(tuple(stages), tuple(actions)):
            cell = self.cells[stage, action]
            for (one, how), line in cell.allow.items():
                roles = frozenset({one} if role is None else {one, role})
                relations = frozenset({how} if relation is None else {how, relation})
                if cell.allows(roles, relations):
                    yield Counterexample(roles=roles, relations=relations, stage=stage, action=action, line=line)


def someone_can(space: Space, role: Role, stage: Stage, action: Action) -> bool:
    """Say whether this office gives the act in some typical standing towards a case; everyone is an applicant besides."""
    return bool(space.cells[stage, action].allow) and any(
        space.allows({role}, standing, stage, action) and space.allows({role, Role.APPLICANT}, standing, stage, action)
        for standing in typical_standings(role).values()
    )


def pairs_of(line: PolicyLine) -> list[Pair]:
    """List the pairs of role and relation a line speaks about."""
    roles = [role for role in Role if line.role in (ANY, ROLE_PREFIX + role)]
    return list(product(roles, [relation for relation in Relation if line.relation in (ANY, relation)]))


def places_of(line: PolicyLine) -> list[tuple[Stage, Action]]:
    """List the stages and acts a line speaks about."""
    stages = [stage for stage in Stage if stage in line.stages]
    return list(product(stages, [action for action in Action if action in line.actions]))
