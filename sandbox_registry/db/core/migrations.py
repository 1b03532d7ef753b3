"""Bring a database to the shape this version of the program needs; alembic run from code, wherever we are installed."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from sandbox_registry.db.core.revisions import MigrationFailed
from sandbox_registry.runtime.shipped import shipped


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at `url` forwards, as its owner. Safe to call from several nodes at once: they queue."""
    with _one_line():
        command.upgrade(_config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Migrate the database at `url` backwards to `revision`; "base" empties it."""
    with _one_line():
        command.downgrade(_config(url), revision)


def check(url: str) -> None:
    """Raise alembic.util.CommandError when the tables in code and those in the database differ."""
    command.check(_config(url))


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise MigrationFailed(" ".join(str(error.orig).split())) from error
    except CommandError as error:
        raise MigrationFailed(str(error)) from error


def _config(url: str) -> Config:
    config = Config()
    # Alembic reads % as the start of a placeholder, and a path may hold one.
    config.set_main_option("script_location", str(shipped("alembic")).replace("%", "%%"))
    config.attributes["url"] = url
    return config
