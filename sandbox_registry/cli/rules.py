"""Regulation and authority as data, checked from the command line."""

from pathlib import Path

import click

from sandbox_registry.authz.checks import StageOwner, check_policy
from sandbox_registry.domain.stages import APPLICATION_STAGES
from sandbox_registry.rulebook.calendar_files import CalendarFileError, load_calendar
from sandbox_registry.rulebook.procedure_checks import check_procedures
from sandbox_registry.rulebook.procedure_files import load_procedures
from sandbox_registry.runtime.shipped import shipped


@click.group()
def rules() -> None:
    """Procedures and calendars: the regulation as data."""


@rules.command("check")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
def check_rules(path: Path | None) -> None:
    """Check procedure files: units, legal bases, stages, timers, form fields, and the calendar.

    PATH is a file or a directory of procedures; without it the ones of this installation are checked.
    """
    found = [str(finding) for finding in check_procedures(path or shipped("policies") / "procedures")]
    if path is None:
        found += _calendar_problems(shipped("policies") / "calendars")
    _report(found, "The rules are in order.")


@click.group()
def policy() -> None:
    """Authority: who may do what, at which stage."""


@policy.command("check")
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check_authority(path: Path | None) -> None:
    """Prove over every role, relation, stage and act that the policy keeps its promises.

    PATH is a directory with model.conf and policy.csv; without it the one of this installation is checked, and
    that each stage of an application has, in each procedure, an owner who can act there.
    """
    owners = [] if path else _stage_owners(shipped("policies") / "procedures")
    found = check_policy(path or shipped("policies") / "casbin", stage_owners=owners)
    _report([f"{finding.where}: {finding.message} [{finding.code}]" for finding in found], "The policy is in order.")


def _report(found: list[str], all_well: str) -> None:
    for line in found:
        click.echo(line)
    if found:
        message = f"{len(found)} found."
        raise click.ClickException(message)
    click.echo(all_well)


def _calendar_problems(folder: Path) -> list[str]:
    found = []
    for path in sorted(folder.glob("*.toml")):
        try:
            load_calendar(path)
        except CalendarFileError as error:
            found += str(error).splitlines()
    return found


def _stage_owners(folder: Path) -> list[StageOwner]:
    """Return who must be able to act at each stage of an application that is not an end, by procedure."""
    # Acts on a permit under trial do not exist yet; when they do, its stages belong here as well.
    return [
        (procedure.code, rule.stage, rule.owner)
        for procedure in load_procedures(folder).values()
        for rule in procedure.stages
        if rule.next and rule.stage in APPLICATION_STAGES
    ]
