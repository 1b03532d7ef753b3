"""The one way to run a statement: SQLAlchemy writes it, the driver runs it inside whatever transaction is open.

A statement that is always the same is made once, as a constant of its module, and compiled on its first run. One whose
wording depends on what is given is made where it is run. Only streams go another way (`AsyncConnection.stream`).
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from types import MappingProxyType
from typing import Any, cast
from weakref import WeakKeyDictionary

import msgspec
from psycopg import AsyncClientCursor, AsyncRawCursor
from psycopg import AsyncConnection as Driver
from psycopg import Error as DriverError
from psycopg.pq import Format
from sqlalchemy import ARRAY, JSON, ClauseElement, ColumnElement, Insert, Table, Text, Uuid, bindparam, func, insert
from sqlalchemy.dialects.postgresql.psycopg import PGDialectAsync_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

_DIALECT = PGDialectAsync_psycopg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped.
_CURSORS = "cursors"
"""Where SQLAlchemy keeps ours beside a connection of the driver's, for as long as that lasts."""
_PLACE = re.compile(r"%\((?P<name>[^)]+)\)s|%%")
logger = logging.getLogger(__name__)

Row = tuple[Any, ...]
NOTHING: Mapping[str, object] = MappingProxyType({})


class Statement:
    """One statement with named parameters. Its text never changes: lists left open are arrays (`= ANY(...)`).

    Without `cache_plan` the server plans each run for its own values: for conditions that match one row or a million.
    """

    def __init__(self, query: ClauseElement, *, cache_plan: bool = True) -> None:
        self._query = query
        self._prepare = None if cache_plan else False

    async def rows(self, connection: AsyncConnection, parameters: Mapping[str, object] = NOTHING) -> list[Row]:
        """Run the statement and return its rows, columns in the order of the query."""
        return await (await self._run(connection, parameters)).fetchall()

    async def dicts(
        self, connection: AsyncConnection, parameters: Mapping[str, object] = NOTHING
    ) -> list[dict[str, Any]]:
        """Run the statement and return its rows by the names of their columns."""
        cursor = await self._run(connection, parameters)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]

    async def row(self, connection: AsyncConnection, parameters: Mapping[str, object] = NOTHING) -> Row | None:
        """Run the statement and return its first row, null when there is none."""
        return await (await self._run(connection, parameters)).fetchone()

    async def value(self, connection: AsyncConnection, parameters: Mapping[str, object] = NOTHING) -> Any:
        """Run the statement and return the first column of its first row, null when there is none."""
        row = await self.row(connection, parameters)
        return None if row is None else row[0]

    async def execute(self, connection: AsyncConnection, parameters: Mapping[str, object] = NOTHING) -> int:
        """Run the statement and return how many rows it touched."""
        return (await self._run(connection, parameters)).rowcount

    async def execute_and_commit(self, connection: AsyncConnection, parameters: Mapping[str, object]) -> list[Row]:
        """Run the statement and COMMIT, in one message: what it locks is not held while we are told and answer.

        Values go in as literals, since a message of two statements takes no parameters. When the statement fails,
        nothing is committed.
        """
        text, values = self._compiled[0] + "; COMMIT", self._values(parameters)
        logger.debug(text)
        with _raising_as_sqlalchemy(text):
            return await (await AsyncClientCursor(driver_of(connection)).execute(text, values)).fetchall()

    async def _run(self, connection: AsyncConnection, parameters: Mapping[str, object]) -> AsyncRawCursor[Row]:
        text, names = self._numbered
        values = self._values(parameters)
        logger.debug(text)
        with _raising_as_sqlalchemy(text):
            return await self._cursor(connection).execute(text, [values[name] for name in names], prepare=self._prepare)

    def _cursor(self, connection: AsyncConnection) -> AsyncRawCursor[Row]:
        """Return this statement's own cursor on a connection: a new one would look up again how to read each column."""
        cursors: WeakKeyDictionary[Statement, AsyncRawCursor[Row]] | None = connection.info.get(_CURSORS)
        if cursors is None:
            cursors = connection.info[_CURSORS] = WeakKeyDictionary()
        cursor = cursors.get(self)
        if cursor is None:
            cursor = cursors[self] = AsyncRawCursor(driver_of(connection))
            cursor.format = Format.BINARY
        return cursor

    def _values(self, parameters: Mapping[str, object]) -> dict[str, Any]:
        _, constants, writers = self._compiled
        values = {**constants, **parameters}
        for name, write in writers:
            values[name] = write(values[name])
        return values

    @cached_property
    def _numbered(self) -> tuple[str, list[str]]:
        """The statement as the server reads it, with `$1` for `%(name)s`, and the names by number.

        The driver would write it anew for each run of a statement of more than 4,096 characters.
        """
        names: dict[str, str] = {}

        def number(match: re.Match[str]) -> str:
            name = match["name"]
            return "%" if name is None else names.setdefault(name, f"${len(names) + 1}")

        return _PLACE.sub(number, self._compiled[0]), list(names)

    @cached_property
    def _compiled(self) -> tuple[str, dict[str, Any], list[tuple[str, Callable[[Any], Any]]]]:
        compiled = self._query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        binds = {str(name): bind.type for bind, name in compiled.bind_names.items()}  # type: ignore[attr-defined]  # SQLCompiler's.
        open_names = {name for name, bind in compiled.binds.items() if bind.required}  # type: ignore[attr-defined]  # As above.
        constants = {name: value for name, value in compiled.params.items() if name not in open_names}
        writers = [(name, write) for name, kind in binds.items() if (write := _writer(kind)) is not None]
        return str(compiled), constants, writers


@contextmanager
def _raising_as_sqlalchemy(text: str) -> Iterator[None]:
    """Raise what the driver raises as SQLAlchemy would, so that nobody above needs to know which way a statement went."""
    try:
        yield
    except DriverError as error:
        raise DBAPIError.instance(text, None, error, DriverError, dialect=_DIALECT) from error


def _writer(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """Return what makes a value ready for the driver; null where the driver takes it as it is."""
    if isinstance(kind, ARRAY) and isinstance(kind.item_type, Text | Uuid):
        return as_array
    if isinstance(kind, JSON):
        return _as_json
    return kind.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def any_of(column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    """Say that a column is one of these texts; they go in as one array, so that other values may stay open."""
    return column == func.any(bindparam("any", sorted(map(str, values)), type_=ARRAY(Text), unique=True))


def insert_into(table: Table, names: Iterable[str]) -> Insert:
    """Write the insertion of one row, whose values are given by the names of these columns."""
    return insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in names})


def _as_json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def as_array(values: Iterable[object] | str | None) -> str | None:
    """Write an array of texts or UUIDs as PostgreSQL reads it: the driver takes ten times as long over a list.

    A value that is kept for many runs may be written before; what is written stays as it is.
    """
    if values is None or isinstance(values, str):
        return values
    return "{" + ",".join(f'"{_escaped(str(value))}"' for value in values) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"') if "\\" in text or '"' in text else text


def driver_of(connection: AsyncConnection) -> "Driver[Row]":
    """Return psycopg's own connection under a SQLAlchemy one."""
    under = connection.sync_connection
    if under is None:
        message = "the connection is closed"
        raise RuntimeError(message)
    return cast("Driver[Row]", under.connection.driver_connection)
