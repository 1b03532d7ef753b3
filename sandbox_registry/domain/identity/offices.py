"""Offices and delegated signing authority: which may stand together, who may delegate what to whom."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, FieldError, Invalid
from sandbox_registry.domain.identity.people import (
    WORKFLOW_ROLES,
    Delegation,
    Organisation,
    OrganisationKind,
    Role,
    RoleGrant,
    check_roles_together,
)
from sandbox_registry.domain.texts import Phrase


def check_window(start: datetime, end: datetime | None, *, at: datetime) -> None:
    """Refuse a window that begins in the past or ends before it begins: what was in force is not rewritten.

    Raises:
        Invalid: with the field at fault.

    """
    if start < at:
        raise Invalid((FieldError(field="valid_from", code="in_past", message=Phrase("offices.in_past")),))
    if end is not None and end <= start:
        raise Invalid((FieldError(field="valid_to", code="before_start", message=Phrase("offices.before_start")),))


def check_grant(
    new: RoleGrant, *, unit: Organisation, grants: Iterable[RoleGrant], delegated: Iterable[Delegation]
) -> None:
    """Refuse an office that cannot be given beside those held in the same time.

    Raises:
        Invalid: not an office of a state unit, or one that signs without a title to sign as.
        Duplicate: the person holds it in that time already.
        ConditionNotMet: `hdnd_disjoint`, `auditor_disjoint`.

    """
    if new.role is Role.APPLICANT:
        raise Invalid((FieldError(field="role", code="not_an_office", message=Phrase("offices.not_an_office")),))
    if unit.kind is not OrganisationKind.STATE_UNIT:
        raise Invalid((FieldError(field="unit_id", code="not_a_unit", message=Phrase("offices.not_a_unit")),))
    if new.role is Role.DECISION_MAKER and not new.title:
        raise Invalid((FieldError(field="title", code="required", message=Phrase("offices.title_missing")),))
    beside = [each for each in grants if _overlap(each.valid_from, each.valid_to, new.valid_from, new.valid_to)]
    if any((each.role, each.unit_id) == (new.role, new.unit_id) for each in beside):
        raise Duplicate(what="office")
    held = {each.role for each in beside}
    if any(_overlap(each.valid_from, each.valid_to, new.valid_from, new.valid_to) for each in _alive(delegated)):
        held.add(Role.DECISION_MAKER)
    check_roles_together(frozenset(held), new.role)


def check_lending(
    new: Delegation,
    *,
    delegator: Iterable[RoleGrant],
    delegate: Iterable[RoleGrant],
    carried: Iterable[Delegation],
    at: datetime,
) -> None:
    """Refuse to delegate signing authority unless its owner holds it by right and the delegate may carry it.

    Raises:
        Invalid: no title to sign as.
        ConditionNotMet: `not_by_right` (delegated authority is not delegated further: hard rule 4), `not_an_official`,
            `signs_by_right`, `hdnd_disjoint`, `auditor_disjoint`.
        Duplicate: the delegate carries delegated authority in that time already; for whom they sign must be plain.

    """
    if not new.title:
        raise Invalid((FieldError(field="title", code="required", message=Phrase("offices.title_missing")),))
    if not any(_signs(each, at) and each.unit_id == new.unit_id for each in delegator):
        raise ConditionNotMet("not_by_right")
    grants_held = [each for each in delegate if _overlap(each.valid_from, each.valid_to, new.valid_from, new.valid_to)]
    check_roles_together(frozenset(each.role for each in grants_held), Role.DECISION_MAKER)
    if any(each.role is Role.DECISION_MAKER for each in grants_held):
        raise ConditionNotMet("signs_by_right")
    if not any(each.role in WORKFLOW_ROLES and is_in_force(each, at) for each in grants_held):
        raise ConditionNotMet("not_an_official")
    if any(_overlap(each.valid_from, each.valid_to, new.valid_from, new.valid_to) for each in _alive(carried)):
        raise Duplicate(what="delegation")


FOUNDERS = 2
"""How many administrators the operator makes alone: as many as are needed to confirm everything that follows."""


def is_founding(role: Role, *, by_operator: bool, administrators: int) -> bool:
    """Tell whether an office is one of the first administrators', which the operator gives at the command line."""
    return role is Role.SYSTEM_ADMIN and by_operator and administrators < FOUNDERS


