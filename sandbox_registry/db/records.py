"""Rows to dataclasses and back: how every aggregate is got, added and saved."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Row, Select, Table, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.domain.errors import Duplicate, NotFound, StaleVersion


class Versioned(Protocol):
    """An object with an identity and a version; the version grows by one with every save."""

    @property
    def id(self) -> UUID:
        """Identity, a UUIDv7."""

    @property
    def version(self) -> int:
        """1 when added, then one more with every save."""


T = TypeVar("T", bound=Versioned)
NATIVE = (UUID, datetime, date)
"""Types the driver takes as they are; everything else reaches it as JSON or text."""

Derive = Callable[[Any], Mapping[str, object]]


def name_of(kind: type[Any], *, between: str = " ") -> str:
    """Return the name of a kind of object as people write it: `supplement request`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", between, kind.__name__).lower()


def _nothing_derived(_obj: Any) -> Mapping[str, object]:
    return {}


def as_dict(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """Return a row as a dictionary by column name."""
    return dict(zip(map(str, row._fields), row, strict=True))  # msgspec takes plain strings for keys only.


class Records(Generic[T]):
    """The rows of one aggregate. `derive` computes the columns kept only for search and scoping."""

    def __init__(self, table: Table, kind: type[T], *, derive: Derive = _nothing_derived) -> None:
        self.table = table
        self.kind = kind
        self.name = name_of(kind)
        self._derive = derive
        self._columns = [table.c[field.name] for field in fields(kind)]  # type: ignore[arg-type]  # T is a dataclass.
        self._names = [str(column.name) for column in self._columns]
        self.query: Select[Any] = select(*self._columns)
        self._by_id = self.query.where(table.c.id == bindparam("id"))
        self._insert = insert(table)
        self._update = update(table).where(
            table.c.id == bindparam("saved_id"), table.c.version == bindparam("saved_version")
        )

    def read(self, row: Row[*tuple[Any, ...]]) -> T:
        """Turn a row of `query` into the object it keeps; columns added behind are left alone."""
        return msgspec.convert(dict(zip(self._names, row, strict=False)), self.kind)

    def values(self, obj: T) -> dict[str, object]:
        """Return the column values that keep an object, derived ones included."""
        kept: dict[str, object] = msgspec.to_builtins(obj, builtin_types=NATIVE)
        return kept | dict(self._derive(obj))

    async def get(self, connection: AsyncConnection, identity: UUID) -> T:
        """Load one object; `NotFound` when there is none."""
        row = (await connection.execute(self._by_id, {"id": identity})).first()
        if row is None:
            raise NotFound(what=self.name)
        return self.read(row)

    async def add(self, connection: AsyncConnection, obj: T) -> None:
        """Insert a new object; `Duplicate` when a unique rule says it is there already."""
        try:
            await connection.execute(self._insert, self.values(obj))
        except IntegrityError as error:
            raise duplicate_or_same(error) from error

    async def save(self, connection: AsyncConnection, obj: T) -> None:
        """Write a changed object whose version is one above the stored one; `StaleVersion` when it is not."""
        values = self.values(obj)
        del values["id"]
        try:
            result = await connection.execute(
                self._update.values(values), {"saved_id": obj.id, "saved_version": obj.version - 1}
            )
        except IntegrityError as error:
            raise duplicate_or_same(error) from error
        if result.rowcount != 1:
            raise StaleVersion(current=(await self.get(connection, obj.id)).version)

    async def of(self, connection: AsyncConnection, /, **equal: object) -> tuple[T, ...]:
        """List the objects whose columns equal the given values, oldest first."""
        query = self.query.order_by(self.table.c.id)
        for name, value in equal.items():
            query = query.where(self.table.c[name] == value)
        return tuple(self.read(row) for row in await connection.execute(query))


def duplicate_or_same(error: IntegrityError) -> Exception:
    """Turn a broken unique rule into `Duplicate`, named by its constraint; leave every other error as it is."""
    diagnostics = getattr(error.orig, "diag", None)
    if getattr(error.orig, "sqlstate", None) in {"23505", "23P01"} and diagnostics is not None:
        return Duplicate(what=str(diagnostics.constraint_name))
    return error
