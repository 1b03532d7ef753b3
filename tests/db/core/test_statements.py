"""A statement run again on a connection reads and writes what it is given then, whatever it was given before."""

import asyncio

import pytest
from sqlalchemy import Integer, Text, bindparam, cast, func, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.db.core.statements import Statement
from tests.support.world import World

ECHO = Statement(select(bindparam("word", type_=Text), bindparam("number", type_=Integer)))
AS_NUMBER = Statement(select(cast(bindparam("word", type_=Text), Integer)))
UP_TO = Statement(select(func.generate_series(1, bindparam("last", type_=Integer))))

ITS_PROCESS = Statement(select(func.pg_backend_pid()))


async def test_values_of_other_kinds(world: World) -> None:
    given: list[tuple[str | None, int | None]] = [("tôm", 1), (None, None), ("", 2**31 - 1), ("cua", None), ("tôm", 1)]
    async with world.database.replica() as connection:
        found = [await ECHO.rows(connection, {"word": word, "number": number}) for word, number in given * 3]
    assert found == [[each] for each in given * 3]


async def test_values_written_into_the_statement(world: World) -> None:
    number = func.generate_series(1, 5).column_valued("number")
    chosen = select(number, bindparam("word", "tôm"), bindparam("nothing", None, type_=Text))
    query = Statement(chosen.where(number.in_([2, 4])).order_by(number))
    async with world.database.replica() as connection:
        assert await query.rows(connection) == [(2, "tôm", None), (4, "tôm", None)]
        assert await query.rows(connection, {"word": "cua"}) == [(2, "cua", None), (4, "cua", None)]


async def test_what_a_run_can_return(world: World) -> None:
    async with world.database.replica() as connection:
        assert await ECHO.row(connection, {"word": "tôm", "number": 1}) == ("tôm", 1)
        assert await ECHO.value(connection, {"word": "tôm", "number": 1}) == "tôm"
        named = Statement(select(bindparam("word", type_=Text).label("word"), literal(1).label("number")))
        assert await named.dicts(connection, {"word": "tôm"}) == [{"word": "tôm", "number": 1}]
        assert await UP_TO.execute(connection, {"last": 3}) == 3
        assert (await UP_TO.row(connection, {"last": 0}), await UP_TO.value(connection, {"last": 0})) == (None, None)


async def test_rows_stay_when_it_runs_again(world: World) -> None:
    async with world.database.replica() as connection:
        many = await UP_TO.rows(connection, {"last": 3})
        none = await UP_TO.rows(connection, {"last": 0})
    assert (many, none) == ([(1,), (2,), (3,)], [])


async def test_after_it_failed(world: World) -> None:
    async with world.database.transaction() as work:
        for _ in range(3):
            savepoint = await work.connection.begin_nested()
            with pytest.raises(DBAPIError, match="invalid input syntax"):
                await AS_NUMBER.rows(work.connection, {"word": "tôm"})
            await savepoint.rollback()
            assert await AS_NUMBER.rows(work.connection, {"word": "7"}) == [(7,)]


async def test_after_its_connection_was_lost(world: World, owner: AsyncEngine) -> None:
    async with world.database.replica() as connection:
        [(process,)] = await ITS_PROCESS.rows(connection, {})
    async with owner.begin() as connection:
        await connection.execute(select(func.pg_terminate_backend(process, 10_000)))
    async with world.database.replica() as connection:
        assert await ITS_PROCESS.rows(connection, {}) != [(process,)]


async def test_on_many_connections_at_once(world: World) -> None:
    async def asked(last: int) -> int:
        async with world.database.replica() as connection:
            return len(await UP_TO.rows(connection, {"last": last}))

    assert await asyncio.gather(*map(asked, range(30))) == list(range(30))
