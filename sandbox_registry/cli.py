"""The command line: everything an operator does, with errors in one line and exit codes a script can use."""

import asyncio
import multiprocessing
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any, TypeVar

import click
import structlog
from granian.constants import Interfaces
from granian.server.mp import MPServer

from sandbox_registry.authz.checks import StageOwner, check_policy
from sandbox_registry.background import run_worker
from sandbox_registry.background import worker as worker_process
from sandbox_registry.cli_backup import backup, restore
from sandbox_registry.cli_demo import demo, seed_if_wanted
from sandbox_registry.cli_log import log
from sandbox_registry.cli_opening import PlainErrors, do, migrate_to, open_database, owner_url, read_settings
from sandbox_registry.db import migrations
from sandbox_registry.db.embedded import running_url
from sandbox_registry.domain.people import Role
from sandbox_registry.domain.stages import APPLICATION_STAGES
from sandbox_registry.processes import require_free_address, running_beside
from sandbox_registry.settings import Settings
from sandbox_registry.shipped import shipped
from sandbox_registry.usecases import accounts_by_operator as accounts
from sandbox_registry.usecases.all import UseCases
from sandbox_registry.usecases.calendar_files import CalendarFileError, load_calendar
from sandbox_registry.usecases.procedure_checks import check_procedures
from sandbox_registry.usecases.procedure_files import load_procedures

T = TypeVar("T")
FAILED, MISUSED = 1, 2
GRANIAN_LOGS = {
    # Through our own handler, like every other line; it is configured in each process.
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}, "granian.access": {"handlers": [], "propagate": True}},
}

logger = structlog.get_logger("registry")


@click.group(cls=PlainErrors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="sandbox-registry")
def main() -> None:
    """Registry for controlled testing of new services (regulatory sandbox).

    Settings come from the environment (SANDBOX_*, DATABASE_URL); docs/operators.md lists them. Without
    DATABASE_URL the program runs a PostgreSQL of its own in SANDBOX_DATA_DIR (default: ./var).

    Exit codes: 0 done, 1 failed or something was found, 2 wrong use or wrong settings.
    """


@main.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on (SANDBOX_HOST; default 127.0.0.1).")
@click.option("--port", metavar="NUMBER", help="Port to listen on (SANDBOX_PORT; default 8000).")
@click.option(
    "--demo", "is_demo", is_flag=True, help="Fill an empty registry with example people and dossiers (SANDBOX_DEMO)."
)
def serve(host: str | None, port: str | None, *, is_demo: bool) -> None:
    """Serve the registry over HTTP until stopped with Ctrl-C or SIGTERM.

    Starts the embedded database when no DATABASE_URL is given, and migrates the database first. With the embedded
    database, or SANDBOX_WORKER=yes, a worker for background work runs beside.
    """
    given = {"SANDBOX_HOST": host, "SANDBOX_PORT": port, "SANDBOX_DEMO": "yes" if is_demo else None}
    settings = read_settings(**{name: value for name, value in given.items() if value is not None})
    with open_database(settings, exclusive=True) as ready:
        require_free_address(ready.host, ready.port)
        if settings.database_url:
            migrate_to(owner_url(settings))
        seed_if_wanted(ready)
        _hand_over(ready)
        logger.info("serving", address=f"http://{ready.host}:{ready.port}", data_dir=str(ready.data_dir))
        with running_beside(worker_process, name="worker") if ready.worker else nullcontext():
            _server(ready).serve()


@main.command()
def worker() -> None:
    """Do background work until stopped with Ctrl-C or SIGTERM: due dates, reminders, cleaning up.

    Any number of workers share the work. What a worker has begun it finishes before it stops; a second Ctrl-C breaks
    it off, and another worker begins it again.
    """
    settings = read_settings()
    with open_database(settings) as ready:
        if settings.database_url:
            migrate_to(owner_url(settings))
        _hand_over(ready)
        asyncio.run(run_worker(ready))


@main.command()
@click.option(
    "--to", "revision", default="head", metavar="REVISION", help="Stop at this revision (default: the newest)."
)
def migrate(revision: str) -> None:
    """Bring the database to the shape this version needs.

    Uses DATABASE_OWNER_URL (or DATABASE_URL). `serve` does the same at its start; run this by itself when the
    nodes that serve may not change tables.
    """
    settings = read_settings()
    with open_database(settings, to=revision) as ready:
        if settings.database_url:
            migrate_to(owner_url(settings), revision)
        click.echo(f"The database is at revision {migrations.current(owner_url(ready))}.")


main.add_command(backup)
main.add_command(restore)
main.add_command(demo)


@main.group()
def db() -> None:
    """Look into the database."""


@db.command("psql-url")
def psql_url() -> None:
    """Print the owner's address of the database, for psql, pg_dump and alembic.

    The embedded database must be running: keep `serve` running beside.
    Example: psql "$(sandbox-registry db psql-url)"
    """
    settings = read_settings()
    url = settings.database_owner_url or running_url(settings.data_dir)
    if url is None:
        message = f"No database runs in {settings.data_dir}; start `sandbox-registry serve`, or set SANDBOX_DATA_DIR."
        raise click.ClickException(message)
    click.echo(url)


@main.group()
def rules() -> None:
    """Procedures and calendars: the regulation as data."""


