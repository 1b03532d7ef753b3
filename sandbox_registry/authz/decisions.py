"""What the policy answers to one question."""

from dataclasses import dataclass, field

from sandbox_registry.domain.identity.people import Relation, Role
from sandbox_registry.domain.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The question itself: the roles that counted, how the person stood to the case, and where the case stood."""

    roles: frozenset[Role]
    relations: frozenset[Relation]
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationDecision:
    """Whether it is allowed, by which policy line on which basis, and for which role; `line` is null for silence.

    `asked` is kept in the record of an act, so that anybody may decide it again; null when a token's scope answered.
    """

    allowed: bool
    line: str | None
    basis: str
    role: Role | None
    asked: Asked | None = field(default=None, compare=False)
