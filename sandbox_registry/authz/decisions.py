"""What the policy answers to one question."""

from dataclasses import dataclass, field

from sandbox_registry.domain.identity.people import Relation, Role
from sandbox_registry.domain.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRequest:
    """What the policy was asked: the roles that counted, the relations of the person to the case, and its stage."""

    roles: frozenset[Role]
    relations: frozenset[Relation]
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationDecision:
    """Whether it is allowed, by which policy line on which basis, and for which role; `line` is null for silence.

    `request` is stored in the record of an act, so that anybody can judge it again; null when a token's scope answered.
    """

    allowed: bool
    line: str | None
    basis: str
    role: Role | None
    request: PolicyRequest | None = field(default=None, compare=False)
