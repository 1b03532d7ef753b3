"""Checks that time never runs backwards in the log, unless the log itself says that the clock was set back.

An act is dated when it begins and its leaf is appended when it ends, so leaves may stand a little out of order.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox_registry.auditlog.verifying.entries import ReadLeaf, moment_of, read_record
from sandbox_registry.auditlog.verifying.findings import Report

CLOCK_STEP = "clock:step"
SLACK = timedelta(minutes=1)
"""How much earlier than one before it a leaf may be dated though nobody set a clock: the longest act."""


@dataclass(slots=True, kw_only=True)
class Times:
    """The times of a whole log. Feed every leaf in order.

    `tolerance` is the largest step that the program puts on no record (SANDBOX_CLOCK_TOLERANCE). When the program notices
    a step, some acts are dated by the new time already: the leaf that says it excuses those before it as well.
    """

    report: Report
    tolerance: timedelta
    _latest: datetime | None = None
    _first_early: int | None = None
    _behind: timedelta = timedelta()

    def feed(self, leaf: ReadLeaf) -> None:
        """Process one leaf."""
        if leaf.said is None:
            return
        at, slack = moment_of(leaf.said), self.tolerance + SLACK
        if self._latest is None or at >= self._latest:
            self.finish()
            self._latest = at
            return
        behind = self._latest - at
        if behind <= slack:
            return
        if _step_back(leaf) >= behind - slack:
            self._latest, self._first_early = at, None
        elif self._first_early is None:
            self._first_early, self._behind = leaf.index, behind

    def finish(self) -> None:
        """Report where time ran backwards and no leaf accounts for it."""
        if self._first_early is not None:
            self.report.add("time_backwards", self._first_early, minutes=self._behind // timedelta(minutes=1))
            self._first_early = None


def _step_back(leaf: ReadLeaf) -> timedelta:
    """Say by how much the clock was set back, by a leaf that says so; zero for any other."""
    said, opening = leaf.said or {}, leaf.given.record
    record = None if opening is None else read_record(opening.content)
    if record is None or (said["act"], said["result"]) != (CLOCK_STEP, "done"):
        return timedelta()
    return timedelta(milliseconds=sum(-each["state"]["milliseconds"] for each in record["objects"]))
