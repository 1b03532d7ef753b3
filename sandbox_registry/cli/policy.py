"""`policy`: authority as data, checked."""

from pathlib import Path

import click

from sandbox_registry.authz.checks import check_policy
from sandbox_registry.cli.errors import report_findings
from sandbox_registry.runtime.shipped import shipped


@click.group()
def policy() -> None:
    """Authority: who may do what, at which stage."""


@policy.command("check")
@click.argument("path", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
def check_authority(path: Path | None) -> None:
    """Prove over every role, relation, stage and act that the policy keeps its promises.

    PATH is a directory with model.conf and policy.csv; without it the one of this installation is checked. That the
    policy lets the owner of each stage take a case on is for `rules check` to say.
    """
    findings = check_policy(path or shipped("policies") / "casbin")
    report_findings(
        [f"{finding.where}: {finding.message} [{finding.code}]" for finding in findings], "The policy is in order."
    )