def confirmed(grant: RoleGrant, *, by: UUID, hand: Collection[UUID], at: datetime) -> RoleGrant:
    """Put a proposed office in force, from now if its window has begun. `hand` are the accounts of one hand with `by`.

    Raises:
        Duplicate: it waits for nobody.
        ConditionNotMet: `proposal_over`, `not_oneself`, `four_eyes`, `own_account`.

    """
    if not grant.awaits_confirmation:
        raise Duplicate(what="confirmation_of_office")
    if grant.valid_to is not None and grant.valid_to <= at:
        raise ConditionNotMet("proposal_over")
    check_other(actor_id=by, person_id=grant.person_id)
    if by == grant.proposed_by:
        raise ConditionNotMet("four_eyes.office")
    check_other_hand(hand, grant.person_id, grant.proposed_by)
    return replace(
        grant,
        version=grant.version + 1,
        valid_from=max(grant.valid_from, at),
        confirmed_by=by,
        awaits_confirmation=False,
    )


def check_other_hand(hand: Collection[UUID], *accounts: UUID | None) -> None:
    """Refuse a second person of one hand with one of these accounts: they were opened, or given a password, one from another.

    Raises:
        ConditionNotMet: `own_account`.

    """
    if any(account in hand for account in accounts):
        raise ConditionNotMet("own_account")


def ended(grant: RoleGrant, *, at: datetime) -> RoleGrant:
    """End an office now; one that has not begun never will.

    Raises:
        Duplicate: it is over already.

    """
    if grant.valid_to is not None and grant.valid_to <= at:
        raise Duplicate(what="end_of_office")
    return replace(grant, version=grant.version + 1, valid_to=max(at, grant.valid_from))


def revoked(delegation: Delegation, *, by: UUID | None, at: datetime) -> Delegation:
    """Revoke delegated signing authority. `by` is who delegated it, null for an administrator.

    Raises:
        Duplicate: it was revoked, or is over.
        ConditionNotMet: `not_ones_own`.

    """
    if by is not None and by != delegation.from_person_id:
        raise ConditionNotMet("not_ones_own.delegation")
    if delegation.revoked_at is not None or delegation.valid_to <= at:
        raise Duplicate(what="end_of_delegation")
    return replace(delegation, version=delegation.version + 1, revoked_at=at)


def check_other(*, actor_id: UUID, person_id: UUID) -> None:
    """Refuse that somebody gives an office or power to, or takes them from, themselves.

    Raises:
        ConditionNotMet: `not_oneself`.

    """
    if actor_id == person_id:
        raise ConditionNotMet("not_oneself")


def _alive(delegations: Iterable[Delegation]) -> Iterable[Delegation]:
    return (each for each in delegations if each.revoked_at is None)


def is_in_force(grant: RoleGrant | Delegation, at: datetime) -> bool:
    """Tell whether an office, or delegated authority that nobody revoked, is held at a moment; a proposal never is."""
    is_begun = grant.valid_from <= at and (grant.valid_to is None or at < grant.valid_to)
    return is_begun and not (isinstance(grant, RoleGrant) and grant.awaits_confirmation)


def _signs(grant: RoleGrant, at: datetime) -> bool:
    return grant.role is Role.DECISION_MAKER and is_in_force(grant, at)


def _overlap(start: datetime, end: datetime | None, other_start: datetime, other_end: datetime | None) -> bool:
    """Tell whether two half-open windows share a moment; an empty one shares none."""
    if start == end or other_start == other_end:
        return False
    return (end is None or other_start < end) and (other_end is None or start < other_end)
