"""`migrate`: brings the database to the schema this version needs."""

import click

from sandbox_registry.cli.environment import migrate_to, open_database, owner_url, read_settings
from sandbox_registry.db.core.revisions import current


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
