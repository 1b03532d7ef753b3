"""What is done with migrations in tests alone: taking them back, and comparing their tables with those in code."""

from alembic import command

from sandbox_registry.db.core.migrations import alembic_config


def downgrade(url: str, revision: str) -> None:
    """Migrate the database at `url` backwards to `revision`; "base" empties it."""
    command.downgrade(alembic_config(url), revision)


def check(url: str) -> None:
    """Raise alembic.util.CommandError when the tables in code and those in the database differ."""
    command.check(alembic_config(url))
