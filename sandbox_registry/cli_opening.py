"""What every command begins with: the settings, the database they name, and errors that end as one line."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn, TypeVar

import click
import structlog

from sandbox_registry.app import build_use_cases
from sandbox_registry.db import migrations
from sandbox_registry.db.backups import BackupFailed
from sandbox_registry.db.embedded import EmbeddedServer, running_url
from sandbox_registry.db.embedded_binaries import EmbeddedError
from sandbox_registry.db.migrations import MigrationFailed
from sandbox_registry.db.revisions import newest
from sandbox_registry.domain.errors import DomainError, Invalid
from sandbox_registry.logs import configure_logs
from sandbox_registry.processes import AddressTaken
from sandbox_registry.settings import Settings, SettingsError
from sandbox_registry.usecases.all import UseCases
from sandbox_registry.usecases.procedure_files import ProcedureFileError

T = TypeVar("T")
FAILED, MISUSED = 1, 2

logger = structlog.get_logger("registry")


class PlainErrors(click.Group):
    """A group of commands whose expected errors end as one line each and an exit code, never as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            for problem in error.problems:
                click.echo(f"Error: {problem}", err=True)
            ctx.exit(MISUSED)
        except (AddressTaken, BackupFailed, EmbeddedError, MigrationFailed, ProcedureFileError) as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(FAILED)
        except Invalid as error:
            for each in error.errors:
                click.echo(f"Error: {each.field}: {each.message.en}", err=True)
            ctx.exit(MISUSED)
        except DomainError as error:
            click.echo(f"Error: {error.text.en}", err=True)
            ctx.exit(FAILED)


def read_settings(**given: str) -> Settings:
    """Read the settings, options of the command line first, and make this process log and end as they say."""
    os.environ.update(given)
    settings = Settings.from_environ(os.environ)
    configure_logs(level=settings.log_level, form=settings.log_format)
    signal.signal(signal.SIGTERM, _leave)
    return settings


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    # An exception, so that everything opened is closed on the way out.
    raise SystemExit(128 + number)


@contextmanager
def open_database(settings: Settings, *, exclusive: bool = False, to: str = "head") -> Iterator[Settings]:
    """Give settings that name a database: the one of the environment as it is, or the embedded one, migrated."""
    if settings.database_url:
        yield settings
        return
    with EmbeddedServer(settings.data_dir, exclusive=exclusive) as server:
        migrate_to(server.url(), to)
        yield with_embedded(settings, server)


def with_embedded(settings: Settings, server: EmbeddedServer) -> Settings:
    """Return the settings with the addresses of a migrated embedded server, the application's own login first."""
    server.allow_login("registry_app")
    server.let_act_as("registry_read", who="registry_app")  # For the signer, which only reads the log.
    application = server.url(user="registry_app")
    return settings.with_database(url=application, owner_url=server.url(), read_url=application)


def migrate_to(url: str, revision: str = "head") -> None:
    """Migrate a database as its owner, and say so when that changed anything."""
    before = migrations.current(url)
    if revision == "head" and before == newest():
        return  # To look through the migrations once more is a fifth of the start.
    migrations.upgrade(url, revision)
    after = migrations.current(url)
    if after != before:
        logger.info("migrated", before=before, after=after)


def owner_url(settings: Settings) -> str:
    """Return the owner's address of the database."""
    return settings.database_owner_url or ""


def plain_settings() -> Settings:
    """Read the settings of a command that only looks: it says nothing but its answer, and ends as commands do."""
    return Settings.from_environ(os.environ)


def running_database(settings: Settings) -> str:
    """Return the address of a database that runs already, the owner's where it is the embedded one; starts nothing."""
    url = settings.database_url or running_url(settings.data_dir)
    if url is None:
        message = f"no database runs in {settings.data_dir}; keep `sandbox-registry serve` running, or set DATABASE_URL"
        raise click.ClickException(message)
    return url


def do(act: Callable[[UseCases], Awaitable[T]]) -> T:
    """Do one thing with the use cases, over the database of the settings."""
    with open_database(read_settings()) as ready:
        return do_with(ready, act)


def do_with(ready: Settings, act: Callable[[UseCases], Awaitable[T]]) -> T:
    """Do one thing with the use cases, over a database that is open and migrated."""

    async def doing() -> T:
        cases = build_use_cases(ready)
        try:
            await cases.installation.announce()
            return await act(cases)
        finally:
            await cases.acts.database.close()

    return asyncio.run(doing())
