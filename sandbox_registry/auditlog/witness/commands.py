"""The command line of a witness: what a council member runs, on a computer that is not the registry's."""

import secrets
import sys
import time
from pathlib import Path
from typing import Any

import click

from sandbox_registry.auditlog.witness.server import WitnessServer
from sandbox_registry.auditlog.witness.witness import SplitView, StateDamaged, WentBack, Witness
from sandbox_registry.runtime.clocks import system_clock
from sandbox_registry.runtime.file_sources import HttpSource
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.runtime.http_client import post
from sandbox_registry.runtime.key_files import KeyFileError, read_public_key, write_key_file
from sandbox_registry.transparency.errors import KeyNameError, LogError
from sandbox_registry.transparency.keys import (
    KEY_SIZE,
    KeyType,
    VerifierKey,
    format_signing_key,
    format_vkey,
    new_key,
    parse_vkey,
)

FAILED, MISUSED, CAUGHT = 1, 2, 3
_DIR = click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path.home() / ".sandbox-witness",
    show_default=True,
    help="Where this witness keeps its key and what it cosigned.",
)
_LOGS = click.option(
    "--log", "logs", multiple=True, required=True, metavar="VKEY", help="A log's verifier key, or a file with it."
)


class WitnessCommands(click.Group):
    """Commands whose expected errors end as one line each."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (KeyFileError, KeyNameError) as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(MISUSED)
        except (LogError, MissingFile, OSError) as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(FAILED)


@click.group(cls=WitnessCommands)
def witness() -> None:
    """Cosign the log as a council member: only what continues everything cosigned before."""


@witness.command("new")
@click.argument("name")
@_DIR
def new(name: str, directory: Path) -> None:
    """Make a witness's key and print the half to hand to the registry.

    NAME is an address-like name of one's own: hdnd.camau.gov.vn/thuong-truc.
    """
    key = new_key(name, seed=secrets.token_bytes(KEY_SIZE), key_type=KeyType.COSIGNATURE_V1)
    write_key_file(directory / "key", format_signing_key(key))
    click.echo(format_vkey(key.verifier_key))


@witness.command()
@_DIR
@_LOGS
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True)
def serve(directory: Path, logs: tuple[str, ...], host: str, port: int) -> None:
    """Answer the registry's requests (C2SP tlog-witness) until stopped."""
    with WitnessServer((host, port), _witness(directory, logs)) as server:
        click.echo(f"http://{host}:{server.server_address[1]}")
        server.serve_forever()


@witness.command()
@_DIR
@_LOGS
@click.argument("url")
@click.option("--every", type=click.IntRange(1, 86400), metavar="SECONDS", help="Go on, this often, until stopped.")
@click.option("--keep-to-myself", is_flag=True, help="Do not send the cosignature back to the registry.")
def pull(directory: Path, logs: tuple[str, ...], url: str, every: int | None, *, keep_to_myself: bool) -> None:
    """Fetch the log at URL, check that it continues what was cosigned before, cosign, and send that back.

    Exit codes: 0 cosigned, 1 could not be checked now, 3 the log was caught showing two faces.
    """
    mine = _witness(directory, logs)
    origins = [key.name for key in _verifier_keys(logs)]
    while True:
        codes = [_pull(mine, url, origin, is_sent=not keep_to_myself) for origin in origins]
        if every is None:
            sys.exit(max(codes))
        time.sleep(every)


def _pull(mine: Witness, url: str, origin: str, *, is_sent: bool) -> int:
    try:
        note = mine.pull(HttpSource(url), origin)
        click.echo(f"{origin}: {note.split(chr(10).encode())[1].decode()} entries cosigned.")
        if is_sent:
            status, _, _ = post(f"{url.rstrip('/')}/cosignatures", note)
            click.echo(f"sent: {status}")
    except SplitView as error:
        click.echo(
            f"!!! {error}\n"
            f"!!! Nhật ký {origin} đã cho hai người xem hai bản khác nhau. Hãy giữ tệp trên và báo Thường trực HĐND.\n"
            "!!! Keep that file and tell the Standing Committee of the People's Council.",
            err=True,
        )
        return CAUGHT
    except (LogError, MissingFile, OSError, StateDamaged, WentBack) as error:
        click.echo(f"Error: {error}", err=True)
        return FAILED
    return 0


def _witness(directory: Path, logs: tuple[str, ...]) -> Witness:
    return Witness(directory=directory, logs=_verifier_keys(logs), now=lambda: int(system_clock().timestamp()))


def _verifier_keys(logs: tuple[str, ...]) -> tuple[VerifierKey, ...]:
    return tuple(read_public_key(each, parse_vkey) for each in logs)
