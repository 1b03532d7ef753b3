"""`restore`: a backup into an empty database and data directory."""

from contextlib import ExitStack
from pathlib import Path

import click

from sandbox_registry.authz import Action
from sandbox_registry.cli.environment import migrate_to, owner_url, read_settings, with_embedded
from sandbox_registry.cli.session import run_with
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.usecases.accounts_by_operator import command_line
from sandbox_registry.usecases.operations.backups import note_backup, read_backup, restore_backup
from sandbox_registry.usecases.registry import UseCases


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def restore(folder: Path) -> None:
    """Restore the backup in FOLDER into an empty database and data directory; nothing is ever overwritten.

    Afterwards put secret.key and log-signer/ back, start `serve`, and run `log verify`. The log says that it was
    restored, and how far it was.
    """
    settings = read_settings()
    read_backup(folder)
    with ExitStack() as stack:
        ready = settings
        if not settings.database_url:
            server = stack.enter_context(EmbeddedServer(settings.data_dir, exclusive=True))
            ready = settings.with_database(url=server.url(), owner_url=server.url(), read_url=server.url())
        about = restore_backup(folder, owner_url=owner_url(ready), data_dir=ready.data_dir)
        migrate_to(owner_url(ready))
        if not settings.database_url:
            ready = with_embedded(settings, server)

        async def note(cases: UseCases) -> None:
            await note_backup(cases.transactions, command_line(), Action.BACKUP_RESTORE, about)

        run_with(ready, note)
    click.echo(f"Restored the backup of {about.made_at:%Y-%m-%d %H:%M} UTC, with {about.log_size} leaves.")
