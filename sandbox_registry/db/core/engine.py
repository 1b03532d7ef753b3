"""Connections: one engine for transactions, one for reads that need none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

import msgspec
from sqlalchemy import URL, Text, column, make_url, select, table
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from sandbox_registry.db.core.availability import is_lost, replace_lost, telling_unavailable
from sandbox_registry.db.core.statements import Statement, driver_of
from sandbox_registry.db.core.unit_of_work import UnitOfWork
from sandbox_registry.domain.operations.availability import DatabaseUnavailable

Connection = AsyncConnection
"""What a transaction or a read hands on; other layers pass it along without knowing SQLAlchemy."""

CONNECTIONS = 20
"""How many connections are opened at most to one server, unless something else is said."""
TURN_TIMEOUT_S = 2.0
"""Seconds to wait for a connection when all are in use."""
CONNECT_TIMEOUT_S = 5
"""Seconds to wait for a server to answer a new connection."""
IDLE_TIMEOUT = "5min"
"""After how long without use the server takes a connection back."""
APPLICATION = "registry_app"
"""The role with the rights of the application."""


class Database:
    """The registry's database as the application role sees it.

    `url` and `read_url` are `postgresql://` addresses; `role` is taken on every connection, so that even a login
    with more rights works with those of the application. `connections` is how many are opened at most to each address, and
    `turn_timeout` how many seconds somebody waits for one when all are in use.

    A connection that was lost while idle is replaced when it is taken; what cannot be done is `DatabaseUnavailable`.
    """

    def __init__(
        self,
        url: str,
        *,
        read_url: str | None = None,
        role: str | None = APPLICATION,
        connections: int = CONNECTIONS,
        turn_timeout: float = TURN_TIMEOUT_S,
    ) -> None:
        open_engine = partial(_engine, role=role, connections=connections, turn_timeout=turn_timeout)
        self.engine = open_engine(make_url(url))
        reading, has_replica = self.engine, False
        if read_url is not None and read_url != url:
            reading, has_replica = open_engine(make_url(read_url)), True
        readers = partial(Readers, most=connections // 2, turn_timeout=turn_timeout)
        self._readers = readers(reading)
        self._primary = readers(self.engine) if has_replica else self._readers
        self._snapshots = reading.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork]:
        """Begin a transaction; append its leaf and commit on a clean exit, roll back on any error."""
        with telling_unavailable():
            async with self.engine.begin() as connection, _parting_with_lost(connection):
                work = UnitOfWork(connection)
                yield work
                await work.finish()

    def replica(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give a connection on which each statement stands alone: two round trips fewer for a list."""
        return self._readers.one()

    @asynccontextmanager
    async def read_snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction that only reads and sees one instant throughout, maybe on a replica: for streams.

        The server ends it when it stands idle for 30 seconds; what it holds back meanwhile is only the clearing of old rows.
        """
        with telling_unavailable():
            async with self._snapshots.connect() as connection, connection.begin(), _parting_with_lost(connection):
                yield connection

    def primary(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Give a connection as `replica` does, but never to a replica: for who may act, which must be as of now."""
        return self._primary.one()

    async def revision(self) -> str | None:
        """Return the schema revision, null when the database does not answer or has none."""
        try:
            async with self.replica() as connection:
                revision: str | None = await _REVISION.value(connection)
                return revision
        except DatabaseUnavailable:
            return None

    async def close(self) -> None:
        """Close every connection."""
        await self._readers.close()
        await self._primary.close()
        await self.engine.dispose()
        await self._snapshots.dispose()


class Readers:
    """Connections that stay open between reads: to take one from the engine and give it back costs as much as a read.

    At most half of what the engine may open is kept here, so that reads never leave nothing for acts.
    """

    def __init__(self, engine: AsyncEngine, *, most: int, turn_timeout: float) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._idle: list[AsyncConnection] = []
        self._room = asyncio.Semaphore(most)
        self._turn_timeout = turn_timeout

    @asynccontextmanager
    async def one(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in autocommit; after any error it is closed, and all of them when the server is gone."""
        await self._enter()
        try:
            with telling_unavailable():
                connection = await self._taken()
                try:
                    yield connection
                    if connection.in_transaction():  # Only in SQLAlchemy's books.
                        await connection.rollback()
                except BaseException:
                    await asyncio.shield(self._let_go(connection))
                    raise
                if connection.invalidated:
                    await connection.close()
                else:
                    self._idle.append(connection)
        finally:
            self._room.release()

    async def _taken(self) -> AsyncConnection:
        while self._idle:
            connection = self._idle.pop()
            if not is_lost(driver_of(connection)):
                return connection
            await connection.invalidate()
            await connection.close()
        return await self._engine.connect()

    async def close(self) -> None:
        """Close the connections nobody uses."""
        while self._idle:
            connection = self._idle.pop()
            await _part_with_lost(connection)
            await connection.close()

    async def _enter(self) -> None:
        if not self._room.locked():
            await self._room.acquire()
            return
        try:
            async with asyncio.timeout(self._turn_timeout):
                await self._room.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable("every connection for reading is in use") from error

    async def _let_go(self, connection: AsyncConnection) -> None:
        had_ended = await _part_with_lost(connection)
        await connection.close()
        if had_ended:
            await self.close()


@asynccontextmanager
async def _parting_with_lost(connection: AsyncConnection) -> AsyncIterator[None]:
    try:
        yield
    except BaseException:
        await asyncio.shield(_part_with_lost(connection))
        raise


async def _part_with_lost(connection: AsyncConnection) -> bool:
    """Tell the pool that a connection has ended, if it has: it would try to roll back on it, and complain at length."""
    if not connection.invalidated and is_lost(driver_of(connection)):
        await connection.invalidate()
    return connection.invalidated


_REVISION = Statement(select(column("version_num", Text)).select_from(table("alembic_version")))


def session_settings(*, role: str | None) -> dict[str, str | int]:
    """Return what every connection is opened with, in libpq's words."""
    options = "-c timezone=UTC -c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=30s"
    if role is not None:
        options += f" -c role={role}"
    return {"options": options, "connect_timeout": CONNECT_TIMEOUT_S}


def _engine(url: URL, *, role: str | None, connections: int, turn_timeout: float) -> AsyncEngine:
    settings = session_settings(role=role)
    engine = create_async_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args=settings | {"options": f"{settings['options']} -c idle_session_timeout={IDLE_TIMEOUT}"},
        pool_size=connections,
        max_overflow=0,  # What is opened in a rush and closed at once costs more than waiting for a turn.
        pool_timeout=turn_timeout,
        pool_use_lifo=True,  # So that those too many stay idle, and the server takes them back.
        pool_pre_ping=False,
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
    )
    replace_lost(engine)
    return engine
