"""The command line of the log: keys, signing, and what outsiders run to check it."""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from sandbox_registry.authz.policy import Policy as Authority
from sandbox_registry.cli_witness import witness
from sandbox_registry.db.embedded import running_url
from sandbox_registry.db.engine import Database
from sandbox_registry.db.log import LogUnreachable, log_reader
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.texts import Language, Text
from sandbox_registry.jobs.signing import Refused, Signer, SignerFiles
from sandbox_registry.jobs.signing_loop import keep_signing
from sandbox_registry.logs import configure_logs
from sandbox_registry.settings import Settings
from sandbox_registry.shipped import shipped
from sandbox_registry.transparency.checkpoints import Checkpoint, checkpoint_of, open_checkpoint
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.keys import KeyType, format_vkey
from sandbox_registry.transparency.notes import parse_note
from sandbox_registry.transparency.policies import Policy, PolicyLog
from sandbox_registry.transparency.policy_files import parse_policy
from sandbox_registry.usecases.log_bundles import bundle_contents, check_bundle, is_of_one_case, write_bundle
from sandbox_registry.usecases.log_cosigning import POLICY_FILE, is_overdue, last_cosigned_at, registry_policy
from sandbox_registry.usecases.log_database import authorities_in, check_database
from sandbox_registry.usecases.log_findings import Report
from sandbox_registry.usecases.log_folder import CHECKPOINT, LOG_DIR, SIGNER_DIR, Busy, LogFolder, MissingFile
from sandbox_registry.usecases.log_keys import KeyFileError, make_key, read_key, read_vkey
from sandbox_registry.usecases.log_sources import LogSource, ZipLog, open_source
from sandbox_registry.usecases.log_trees import check_checkpoint, check_published

FAILED, MISUSED = 1, 2
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


