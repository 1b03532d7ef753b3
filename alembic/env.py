"""How migrations reach the database: as its owner, one node at a time, each migration in a transaction of its own."""

import os
from collections.abc import MutableMapping
from typing import Any

from alembic import context
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from sandbox_registry.db.tables import metadata

ONE_AT_A_TIME = 0x5A4D6967  # Any number, as long as every node waits for the same one.


def database_url() -> str:
    """Return the address given by the program, or by the environment when a developer runs alembic by hand."""
    given = (
        context.config.attributes.get("url") or os.environ.get("DATABASE_OWNER_URL") or os.environ.get("DATABASE_URL")
    )
    if not given:
        message = 'Name a database: DATABASE_URL="$(sandbox-registry db psql-url)" while `sandbox-registry serve` runs.'
        raise SystemExit(message)
    return str(given)


def is_ours(name: str | None, kind: str, _parents: MutableMapping[Any, str | None]) -> bool:
    """Leave the queue's tables out of comparisons: their shape is Procrastinate's."""
    return kind != "table" or not (name or "").startswith("procrastinate_")


def run() -> None:
    """Run what alembic was asked for."""
    engine = create_engine(make_url(database_url()).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        # Held until the connection closes, whatever happens between.
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=metadata,
            transaction_per_migration=True,
            include_name=is_ours,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
