"""Applicants that people register themselves, and their members; who may know of which organisation.

Who registers an applicant declares to be its legal representative; the declaration is on record. Checking it against
the enterprise register is an adapter's work: until there is one, the officer compares it with the dossier's papers.
"""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

import msgspec

from sandbox_registry.authz import Action
from sandbox_registry.authz.standings import at_desk
from sandbox_registry.db.identity import organisations, people
from sandbox_registry.db.identity.organisations import OrganisationScope
from sandbox_registry.domain.cases.applications import Change, changes_between
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, FieldError, Invalid, NotFound, PermissionDenied
from sandbox_registry.domain.identity.contacts import contact_errors
from sandbox_registry.domain.identity.offices import check_window
from sandbox_registry.domain.identity.organisations import (
    applicant_errors,
    check_may_appoint,
    check_new_membership,
    check_signatory_remains,
)
from sandbox_registry.domain.identity.people import (
    DESK_ROLES,
    UNIT_BOUND_ROLES,
    Actor,
    Membership,
    MembershipKind,
    Organisation,
    OrganisationKind,
    Role,
    towards_organisation,
)
from sandbox_registry.domain.identity.people_lists import Member
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.identity.authority import refuse_official
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import OPERATOR
from sandbox_registry.usecases.transaction.preconditions import check_fields, check_version
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationView:
    """An organisation and everybody's standing in it; a state unit has no members but officers."""

    organisation: Organisation
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationChange:
    """One change of an organisation: when, to which version, by which of its members (null: an official), and of what."""

    at: datetime
    version: int
    by_name: str | None
    changes: tuple[Change, ...]


