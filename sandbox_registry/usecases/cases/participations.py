"""Who takes part in a case: capacities given and ended, always inside somebody's act."""

from dataclasses import replace
from uuid import UUID

from sandbox_registry.domain.cases.appraisal import Participation
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.usecases.transaction.transaction import CaseTransaction


async def take_part(act: CaseTransaction, capacity: Capacity) -> None:
    """Record that the actor acts in this capacity, once."""
    if capacity not in act.standing.capacities:
        await add_participation(act, act.actor.person_id, capacity)


async def add_participation(act: CaseTransaction, person_id: UUID, capacity: Capacity) -> Participation:
    """Give a person a capacity in the case; `Duplicate` when that person holds it."""
    participation = Participation(
        id=act.new_id(),
        version=1,
        application_id=act.application.id,
        person_id=person_id,
        capacity=capacity,
        given_by=act.actor.person_id,
        since=act.at,
    )
    return await act.add(participation)


async def end_participation(act: CaseTransaction, participation: Participation) -> Participation:
    """End a capacity; that the person once held it stays on record for separation of duty."""
    return await act.save(replace(participation, version=participation.version + 1, until=act.at))


async def holders(act: CaseTransaction, capacity: Capacity) -> tuple[Participation, ...]:
    """List who holds a capacity in the case now."""
    return await act.all(Participation, capacity=capacity.value, until=None)
