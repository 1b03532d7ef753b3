"""State agencies: the desks that take dossiers in, appraise, decide; entered by administrators."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.identity import organisations
from sandbox_registry.db.rules import rule_versions
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.identity.contacts import contact_errors
from sandbox_registry.domain.identity.organisations import agency_code_errors, procedure_errors
from sandbox_registry.domain.identity.people import Organisation, OrganisationKind
from sandbox_registry.domain.identity.units import with_confirmed, with_proposal
from sandbox_registry.domain.rules.rule_versions import RuleKind
from sandbox_registry.usecases.identity.authority import accounts_of_one_hand, lock_people
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.preconditions import check_fields, check_version
from sandbox_registry.usecases.transaction.transaction import Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions


class Units:
    """One method per thing done with a unit."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def create(
        self,
        context: RequestContext,
        *,
        name: str,
        address: str,
        email: str,
        phone: str,
        agency_code: str | None = None,
        handles: Iterable[str] = (),
    ) -> Organisation:
        """Enter a state agency, with the prefix of its dossier codes; the procedures it handles wait for another to confirm.

        Raises:
            Invalid: a contact, the agency code, or a procedure nobody wrote.
            Duplicate: another unit has that agency code.

        """
        async with self.transactions.open(context, Action.ORGANISATION_CREATE_UNIT) as act:
            procedures = tuple(handles)
            check_fields([*contact_errors(name=name, email=email, phone=phone), *agency_code_errors(agency_code)])
            await _check_procedures(act, procedures)
            founded = Organisation(
                id=act.new_id(),
                version=1,
                kind=OrganisationKind.STATE_UNIT,
                name=name,
                tax_code=None,
                address=address,
                email=email,
                phone=phone,
                licence_end=None,
                agency_code=agency_code,
                handles=(),
                created_at=act.at,
            )
            return act.respond(await act.add(with_proposal(founded, procedures, by=context.actor.person_id)))

    async def edit(
        self,
        context: RequestContext,
        unit_id: UUID,
        *,
        expected_version: int,
        name: str,
        address: str,
        email: str,
        phone: str,
        agency_code: str | None,
    ) -> Organisation:
        """Change how a state agency is called and reached, and the prefix of its dossier codes.

        Raises:
            NotFound: no such unit.
            StaleVersion: it changed since it was read.
            Invalid: a contact or the agency code.
            Duplicate: another unit has that agency code.

        """
        async with self.transactions.open(context, Action.ORGANISATION_CREATE_UNIT) as act:
            unit = await _locked(act, unit_id, expected_version)
            check_fields([*contact_errors(name=name, email=email, phone=phone), *agency_code_errors(agency_code)])
            return act.respond(
                await act.save(
                    replace(
                        unit,
                        version=unit.version + 1,
                        name=name,
                        address=address,
                        email=email,
                        phone=phone,
                        agency_code=agency_code,
                    )
                )
            )

    async def propose_handles(
        self, context: RequestContext, unit_id: UUID, *, expected_version: int, handles: Iterable[str]
    ) -> Organisation:
        """Propose which procedures a unit handles, for another to confirm; those it handles now withdraw a proposal.

        Raises:
            NotFound: no such unit.
            StaleVersion: it changed since it was read.
            Invalid: a procedure nobody wrote.

        """
        async with self.transactions.open(context, Action.ORGANISATION_CREATE_UNIT) as act:
            await lock_people(act)
            unit = await _locked(act, unit_id, expected_version)
            procedures = tuple(handles)
            await _check_procedures(act, procedures)
            proposed = with_proposal(unit, procedures, by=context.actor.person_id)
            return act.respond(await act.save(replace(proposed, version=unit.version + 1)))

    async def confirm_handles(self, context: RequestContext, unit_id: UUID, *, expected_version: int) -> Organisation:
        """Put the proposed procedures of a unit in force, as somebody who did not propose them.

        Raises:
            NotFound: no such unit.
            StaleVersion: it changed since it was read.
            Duplicate: nothing is proposed.
            ConditionNotMet: `four_eyes`, `own_account`.

        """
        async with self.transactions.open(context, Action.ORGANISATION_CONFIRM_UNIT) as act:
            await lock_people(act)
            unit = await _locked(act, unit_id, expected_version)
            hand = await accounts_of_one_hand(act)
            return act.respond(await act.save(with_confirmed(unit, by=context.actor.person_id, hand=hand)))


async def _locked(act: Transaction, unit_id: UUID, expected_version: int) -> Organisation:
    """Lock and load a unit as it was read."""
    await act.run(organisations.lock, unit_id)
    unit = await act.get(Organisation, unit_id)
    if unit.kind is not OrganisationKind.STATE_UNIT:
        raise NotFound(what="unit")
    check_version(unit.version, expected_version)
    return unit


async def _check_procedures(act: Transaction, handles: Iterable[str]) -> None:
    codes = await act.run(rule_versions.codes, kind=RuleKind.PROCEDURE)
    check_fields(procedure_errors(handles, known=frozenset(codes)))
