"""State agencies: the desks that take dossiers in, appraise, decide; entered by administrators."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.rules import rule_versions
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.identity.contacts import contact_errors
from sandbox_registry.domain.identity.organisations import unit_errors
from sandbox_registry.domain.identity.people import Organisation, OrganisationKind
from sandbox_registry.domain.rules.rule_versions import RuleKind
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
        """Enter a state agency, with the prefix of its dossier codes and the procedures it handles.

        Raises:
            Invalid: a contact, the agency code, or a procedure nobody wrote.
            Duplicate: another unit has that agency code.

        """
        async with self.transactions.open(context, Action.ORGANISATION_CREATE_UNIT) as act:
            procedures = frozenset(handles)
            await _check(act, name=name, email=email, phone=phone, agency_code=agency_code, handles=procedures)
            return act.respond(
                await act.add(
                    Organisation(
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
                        handles=tuple(sorted(procedures)),
                        created_at=act.at,
                    )
                )
            )

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
        handles: Iterable[str],
    ) -> Organisation:
        """Change a state agency.

        Raises:
            NotFound: no such unit.
            StaleVersion: it changed since it was read.
            Invalid: a contact, the agency code, or a procedure nobody wrote.
            Duplicate: another unit has that agency code.

        """
        async with self.transactions.open(context, Action.ORGANISATION_CREATE_UNIT) as act:
            unit = await act.get(Organisation, unit_id)
            if unit.kind is not OrganisationKind.STATE_UNIT:
                raise NotFound(what="unit")
            check_version(unit.version, expected_version)
            procedures = frozenset(handles)
            await _check(act, name=name, email=email, phone=phone, agency_code=agency_code, handles=procedures)
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
                        handles=tuple(sorted(procedures)),
                    )
                )
            )


async def _check(
    act: Transaction, *, name: str, email: str, phone: str, agency_code: str | None, handles: frozenset[str]
) -> None:
    codes = await act.run(rule_versions.codes, kind=RuleKind.PROCEDURE)
    check_fields(
        [
            *contact_errors(name=name, email=email, phone=phone),
            *unit_errors(agency_code=agency_code, handles=handles, known=frozenset(codes)),
        ]
    )
