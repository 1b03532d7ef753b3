"""Statements asked most: compiled once, then run on the driver itself, inside whatever transaction is open.

SQLAlchemy writes them; going through it again at every execution costs more than the rest of a short request.
"""

import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, cast

from psycopg import AsyncConnection as Driver
from psycopg import AsyncCursor
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

_DIALECT = PGDialectAsync_psycopg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped.
logger = logging.getLogger(__name__)

Row = tuple[Any, ...]


class Statement:
    """One statement with named parameters; lists go in as arrays (`= ANY(...)`), for nothing is written anew.

    With `is_steady` off the server plans it for the very values of each run: for conditions that match one row or
    a million.
    """

    def __init__(self, query: ClauseElement, *, is_steady: bool = True) -> None:
        self._query = query
        self._prepare = None if is_steady else False

    async def rows(self, connection: AsyncConnection, given: Mapping[str, object]) -> list[Row]:
        """Run the statement and return its rows, columns in the order of the query."""
        cursor = await self._run(connection, given)
        return await cursor.fetchall()

    async def count(self, connection: AsyncConnection, given: Mapping[str, object]) -> int:
        """Run the statement and return how many rows it touched."""
        return (await self._run(connection, given)).rowcount

    async def _run(self, connection: AsyncConnection, given: Mapping[str, object]) -> AsyncCursor[Row]:
        text, constants, writers = self._compiled
        values = {**constants, **given}
        for name, write in writers:
            values[name] = write(values[name])
        logger.debug(text)
        # Closed with the connection's next statement; an explicit close would only wait for nothing.
        return await driver_of(connection).cursor(binary=True).execute(text, values, prepare=self._prepare)

    @cached_property
    def _compiled(self) -> tuple[str, dict[str, Any], list[tuple[str, Callable[[Any], Any]]]]:
        compiled = self._query.compile(dialect=_DIALECT)
        binds = {str(name): bind for bind, name in compiled.bind_names.items()}  # type: ignore[attr-defined]  # SQLCompiler's.
        writers = [(name, bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)) for name, bind in binds.items()]
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        return str(compiled), constants, [(name, write) for name, write in writers if write is not None]


def driver_of(connection: AsyncConnection) -> "Driver[Row]":
    """Return psycopg's own connection under a SQLAlchemy one."""
    under = connection.sync_connection
    if under is None:
        message = "the connection is closed"
        raise RuntimeError(message)
    return cast("Driver[Row]", under.connection.driver_connection)
