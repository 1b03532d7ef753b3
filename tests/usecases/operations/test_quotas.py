"""Quotas: exact under concurrency, shared by processes, apart by group, strict when nobody can count."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.db import tables
from sandbox_registry.db.core.engine import Database
from sandbox_registry.domain.identity.passwords import WrongCredentials
from sandbox_registry.domain.operations.quotas import LIMITS, By, Group, LimitsUnknown, TooManyRequests, read_limits
from sandbox_registry.usecases.identity.passwords import Passwords
from sandbox_registry.usecases.identity.tokens import Tokens
from sandbox_registry.usecases.operations.quotas import PAID_AHEAD, RateLimits
from tests.support.world import ANYBODY, World

COUNTED_BY = {group: next(by for by in (By.ACCOUNT, By.ADDRESS) if f"{group}.{by}" in LIMITS) for group in Group}
NOBODY_THERE = "postgresql://nobody@127.0.0.1:1/nothing"


@dataclass
class Time:
    """The clocks of database and process, moved together by hand."""

    at: datetime = field(default_factory=lambda: datetime(2026, 11, 20, 7, tzinfo=UTC))
    ticked: float = 0.0

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.ticked += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def second(database_url: str) -> AsyncIterator[Database]:
    """Connections of another process."""
    database = Database(database_url)
    yield database
    await database.close()


def limits(database: Database, time: Time | None = None, written: str = "") -> RateLimits:
    if time is None:
        return RateLimits(database, key=b"k" * 32, limits=read_limits(written))
    return RateLimits(
        database, key=b"k" * 32, limits=read_limits(written), now=lambda: time.at, ticks=lambda: time.ticked
    )


async def once(counting: RateLimits, group: Group, by: By = By.ACCOUNT) -> bool:
    try:
        await counting.take(group, {by: b"one"})
    except TooManyRequests:
        return False
    return True


async def at_once(*tries: RateLimits, group: Group) -> int:
    """How many of these are served when all ask at the same time."""
    return sum(await asyncio.gather(*(once(counting, group) for counting in tries)))


async def outcomes(*tries: RateLimits, group: Group, by: By = By.ACCOUNT) -> list[bool]:
    return [await once(counting, group, by) for counting in tries]


async def test_quota_is_exact_for_many_at_once_in_two_processes(world: World, second: Database) -> None:
    written = "writes.account=10/1h"
    tries = [limits(each, written=written) for each in (world.database, second) for _ in range(20)]
    assert await at_once(*tries, group=Group.WRITES) == 10


async def test_reads_paid_ahead_never_exceed_the_quota(world: World, second: Database) -> None:
    processes = [limits(each, written="reads.account=300/1h") for each in (world.database, second)]
    served = 0
    for _ in range(40):
        served += await at_once(*processes * 10, group=Group.READS)
    assert 300 - 2 * PAID_AHEAD <= served <= 300


async def test_busy_reader_costs_few_statements_and_a_rare_one_pays_one_each(world: World, time: Time) -> None:
    counting = limits(world.database, time, "reads.account=600/1m")
    busy = [(await counting.take(Group.READS, {By.ACCOUNT: b"busy"}))[0].left for _ in range(100)]
    assert busy == list(range(599, 499, -1))
    assert await _spent(counting, b"busy") in range(100, 100 + PAID_AHEAD)
    for _ in range(5):
        await counting.take(Group.READS, {By.ACCOUNT: b"rare"})
        time.forward(11)
    assert await _spent(counting, b"rare") == 0


async def _spent(counting: RateLimits, subject: bytes) -> int:
    """How much of 600 another process finds gone."""
    other = RateLimits(counting.database, key=b"k" * 32, limits=read_limits("reads.account=600/1m"), now=counting.now)
    return 599 - (await other.take(Group.READS, {By.ACCOUNT: subject}))[0].left


async def test_quota_refills_evenly(world: World, time: Time) -> None:
    counting = limits(world.database, time, "writes.account=4/1m")
    assert await outcomes(*[counting] * 5, group=Group.WRITES) == [True] * 4 + [False]
    time.forward(14)
    assert await outcomes(counting, group=Group.WRITES) == [False]
    time.forward(1)
    assert await outcomes(counting, counting, group=Group.WRITES) == [True, False]
    time.forward(60)
    assert await outcomes(*[counting] * 5, group=Group.WRITES) == [True] * 4 + [False]


async def test_refusal_says_when_to_come_back(world: World, time: Time) -> None:
    counting = limits(world.database, time, "writes.account=2/1m")
    await outcomes(counting, counting, group=Group.WRITES)
    time.forward(3)
    with pytest.raises(TooManyRequests) as caught:
        await counting.take(Group.WRITES, {By.ACCOUNT: b"one"})
    time.forward(5)
    with pytest.raises(TooManyRequests) as remembered:
        await counting.take(Group.WRITES, {By.ACCOUNT: b"one"})
    assert (caught.value.seconds, remembered.value.seconds) == (27, 22)
    time.forward(22)
    assert await outcomes(counting, group=Group.WRITES) == [True]


async def test_refused_request_takes_nothing_anywhere(world: World, time: Time) -> None:
    counting = limits(world.database, time, "writes.token=1/1h, writes.account=3/1h")
    await counting.take(Group.WRITES, {By.TOKEN: b"first", By.ACCOUNT: b"one"})
    for _ in range(5):
        with pytest.raises(TooManyRequests):
            await counting.take(Group.WRITES, {By.TOKEN: b"first", By.ACCOUNT: b"one"})
        time.forward(11)
    rooms = await counting.take(Group.WRITES, {By.TOKEN: b"second", By.ACCOUNT: b"one"})
    assert [(room.limit.name, room.left) for room in rooms] == [("writes.token", 0), ("writes.account", 1)]


@pytest.mark.parametrize("drained", list(Group))
async def test_no_group_uses_up_another(world: World, drained: Group) -> None:
    counting = limits(world.database, written=",".join(f"{name}=2/1h" for name in LIMITS))
    counted_by = {group: next(by for by in (By.ACCOUNT, By.ADDRESS) if f"{group}.{by}" in LIMITS) for group in Group}
    assert not all(await outcomes(*[counting] * 3, group=drained, by=counted_by[drained]))
    others = [group for group in Group if group not in {drained, Group.WRONG_TOKENS}]
    assert [await outcomes(counting, group=group, by=counted_by[group]) for group in others] == [[True]] * len(others)


async def test_login_is_counted_by_account_by_address_and_in_all(world: World, time: Time) -> None:
    counting = limits(
        world.database, time, "login.account=2/1h, login.address=3/1h, login.everybody=5/1h, writes.address=1/1h"
    )

    async def refused_by(email: str, where: str) -> str | None:
        try:
            await counting.take_login(email, address=where)
        except TooManyRequests as refused:
            return refused.rooms[0].limit.name if len(refused.rooms) == 1 else refused.limit
        return None

    assert [await refused_by("A@x.vn", "1"), await refused_by(" a@X.VN", "2")] == [None, None]
    assert await refused_by("a@x.vn", "3") == "login.account"
    assert [await refused_by(f"{name}@x.vn", "1") for name in "bcd"] == [None, None, "login.address"]
    assert await refused_by("e@x.vn", "9") is None
    assert await refused_by("f@x.vn", "8") == "login.everybody"


async def test_no_password_is_hashed_for_a_refused_login(world: World) -> None:
    hashed: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's own name.
            hashed.append(str(password))
            return super().verify(hash, password)

    passwords = Passwords(frozenset(), hasher=Counting(time_cost=1, memory_cost=64, parallelism=1))
    tokens = Tokens(world.transactions, passwords, limits(world.database, written="login.account=1/1h"))
    for refusal in (WrongCredentials, TooManyRequests):
        with pytest.raises(refusal):
            await tokens.log_in(ANYBODY, email="doi_thu@camau.example", password="sai", name="Máy")
    assert hashed == ["sai"]


async def test_neither_e_mail_nor_address_stands_in_the_database(world: World, owner: AsyncEngine) -> None:
    await world.use_cases.rate_limits.take_login("nguoi_la@camau.example", address="192.0.2.7")
    async with owner.connect() as connection:
        rows = (await connection.execute(select(tables.rate_limits))).all()
    assert {row.name for row in rows} == {"login.account", "login.address", "login.everybody"}
    assert all(len(row.subject) == 16 and b"camau" not in row.subject for row in rows)


@pytest.mark.parametrize("group", list(Group))
async def test_without_database_reads_and_writes_go_on_and_the_rest_stays_closed(group: Group) -> None:
    database = Database(NOBODY_THERE)
    counting = limits(database)
    by = COUNTED_BY[group]
    if group in {Group.READS, Group.WRITES}:
        assert await counting.take(group, {by: b"one"}) == ()
    else:
        with pytest.raises(LimitsUnknown):
            await counting.take(group, {by: b"one"})
    await database.close()


async def test_purge_forgets_quotas_that_are_full_again(world: World, owner: AsyncEngine, time: Time) -> None:
    fresh = limits(world.database)
    time.at = datetime.now(UTC) - timedelta(days=1)
    await limits(world.database, time).take(Group.WRITES, {By.ACCOUNT: b"long ago"})
    await fresh.take(Group.WRITES, {By.ACCOUNT: b"now"})
    assert await fresh.purge() == 1
    async with owner.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(tables.rate_limits))).scalar_one() == 1


def test_read_limits_puts_what_is_written_over_what_is_shipped() -> None:
    found = read_limits("reads.token = 5/10s, login.account=1/1h")
    assert (found["reads.token"].quota, found["reads.token"].window) == (5, 10)
    assert found == {**LIMITS, **{name: found[name] for name in ("reads.token", "login.account")}}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("reads.tokens=5/1m", "did you mean reads.token?"),
        ("everything=5/1m", "the known ones are"),
        ("reads.token", "is no quota"),
        ("reads.token=0/1m", "is no quota"),
        ("reads.token=5/25h", "is no quota"),
        ("reads.token=5/1d", "is no quota"),
    ],
)
def test_read_limits_refuses_what_says_nothing(written: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_limits(written)
    assert words in str(caught.value)


async def test_a_charge_takes_what_is_left_and_never_refuses(world: World, time: Time) -> None:
    counting = limits(world.database, time, "uploads.account=6/1h")
    await counting.charge(Group.UPLOADS, {By.ACCOUNT: b"one"}, count=4)
    assert await outcomes(*[counting] * 3, group=Group.UPLOADS) == [True, True, False]
    await counting.charge(Group.UPLOADS, {By.ACCOUNT: b"one"}, count=4)
    await limits(Database(NOBODY_THERE), time).charge(Group.UPLOADS, {By.ACCOUNT: b"one"}, count=4)
