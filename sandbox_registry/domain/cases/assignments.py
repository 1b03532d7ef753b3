"""Parts in a case that are given to people: which are assigned, to whom, and who may give one back."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sandbox_registry.domain.cases.appraisal import Participation
from sandbox_registry.domain.errors import Duplicate, FieldError, Invalid
from sandbox_registry.domain.identity.people import Capacity, Role
from sandbox_registry.domain.texts import Phrase

ASSIGNABLE = frozenset({Capacity.FOCAL, Capacity.REVIEWER, Capacity.SUPERVISOR})
OFFICES: Mapping[Capacity, frozenset[Role]] = {
    Capacity.CHAIR: frozenset({Role.COUNCIL_EXPERT}),
    Capacity.COUNCIL_MEMBER: frozenset({Role.COUNCIL_EXPERT}),
    Capacity.FOCAL: frozenset({Role.FOCAL_OFFICER}),
    Capacity.REVIEWER: frozenset({Role.REVIEWER}),
    Capacity.SECRETARY: frozenset({Role.COUNCIL_EXPERT, Role.FOCAL_OFFICER}),
    Capacity.SUPERVISOR: frozenset({Role.SUPERVISOR}),
}
"""The offices of which one must be held to be given a capacity."""


def require_no_focal(participations: Iterable[Participation]) -> None:
    """Refuse a second focal officer; `participations` are those held now."""
    if any(each.capacity is Capacity.FOCAL for each in participations):
        raise Duplicate(what="focal_officer")


def require_claimable(participations: Iterable[Participation], *, bar: str | None) -> None:
    """Refuse to lead a case that has its focal officer, or from which something bars the person: see `require_fit`."""
    require_no_focal(participations)
    require_fit(bar, field="person_id")


def require_fit(bar: str | None, *, field: str) -> None:
    """Refuse to give a capacity to somebody whom something bars from it; null when nothing does.

    Raises:
        Invalid: `unknown_person`, `role_not_held`, `conflicted`, `separation_of_duty`.

    """
    if bar is not None:
        raise Invalid((FieldError(field=field, code=bar, message=Phrase(f"assignments.{bar}")),))


def is_assignment(participation: Participation) -> bool:
    """Tell whether it is a part that somebody assigned and that is still held."""
    return participation.until is None and participation.capacity in ASSIGNABLE


def may_release(participation: Participation, *, by: UUID, is_head: bool) -> bool:
    """Tell whether a person may end a part: an officer their own, the head of the department any."""
    return is_head or participation.person_id == by
