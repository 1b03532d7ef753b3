"""`policy`: authority as data, checked."""

from pathlib import Path

import click

from sandbox_registry.authz.checks import StageOwner, check_policy
from sandbox_registry.cli.errors import report_findings
from sandbox_registry.domain.stages import APPLICATION_STAGES
from sandbox_registry.rulebook.procedure_files import load_procedures
from sandbox_registry.runtime.shipped import shipped


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
    report_findings(
        [f"{finding.where}: {finding.message} [{finding.code}]" for finding in found], "The policy is in order."
    )


def _stage_owners(folder: Path) -> list[StageOwner]:
    """Return who must be able to act at each stage of an application that is not an end, by procedure."""
    # Acts on a permit under trial do not exist yet; when they do, its stages belong here as well.
    return [
        (procedure.code, rule.stage, rule.owner)
        for procedure in load_procedures(folder).values()
        for rule in procedure.stages
        if rule.next and rule.stage in APPLICATION_STAGES
    ]
