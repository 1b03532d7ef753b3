"""`db`: the address of the database, and what an erasure leaves behind in its files."""

import click

from sandbox_registry.cli.environment import open_database, owner_url, read_settings
from sandbox_registry.cli.session import run_with
from sandbox_registry.db.embedded.server import running_url
from sandbox_registry.db.operations.rewriting import rewrite
from sandbox_registry.runtime.clocks import system_clock
from sandbox_registry.usecases.accounts_by_operator import command_line
from sandbox_registry.usecases.privacy.rewriting import note_rewriting
from sandbox_registry.usecases.registry import UseCases


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


@db.command("rewrite")
def rewrite_tables() -> None:
    """Remove the traces of erased data: write the tables anew that hold personal data, with indexes and statistics.

    Old rows stay in the files of the database as free space, and in the WAL, until then. Each table is locked while it is
    written, so choose a quiet hour. The log says when it was done, and of which erasures. Backups, an archive of WAL and
    recycled WAL files keep what they hold: see docs/erasure.md.
    """
    settings, begun_at = read_settings(), system_clock()
    with open_database(settings) as ready:
        done = rewrite(owner_url(ready))

        async def note(cases: UseCases) -> None:
            await note_rewriting(cases.transactions, command_line(), done, begun_at=begun_at)

        run_with(ready, note)
    click.echo(
        f"{len(done.tables)} tables rewritten, for {len(done.erasures)} erasures; WAL before {done.wal_until} is old."
    )
