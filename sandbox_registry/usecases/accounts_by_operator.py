"""What the operator does with accounts on the command line, through the same use cases as everybody."""

from uuid import UUID

from sandbox_registry.db.identity import people
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.identity.people import (
    Membership,
    MembershipKind,
    Organisation,
    OrganisationKind,
    Person,
    Role,
    RoleGrant,
)
from sandbox_registry.domain.identity.people_lists import PersonRow
from sandbox_registry.usecases.registry import UseCases
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import COMMAND_LINE, operator

ADMINISTRATION = "Quản trị hệ thống"
"""The unit of administrators that were made on the command line; entered when the first one is."""

_PAGE = 100


def command_line() -> RequestContext:
    """Return who acts when the operator types a command."""
    return operator(method=COMMAND_LINE, request_id="command-line")


async def add_user(
    cases: UseCases, *, full_name: str, email: str, phone: str, password: str | None, is_admin: bool
) -> Person:
    """Open an account; an administrator's gets its office as well: the first two at once, later ones as a proposal.

    Raises:
        Invalid: a contact, or the password.
        Duplicate: the e-mail address has an account.

    """
    person = await cases.people.register(
        command_line(), full_name=full_name, email=email, phone=phone, password=password
    )
    if is_admin:
        unit = await _unit_named(cases, ADMINISTRATION) or await cases.units.create(
            command_line(), name=ADMINISTRATION, address="-", email=email, phone=""
        )
        await cases.offices.grant(command_line(), person.id, role=Role.SYSTEM_ADMIN, unit_id=unit.id)
    return person


async def grant_office(cases: UseCases, *, email: str, role: Role, unit: str, title: str = "") -> RoleGrant:
    """Give somebody an office in a unit, named by its id, its agency code or its name.

    Raises:
        NotFound: no such person or unit.
        DomainError: whatever stands against the office.

    """
    person = await find_user(cases, email)
    organisation = await _unit_named(cases, unit)
    if organisation is None:
        raise NotFound(what="unit", name=unit)
    return await cases.offices.grant(command_line(), person.id, role=role, unit_id=organisation.id, title=title)


async def appoint(cases: UseCases, *, email: str, tax_code: str, kind: MembershipKind) -> Membership:
    """Let somebody act for an applicant whose own people cannot appoint them any more.

    Raises:
        NotFound: no applicant has that tax code.
        DomainError: whatever stands against the membership.

    """
    found = await cases.organisations.list_organisations(command_line(), text=tax_code, limit=2)
    applicant = next((each for each in found if each.tax_code == tax_code), None)
    if applicant is None:
        raise NotFound(what="applicant", name=tax_code)
    return await cases.organisations.add_member(command_line(), applicant.id, email=email, kind=kind)


async def close_account(cases: UseCases, *, email: str) -> Person:
    """Close an account at once; raises as `People.disable`."""
    person = await find_user(cases, email)
    return await cases.people.disable(command_line(), person.id, expected_version=person.version)


async def set_password(cases: UseCases, *, email: str, new: str) -> Person:
    """Give somebody who lost theirs a new password; raises as `People.set_password`."""
    person = await find_user(cases, email)
    return await cases.people.set_password(person.id, new=new, request_id="command-line")


async def list_users(cases: UseCases) -> tuple[PersonRow, ...]:
    """List every account with the offices in force."""
    rows: list[PersonRow] = []
    while True:
        after = rows[-1].person.id if rows else None
        page = await cases.people.list_people(command_line(), after=after, limit=_PAGE)
        rows += page
        if len(page) < _PAGE:
            return tuple(rows)


async def unit_names(cases: UseCases) -> dict[UUID, str]:
    """Name every unit."""
    return {unit.id: unit.name for unit in await _units(cases)}


async def find_user(cases: UseCases, email: str) -> Person:
    """Find an account by e-mail address; `NotFound` when there is none."""
    async with cases.transactions.primary() as primary:
        person = await primary.run(people.by_email, email)
    if person is None:
        raise NotFound(what="account", name=email)
    return person


async def _unit_named(cases: UseCases, words: str) -> Organisation | None:
    units = await _units(cases)
    return next((unit for unit in units if words in {str(unit.id), unit.agency_code, unit.name}), None)


async def _units(cases: UseCases) -> list[Organisation]:
    units: list[Organisation] = []
    while True:
        after = units[-1].id if units else None
        page = await cases.organisations.list_organisations(
            command_line(), kind=OrganisationKind.STATE_UNIT, after=after, limit=_PAGE
        )
        units += page
        if len(page) < _PAGE:
            return units
