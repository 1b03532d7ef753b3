"""`log`: its keys, signing and handing it out; `verify` and `witness` have modules of their own."""

import asyncio
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sandbox_registry.auditlog.publishing.bundles import bundle_contents, write_bundle
from sandbox_registry.auditlog.publishing.cosignatures import POLICY_FILE, is_overdue, last_cosigned_at, registry_policy
from sandbox_registry.auditlog.publishing.folder import LOG_DIR, SIGNER_DIR, LogFolder
from sandbox_registry.auditlog.publishing.signing import Refused, Signer, SignerFiles
from sandbox_registry.auditlog.publishing.signing_loop import keep_signing
from sandbox_registry.auditlog.witness.commands import witness
from sandbox_registry.cli.environment import plain_settings, running_database
from sandbox_registry.cli.errors import FAILED, MISUSED
from sandbox_registry.cli.verify import verify
from sandbox_registry.db.auditlog.tree import LogUnreachable, log_reader
from sandbox_registry.db.core.engine import Database
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.runtime.clocks import system_clock
from sandbox_registry.runtime.files import Busy, MissingFile
from sandbox_registry.runtime.key_files import KeyFileError, read_key_file, write_key_file
from sandbox_registry.runtime.logs import configure_logs
from sandbox_registry.runtime.settings import Settings
from sandbox_registry.transparency.checkpoints import Checkpoint, checkpoint_of, open_checkpoint
from sandbox_registry.transparency.errors import KeyNameError, LogError
from sandbox_registry.transparency.key_sheets import format_sheet
from sandbox_registry.transparency.keys import (
    KEY_SIZE,
    KeyType,
    format_signing_key,
    format_vkey,
    new_key,
    parse_log_key,
    parse_witness_key,
)
from sandbox_registry.transparency.notes import parse_note


