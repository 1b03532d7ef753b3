"""Bundles of a case, written and checked."""

from pathlib import Path

from sandbox_registry.auditlog.publishing.bundles import bundle_contents, write_bundle
from sandbox_registry.auditlog.verifying.bundles import check_bundle, is_of_one_case
from sandbox_registry.auditlog.verifying.database import authorities_in
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.trees import check_checkpoint, check_published, read_if_there
from sandbox_registry.runtime.file_sources import ZipSource
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.transparency.policies import WitnessPolicy
from tests.support.ledger import Ledger


async def written(ledger: Ledger, path: Path, *, code: str | None = None, with_records: bool = True) -> Path:
    contents = await bundle_contents(ledger.database, ledger.folder, code=code, with_records=with_records)
    write_bundle(path, contents)
    return path


def checked(path: Path, policy: WitnessPolicy) -> Report:
    bundle, report = ZipSource(path), Report()
    if is_of_one_case(bundle):
        checkpoint = check_checkpoint(
            bundle.read("checkpoint"),
            policy=policy,
            report=report,
            cosigned=read_if_there(bundle, "checkpoint-cosigned"),
        )
    else:
        checkpoint, _ = check_published(bundle, policy=policy, report=report)
    if checkpoint is not None:
        authorities = authorities_in((shipped("policies") / "casbin",))
        check_bundle(bundle, checkpoint=checkpoint, authorities=authorities, report=report)
    return report
