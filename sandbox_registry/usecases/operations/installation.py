"""What the program puts on record about itself: the policy, keys and witnesses it goes by, steps of its clock, backups.

None of it is a person's act. The actor is the program, or its operator at the command line, and the policy is asked
as for anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from sandbox_registry.authz import Action
from sandbox_registry.db.operations import installation
from sandbox_registry.domain.operations.installation import (
    ClockStep,
    Fact,
    FactChange,
    change_of,
    fact_id,
    step_while_away,
)
from sandbox_registry.runtime.failures import Failure
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import operator
from sandbox_registry.usecases.transaction.transactions import Transactions

ACTS = {
    Fact.AUTHORITY_POLICY: Action.POLICY_CHANGE,
    Fact.LOG_KEY: Action.KEY_CHANGE,
    Fact.PSEUDONYM_KEY: Action.KEY_CHANGE,
    Fact.WITNESS_POLICY: Action.WITNESS_CHANGE,
    Fact.WITNESS_VERDICT: Action.WITNESS_REPORT,
}

logger = structlog.get_logger("registry.installation")


class FalseTime(Failure):
    """Something would be done at a false time; the message is one line."""


def program(method: str) -> RequestContext:
    """Return the program as it acts by itself: at its `start`, or on its `watch`."""
    return operator(method=method, request_id=method)


class Installation:
    """One method per thing an installation says of itself."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def announce(self, *, rehearses: bool = False) -> None:
        """Put on record which policy decides and under which key people have their pseudonyms, before anything else is.

        Every process that writes leaves does this at its start; of several at once one leaves the leaf. `rehearses` says
        that the clock is one that somebody moves.

        Raises:
            FalseTime: a rehearsal's clock stands behind what is on record.

        """
        if rehearses and (behind := await self.step_since_last_leaf(tolerance=timedelta(0))) is not None:
            message = (
                f"The clock of SANDBOX_CLOCK_FILE is {-behind} behind the last entry of this registry's log. Nothing is "
                "rehearsed on a registry that holds anything: begin with an empty data directory."
            )
            raise FalseTime(message)
        policy, pseudonyms = self.transactions.authorizer.policy, self.transactions.pseudonyms
        texts = {"model": policy.model_text, "policy": policy.policy_text}
        await self.note(program("start"), Fact.AUTHORITY_POLICY, policy.version, details=texts)
        await self.note(program("start"), Fact.PSEUDONYM_KEY, pseudonyms.check_value)

    async def note(
        self,
        context: RequestContext,
        fact: Fact,
        value: str | None,
        *,
        of: str = "",
        details: Mapping[str, str] | None = None,
    ) -> FactChange | None:
        """Put on record what holds now, if the log does not say so already; return the change, null when there is none.

        Raises:
            PermissionDenied: the policy does not let this actor; the refusal is a leaf.

        """
        identity = fact_id(fact, of)
        async with self.transactions.primary() as primary:
            recorded = await primary.run(installation.last_known, identity)
        if change_of(fact, value, known=recorded) is None:
            return None
        async with self.transactions.open(context, ACTS[fact]) as act:
            await act.run(installation.lock, identity)
            recorded = await act.run(installation.last_known, identity)
            change = change_of(fact, value, known=recorded, of=of, details=details)
            if change is None:
                act.skip_audit()  # Another process was faster.
            else:
                act.record_state(fact, change.id, change.version, change)
        if change is not None and change.before is not None:
            logger.warning("installation.changed", fact=fact, of=of, before=change.before, after=change.after)
        return change

    async def note_clock_step(self, context: RequestContext, step: timedelta, *, was_running: bool) -> ClockStep:
        """Put on record that the wall clock was set, and by how much; raises as `note`."""
        async with self.transactions.open(context, Action.CLOCK_STEP) as act:
            clock_step = ClockStep(
                id=act.new_id(),
                version=1,
                milliseconds=round(step / timedelta(milliseconds=1)),
                was_running=was_running,
            )
            act.record_state("clock", clock_step.id, clock_step.version, clock_step)
        return clock_step

    async def last_leaf_at(self) -> datetime | None:
        """Say when the newest leaf was written, by its own time; null while the log is empty."""
        async with self.transactions.primary() as primary:
            last: datetime | None = await primary.run(installation.last_leaf_at)
        return last

    async def step_since_last_leaf(self, *, tolerance: timedelta) -> timedelta | None:
        """Say how far the clock stands behind the last leaf; null when it does not, give or take the tolerance."""
        return step_while_away(await self.last_leaf_at(), self.transactions.now(), tolerance=tolerance)


@dataclass(frozen=True, slots=True)
class WatchRecords:
    """What the watch over clock, key and witnesses puts on record, as the program."""

    installation: Installation

    def now(self) -> datetime:
        """Return the time that acts are dated by."""
        return self.installation.transactions.now()

    async def note(self, fact: Fact, value: str | None, *, of: str, details: Mapping[str, str]) -> FactChange | None:
        """Put on record what holds now; see `Installation.note`."""
        return await self.installation.note(program("watch"), fact, value, of=of, details=details)

    async def note_clock_step(self, step: timedelta, *, was_running: bool) -> ClockStep:
        """Put on record that the wall clock was set; see `Installation.note_clock_step`."""
        return await self.installation.note_clock_step(program("watch"), step, was_running=was_running)

    async def step_since_last_leaf(self, *, tolerance: timedelta) -> timedelta | None:
        """Say how far the clock stands behind the last leaf; see `Installation.step_since_last_leaf`."""
        return await self.installation.step_since_last_leaf(tolerance=tolerance)
