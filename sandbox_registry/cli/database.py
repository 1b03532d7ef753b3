"""The database, from the command line: its shape and its address."""

import click

from sandbox_registry.cli.environment import migrate_to, open_database, owner_url, read_settings
from sandbox_registry.db.core.revisions import current
from sandbox_registry.db.embedded.server import running_url


@click.command()
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
        click.echo(f"The database is at revision {current(owner_url(ready))}.")


@click.group()
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
