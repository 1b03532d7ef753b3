"""What the policy answers to one question."""

from dataclasses import dataclass

from sandbox_registry.domain.people import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether it is allowed, by which policy line on which basis, and for which role; `line` is null for silence."""

    allowed: bool
    line: str | None
    basis: str
    role: Role | None