class LogCommands(click.Group):
    """Commands whose expected errors end as one line each."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyFileError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(MISUSED)
        except (LogError, LogUnreachable, MissingFile, NotFound, OSError, Refused) as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(FAILED)


@click.group(cls=LogCommands)
def log() -> None:
    """Sign, witness, verify and hand out the log that nobody can rewrite unseen."""


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
    if is_overdue(folder, policy=policy, now=time.time()):
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


@log.command()
@click.argument("source", required=False)
@click.option("--key", "vkey", help="The log's verifier key, or a file with it, from elsewhere than the log.")
@click.option("--policy", "policy_file", type=_FILE, help="Which log and witnesses are believed (C2SP tlog-policy).")
@click.option("--since", type=_FILE, help="A checkpoint kept earlier, which the log must continue.")
@click.option("--copy", "kept_copy", help="A folder or bundle kept earlier, to compare entry by entry.")
@click.option(
    "--authority",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with another version of the authority policy (model.conf, policy.csv); may be repeated.",
)
@click.option("--lang", type=click.Choice(["vi", "en", "fr"]), default="vi", show_default=True)
def verify(
    *,
    source: str | None,
    vkey: str | None,
    policy_file: Path | None,
    since: Path | None,
    kept_copy: str | None,
    folders: tuple[Path, ...],
    lang: str,
) -> None:
    """Check the log from the entries up; say the first that is wrong, and how.

    SOURCE is an address (https://sandbox.camau.gov.vn/log), a folder, or a bundle. Without it the database of this
    installation is checked against its published log: every leaf, record and row, and that every step was legal.
    The key never comes from the thing being checked: get it on paper, or from the council's secretariat.

    Exit codes: 0 nothing wrong, 1 something is wrong, 2 wrong use.
    """
    policy = _policy_of(vkey, policy_file)
    report = Report()
    authorities = authorities_in((shipped("policies") / "casbin", *folders))
    given = open_source(source) if source else LogFolder(_data_dir() / LOG_DIR)
    if isinstance(given, ZipLog) and is_of_one_case(given):
        checkpoint = check_checkpoint(given.read(CHECKPOINT), policy=policy, report=report)
    else:
        checkpoint, _ = check_published(
            given,
            policy=policy,
            since=since.read_bytes() if since else None,
            copy=open_source(kept_copy) if kept_copy else None,
            report=report,
        )
    if source is None:
        asyncio.run(_verify_database(given, checkpoint, authorities, report))
    elif isinstance(given, ZipLog) and checkpoint is not None:
        check_bundle(given, checkpoint=checkpoint, authorities=authorities, report=report)
    else:
        report.add("records_not_given")
    _tell(report, Language(lang))


def _policy_of(vkey: str | None, policy_file: Path | None) -> Policy:
    if (vkey is None) == (policy_file is None):
        message = "give the key to believe with --key, or a policy with --policy; it never comes from the log itself"
        raise click.UsageError(message)
    if policy_file is not None:
        return parse_policy(policy_file.read_bytes())
    return Policy(logs=(PolicyLog(key=read_vkey(vkey or "")),))


async def _verify_database(
    published: LogSource, checkpoint: Checkpoint | None, authorities: Mapping[str, Authority], report: Report
) -> None:
    database = Database(_database_url(_settings()))
    try:
        await check_database(
            database, published=published, checkpoint=checkpoint, authorities=authorities, report=report
        )
    finally:
        await database.close()


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
    settings = _settings()
    database = Database(_database_url(settings))
    try:
        contents = await bundle_contents(
            database, LogFolder(settings.data_dir / LOG_DIR), code=code, with_records=with_records
        )
    finally:
        await database.close()
    return write_bundle(path, contents)


def _tell(report: Report, language: Language) -> None:
    """Say what was found and leave with the exit code."""
    first = report.first_bad
    for finding in report.findings:
        if finding is not first:
            click.echo(("✗ " if finding.is_bad else "· ") + finding.text.said_in(language))
    if report.checkpoint is not None:
        click.echo(_CHECKED.filled(origin=report.checkpoint.origin, size=report.checkpoint.size).said_in(language))
    click.echo(_COUNTED.filled(entries=report.entries, records=report.records, rows=report.rows).said_in(language))
    if report.cosigned_at is not None:
        when = datetime.fromtimestamp(report.cosigned_at, UTC)
        click.echo(
            _COSIGNED.filled(who=", ".join(report.cosigned_by), when=f"{when:%Y-%m-%d %H:%M} UTC").said_in(language)
        )
    if first is None:
        click.echo(_GOOD.said_in(language))
        return
    click.echo("✗ " + first.text.said_in(language))
    click.echo(_BAD.said_in(language))
    sys.exit(FAILED)


_CHECKED = Text(
    vi="Điểm kiểm tra: {origin}, {size} mục.",
    en="Checkpoint: {origin}, {size} entries.",
    fr="Point de contrôle : {origin}, {size} entrées.",
)
_COUNTED = Text(
    vi="Đã băm lại {entries} mục, mở {records} bản ghi, đối chiếu {rows} dòng.",
    en="Hashed {entries} entries again, opened {records} records, compared {rows} rows.",
    fr="{entries} entrées hachées à nouveau, {records} enregistrements ouverts, {rows} lignes comparées.",
)
_COSIGNED = Text(
    vi="Người chứng kiến: {who}; lần cuối {when}.",
    en="Witnesses: {who}; last at {when}.",
    fr="Témoins : {who} ; dernière fois à {when}.",
)
_GOOD = Text(
    vi="CÓ, nhật ký nguyên vẹn: không ai sửa hay bỏ mục nào.",
    en="YES, the log is whole: nothing was changed or dropped.",
    fr="OUI, le journal est intact : rien n'a été modifié ni retiré.",
)
_BAD = Text(
    vi="KHÔNG, nhật ký không nguyên vẹn. Hãy giữ nguyên các tệp này và báo cho Thường trực HĐND.",
    en="NO, the log is not whole. Keep these files as they are and tell the Standing Committee of the People's Council.",
    fr="NON, le journal n'est pas intact. Conservez ces fichiers tels quels et prévenez la permanence du Conseil populaire.",
)


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