class Organisations:
    """One method per thing done with organisations."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def create(
        self,
        context: RequestContext,
        *,
        kind: OrganisationKind,
        name: str,
        tax_code: str | None,
        address: str,
        email: str,
        phone: str,
        licence_end: datetime | None = None,
    ) -> Organisation:
        """Register an applicant one declares to represent.

        Raises:
            Invalid: a contact, the kind, or the tax code.
            Duplicate: the tax code is registered already.

        """
        async with self.transactions.open(context, Action.ORGANISATION_CREATE) as act:
            check_fields(
                [*contact_errors(name=name, email=email, phone=phone), *applicant_errors(kind=kind, tax_code=tax_code)]
            )
            organisation = await act.add(
                Organisation(
                    id=act.new_id(),
                    version=1,
                    kind=kind,
                    name=name,
                    tax_code=tax_code,
                    address=address,
                    email=email,
                    phone=phone,
                    licence_end=licence_end,
                    agency_code=None,
                    handles=(),
                    created_at=act.at,
                )
            )
            await act.add(
                Membership(
                    id=act.new_id(),
                    version=1,
                    organisation_id=organisation.id,
                    person_id=context.actor.person_id,
                    kind=MembershipKind.LEGAL_REPRESENTATIVE,
                    valid_from=act.at,
                    valid_to=None,
                )
            )
            return act.respond(organisation)

    async def edit(
        self,
        context: RequestContext,
        organisation_id: UUID,
        *,
        expected_version: int,
        address: str,
        email: str,
        phone: str,
        licence_end: datetime | None,
        name: str | None = None,
    ) -> Organisation:
        """Change an applicant's name (null: it stays), how it is reached, and until when its own licence runs.

        The tax code stays. What was filed keeps the data it was filed with; `changes` lists what changed.

        Raises:
            NotFound: no such applicant, or the actor may not know of it.
            PermissionDenied: the actor does not sign for it.
            StaleVersion: it changed since it was read.
            Invalid: a contact.

        """
        async with await self._changing(context, organisation_id) as act:
            applicant = await self._applicant(act, organisation_id, expected_version)
            name = applicant.name if name is None else name
            check_fields(contact_errors(name=name, email=email, phone=phone))
            return act.respond(
                await act.save(
                    replace(
                        applicant,
                        version=applicant.version + 1,
                        name=name,
                        address=address,
                        email=email,
                        phone=phone,
                        licence_end=licence_end,
                    )
                )
            )

    async def add_member(
        self,
        context: RequestContext,
        organisation_id: UUID,
        *,
        email: str,
        kind: MembershipKind,
        valid_from: datetime | None = None,
        valid_to: datetime | None = None,
    ) -> Membership:
        """Let somebody with an account act for an applicant; the power to sign is the representative's to give.

        Raises:
            NotFound: no such applicant, or the actor may not know of it.
            PermissionDenied: the actor does not sign for it.
            Invalid: no account has that e-mail address, or the window is past.
            Duplicate: the person is a member in that time already.
            ConditionNotMet: `representative_needed`; `holds_office`; `operator_appoints`: an administrator alone would
                gain its cases.

        """
        async with await self._changing(context, organisation_id) as act:
            await self._applicant(act, organisation_id)
            if act.decision.role is Role.SYSTEM_ADMIN and act.actor.person_id != OPERATOR:
                raise ConditionNotMet("operator_appoints")
            present = await act.find(Membership, organisation_id=organisation_id)
            _check_may_appoint(act, present, kind)
            person = await act.run(people.by_email, email)
            if person is None or person.disabled_at is not None:
                raise Invalid(
                    (FieldError(field="email", code="no_account", message=Phrase("organisations.no_account")),)
                )
            await refuse_official(act, person.id)
            new = Membership(
                id=act.new_id(),
                version=1,
                organisation_id=organisation_id,
                person_id=person.id,
                kind=kind,
                valid_from=valid_from or act.at,
                valid_to=valid_to,
            )
            check_window(new.valid_from, new.valid_to, at=act.at)
            check_new_membership(present, new)
            return act.respond(await act.add(new))

    async def end_membership(
        self, context: RequestContext, organisation_id: UUID, membership_id: UUID, *, expected_version: int
    ) -> Membership:
        """End somebody's standing now; a signatory always remains.

        Raises:
            NotFound: no such membership, or the actor may not know of it.
            PermissionDenied: the actor does not sign for the applicant.
            StaleVersion: it changed since it was read.
            Duplicate: it is over already.
            ConditionNotMet: `signatory_needed`, `representative_needed`.

        """
        async with await self._changing(context, organisation_id) as act:
            await self._applicant(act, organisation_id)
            present = {each.id: each for each in await act.find(Membership, organisation_id=organisation_id)}
            membership = present.get(membership_id)
            if membership is None:
                raise NotFound(what="membership")
            check_version(membership.version, expected_version)
            if membership.valid_to is not None and membership.valid_to <= act.at:
                raise Duplicate(what="end_of_membership")
            _check_may_appoint(act, present.values(), membership.kind)
            over = replace(membership, version=membership.version + 1, valid_to=max(act.at, membership.valid_from))
            check_signatory_remains([*(present | {over.id: over}).values()], at=act.at)
            return act.respond(await act.save(over))

    async def read(self, context: RequestContext, organisation_id: UUID) -> OrganisationView:
        """Read an organisation inside one's scope, with its members.

        Raises:
            NotFound: no such organisation, or the actor may not know of it.

        """
        async with self.transactions.replica() as replica:
            organisation = await replica.run(organisations.find, organisation_id, scope=self.scope(context.actor))
            members = () if organisation is None else await replica.run(organisations.members_of, organisation_id)
        if organisation is None:
            await self.transactions.record_refusal(context, Action.ORGANISATION_READ, NotFound(what="organisation"))
            raise NotFound(what="organisation")
        await self.transactions.record_oversight(context, Action.ORGANISATION_READ, "organisation", organisation_id)
        return OrganisationView(organisation=organisation, members=members)

    async def changes(self, context: RequestContext, organisation_id: UUID) -> tuple[OrganisationChange, ...]:
        """List what changed in an organisation inside one's scope, oldest first, out of the records behind the log.

        A record that was erased is left out. Raises as `read` does.
        """
        view = await self.read(context, organisation_id)
        known = {member.membership.person_id: member.full_name for member in view.members}
        async with self.transactions.primary() as primary:
            states = await primary.run(organisations.states_of, organisation_id)
        return tuple(
            OrganisationChange(
                at=after.at,
                version=after.state.version,
                by_name=known.get(after.by),
                changes=changes_between(_facts(before.state), _facts(after.state)),
            )
            for before, after in pairwise(states)
        )

    async def list_organisations(
        self,
        context: RequestContext,
        *,
        kind: OrganisationKind | None = None,
        text: str | None = None,
        after: UUID | None = None,
        limit: int = 50,
    ) -> tuple[Organisation, ...]:
        """List the organisations the actor may know of, oldest first; state agencies are among them for everybody."""
        async with self.transactions.replica() as replica:
            return await replica.run(
                organisations.list_organisations,
                scope=self.scope(context.actor),
                kind=kind,
                text=text,
                after=after,
                limit=limit,
            )

    def scope(self, actor: Actor) -> OrganisationScope:
        """Ask the policy which applicants this actor may know of; a desk in a unit knows those that file there."""
        judge, read = self.transactions.authorizer.judge, Action.ORGANISATION_READ
        own = {
            each for each in actor.organisations if judge(actor, towards_organisation(each), Stage.NONE, read).allowed
        }
        allowed = {
            (role, unit)
            for role, unit in actor.offices
            if judge(replace(actor, offices=frozenset({(role, unit)})), at_desk(unit), Stage.NONE, read).allowed
        }
        return OrganisationScope(
            own=frozenset(own),
            units=frozenset(unit for role, unit in allowed if role in UNIT_BOUND_ROLES - DESK_ROLES),
            desks=frozenset(unit for role, unit in allowed if role in DESK_ROLES),
            is_all=any(role not in UNIT_BOUND_ROLES for role, _ in allowed),
        )

    async def _changing(
        self, context: RequestContext, organisation_id: UUID
    ) -> AbstractAsyncContextManager[Transaction]:
        """Open the change of an applicant. What the actor may not know of is not found, and the attempt is on record."""
        async with self.transactions.primary() as primary:
            organisation = await primary.run(organisations.find, organisation_id, scope=self.scope(context.actor))
        if organisation is None:
            await self.transactions.record_refusal(context, Action.ORGANISATION_EDIT, NotFound(what="organisation"))
            raise NotFound(what="organisation")
        return self.transactions.open(context, Action.ORGANISATION_EDIT, standing=towards_organisation(organisation_id))

    async def _applicant(
        self, act: Transaction, organisation_id: UUID, expected_version: int | None = None
    ) -> Organisation:
        """Lock and load an applicant."""
        await act.run(organisations.lock, organisation_id)
        organisation = await act.get(Organisation, organisation_id)
        if organisation.kind is OrganisationKind.STATE_UNIT:
            raise NotFound(what="applicant")
        if expected_version is not None:
            check_version(organisation.version, expected_version)
        return organisation


def _facts(organisation: Organisation) -> dict[str, object]:
    facts: dict[str, object] = msgspec.to_builtins(organisation)
    return {name: value for name, value in facts.items() if name not in {"id", "version", "created_at"}}


def _check_may_appoint(act: Transaction, present: Iterable[Membership], kind: MembershipKind) -> None:
    in_force = [
        each for each in present if each.valid_from <= act.at and (each.valid_to is None or act.at < each.valid_to)
    ]
    own = next((each for each in in_force if each.person_id == act.actor.person_id), None)
    is_administrator = act.decision.role is Role.SYSTEM_ADMIN
    if own is None and not is_administrator:
        # Ended a moment ago by another signatory.
        raise PermissionDenied(action=act.action, line=act.decision.line)
    check_may_appoint(in_force, by=None if is_administrator else own, kind=kind)
