"""What a state unit handles, and so whose cases its officers read: proposed by one person, put in force by another."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from uuid import UUID

from sandbox_registry.domain.errors import ConditionNotMet, Duplicate
from sandbox_registry.domain.identity.offices import check_other_hand
from sandbox_registry.domain.identity.people import Organisation


def with_proposal(unit: Organisation, handles: Iterable[str], *, by: UUID) -> Organisation:
    """Propose other procedures for a unit, in place of any earlier proposal; those it has now withdraw the proposal."""
    wanted = tuple(sorted(set(handles)))
    is_change = wanted != unit.handles
    return replace(unit, handles_proposed=wanted if is_change else None, handles_proposed_by=by if is_change else None)


def with_confirmed(unit: Organisation, *, by: UUID, hand: Collection[UUID]) -> Organisation:
    """Put the proposed procedures in force. `hand` are the accounts of one hand with `by`.

    Raises:
        Duplicate: nothing is proposed.
        ConditionNotMet: `four_eyes`, `own_account`.

    """
    if unit.handles_proposed is None:
        raise Duplicate(what="confirmation_of_unit")
    if by == unit.handles_proposed_by:
        raise ConditionNotMet("four_eyes.unit")
    check_other_hand(hand, unit.handles_proposed_by)
    return replace(
        unit,
        version=unit.version + 1,
        handles=unit.handles_proposed,
        handles_proposed=None,
        handles_proposed_by=None,
    )
