"""`log verify`: checks the log, or the whole database against it, and says in the reader's language what is wrong."""

import asyncio
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from sandbox_registry.auditlog.publishing.folder import LOG_DIR, SIGNER_DIR, LogFolder
from sandbox_registry.auditlog.publishing.signing import Refused, SignerFiles
from sandbox_registry.auditlog.verifying.bundles import check_bundle, is_of_one_case
from sandbox_registry.auditlog.verifying.database import Evidence, authorities_in, check_database
from sandbox_registry.auditlog.verifying.findings import LogFinding, Report
from sandbox_registry.auditlog.verifying.trees import check_checkpoint, check_published, read_if_there
from sandbox_registry.authz.policy import AuthorizationPolicy
from sandbox_registry.cli.environment import plain_settings, running_database
from sandbox_registry.cli.errors import FAILED
from sandbox_registry.db.core.engine import Database
from sandbox_registry.domain.operations.account_mails import MailSeals
from sandbox_registry.domain.texts import Language, Phrase
from sandbox_registry.runtime.file_sources import FileSource, ZipSource, open_source
from sandbox_registry.runtime.key_files import read_public_key
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.transparency.checkpoints import CHECKPOINT, COSIGNED, Checkpoint
from sandbox_registry.transparency.key_sheets import parse_public
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.transparency.policy_files import parse_policy

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
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
@click.option("--files", "with_files", is_flag=True, help="Also hash every stored file of the dossiers again.")
@click.option("--lang", type=click.Choice(["vi", "en", "fr"]), default="vi", show_default=True)
def verify(
    *,
    source: str | None,
    vkey: str | None,
    policy_file: Path | None,
    since: Path | None,
    kept_copy: str | None,
    folders: tuple[Path, ...],
    with_files: bool,
    lang: str,
) -> None:
    """Check the log from the entries up; say the first that is wrong, and how.

    SOURCE is an address (https://sandbox.camau.gov.vn/log), a folder, or a bundle. Without it the database of this
    installation is checked against its published log: every leaf, record and row, and that every step was legal.
    The key never comes from the thing being checked: get it on paper, or from the council's secretariat.

    Exit codes: 0 nothing wrong, 1 something is wrong, 2 wrong use.
    """
    if source is not None and with_files:
        message = "--files is for the database of this installation: give no SOURCE"
        raise click.UsageError(message)
    policy = _policy_of(vkey, policy_file)
    report = Report()
    authorities = authorities_in((shipped("policies") / "casbin", *folders))
    opened = open_source(source) if source else LogFolder(plain_settings().data_dir / LOG_DIR)
    if isinstance(opened, ZipSource) and is_of_one_case(opened):
        checkpoint = check_checkpoint(
            opened.read(CHECKPOINT), policy=policy, report=report, cosigned=read_if_there(opened, COSIGNED)
        )
    else:
        checkpoint, _ = check_published(
            opened,
            policy=policy,
            since=since.read_bytes() if since else None,
            copy=open_source(kept_copy) if kept_copy else None,
            report=report,
        )
    if source is not None and since is None and kept_copy is None and report.cosigned_at is None:
        report.add("history_unproved")
    if source is None:
        asyncio.run(_verify_database(opened, checkpoint, authorities, report, with_files=with_files))
    elif isinstance(opened, ZipSource) and checkpoint is not None:
        check_bundle(opened, checkpoint=checkpoint, authorities=authorities, report=report)
    else:
        report.add("records_not_given")
    _print_report(report, Language(lang))


def _policy_of(vkey: str | None, policy_file: Path | None) -> WitnessPolicy:
    if (vkey is None) == (policy_file is None):
        message = "give the key to believe with --key, or a policy with --policy; it never comes from the log itself"
        raise click.UsageError(message)
    if policy_file is not None:
        return parse_policy(policy_file.read_bytes())
    return WitnessPolicy(logs=(PolicyLog(key=read_public_key(vkey or "", parse_public)),))


async def _verify_database(
    published: FileSource,
    checkpoint: Checkpoint | None,
    authorities: Mapping[str, AuthorizationPolicy],
    report: Report,
    *,
    with_files: bool,
) -> None:
    settings = plain_settings()
    signed = _signed_last(SignerFiles(directory=settings.data_dir / SIGNER_DIR))
    database = Database(running_database(settings))
    try:
        await check_database(
            database,
            Evidence(
                published=published,
                checkpoint=checkpoint,
                authorities=authorities,
                signed=signed,
                tolerance=settings.clock_tolerance,
                seals=MailSeals(settings.pseudonym_key),
                files=settings.data_dir / "documents" if with_files else None,
            ),
            report=report,
        )
    finally:
        await database.close()


def _signed_last(files: SignerFiles) -> Checkpoint | None:
    """Return what the signer remembers, where it is on this machine and may be read."""
    try:
        return files.state()
    except Refused:
        return None


def _told(finding: LogFinding, report: Report, language: Language) -> str:
    """Say for people which case and act a finding is about, and below it, moved in, what was found."""
    place = ", ".join(each.in_language(language) for each in report.place_of(finding))
    text = finding.text.in_language(language)
    return f"{place}:\n    {text}" if place else text


def _print_report(report: Report, language: Language) -> None:
    """Print what was found and leave with the exit code."""
    first = report.first_bad
    for finding in report.findings:
        if finding is not first:
            click.echo(("✗ " if finding.is_bad else "· ") + _told(finding, report, language))
    if report.checkpoint is not None:
        click.echo(
            Phrase("verify.checkpoint", origin=report.checkpoint.origin, size=report.checkpoint.size).in_language(
                language
            )
        )
    click.echo(
        Phrase("verify.counted", entries=report.entries, records=report.records, rows=report.rows).in_language(language)
    )
    if report.rows:
        files = Phrase("verify.files", count=report.files) if report.files else Phrase("verify.files_not_compared")
        click.echo(files.in_language(language))
        click.echo(Phrase("verify.not_compared").in_language(language))
    if report.cosigned_at is not None:
        when = datetime.fromtimestamp(report.cosigned_at, UTC)
        click.echo(
            Phrase("verify.cosigned", who=", ".join(report.cosigned_by), when=f"{when:%Y-%m-%d %H:%M} UTC").in_language(
                language
            )
        )
    if first is None:
        words = Phrase("verify.good") if report.is_whole else Phrase("verify.good_in_part")
        click.echo(words.in_language(language))
        return
    click.echo("✗ " + _told(first, report, language))
    click.echo(Phrase("verify.bad").in_language(language))
    sys.exit(FAILED)
