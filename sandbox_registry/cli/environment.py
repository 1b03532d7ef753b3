"""What every command begins with: the settings, and the database they name."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from types import FrameType
from typing import NoReturn

import click
import structlog

from sandbox_registry.configuration import settings_from
from sandbox_registry.db.core.capacity import connections_each
from sandbox_registry.db.core.revisions import current, newest
from sandbox_registry.db.embedded.server import EmbeddedServer, running_url
from sandbox_registry.runtime.imports import imports_uncollected
from sandbox_registry.runtime.logs import configure_logs
from sandbox_registry.runtime.settings import Settings

logger = structlog.get_logger("registry")


def read_settings(**options: str) -> Settings:
    """Read the settings, options of the command line first, and make this process log and end as they say."""
    os.environ.update(options)
    settings = settings_from(os.environ)
    configure_logs(level=settings.log_level, form=settings.log_format)
    signal.signal(signal.SIGTERM, leave)
    return settings


def leave(number: int, _frame: FrameType | None) -> NoReturn:
    """End this process at a signal, by an exception, so that everything opened is closed on the way out."""
    raise SystemExit(128 + number)


@contextmanager
def open_database(settings: Settings, *, exclusive: bool = False, to: str = "head") -> Iterator[Settings]:
    """Give settings that name a database: the one of the environment as it is, or the embedded one, migrated.

    For the `exclusive` process, which serves, the embedded one is started again when it dies; when that fails, the process
    is told to end, and ends with EmbeddedError.
    """
    if settings.database_url:
        yield settings
        return
    with EmbeddedServer(settings.data_dir, exclusive=exclusive) as server:
        migrate_to(server.url(), to)
        ready = with_embedded(settings, server)
        with server.kept_up(give_up=_end_this_process) if exclusive else nullcontext():
            yield ready


def _end_this_process() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def with_embedded(settings: Settings, server: EmbeddedServer) -> Settings:
    """Return the settings with the addresses of a migrated embedded server, the application's own login first."""
    server.allow_login("registry_app")
    server.let_act_as("registry_read", who="registry_app")  # For the signer, which only reads the log.
    application = server.url(user="registry_app")
    return settings.with_database(url=application, owner_url=server.url(), read_url=application)


def migrate_to(url: str, revision: str = "head") -> None:
    """Migrate a database as its owner, and say so when that changed anything."""
    before = current(url)
    if revision == "head" and before == newest():
        return
    # Not imported before: alembic with SQLAlchemy would be a fifth of a start that has nothing to migrate.
    with imports_uncollected():
        from sandbox_registry.db.core.migrations import upgrade
    upgrade(url, revision)
    after = current(url)
    if after != before:
        logger.info("migrated", before=before, after=after)


def owner_url(settings: Settings) -> str:
    """Return the owner's address of the database."""
    return settings.database_owner_url or ""


def plain_settings() -> Settings:
    """Read the settings of a command that only looks: it says nothing but its answer, and ends as commands do."""
    return settings_from(os.environ)


def running_database(settings: Settings) -> str:
    """Return the address of a database that runs already, the owner's where it is the embedded one; starts nothing."""
    url = settings.database_url or running_url(settings.data_dir)
    if url is None:
        message = f"no database runs in {settings.data_dir}; keep `sandbox-registry serve` running, or set DATABASE_URL"
        raise click.ClickException(message)
    return url


def within_capacity(settings: Settings) -> Settings:
    """Return the settings with as many connections for each process as the database allows; raises TooFewConnections."""
    processes = settings.workers + settings.worker
    each = settings.connections
    for url in {settings.database_url, settings.database_read_url} - {None}:
        each = connections_each(str(url), processes=processes, most=each)
    return replace(settings, connections=each)


def export_settings(settings: Settings) -> None:
    """Export to child processes what they need to answer requests, and nothing of the owner's."""
    os.environ.pop("DATABASE_OWNER_URL", None)
    os.environ["DATABASE_URL"] = settings.database_url or ""
    os.environ["DATABASE_READ_URL"] = settings.database_read_url or ""
    os.environ["SANDBOX_DATA_DIR"] = str(settings.data_dir)
    os.environ["SANDBOX_CONNECTIONS"] = str(settings.connections)
