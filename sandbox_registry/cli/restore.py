"""`restore`: a backup into an empty database and data directory."""

from contextlib import ExitStack
from pathlib import Path

import click

from sandbox_registry.auditlog.publishing.folder import SIGNER_DIR
from sandbox_registry.auditlog.publishing.signing import SignerFiles
from sandbox_registry.authz import Action
from sandbox_registry.cli.environment import migrate_to, owner_url, read_settings, with_embedded
from sandbox_registry.cli.session import run_with
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.domain.audit import Pseudonyms
from sandbox_registry.usecases.accounts_by_operator import command_line
from sandbox_registry.usecases.operations.backups import note_backup, read_backup, restore_backup
from sandbox_registry.usecases.registry import UseCases


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--log",
    "newer_log",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy of the published log that is newer than the one beside the backup: a mirror, or a witness's.",
)
@click.option(
    "--lost-for-good",
    "is_lost_for_good",
    is_flag=True,
    help="Begin a log of another name, because no copy is left of some entries that were signed.",
)
def restore(folder: Path, newer_log: Path | None, *, is_lost_for_good: bool) -> None:
    """Restore the backup in FOLDER into an empty database; nothing is ever overwritten.

    Put secret.key and log-signer/ into the data directory before; a published log that is still there stays. Entries after
    the backup are put back from the longest published log at hand, so that the log goes on as it was signed; what their acts
    did is lost, and a leaf says how many. Then start `serve`, and run `log verify`.
    """
    settings = read_settings()
    read_backup(folder)
    with ExitStack() as stack:
        ready = settings
        if not settings.database_url:
            server = stack.enter_context(EmbeddedServer(settings.data_dir, exclusive=True))
            ready = settings.with_database(url=server.url(), owner_url=server.url(), read_url=server.url())
        about = restore_backup(
            folder,
            owner_url=owner_url(ready),
            data_dir=ready.data_dir,
            pseudonym_key=Pseudonyms(ready.pseudonym_key).check_value,
            newer_log=newer_log,
            is_lost_for_good=is_lost_for_good,
        )
        migrate_to(owner_url(ready))
        if not settings.database_url:
            ready = with_embedded(settings, server)

        async def note(cases: UseCases) -> None:
            await note_backup(cases.transactions, command_line(), Action.BACKUP_RESTORE, about)

        run_with(ready, note)
    click.echo(f"Restored the backup of {about.made_at:%Y-%m-%d %H:%M} UTC, with {about.log_size} leaves.")
    if about.lost:
        click.echo(f"Lost: the acts of the {about.lost} leaves after it. Find out what they were, and do them again.")
    if about.gone:
        click.echo(f"Gone: {about.gone} leaves that were signed. A log with another key begins; see docs/operators.md.")
    if not SignerFiles(directory=ready.data_dir / SIGNER_DIR).key_path.exists():
        click.echo(f"Nothing is signed until {ready.data_dir / SIGNER_DIR} is put back, or made by `log key new`.")
