"""Checks quotas before a request is handled: one quota per limit, shared by all processes through the database.

A process remembers two things for a few seconds: that a quota is used up, which no other process can undo, and a few
reads it has paid for in advance. Both can only make it stricter, never more generous.
"""

import hashlib
import hmac
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

import structlog

from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.operations import rate_limits
from sandbox_registry.domain.identity.contacts import email_key
from sandbox_registry.domain.operations.quotas import By, Group, LimitsUnknown, Quota, Room, TooManyRequests

PAID_AHEAD = 16
"""How many reads a process pays for at once, at most; it begins with one and doubles while they are used up."""
MEMORY_S = 10.0
"""Seconds for which reads paid for ahead, and a refusal, are remembered."""
_RIGHT_FOR = 600.0
_MOST_REMEMBERED = 20_000
_AHEAD_OF_A_QUOTA = 30  # No more than a thirtieth of the quota is ever paid for ahead.
OPEN_WHEN_UNKNOWN = frozenset({Group.READS, Group.WRITES})
_SUBJECT_SIZE = 16
_ORDER = {by: place for place, by in enumerate(By)}
logger = structlog.get_logger(__name__)

Subjects = Mapping[By, bytes]


@dataclass(slots=True)
class _Paid:
    """Reads paid for and not yet used."""

    left: int
    size: int
    until: float
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class _Closed:
    """A quota known to be used up until `opens_at`; looked at again after `until`."""

    until: float
    opens_at: float
    room: Room