@rules.command("check")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
def check_rules(path: Path | None) -> None:
    """Check procedure files: units, legal bases, stages, timers, form fields, and the calendar.

    PATH is a file or a directory of procedures; without it the ones of this installation are checked.
    """
    found = [str(finding) for finding in check_procedures(path or shipped("policies") / "procedures")]
    if path is None:
        found += _calendar_problems(shipped("policies") / "calendars")
    _report(found, "The rules are in order.")


@main.group()
def policy() -> None:
    """Authority: who may do what, at which stage."""


@policy.command("check")
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check_authority(path: Path | None) -> None:
    """Prove over every role, relation, stage and act that the policy keeps its promises.

    PATH is a directory with model.conf and policy.csv; without it the one of this installation is checked, and
    that each stage of an application has, in each procedure, an owner who can act there.
    """
    owners = [] if path else _stage_owners(shipped("policies") / "procedures")
    found = check_policy(path or shipped("policies") / "casbin", stage_owners=owners)
    _report([f"{finding.where}: {finding.message} [{finding.code}]" for finding in found], "The policy is in order.")


@main.group()
def users() -> None:
    """Accounts and offices, as the operator; everything is on record like anybody's acts."""


@users.command("add")
@click.option("--email", required=True, metavar="ADDRESS", help="E-mail address; one logs in with it.")
@click.option("--name", required=True, metavar="NAME", help="Full name.")
@click.option("--phone", default="", metavar="NUMBER", help="Telephone number.")
@click.option("--admin", is_flag=True, help="Make this person an administrator.")
@click.option("--no-password", is_flag=True, help="Ask for no password; nobody can log in with one yet.")
def add_user(email: str, name: str, phone: str, *, admin: bool, no_password: bool) -> None:
    """Open an account. The password is asked for, or read from the first line of standard input."""
    password = None if no_password else _password()
    person = do(
        lambda cases: accounts.add_user(
            cases, full_name=name, email=email, phone=phone, password=password, is_admin=admin
        )
    )
    click.echo(f"{person.full_name} <{person.email}> has an account: {person.id}")


@users.command("list")
def list_users() -> None:
    """List every account with its offices: e-mail address, name, offices."""
    rows, units = do(_users_and_units)
    for row in rows:
        held = ", ".join(sorted(f"{role} ({units.get(unit, unit)})" for role, unit in row.offices)) or "-"
        closed = "" if row.person.disabled_at is None else " [closed]"
        click.echo(f"{row.person.email}\t{row.person.full_name}{closed}\t{held}")


@users.command("grant")
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role if role is not Role.APPLICANT]))
@click.option("--unit", required=True, metavar="UNIT", help="The unit's name, agency code or id.")
def grant_office(email: str, role: str, unit: str) -> None:
    """Give the person with this e-mail address an office in a unit, from now on."""
    grant = do(lambda cases: accounts.grant_office(cases, email=email, role=Role(role), unit=unit))
    click.echo(f"{email} is {grant.role} from {grant.valid_from.isoformat(timespec='minutes')}.")


@users.command("password")
@click.argument("email")
def set_password(email: str) -> None:
    """Give somebody who lost theirs a new password, asked for or read from standard input; all their tokens end."""
    password = _password()
    do(lambda cases: accounts.set_password(cases, email=email, new=password))
    click.echo(f"{email} has a new password.")


@users.command("disable")
@click.argument("email")
def disable_user(email: str) -> None:
    """Close the account with this e-mail address at once."""
    do(lambda cases: accounts.close_account(cases, email=email))
    click.echo(f"{email} is closed.")


async def _users_and_units(cases: UseCases) -> tuple[Any, dict[Any, str]]:
    return await accounts.list_users(cases), await accounts.unit_names(cases)


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _report(found: list[str], all_well: str) -> None:
    for line in found:
        click.echo(line)
    if found:
        message = f"{len(found)} found."
        raise click.ClickException(message)
    click.echo(all_well)


def _calendar_problems(folder: Path) -> list[str]:
    found = []
    for path in sorted(folder.glob("*.toml")):
        try:
            load_calendar(path)
        except CalendarFileError as error:
            found += str(error).splitlines()
    return found


def _stage_owners(folder: Path) -> list[StageOwner]:
    """Return who must be able to act at each stage of an application that is not an end, by procedure."""
    # Acts on a permit under trial do not exist yet; when they do, its stages belong here as well.
    return [
        (procedure.code, rule.stage, rule.owner)
        for procedure in load_procedures(folder).values()
        for rule in procedure.stages
        if rule.next and rule.stage in APPLICATION_STAGES
    ]


def _hand_over(settings: Settings) -> None:
    """Put into the environment what the processes that answer requests need, and nothing of the owner's."""
    os.environ.pop("DATABASE_OWNER_URL", None)
    os.environ["DATABASE_URL"] = settings.database_url or ""
    os.environ["DATABASE_READ_URL"] = settings.database_read_url or ""
    os.environ["SANDBOX_DATA_DIR"] = str(settings.data_dir)


def _server(settings: Settings) -> MPServer:
    # Forked processes would share our locks on the data directory and keep them after we are gone.
    multiprocessing.set_start_method("spawn", force=True)
    return MPServer(
        "sandbox_registry.app:application",
        factory=True,
        interface=Interfaces.ASGI,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        workers_kill_timeout=30,
        respawn_failed_workers=True,
        websockets=False,
        log_dictconfig=GRANIAN_LOGS,
        # Granian puts this first on the import path; the current directory could hold anything.
        working_dir=Path(__file__).resolve().parent.parent,
    )


main.add_command(log)


if __name__ == "__main__":
    main()
