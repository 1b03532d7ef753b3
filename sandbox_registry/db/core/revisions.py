"""Which shape the database has and which this version needs, known without alembic: only a migration loads that."""

from functools import cache

import psycopg

from sandbox_registry.runtime.failures import Failure
from sandbox_registry.runtime.shipped import shipped


class MigrationFailed(Failure):
    """The database could not be reached or migrated; the message is one line."""


@cache
def newest() -> str:
    """Return the revision of the newest migration; files are named by their revisions, which count up."""
    return max(path.name for path in (shipped("alembic") / "versions").glob("[0-9]*_*.py")).partition("_")[0]


def current(url: str) -> str | None:
    """Return the revision the database at `url` is at, or None for an empty one; raises MigrationFailed."""
    try:
        with psycopg.connect(url) as connection:
            if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.Error as error:
        raise MigrationFailed(" ".join(str(error).split())) from error
    return None if row is None else str(row[0])
