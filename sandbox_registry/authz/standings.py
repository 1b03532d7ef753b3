"""Standings: how a person can stand to a case, and the sets of relations that really occur."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
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


def standing_as(*capacities: Capacity, unit_ids: Iterable[UUID] = (), conflicted: bool | None = None) -> Standing:
    """Return a standing with these capacities only, in a case of an organisation that is nobody's."""
    return Standing(
        organisation_id=_NOBODY,
        unit_ids=frozenset(unit_ids),
        capacities=frozenset(capacities),
        past_capacities=frozenset(),
        conflicted=conflicted,
    )


def towards_unit(unit_id: UUID) -> Standing:
    """Return the standing of somebody who has nothing to do with a case before this unit, addressed to another."""
    return replace(standing_as(unit_ids=(unit_id,)), other_desks=frozenset({unit_id}))


def at_desk(unit_id: UUID) -> Standing:
    """Return the standing of somebody who has nothing to do with a case before this unit, addressed to it."""
    return standing_as(unit_ids=(unit_id,))


@cache
def typical_standings(role: Role) -> Mapping[str, frozenset[Relation]]:
    """Name each typical standing of someone of this role towards a case, with all the relations it brings.

    Asking what a role can do must use these, not lone relations: who holds the capacity `focal` is at once `focal`,
    `acted_as_focal` and `acted_as_reviewer`, and a refusal of any of the three counts.
    """
    standings = {"none": _related(role), "own": _related(role, signs=True), "delegate": _related(role, drafts=True)}
    for capacity in Capacity:
        standings[capacity.value] = _related(role, capacity, conflicted=False)
    if role in UNIT_BOUND_ROLES:
        standings |= {f"unit+{name}": relations | {Relation.UNIT} for name, relations in standings.items()}
        standings["unit"] = standings.pop("unit+none") - {Relation.NONE}
    if role in READ_ALL_ROLES:
        standings["overseer"] = standings.pop("none")
    return standings


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
    return relations(actor, standing_as(*capacities, conflicted=conflicted))
