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
    ended,
    revoked,
)
from sandbox_registry.domain.identity.people import Actor, Delegation, Organisation, Person, Role, RoleGrant
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.identity.authority import lock_people
from sandbox_registry.usecases.transaction.context import RequestContext
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
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
    ) -> RoleGrant:
        """Give somebody an office in a unit, from now or later.

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
            )
            check_window(new.valid_from, new.valid_to, at=act.at)
            check_grant(
                new,
                unit=await act.get(Organisation, unit_id),
                grants=await act.find(RoleGrant, person_id=person_id),
                delegated=await act.find(Delegation, to_person_id=person_id),
            )
            return act.respond(await act.add(new))

    async def end(self, context: RequestContext, grant_id: UUID, *, expected_version: int) -> RoleGrant:
        """End an office now; what its holder delegated ends with it.

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
        valid_to: datetime,
        valid_from: datetime | None = None,
        from_person_id: UUID | None = None,
    ) -> Delegation:
        """Delegate one's signing authority for a unit, by a document, between two moments.

        An administrator may enter it for the signer that `from_person_id` names.

        Raises:
            NotFound: no such person.
            Invalid: a window in the past, or no document.
            Duplicate: the delegate carries delegated authority in that time already.
            ConditionNotMet: `not_by_right`, `not_an_official`, `signs_by_right`, `not_oneself`, `account_closed`,
                `hdnd_disjoint`, `auditor_disjoint`.

        """
        standing = towards_unit(unit_id)
        async with self.transactions.open(context, Action.DELEGATION_GRANT, standing=standing) as act:
            is_own = from_person_id in {None, context.actor.person_id}
            delegator_id = context.actor.person_id if from_person_id is None else from_person_id
            if not is_own and act.decision.role is not Role.SYSTEM_ADMIN:
                raise ConditionNotMet("not_ones_own.office")
            check_other(actor_id=context.actor.person_id, person_id=to_person_id)
            check_other(actor_id=delegator_id, person_id=to_person_id)
            await lock_people(act, delegator_id, to_person_id)
            await _open_account(act, delegator_id)
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
            known = await act.get(Delegation, delegation_id)
            await lock_people(act, known.from_person_id, known.to_person_id)
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

    async def _unit_of(self, actor: Actor, delegation_id: UUID) -> UUID:
        held = None if Role.SYSTEM_ADMIN in actor.roles else frozenset(unit for _, unit in actor.offices)
        async with self.transactions.primary() as primary:
            unit_id = await primary.run(people.unit_of_delegation, delegation_id, unit_ids=held)
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
