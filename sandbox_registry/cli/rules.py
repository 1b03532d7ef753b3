"""`rules`: regulation as data, checked."""

from pathlib import Path

import click

from sandbox_registry.cli.errors import report_findings
from sandbox_registry.rulebook.calendar_checks import check_calendars
from sandbox_registry.rulebook.procedure_checks import check_procedures
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
    findings = [str(finding) for finding in check_procedures(path or shipped("policies") / "procedures")]
    if path is None:
        findings += map(str, check_calendars(shipped("policies") / "calendars"))
    report_findings(findings, "The rules are in order.")
