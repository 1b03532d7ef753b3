"""A forgotten password of somebody who holds power: two people let its holder set a new one by mail, and neither learns it."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sandbox_registry.domain.errors import ConditionNotMet, Duplicate
from sandbox_registry.domain.identity.offices import check_other, check_other_hand
from sandbox_registry.domain.identity.people import AccountService, Service

TERM = timedelta(days=7)
"""How long a proposal waits for the second person."""


def waiting(services: Iterable[AccountService], *, at: datetime) -> AccountService | None:
    """Return the proposal that waits for a second person, among all that was done to an account; null for none."""
    steps = (each for each in services if each.service in {Service.RECOVERY_PROPOSED, Service.RECOVERY_CONFIRMED})
    latest = max(steps, key=lambda each: (each.at, each.id), default=None)
    is_waiting = latest is not None and latest.service is Service.RECOVERY_PROPOSED and at < latest.at + TERM
    return latest if is_waiting else None


def check_proposal(services: Iterable[AccountService], *, account_id: UUID, by: UUID, at: datetime) -> None:
    """Refuse to propose a recovery for oneself, or beside one that waits.

    Raises:
        ConditionNotMet: `not_oneself`.
        Duplicate: one waits.

    """
    check_other(actor_id=by, person_id=account_id)
    if waiting(services, at=at) is not None:
        raise Duplicate(what="recovery")


def check_confirmation(
    services: Iterable[AccountService], *, account_id: UUID, by: UUID, hand: Collection[UUID], at: datetime
) -> None:
    """Refuse a second person who is the first, the holder, or of one hand with either (`hand`: accounts of one with `by`).

    Raises:
        ConditionNotMet: `nothing_proposed`, `not_oneself`, `four_eyes`, `own_account`.

    """
    proposal = waiting(services, at=at)
    if proposal is None:
        raise ConditionNotMet("nothing_proposed")
    check_other(actor_id=by, person_id=account_id)
    if by == proposal.by_person_id:
        raise ConditionNotMet("four_eyes.recovery")
    check_other_hand(hand, account_id, proposal.by_person_id)
