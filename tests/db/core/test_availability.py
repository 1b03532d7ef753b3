"""A database that goes away: what was idle is replaced unseen, what cannot be done is refused as such, and nothing hangs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from sandbox_registry.db.core.engine import Database
from sandbox_registry.domain.operations.availability import DatabaseFull, DatabaseUnavailable

OURS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'availability'"
END_OURS = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'availability'"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(f"{database_url}&application_name=availability", connections=4)
    yield opened
    await opened.close()


async def read(database: Database) -> None:
    assert await database.revision() is not None


async def write(database: Database) -> None:
    async with database.transaction() as work:
        await work.next_number("availability")
        await work.connection.rollback()


async def at_once(database: Database, use: Callable[[Database], Awaitable[None]]) -> None:
    """Open as many connections as may be, so that several are idle afterwards."""
    async with database.engine.connect() as first, database.engine.connect() as second:
        for each in (first, second):
            await each.execute(text("SELECT 1"))
        await use(database)


@pytest.mark.parametrize("use", [read, write])
async def test_connections_lost_while_idle_are_replaced_before_anybody_notices(
    database: Database, owner: AsyncEngine, use: Callable[[Database], Awaitable[None]]
) -> None:
    await at_once(database, use)
    async with owner.connect() as connection:
        ended = await connection.execute(text(END_OURS))
        assert ended.scalars().all() == [True] * 3
    for _ in range(3):
        await use(database)


async def test_a_setting_that_the_server_reports_is_no_loss(database: Database, owner: AsyncEngine) -> None:
    await read(database)
    async with owner.connect() as connection:
        before = (await connection.execute(text(OURS))).scalars().all()
    plain = await owner.execution_options(isolation_level="AUTOCOMMIT").connect()
    try:
        await plain.execute(text("ALTER SYSTEM SET default_transaction_read_only = off"))
        await plain.execute(text("SELECT pg_reload_conf()"))
        await read(database)
        after = (await plain.execute(text(OURS))).scalars().all()
    finally:
        await plain.execute(text("ALTER SYSTEM RESET default_transaction_read_only"))
        await plain.execute(text("SELECT pg_reload_conf()"))
        await plain.close()
    assert after == before


async def test_a_full_pool_refuses_instead_of_hanging(database: Database) -> None:
    async with database.transaction(), database.transaction(), database.transaction(), database.transaction():
        with pytest.raises(DatabaseUnavailable) as caught:
            await write(database)
    assert caught.value.cause == "every connection is in use"
    async with database.replica(), database.replica():
        with pytest.raises(DatabaseUnavailable) as caught:
            async with database.replica():
                raise AssertionError
    assert caught.value.cause == "every connection for reading is in use"
    await write(database)


@asynccontextmanager
async def begun(database: Database) -> AsyncIterator[AsyncConnection]:
    async with database.transaction() as work:
        yield work.connection


async def fail(opened: AbstractAsyncContextManager[AsyncConnection], state: str) -> None:
    async with opened as connection:
        await connection.execute(text(f"DO $$ BEGIN RAISE 'out\n of order' USING ERRCODE = '{state}'; END $$"))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("53100", DatabaseFull),
        ("53300", DatabaseUnavailable),
        ("57P03", DatabaseUnavailable),
        ("25006", DatabaseUnavailable),
    ],
)
async def test_what_a_server_cannot_do_is_refused_as_such(
    database: Database, state: str, expected: type[DatabaseUnavailable]
) -> None:
    for opened in (database.replica, database.primary, database.read_snapshot, lambda: begun(database)):
        with pytest.raises(DatabaseUnavailable) as caught:
            await fail(opened(), state)
        assert type(caught.value) is expected
        assert caught.value.cause.startswith("out of order")
    await read(database)


async def test_other_errors_stay_what_they_are(database: Database) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        await _divide(database)


async def _divide(database: Database) -> None:
    try:
        async with database.replica() as connection:
            await connection.execute(text("SELECT 1 / 0"))
    except Exception as error:
        raise error.orig from error  # type: ignore[attr-defined]  # SQLAlchemy keeps the driver's error there.


async def test_a_server_that_is_not_there_is_refused_as_such() -> None:
    nowhere = Database("postgresql://nobody@/registry?host=/nonexistent")
    with pytest.raises(DatabaseUnavailable):
        await write(nowhere)
    assert await nowhere.revision() is None
    await nowhere.close()


async def test_idle_connections_are_given_back_by_the_server(database: Database) -> None:
    async with database.replica() as connection:
        assert (await connection.execute(text("SHOW idle_session_timeout"))).scalar() == "5min"


async def test_one_server_under_two_addresses_has_one_pool(database_url: str) -> None:
    one = Database(database_url, read_url=database_url)
    async with one.replica() as reading, one.primary() as acting:
        assert reading.engine.pool is acting.engine.pool
    await one.close()
