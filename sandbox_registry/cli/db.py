"""`db`: the address of the database."""

import click

from sandbox_registry.cli.environment import read_settings
from sandbox_registry.db.embedded.server import running_url


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
