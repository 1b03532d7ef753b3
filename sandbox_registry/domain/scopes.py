"""Which cases a person's lists may contain: derived from the policy, applied in the query."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sandbox_registry.domain.people import Capacity
from sandbox_registry.domain.stages import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseScope:
    """Stages readable through each way of standing to a case; an empty set closes that way.

    `everywhere` counts for every case (overseers), `unit_stages` for cases handled by `unit_ids`, `own_stages` and
    `delegate_stages` for the organisations named beside them, `capacity_stages` for cases in which the person holds
    that capacity, `consulted_stages` for cases on which one of `consulted_unit_ids` was asked.
    Cases in which the person declared a conflict, or owes a declaration, are left out whatever the way.
    """

    person_id: UUID
    everywhere: frozenset[Stage]
    unit_ids: frozenset[UUID]
    unit_stages: frozenset[Stage]
    own_organisations: frozenset[UUID]
    own_stages: frozenset[Stage]
    delegate_organisations: frozenset[UUID]
    delegate_stages: frozenset[Stage]
    capacity_stages: Mapping[Capacity, frozenset[Stage]]
    consulted_unit_ids: frozenset[UUID]
    consulted_stages: frozenset[Stage]
