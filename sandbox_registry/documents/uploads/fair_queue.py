"""Who is next when many wait for few places: the one who has lately cost the least, by account, organisation and address."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from sandbox_registry.domain.errors import DomainError
from sandbox_registry.domain.operations.quotas import TooManyRequests

Sender = tuple[str, str]
"""One thing a file is counted by: what kind of thing, and which."""
PLACES = 2
LENGTH = 32
"""How many may wait; a further one takes the place of the costliest sender's, or is refused for the moment."""
MAX_WAIT_S = 30.0
"""Seconds after which somebody who waits is told to come back instead."""
CREDIT_S = 60.0
"""Seconds of processor time a sender may owe."""
REPAID_PER_S = 0.2
"""Seconds of processor time that a sender gets back each second."""
_MANY = 10_000


class InspectionsBusy(DomainError):
    """Too many files are waiting to be inspected; nothing was kept."""

    code = "inspections_busy"

    def __init__(self, *, seconds: int) -> None:
        super().__init__(count=seconds)
        self.seconds = seconds


class Debts:
    """How much processor time each sender has lately cost, in seconds; it fades by `REPAID_PER_S`."""

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._debts: dict[Sender, tuple[float, float]] = {}

    def of(self, senders: Collection[Sender]) -> float:
        """Return the debt of the one of these that owes most."""
        return max((self._of(each) for each in senders), default=0.0)

    def charge(self, senders: Collection[Sender], seconds: float) -> None:
        """Add what a file costs to each of these; what it turned out not to cost is a negative number."""
        if len(self._debts) > _MANY:
            self._debts = {each: known for each, known in self._debts.items() if self._of(each) > 0}
        at = self._ticks()
        for each in senders:
            self._debts[each] = (max(0.0, self._of(each) + seconds), at)

    def _of(self, sender: Sender) -> float:
        seconds, at = self._debts.get(sender, (0.0, 0.0))
        return max(0.0, seconds - (self._ticks() - at) * REPAID_PER_S)


@dataclass(eq=False, kw_only=True)
class Turn:
    """Somebody's time at a place. `seconds` is what it will cost, set to what it did cost once that is known."""

    senders: frozenset[Sender]
    seconds: float
    called: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class FairQueue:
    """A few places, given to whoever owes least; nobody holds all of them at once, and nobody waits without end."""

    def __init__(
        self,
        *,
        places: int = PLACES,
        length: int = LENGTH,
        max_wait: float = MAX_WAIT_S,
        ticks: Callable[[], float] = monotonic,
    ) -> None:
        self._places = places
        self._length = length
        self._max_wait = max_wait
        self._ticks = ticks
        self._debts = Debts(ticks)
        self._waiting: list[Turn] = []
        self._running: list[Turn] = []
        self._usual = 0.0

    @asynccontextmanager
    async def place(self, senders: Collection[Sender], *, estimate: float) -> AsyncIterator[Turn]:
        """Wait for a place and hold it. The estimate, in seconds, is owed at once; at the end, what the turn says it took.

        Raises:
            TooManyRequests: one of these senders owes too much.
            InspectionsBusy: too many wait who owe less, or the wait was too long.

        """
        turn = Turn(senders=frozenset(senders), seconds=estimate)
        self._admit(turn)
        self._debts.charge(senders, estimate)
        started = None
        try:
            await self._called(turn)
            started = self._ticks()
            yield turn
        except BaseException:
            # What was broken off cost no more than the time it took.
            turn.seconds = 0.0 if started is None else self._ticks() - started
            raise
        finally:
            self._leave(turn)
            self._debts.charge(senders, turn.seconds - estimate)
            if started is not None:
                self._usual += (turn.seconds - self._usual) / 8

    def _admit(self, turn: Turn) -> None:
        debt = self._debts.of(turn.senders) + turn.seconds
        if debt > CREDIT_S:
            raise TooManyRequests(limit="inspections", seconds=math.ceil((debt - CREDIT_S) / REPAID_PER_S))
        if len(self._waiting) >= self._length:
            costliest = max(self._waiting, key=lambda each: self._debts.of(each.senders))
            if self._debts.of(costliest.senders) <= debt:
                raise self._busy()
            self._waiting.remove(costliest)
            costliest.called.set_exception(self._busy())
        self._waiting.append(turn)

    async def _called(self, turn: Turn) -> None:
        self._call_next()
        try:
            async with asyncio.timeout(self._max_wait):
                await turn.called
        except TimeoutError:
            raise self._busy() from None

    def _call_next(self) -> None:
        while len(self._running) < self._places:
            held = Counter(sender for each in self._running for sender in each.senders)
            eligible = [each for each in self._waiting if not self._holds_all_but_one(each, held)]
            if not eligible:
                return
            turn = min(eligible, key=lambda each: self._debts.of(each.senders))
            self._waiting.remove(turn)
            self._running.append(turn)
            turn.called.set_result(None)

    def _holds_all_but_one(self, turn: Turn, held: Counter[Sender]) -> bool:
        return self._places > 1 and any(held[sender] >= self._places - 1 for sender in turn.senders)

    def _leave(self, turn: Turn) -> None:
        for each in (self._waiting, self._running):
            if turn in each:
                each.remove(turn)
        self._call_next()

    def _busy(self) -> InspectionsBusy:
        ahead = sum(max(each.seconds, self._usual) for each in (*self._waiting, *self._running))
        return InspectionsBusy(seconds=max(1, math.ceil(ahead / self._places)))
