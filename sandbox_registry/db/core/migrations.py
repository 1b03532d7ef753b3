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
        command.upgrade(alembic_config(url), revision)


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise MigrationFailed(" ".join(str(error.orig).split())) from error
    except CommandError as error:
        raise MigrationFailed(str(error)) from error


def alembic_config(url: str) -> Config:
    """Return what alembic needs to know to work on the database at `url`."""
    config = Config()
    # Alembic reads % as the start of a placeholder, and a path may hold one.
    config.set_main_option("script_location", str(shipped("alembic")).replace("%", "%%"))
    config.attributes["url"] = url
    return config
