"""The command line of the log: keys, signing, and what outsiders run to check it."""

import asyncio
import os
from pathlib import Path
from typing import Any

import click

from sandbox_registry.db.embedded import running_url
from sandbox_registry.db.log import LogUnreachable, log_reader
from sandbox_registry.jobs.signing import Refused, Signer, SignerFiles, keep_signing
from sandbox_registry.jobs.signing_tasks import LOG_DIR, SIGNER_DIR
from sandbox_registry.logs import configure_logs
from sandbox_registry.settings import Settings
from sandbox_registry.transparency.checkpoints import Checkpoint, open_checkpoint
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.keys import KeyType, format_vkey
from sandbox_registry.usecases.log_folder import Busy, LogFolder
from sandbox_registry.usecases.log_keys import KeyFileError, make_key, read_key

FAILED, MISUSED = 1, 2


class LogCommands(click.Group):
    """Commands whose expected errors end as one line each."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyFileError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(MISUSED)
        except (LogError, LogUnreachable, OSError, Refused) as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(FAILED)


@click.group(cls=LogCommands)
def log() -> None:
    """Sign, witness, verify and hand out the log that nobody can rewrite unseen."""


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
        made = make_key(path, name=name, key_type=KeyType.COSIGNATURE_V1)
    else:
        made = SignerFiles(directory=path or _data_dir() / SIGNER_DIR).make(name=name)
    click.echo(format_vkey(made.verifier_key))


@key.command("show")
@click.option("--file", "path", type=click.Path(path_type=Path), help="The key (default: of this log's signer).")
@_WITNESS_KEY
def key_show(path: Path | None, *, is_witness: bool) -> None:
    """Print the verifier key that belongs to a private key."""
    kind = KeyType.COSIGNATURE_V1 if is_witness else KeyType.ED25519
    found = read_key(path or SignerFiles(directory=_data_dir() / SIGNER_DIR).key_path, key_type=kind)
    click.echo(format_vkey(found.verifier_key))


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
    settings = _settings()
    files = SignerFiles(directory=signer_dir or settings.data_dir / SIGNER_DIR)
    if not once:
        _say_events(settings)
    if adopt is not None:
        _adopt(files, adopt.read_bytes())
    asyncio.run(_sign(files, LogFolder(settings.data_dir / LOG_DIR), _database_url(settings), once=once))


def _adopt(files: SignerFiles, note: bytes) -> None:
    signed = open_checkpoint(note, keys=[read_key(files.key_path).verifier_key]).checkpoint
    try:
        known = files.state()
    except Refused:
        known = Checkpoint(origin=signed.origin, size=0, root=signed.root)
    if known.size >= signed.size and known != signed:
        message = f"the signer remembers {known.size} leaves and another tree than this checkpoint of {signed.size}"
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


def _settings() -> Settings:
    return Settings.from_environ(os.environ)


def _say_events(settings: Settings) -> None:
    """Let a command that stays say what happens, line by line."""
    configure_logs(level=settings.log_level, form=settings.log_format)


def _data_dir() -> Path:
    return _settings().data_dir


def _database_url(settings: Settings) -> str:
    url = settings.database_url or running_url(settings.data_dir)
    if url is None:
        message = f"no database runs in {settings.data_dir}; keep `sandbox-registry serve` running, or set DATABASE_URL"
        raise click.ClickException(message)
    return url
