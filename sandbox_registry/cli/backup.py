"""`backup`: keeps a registry from being lost."""

from pathlib import Path

import click
from uuid_utils.compat import uuid7

from sandbox_registry.authz import Action
from sandbox_registry.cli.environment import open_database, owner_url, read_settings
from sandbox_registry.cli.session import run_with
from sandbox_registry.domain.audit import Pseudonyms
from sandbox_registry.runtime.clocks import system_clock
from sandbox_registry.usecases.accounts_by_operator import command_line
from sandbox_registry.usecases.operations.backups import note_backup, write_backup
from sandbox_registry.usecases.registry import UseCases


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def backup(directory: Path) -> None:
    """Write a backup below DIRECTORY: the database as it is now, the files of dossiers, the published log.

    Works while the registry runs. Give the same DIRECTORY each time: only new files are copied, and each backup of
    the database has a folder of its own. Keys are not in it: keep secret.key and log-signer/ apart. The log says that
    the backup was made, with its digest.
    """
    settings = read_settings()
    with open_database(settings) as ready:

        async def note(cases: UseCases) -> None:
            await note_backup(cases.transactions, command_line(), Action.BACKUP_MAKE, record)

        folder, record = write_backup(
            directory.absolute(),
            owner_url=owner_url(ready),
            data_dir=ready.data_dir,
            at=system_clock(),
            new_id=uuid7,
            pseudonym_key=Pseudonyms(ready.pseudonym_key).check_value,
        )
        run_with(ready, note)
    click.echo(f"{folder}: {record.log_size} leaves, {record.bytes} bytes, SHA-256 {record.sha256}")
