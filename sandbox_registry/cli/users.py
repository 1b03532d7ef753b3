"""`users`: accounts and offices, managed by the operator."""

import sys
from typing import Any

import click

from sandbox_registry.cli.session import run_use_case
from sandbox_registry.domain.identity.people import MembershipKind, Role
from sandbox_registry.usecases import accounts_by_operator as accounts
from sandbox_registry.usecases.registry import UseCases


@click.group()
def users() -> None:
    """Accounts and offices, as the operator; everything is on record like anybody's acts."""


@users.command("add")
@click.option("--email", required=True, metavar="ADDRESS", help="E-mail address; one logs in with it.")
@click.option("--name", required=True, metavar="NAME", help="Full name.")
@click.option("--phone", default="", metavar="NUMBER", help="Telephone number.")
@click.option("--admin", is_flag=True, help="Make this person an administrator; after the first two, propose it.")
@click.option("--no-password", is_flag=True, help="Ask for no password; nobody can log in with one yet.")
def add_user(email: str, name: str, phone: str, *, admin: bool, no_password: bool) -> None:
    """Open an account. The password is asked for, or read from the first line of standard input.

    An installation begins with two administrators; from the third on, an administrator confirms through the API.
    """
    password = None if no_password else _password()
    person = run_use_case(
        lambda cases: accounts.add_user(
            cases, full_name=name, email=email, phone=phone, password=password, is_admin=admin
        )
    )
    click.echo(f"{person.full_name} <{person.email}> has an account: {person.id}")


@users.command("list")
def list_users() -> None:
    """List every account with its offices: e-mail address, name, offices."""
    rows, units = run_use_case(_users_and_units)
    for row in rows:
        offices = ", ".join(sorted(f"{role} ({units.get(unit, unit)})" for role, unit in row.offices)) or "-"
        closed = "" if row.person.disabled_at is None else " [closed]"
        click.echo(f"{row.person.email}\t{row.person.full_name}{closed}\t{offices}")


@users.command("grant")
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role if role is not Role.APPLICANT]))
@click.option("--unit", required=True, metavar="UNIT", help="The unit's name, agency code or id.")
@click.option("--title", default="", metavar="TITLE", help="What a signer of decisions signs as.")
def grant_office(email: str, role: str, unit: str, title: str) -> None:
    """Give the person with this e-mail address an office in a unit, from now on.

    An office that holds power is only proposed; an administrator confirms it through the API.
    """
    grant = run_use_case(
        lambda cases: accounts.grant_office(cases, email=email, role=Role(role), unit=unit, title=title)
    )
    if grant.awaits_confirmation:
        click.echo(f"{email} is proposed as {grant.role}; an administrator must confirm it: {grant.id}")
    else:
        click.echo(f"{email} is {grant.role} from {grant.valid_from.isoformat(timespec='minutes')}.")


@users.command("appoint")
@click.argument("email")
@click.option("--firm", required=True, metavar="TAX_CODE", help="The applicant's tax code.")
@click.option(
    "--as",
    "kind",
    type=click.Choice([kind.value for kind in MembershipKind]),
    default=MembershipKind.LEGAL_REPRESENTATIVE.value,
    show_default=True,
    help="What the person is to the applicant.",
)
def appoint(email: str, firm: str, kind: str) -> None:
    """Let a person act for an applicant whose own people cannot appoint them any more, on papers you have seen."""
    membership = run_use_case(
        lambda cases: accounts.appoint(cases, email=email, tax_code=firm, kind=MembershipKind(kind))
    )
    click.echo(f"{email} is {membership.kind} of {firm}.")


@users.command("password")
@click.argument("email")
def set_password(email: str) -> None:
    """Give somebody who lost theirs a new password, asked for or read from standard input; all their tokens end."""
    password = _password()
    run_use_case(lambda cases: accounts.set_password(cases, email=email, new=password))
    click.echo(f"{email} has a new password.")


@users.command("disable")
@click.argument("email")
def disable_user(email: str) -> None:
    """Close the account with this e-mail address at once."""
    run_use_case(lambda cases: accounts.close_account(cases, email=email))
    click.echo(f"{email} is closed.")


async def _users_and_units(cases: UseCases) -> tuple[Any, dict[Any, str]]:
    return await accounts.list_users(cases), await accounts.unit_names(cases)


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")
