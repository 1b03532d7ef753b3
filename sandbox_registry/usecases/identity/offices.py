"""Offices and signing authority: given and ended by administrators, delegated by who holds it."""

from datetime import datetime
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.authz.standings import towards_unit
from sandbox_registry.db.identity import people
from sandbox_registry.domain.errors import ConditionNotMet, FieldError, Invalid, NotFound
from sandbox_registry.domain.identity.offices import (
    check_grant,
    check_lending,
    check_other,
    check_window,
    confirmed,
    ended,
    is_founding,
    revoked,
)
from sandbox_registry.domain.identity.people import Actor, Delegation, Organisation, Person, Role, RoleGrant
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.identity.authority import accounts_of_one_hand, lock_people
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import COMMAND_LINE, OPERATOR
from sandbox_registry.usecases.transaction.preconditions import check_version
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions


class Offices:
    """One method per thing done with offices and delegated signing authority."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def grant(
        self,
        context: RequestContext,
        person_id: UUID,
        *,
        role: Role,
        unit_id: UUID,
        title: str = "",
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
    ) -> RoleGrant:
        """Give somebody an office in a unit, from now or later; one that holds power or reaches cases is proposed, for another to confirm.

        Raises:
            NotFound: no such person or unit.
            Invalid: a window in the past, or no office of a state unit.
            Duplicate: the person holds it in that time already.
            ConditionNotMet: `not_oneself`, `account_closed`, `hdnd_disjoint`, `auditor_disjoint`.

        """
        async with self.transactions.open(context, Action.ROLE_GRANT) as act:
            check_other(actor_id=context.actor.person_id, person_id=person_id)
            await lock_people(act, person_id)
            await _open_account(act, person_id)
            new = RoleGrant(
                id=act.new_id(),
                version=1,
                person_id=person_id,
                role=role,
                unit_id=unit_id,
                valid_from=valid_from or act.at,
                valid_to=valid_to,
                proposed_by=context.actor.person_id,
                awaits_confirmation=await self._needs_two(act, role),
                title=title,
            )
            check_window(new.valid_from, new.valid_to, at=act.at)
            check_grant(
                new,
                unit=await act.get(Organisation, unit_id),
                grants=await act.find(RoleGrant, person_id=person_id),
                delegated=await act.find(Delegation, to_person_id=person_id),
            )
            return act.respond(await act.add(new))

    async def confirm(self, context: RequestContext, grant_id: UUID, *, expected_version: int) -> RoleGrant:
        """Put a proposed office in force, as somebody who did not propose it and is not of one hand with either account.

        Raises:
            NotFound: no such office.
            StaleVersion: it changed since it was read.
            Duplicate: it waits for nobody.
            ConditionNotMet: `proposal_over`, `not_oneself`, `four_eyes`, `own_account`, `account_closed`.

        """
        async with self.transactions.open(context, Action.ROLE_CONFIRM) as act:
            await lock_people(act, (await act.get(RoleGrant, grant_id)).person_id)
            grant = await act.get(RoleGrant, grant_id)
            check_version(grant.version, expected_version)
            await _open_account(act, grant.person_id)
            hand = await accounts_of_one_hand(act)
            return act.respond(await act.save(confirmed(grant, by=context.actor.person_id, hand=hand, at=act.at)))

    async def end(self, context: RequestContext, grant_id: UUID, *, expected_version: int) -> RoleGrant:
        """End an office now, or turn a proposal down; what its holder delegated ends with it.

        Raises:
            NotFound: no such office.
            StaleVersion: it changed since it was read.
            Duplicate: it is over already.
            ConditionNotMet: `not_oneself`.

        """
        async with self.transactions.open(context, Action.ROLE_REVOKE) as act:
            await lock_people(act, (await act.get(RoleGrant, grant_id)).person_id)
            grant = await act.get(RoleGrant, grant_id)
            check_other(actor_id=context.actor.person_id, person_id=grant.person_id)
            check_version(grant.version, expected_version)
            return act.respond(await act.save(ended(grant, at=act.at)))

    async def delegate(
        self,
        context: RequestContext,
        *,
        to_person_id: UUID,
        unit_id: UUID,
        document: str,
        title: str,
        valid_to: datetime,
        valid_from: datetime | None = None,
    ) -> Delegation:
        """Delegate one's signing authority for a unit, by a document, between two moments.

        Raises:
            NotFound: no such person.
            Invalid: a window in the past, or no document.
            Duplicate: the delegate carries delegated authority in that time already.
            ConditionNotMet: `not_by_right`, `not_an_official`, `signs_by_right`, `not_oneself`, `account_closed`,
                `hdnd_disjoint`, `auditor_disjoint`.

        """
        standing = towards_unit(unit_id)
        async with self.transactions.open(context, Action.DELEGATION_GRANT, standing=standing) as act:
            delegator_id = context.actor.person_id
            check_other(actor_id=delegator_id, person_id=to_person_id)
            await lock_people(act, to_person_id)
            await _open_account(act, to_person_id)
            new = Delegation(
                id=act.new_id(),
                version=1,
                from_person_id=delegator_id,
                to_person_id=to_person_id,
                unit_id=unit_id,
                document=_named(document),
                valid_from=valid_from or act.at,
                valid_to=valid_to,
                revoked_at=None,
                title=title,
            )
            check_window(new.valid_from, new.valid_to, at=act.at)
            check_lending(
                new,
                delegator=await act.find(RoleGrant, person_id=delegator_id),
                delegate=await act.find(RoleGrant, person_id=to_person_id),
                carried=await act.find(Delegation, to_person_id=to_person_id),
                at=act.at,
            )
            return act.respond(await act.add(new))

    async def revoke_delegation(
        self, context: RequestContext, delegation_id: UUID, *, expected_version: int
    ) -> Delegation:
        """Revoke delegated signing authority at once: who delegated it does, or an administrator.

        Raises:
            NotFound: no such delegation, or none of the actor's unit.
            StaleVersion: it changed since it was read.
            Duplicate: it was revoked, or is over.
            ConditionNotMet: `not_ones_own`.

        """
        unit_id = await self._unit_of(context.actor, delegation_id)
        standing = towards_unit(unit_id)
        async with self.transactions.open(context, Action.DELEGATION_REVOKE, standing=standing) as act:
            unlocked = await act.get(Delegation, delegation_id)
            await lock_people(act, unlocked.from_person_id, unlocked.to_person_id)
            delegation = await act.get(Delegation, delegation_id)
            check_version(delegation.version, expected_version)
            by = None if act.decision.role is Role.SYSTEM_ADMIN else context.actor.person_id
            return act.respond(await act.save(revoked(delegation, by=by, at=act.at)))

    async def list_delegations(self, context: RequestContext, *, unit_id: UUID) -> tuple[Delegation, ...]:
        """List the signing authority delegated in a unit, past and future included.

        Raises:
            PermissionDenied: that unit's power to sign is none of the actor's business.

        """
        async with self.transactions.open(context, Action.DELEGATION_READ, standing=towards_unit(unit_id)) as act:
            act.skip_audit()
            return await act.find(Delegation, unit_id=unit_id)

    async def _needs_two(self, act: Transaction, role: Role) -> bool:
        """Ask the policy whether an office takes two; only the first administrators come from the operator alone."""
        if role not in self.transactions.authorizer.offices_of_power():
            return False
        by_operator = act.actor.auth_method == COMMAND_LINE and act.actor.person_id == OPERATOR
        administrators = await act.run(people.count_administrators, at=act.at)
        return not is_founding(role, by_operator=by_operator, administrators=administrators)

    async def _unit_of(self, actor: Actor, delegation_id: UUID) -> UUID:
        unit_ids = None if Role.SYSTEM_ADMIN in actor.roles else frozenset(unit for _, unit in actor.offices)
        async with self.transactions.primary() as primary:
            unit_id = await primary.run(people.unit_of_delegation, delegation_id, unit_ids=unit_ids)
        if unit_id is None:
            raise NotFound(what="delegation")
        return unit_id


async def _open_account(act: Transaction, person_id: UUID) -> None:
    if (await act.get(Person, person_id)).disabled_at is not None:
        raise ConditionNotMet("account_closed")


def _named(document: str) -> str:
    if not document.strip():
        raise Invalid((FieldError(field="document", code="required", message=Phrase("offices.document_missing")),))
    return document
