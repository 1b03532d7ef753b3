"""Ways in which a person can stand to a case: the sets of relations that really occur."""

from collections.abc import Iterable, Mapping
from functools import cache
from uuid import UUID

from sandbox_registry.domain.identity.people import (
    READ_ALL_ROLES,
    UNIT_BOUND_ROLES,
    Actor,
    Capacity,
    Relation,
    Role,
    Standing,
    relations,
)

_SOMEWHERE = UUID(int=1)
_NOBODY = UUID(int=0)


def stranger(*capacities: Capacity, unit_ids: Iterable[UUID] = (), conflicted: bool | None = None) -> Standing:
    """Make a standing in a case of an organisation that is nobody's, with these capacities only."""
    return Standing(
        organisation_id=_NOBODY,
        unit_ids=frozenset(unit_ids),
        capacities=frozenset(capacities),
        past_capacities=frozenset(),
        conflicted=conflicted,
    )


@cache
def ways_of(role: Role) -> Mapping[str, frozenset[Relation]]:
    """Name each simple way in which someone of this role stands to a case, with all the relations it brings.

    Asking what a role can do must use these, not lone relations: who holds the capacity `focal` is at once `focal`,
    `acted_as_focal` and `acted_as_reviewer`, and a refusal of any of the three counts.
    """
    ways = {"none": _related(role), "own": _related(role, signs=True), "delegate": _related(role, drafts=True)}
    for capacity in Capacity:
        ways[capacity.value] = _related(role, capacity, conflicted=False)
    if role in UNIT_BOUND_ROLES:
        ways |= {f"unit+{way}": held | {Relation.UNIT} for way, held in ways.items()}
        ways["unit"] = ways.pop("unit+none") - {Relation.NONE}
    if role in READ_ALL_ROLES:
        ways["overseer"] = ways.pop("none")
    return ways


def _related(
    role: Role, *capacities: Capacity, signs: bool = False, drafts: bool = False, conflicted: bool | None = None
) -> frozenset[Relation]:
    actor = Actor(
        person_id=_NOBODY,
        offices=frozenset({(role, _SOMEWHERE)}),
        signs_for_organisations=frozenset({_NOBODY} if signs else ()),
        drafts_for_organisations=frozenset({_NOBODY} if drafts else ()),
        signs_for=None,
        auth_method="",
        token_scopes=None,
        request_id="",
    )
    return relations(actor, stranger(*capacities, conflicted=conflicted))
