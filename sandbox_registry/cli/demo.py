"""`demo`: fill an empty registry with examples, or drive a running one over HTTP."""

import asyncio
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import click
import httpx

from sandbox_registry.app import build_use_cases, create_app
from sandbox_registry.demo.caller import PASSWORD, Caller
from sandbox_registry.demo.dossiers import load_dossiers
from sandbox_registry.demo.journey import LENGTH, Ending, demonstrate, table
from sandbox_registry.demo.province import OFFICIALS
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.rulebook.procedure_files import load_procedures
from sandbox_registry.runtime.clocks import rehearsal_clock, system_clock
from sandbox_registry.runtime.settings import Settings
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.usecases import accounts_by_operator as accounts

ADMINS = ("quantri@camau.example", "quantri2@camau.example")
"""The first two administrators, made on the command line: whatever holds power takes two."""
_API = "/api/v1"
_STARTING = timedelta(minutes=10)


class _OwnClock:
    """A clock for this process alone, that goes where it is told, but never past `end`: the log must not be ahead of life."""

    def __init__(self, begin: datetime, *, end: datetime) -> None:
        self._moment = begin
        self._end = end

    def __call__(self) -> datetime:
        return self._moment

    def move_to(self, moment: datetime) -> None:
        self._moment = max(self._moment, min(moment, self._end))


class FileClock:
    """The clock of a server in rehearsal, moved through the file it reads (SANDBOX_CLOCK_FILE): never back, nor past now.

    Raises click.ClickException when the server's time is past `begin` already, by more than it takes to start one.
    """

    def __init__(self, file: Path, *, begin: datetime) -> None:
        self._file = file
        self._look = rehearsal_clock(file)
        if self._look() > begin + _STARTING:
            message = (
                f"The server's time is past the beginning of the demonstration already. Begin with an empty data "
                f"directory, and {-round(LENGTH.total_seconds())} in {file} before the server starts."
            )
            raise click.ClickException(message)

    def __call__(self) -> datetime:
        """Return the server's time."""
        return self._look()

    def move_to(self, moment: datetime) -> None:
        """Move the server on."""
        if moment > self():
            # Whole seconds, rounded up: the server must never be a moment behind what was meant.
            ahead = math.ceil((moment - system_clock()).total_seconds())
            self._file.write_text(str(min(ahead, 0)), "ascii")


async def seed(settings: Settings) -> tuple[Ending, ...] | None:
    """Fill an empty registry: three months of example cases, through the API and so through the real use cases.

    Returns how each ended; nothing where the examples are there already, null where the log holds anything else.
    """
    end = system_clock()
    # By the true time: where anything is on record, nothing may be done at another.
    looking = build_use_cases(settings)
    try:
        if await looking.installation.last_leaf_at() is not None:
            emails = {row.person.email for row in await accounts.list_users(looking)}
            return () if OFFICIALS[0].email in emails else None
    finally:
        await looking.close()
    clock = _OwnClock(end - LENGTH, end=end)
    open_to_all = replace(settings, self_registration=True)
    cases = build_use_cases(open_to_all, now=clock, limits={})
    app = create_app(open_to_all, cases)
    async with app.lifespan():
        for number, email in enumerate(ADMINS, start=1):
            await accounts.add_user(
                cases, full_name=f"Quản trị viên {number}", email=email, phone="", password=PASSWORD, is_admin=True
            )
        transport = httpx.ASGITransport(app=cast("Any", app))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://registry{_API}") as http:
            return await demonstrate(Caller(http), admins=ADMINS, procedures=_procedures(), clock=clock, end=end)


async def drive(url: str, *, clock_file: Path, admins: tuple[str, str]) -> tuple[Ending, ...]:
    """Drive the examples through a running server; its clock begins months ago and ends at the present."""
    end = system_clock()
    clock = FileClock(clock_file, begin=end - LENGTH)
    async with httpx.AsyncClient(base_url=url + _API, timeout=60) as http:
        return await demonstrate(Caller(http), admins=admins, procedures=_procedures(), clock=clock, end=end)


def seed_and_report(settings: Settings) -> None:
    """Seed an empty registry; print what became of the examples and who can log in."""
    endings = asyncio.run(seed(settings))
    if endings is None:
        click.echo("This registry is in use: its log is not empty, so no example was added.")
        return
    for line in (*(table(endings) if endings else ()), "", *_who_can_log_in()):
        click.echo(line)


@click.command()
@click.option("--url", required=True, metavar="URL", help="Where the server answers, e.g. http://127.0.0.1:8000.")
@click.option(
    "--clock-file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file the server reads as SANDBOX_CLOCK_FILE.",
)
@click.option(
    "--admins",
    default=ADMINS,
    show_default=True,
    nargs=2,
    metavar="ADDRESS ADDRESS",
    help="Two administrators' e-mails.",
)
def demo(url: str, clock_file: Path, admins: tuple[str, str]) -> None:
    """Drive the example dossiers through a running server over HTTP, and print what became of them.

    The server must have been started with SANDBOX_DEMO=yes, SANDBOX_SELF_REGISTRATION=yes and SANDBOX_CLOCK_FILE;
    examples/drive.py does all of it. The administrators' password is the demonstration's.
    """
    for line in table(asyncio.run(drive(url, clock_file=clock_file, admins=admins))):
        click.echo(line)


def _procedures() -> dict[str, Procedure]:
    return load_procedures(shipped("policies") / "procedures")


def _who_can_log_in() -> Iterator[str]:
    yield f"Everybody in the demonstration logs in with the password: {PASSWORD}"
    for admin in ADMINS:
        yield f"  {admin:34} system_admin"
    for official in OFFICIALS:
        yield f"  {official.email:34} {official.role:18} {official.full_name}, {official.unit}"
    for dossier in load_dossiers().values():
        yield f"  {dossier.representative.email:34} {'applicant':18} {dossier.organisation.name}"
