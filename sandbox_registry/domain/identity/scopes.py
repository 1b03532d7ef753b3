"""Which cases a person's lists may contain: asked of the policy, applied in the query."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which cases a person's lists may hold: those that one of the facts below lets in, less the two exclusions.

    Every set of stages was asked of the policy, so a list shows what a read would allow, no more and no less.
    `unit_stages` count for cases that a unit handles, `desk_stages` for those of them that are addressed to it as well.
    `capacities` counts the capacities held now; `consulted_units` are the units whose consultations make a case known
    to this person. `conflicted_stages` are open to who declared a conflict. A conflicted person's case is left out when `hides_conflicted`; a case with a capacity of
    `MUST_DECLARE` and no declaration yet when `hides_undeclared`. `awaiting_declaration` says where such a case may be
    named to the person, with nothing of the dossier. `procedures` are the only ones a token is for, null for all.
    """

    person_id: UUID
    all_stages: frozenset[Stage]
    unit_stages: Mapping[UUID, frozenset[Stage]] = field(hash=False)
    desk_stages: Mapping[UUID, frozenset[Stage]] = field(hash=False)
    own_organisations: frozenset[UUID]
    own_stages: frozenset[Stage]
    delegate_organisations: frozenset[UUID]
    delegate_stages: frozenset[Stage]
    consulted_units: frozenset[UUID]
    capacities: Mapping[Capacity, frozenset[Stage]] = field(hash=False)
    conflicted_stages: frozenset[Stage]
    hides_conflicted: bool
    hides_undeclared: bool
    awaiting_declaration: Mapping[Capacity, frozenset[Stage]] = field(hash=False)
    procedures: frozenset[str] | None

    def at(self, stages: frozenset[Stage]) -> "Scope":
        """Return the scope of a list of these stages alone: a way that opens none of them is closed, the others stay."""

        def still_open(opened: frozenset[Stage]) -> frozenset[Stage]:
            return frozenset() if opened.isdisjoint(stages) else opened

        return replace(
            self,
            all_stages=still_open(self.all_stages),
            unit_stages={unit: still_open(opened) for unit, opened in self.unit_stages.items()},
            desk_stages={unit: still_open(opened) for unit, opened in self.desk_stages.items()},
            own_stages=still_open(self.own_stages),
            delegate_stages=still_open(self.delegate_stages),
            capacities={capacity: still_open(opened) for capacity, opened in self.capacities.items()},
            conflicted_stages=still_open(self.conflicted_stages),
        )

    def joined(self, other: "Scope") -> "Scope":
        """Return the scope that admits what either of two scopes of one person admits; both exclude the same."""
        return replace(
            self,
            all_stages=self.all_stages | other.all_stages,
            unit_stages={unit: opened | other.unit_stages[unit] for unit, opened in self.unit_stages.items()},
            desk_stages={unit: opened | other.desk_stages[unit] for unit, opened in self.desk_stages.items()},
            own_stages=self.own_stages | other.own_stages,
            delegate_stages=self.delegate_stages | other.delegate_stages,
            capacities={each: opened | other.capacities[each] for each, opened in self.capacities.items()},
            conflicted_stages=self.conflicted_stages | other.conflicted_stages,
        )
