"""Acts that were lost when an older backup was restored: which leaves stand without what opens them, and which leaf says so.

Their entries were put back from the published log, so that it goes on as it was signed; what they said is gone.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sandbox_registry.auditlog.verifying.entries import GivenLeaf, commitment, moment_of, read_leaf, read_record
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.domain.rules.calendars import local_date

RESTORING = "backup:restore"
_NAMED = RESTORING.encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A restored backup: the leaf that says so, when that was, and the leaves after the backup that it lost."""

    leaf: int
    on: datetime
    lost: range


def losses_in(leaves: Iterable[GivenLeaf]) -> Mapping[int, Loss]:
    """Map each leaf whose act was lost to the restore that accounts for it; leaves after the restore are none of them."""
    found: dict[int, Loss] = {}
    for leaf in leaves:
        if leaf.statement is None or leaf.record is None or _NAMED not in leaf.statement.content:
            continue
        said, record = read_leaf(leaf).said, read_record(leaf.record.content)
        if said is None or record is None or (said["act"], said["result"]) != (RESTORING, "done"):
            continue
        if not hmac.compare_digest(commitment(leaf.record), said["commit"]):
            continue
        for each in record["objects"]:
            begin, count = each["state"].get("log_size"), each["state"].get("lost", 0)
            if each["type"] == "backup" and type(begin) is type(count) is int and 0 < begin + count <= leaf.index:
                lost = range(begin, begin + count)
                found |= dict.fromkeys(lost, Loss(leaf=leaf.index, on=moment_of(said), lost=lost))
    return found


def without_lost(leaves: list[GivenLeaf], *, report: Report) -> list[GivenLeaf]:
    """Return the leaves that can be judged: all but those that nothing opens any more, where a restore accounts for that.

    What was lost is reported, once for each restore.
    """
    losses = losses_in(leaves)
    _tell(losses, report=report)
    return [leaf for leaf in leaves if leaf.index not in losses or leaf.statement or leaf.record]


def _tell(losses: Mapping[int, Loss], *, report: Report) -> None:
    for loss in dict.fromkeys(losses.values()):
        report.add(
            "lost",
            loss.lost[0],
            last=loss.lost[-1],
            count=len(loss.lost),
            on=local_date(loss.on).isoformat(),
            leaf=loss.leaf,
        )