class RateLimits:
    """The one place that counts. `key` hides who is counted; `now` is null but in tests: the database has the clock."""

    def __init__(
        self,
        database: Database,
        *,
        key: bytes,
        limits: Mapping[str, Quota],
        now: Callable[[], datetime] | None = None,
        ticks: Callable[[], float] = monotonic,
    ) -> None:
        self.database = database
        self.now = now
        self.ticks = ticks
        self._key = key
        self._limits = {
            group: {limit.by: limit for limit in limits.values() if limit.group is group} for group in Group
        }
        self._closed: dict[tuple[str, bytes], _Closed] = {}
        self._paid: dict[tuple[Group, tuple[bytes, ...]], _Paid] = {}
        self._right: dict[bytes, float] = {}
        self._paying: set[tuple[Group, tuple[bytes, ...]]] = set()

    async def take(self, group: Group, subjects: Subjects) -> tuple[Room, ...]:
        """Take one from every limit of a group that counts these subjects, or from none; return what is left.

        Raises:
            TooManyRequests: one of the quotas is used up; nothing was taken.
            LimitsUnknown: the database does not answer, and the group is one that then stays closed.

        """
        key = (group, tuple(subjects.values()))
        paid = self._paid.get(key)
        if paid is not None and paid.until > self.ticks() and paid.left > 0:
            paid.left -= 1
            return _with_paid(paid)
        quotas = self._quotas_for(group, subjects)
        if not quotas:
            return ()
        self._check_closed(quotas)
        if group is not Group.READS or key in self._paying:
            return (await self._take_in_database(group, quotas, amount=1))[1]
        self._paying.add(key)
        try:
            return await self._pay_ahead(key, quotas)
        finally:
            self._paying.discard(key)

    async def charge(self, group: Group, subjects: Subjects, *, count: int) -> None:
        """Take up to so many more, for what something turned out to cost; never refuses, and takes nothing when unknown."""
        with suppress(TooManyRequests, LimitsUnknown):
            await self._take_in_database(group, self._quotas_for(group, subjects), amount=count)

    async def take_login(self, email: str, *, address: str | None) -> None:
        """Count a try to log in, by e-mail, by address and in all, before anything costly is done for it.

        Raises as `take` does. Whether there is such an account makes no difference.
        """
        subjects = {By.ACCOUNT: email_key(email).encode(), By.EVERYBODY: b""}
        await self.take(Group.LOGIN, subjects if address is None else {**subjects, By.ADDRESS: address.encode()})

    async def take_mail(self, email: str, *, address: str | None) -> None:
        """Count a mail that somebody asks to be sent, by where it goes, by who asks and in all; raises as `take` does."""
        subjects = {By.ACCOUNT: email_key(email).encode(), By.EVERYBODY: b""}
        await self.take(Group.MAIL, subjects if address is None else {**subjects, By.ADDRESS: address.encode()})

    def check(self, group: Group, subjects: Subjects) -> None:
        """Refuse what this process knows to be used up, without asking the database.

        Raises:
            TooManyRequests: it is used up.

        """
        self._check_closed(self._quotas_for(group, subjects))

    def is_right(self, token: bytes) -> bool:
        """Say whether this process saw this token accepted a moment ago, by its digest and, if that matters, from where."""
        return self._right.get(token, 0.0) > self.ticks()

    def remember_right(self, token: bytes) -> None:
        """Keep in mind that a token was right; nothing but the quota of wrong ones looks at it."""
        self._right.pop(token, None)
        self._right[token] = self.ticks() + _RIGHT_FOR
        _forget_oldest(self._right)

    async def purge(self) -> int:
        """Forget quotas that are full again; return how many."""
        return await rate_limits.purge(self.database)

    def _quotas_for(self, group: Group, subjects: Subjects) -> list[tuple[Quota, bytes]]:
        limits = self._limits[group]
        return [(limits[by], subjects[by]) for by in sorted(subjects, key=_ORDER.__getitem__) if by in limits]

    async def _pay_ahead(
        self, key: tuple[Group, tuple[bytes, ...]], quotas: list[tuple[Quota, bytes]]
    ) -> tuple[Room, ...]:
        """Pay for one read at first, then for twice as many as before while those are used up in time."""
        last = self._paid.pop(key, None)
        most = min(PAID_AHEAD, *(limit.quota // _AHEAD_OF_A_QUOTA for limit, _ in quotas))
        amount = max(1, min(most, last.size * 2)) if last is not None and last.until > self.ticks() else 1
        granted, rooms = await self._take_in_database(key[0], quotas, amount=amount)
        self._paid[key] = paid = _Paid(left=granted - 1, size=amount, until=self.ticks() + MEMORY_S, rooms=rooms)
        _forget_oldest(self._paid)
        return _with_paid(paid)

    async def _take_in_database(
        self, group: Group, quotas: list[tuple[Quota, bytes]], *, amount: int
    ) -> tuple[int, tuple[Room, ...]]:
        hidden = [(limit, self._hidden(limit, subject)) for limit, subject in quotas]
        at = None if self.now is None else self.now()
        try:
            granted, rooms = await rate_limits.take(self.database, hidden, amount=amount, at=at)
        except rate_limits.Unreachable as error:
            if group in OPEN_WHEN_UNKNOWN:
                return 1, ()  # What needs the database fails by itself, and says so.
            logger.warning("limits_unknown", group=group, cause=str(error.__cause__))
            raise LimitsUnknown from error
        if not granted:
            self._remember_closed(quotas, rooms)
            raise _refusal(rooms)
        return granted, rooms

    def _hidden(self, limit: Quota, subject: bytes) -> bytes:
        """Return the name under which a subject is counted: neither addresses nor e-mails stand in the database."""
        text = f"rate limit {limit.by} ".encode() + subject
        return hmac.new(self._key, text, hashlib.sha256).digest()[:_SUBJECT_SIZE]

    def _check_closed(self, quotas: list[tuple[Quota, bytes]]) -> None:
        for limit, subject in quotas:
            closed = self._closed.get((limit.name, subject))
            if closed is not None and closed.until > self.ticks():
                raise _refusal((closed.room._replace(opens_in=closed.opens_at - self.ticks()),))

    def _remember_closed(self, quotas: list[tuple[Quota, bytes]], rooms: tuple[Room, ...]) -> None:
        at = self.ticks()
        for (limit, subject), room in zip(quotas, rooms, strict=True):
            if room.left == 0:
                opens_at = at + room.opens_in
                self._closed.pop((limit.name, subject), None)
                self._closed[limit.name, subject] = _Closed(min(opens_at, at + MEMORY_S), opens_at, room)
        _forget_oldest(self._closed)


def _with_paid(paid: _Paid) -> tuple[Room, ...]:
    return tuple([Room(limit, left + paid.left, opens_in, full_in) for limit, left, opens_in, full_in in paid.rooms])


def _refusal(rooms: tuple[Room, ...]) -> TooManyRequests:
    used_up = max(rooms, key=lambda room: room.opens_in)
    seconds = max(1, math.ceil(used_up.opens_in))
    return TooManyRequests(limit=used_up.limit.name, seconds=seconds, rooms=rooms)


def _forget_oldest(remembered: dict[Any, Any]) -> None:
    while len(remembered) > _MOST_REMEMBERED:
        del remembered[next(iter(remembered))]