class LogCommands(click.Group):
    """Commands whose expected errors end as one line each."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (KeyFileError, KeyNameError) as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(MISUSED)
        except (LogError, LogUnreachable, MissingFile, NotFound, OSError, Refused) as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(FAILED)


@click.group(cls=LogCommands)
def log() -> None:
    """Sign, witness, verify and hand out the log that nobody can rewrite unseen."""


log.add_command(verify)
log.add_command(witness)


@log.group()
def key() -> None:
    """Make and show keys of a log or a witness."""


_WITNESS_KEY = click.option(
    "--witness", "is_witness", is_flag=True, help="A witness's key, in FILE; logs and witnesses never share one."
)


@key.command("new")
@click.argument("name")
@click.option("--file", "path", type=click.Path(path_type=Path), help="Where to keep a witness's key.")
@_WITNESS_KEY
def key_new(name: str, path: Path | None, *, is_witness: bool) -> None:
    """Make the key of this installation's log, or a witness's, and print the half to hand out.

    NAME is an address without "https://" and without a slash at the end: sandbox.camau.gov.vn/log.
    Hand the printed verifier key to those who check, on paper or by another way than this server.
    """
    if is_witness:
        if path is None:
            message = "name a file for a witness's key: --file"
            raise click.UsageError(message)
        signing_key = new_key(name, seed=secrets.token_bytes(KEY_SIZE), key_type=KeyType.COSIGNATURE_V1)
        write_key_file(path, format_signing_key(signing_key))
    else:
        signing_key = SignerFiles(directory=path or _data_dir() / SIGNER_DIR).make(name=name)
    click.echo(format_vkey(signing_key.verifier_key))


@key.command("show")
@click.option("--file", "path", type=click.Path(path_type=Path), help="The key (default: of this log's signer).")
@_WITNESS_KEY
def key_show(path: Path | None, *, is_witness: bool) -> None:
    """Print the verifier key that belongs to a private key."""
    signing_key = read_key_file(
        path or SignerFiles(directory=_data_dir() / SIGNER_DIR).key_path,
        parse_witness_key if is_witness else parse_log_key,
    )
    click.echo(format_vkey(signing_key.verifier_key))


@log.command("key-sheet")
@click.option("--file", "path", type=click.Path(path_type=Path), help="The key (default: of this log's signer).")
@_WITNESS_KEY
def key_sheet(path: Path | None, *, is_witness: bool) -> None:
    """Print a verifier key to hand out on paper: in rows with check digits, so that a mistyped row is recognised.

    The page that checks bundles takes it as it is typed, and so does --key FILE of `log verify`.
    """
    found = read_key_file(
        path or SignerFiles(directory=_data_dir() / SIGNER_DIR).key_path,
        parse_witness_key if is_witness else parse_log_key,
    )
    click.echo(
        "# Khóa kiểm tra: chép từng dòng. Verifier key: copy line by line. Clé de vérification : recopier ligne à ligne."
    )
    click.echo(format_sheet(found.verifier_key), nl=False)


@log.command()
def status() -> None:
    """Say how far the log is published and when enough witnesses last cosigned it; exit code 1 after 24 hours."""
    data_dir = _data_dir()
    folder, policy = LogFolder(data_dir / LOG_DIR), registry_policy(data_dir)
    note = folder.checkpoint()
    if note is None:
        message = "nothing is published yet"
        raise click.ClickException(message)
    checkpoint = checkpoint_of(parse_note(note))
    click.echo(f"{checkpoint.origin}: {checkpoint.size} entries published.")
    if policy is None or policy.quorum is None:
        click.echo(f"No witnesses: {data_dir / POLICY_FILE} names none.")
        return
    last = last_cosigned_at(folder, policy=policy)
    click.echo(
        "Never cosigned."
        if last is None
        else f"Last cosigned at {datetime.fromtimestamp(last, UTC):%Y-%m-%d %H:%M} UTC."
    )
    if is_overdue(folder, policy=policy, now=system_clock().timestamp()):
        message = "the witnesses were last complete more than 24 hours ago"
        raise click.ClickException(message)


@log.command()
@click.option("--once", is_flag=True, help="Publish what is new now, and end.")
@click.option("--signer-dir", type=click.Path(path_type=Path), help="Where key and memory are (default: data dir).")
@click.option(
    "--adopt",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Take the signer's memory from a checkpoint of its own, after the memory was lost.",
)
def sign(signer_dir: Path | None, adopt: Path | None, *, once: bool) -> None:
    """Sign the log as a process of its own, until stopped; `serve` does it too where it has the key.

    Refuses, and signs nothing, when the database went back in time or changed. Exit code 1 says so with --once.
    """
    settings = plain_settings()
    files = SignerFiles(directory=signer_dir or settings.data_dir / SIGNER_DIR)
    if not once:
        _log_events(settings)
    if adopt is not None:
        _adopt(files, adopt.read_bytes())
    asyncio.run(_sign(files, LogFolder(settings.data_dir / LOG_DIR), running_database(settings), once=once))


def _adopt(files: SignerFiles, note: bytes) -> None:
    signed = open_checkpoint(note, keys=[files.key().verifier_key]).checkpoint
    try:
        remembered = files.state()
    except Refused:
        remembered = Checkpoint(origin=signed.origin, size=0, root=signed.root)
    if remembered.size >= signed.size and remembered != signed:
        message = (
            f"the signer remembers {remembered.size} leaves and another tree than this checkpoint of {signed.size}"
        )
        raise Refused(message)
    files.keep_state(signed)


async def _sign(files: SignerFiles, folder: LogFolder, url: str, *, once: bool) -> None:
    source = await log_reader(url)
    try:
        signer = Signer(files=files, folder=folder, source=source)
        if not once:
            await keep_signing(signer, wake=asyncio.Event())
        with signer.holding():
            checkpoint = await signer.publish()
        click.echo(f"{checkpoint.origin}: {checkpoint.size} leaves published.")
    except Busy:
        message = "another process signs this log now, within a second of each change"
        raise click.ClickException(message) from None
    finally:
        await source.close()


@log.command()
@click.option("--case", "code", metavar="CODE", help="Only this case (its code): small, with a proof for each act.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to write (default: here).")
@click.option("--no-records", is_flag=True, help="Leave out what the records say: nothing personal leaves.")
def bundle(code: str | None, out: Path | None, *, no_records: bool) -> None:
    """Write a ZIP with everything a person needs to check the log offline, and a page that does it in a browser.

    Hand the verifier key over by another way: on paper, or read aloud.
    """
    path = out or Path(f"log-{code or 'whole'}.zip")
    count = asyncio.run(_bundle(path, code=code, with_records=not no_records))
    click.echo(f"{path}: {count} entries.")


async def _bundle(path: Path, *, code: str | None, with_records: bool) -> int:
    settings = plain_settings()
    database = Database(running_database(settings))
    try:
        contents = await bundle_contents(
            database, LogFolder(settings.data_dir / LOG_DIR), code=code, with_records=with_records
        )
    finally:
        await database.close()
    return write_bundle(path, contents)


def _log_events(settings: Settings) -> None:
    """Log what happens, line by line, for a command that stays."""
    configure_logs(level=settings.log_level, form=settings.log_format)


def _data_dir() -> Path:
    return plain_settings().data_dir
