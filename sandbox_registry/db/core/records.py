"""Rows to dataclasses and back: how every aggregate is got, added and saved."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import BindParameter, Integer, Select, Table, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db.core.statements import Statement, insert_into
from sandbox_registry.db.core.unique_rules import duplicate_or_same
from sandbox_registry.domain.errors import NotFound, StaleVersion


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
_NOTHING: Mapping[str, object] = MappingProxyType({})


def _name_of(kind: type[Any]) -> str:
    """Return the name of a kind of object: `supplement_request`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


def _nothing_derived(_obj: Any) -> Mapping[str, object]:
    return _NOTHING


class Records(Generic[T]):
    """The rows of one aggregate.

    `derive` computes the columns kept only for search and scoping, from all fields or from those named.
    """

    def __init__(
        self,
        table: Table,
        kind: type[T],
        *,
        derive: Derive = _nothing_derived,
        derived_from: Collection[str] | None = None,
    ) -> None:
        self.table = table
        self.kind = kind
        self.name = _name_of(kind)
        self._derive = derive
        self._derived_from = frozenset(derived_from or (field.name for field in fields(kind)))  # type: ignore[arg-type]  # T is a dataclass.
        self._columns = [table.c[field.name] for field in fields(kind)]  # type: ignore[arg-type]  # T is a dataclass.
        self._names = [str(column.name) for column in self._columns]
        self.query: Select[Any] = select(*self._columns)
        self._by_id = Statement(self.query.where(table.c.id == bindparam("id")))
        self._add: Statement | None = None
        self._save: dict[tuple[str, ...], Statement] = {}
        self._by: dict[tuple[tuple[str, bool], ...], Statement] = {}

    def read(self, row: Sequence[Any]) -> T:
        """Turn a row of `query` into the object it keeps; columns added behind are left alone."""
        return msgspec.convert(dict(zip(self._names, row, strict=False)), self.kind)

    def values(self, obj: T) -> dict[str, object]:
        """Return the column values that keep an object, derived ones included."""
        columns: dict[str, object] = msgspec.to_builtins(obj, builtin_types=NATIVE)
        return columns | dict(self._derive(obj))

    async def get(self, connection: AsyncConnection, identity: UUID) -> T:
        """Load one object; `NotFound` when there is none."""
        for row in await self._by_id.rows(connection, {"id": identity}):
            return self.read(row)
        raise NotFound(what=self.name)

    async def add(self, connection: AsyncConnection, obj: T) -> None:
        """Insert a new object; `Duplicate` when a unique rule says it is there already."""
        values = self.values(obj)
        try:
            await self._adding(values).execute(connection, values)
        except IntegrityError as error:
            raise duplicate_or_same(error) from error

    async def save(
        self, connection: AsyncConnection, obj: T, *, before: T | None = None, extra: Mapping[str, object] = _NOTHING
    ) -> None:
        """Write a changed object whose version is one above the stored one; `StaleVersion` when it is not.

        With `before`, as which its locked row was read, only what differs is written. `extra` is for columns of the row
        that are no field of the object.
        """
        values = {**self._changed(obj, before), **extra}
        try:
            changed = await self._saving(tuple(values)).execute(
                connection, {**values, "saved_id": obj.id, "saved_version": obj.version - 1}
            )
        except IntegrityError as error:
            raise duplicate_or_same(error) from error
        if changed != 1:
            raise StaleVersion(current=(await self.get(connection, obj.id)).version)

    async def of(self, connection: AsyncConnection, /, **equal: object) -> tuple[T, ...]:
        """List the objects whose columns equal the given values, oldest first."""
        statement = self._equal(tuple((name, value is None) for name, value in equal.items()))
        return tuple(self.read(row) for row in await statement.rows(connection, equal))

    def _adding(self, names: Iterable[str]) -> Statement:
        if self._add is None:
            self._add = Statement(insert_into(self.table, names))
        return self._add

    def _changed(self, obj: T, before: T | None) -> dict[str, object]:
        """Return the column values in which an object differs from the version before it; all of them without one."""
        if before is None or before.version != obj.version - 1:
            return self.values(obj)
        fields_now = {name: getattr(obj, name) for name in self._names}
        changed = {name: value for name, value in fields_now.items() if value is not getattr(before, name)}
        columns: dict[str, object] = msgspec.to_builtins(changed, builtin_types=NATIVE)
        return columns if self._derived_from.isdisjoint(changed) else columns | dict(self._derive(obj))

    def _saving(self, names: tuple[str, ...]) -> Statement:
        """Write the update of these columns once."""
        if names not in self._save:
            columns = self.table.c
            query = update(self.table).where(
                columns.id == bindparam("saved_id", type_=columns.id.type),
                columns.version == bindparam("saved_version", type_=Integer),
            )
            self._save[names] = Statement(query.values({name: self._parameter(name) for name in names if name != "id"}))
        return self._save[names]

    def _equal(self, criteria: tuple[tuple[str, bool], ...]) -> Statement:
        """Write the search by these columns, each with whether it is null, once."""
        if criteria not in self._by:
            query = self.query.order_by(self.table.c.id)
            for name, is_null in criteria:
                column = self.table.c[name]
                query = query.where(column.is_(None) if is_null else column == self._parameter(name))
            self._by[criteria] = Statement(query)
        return self._by[criteria]

    def _parameter(self, name: str) -> BindParameter[Any]:
        return bindparam(name, type_=self.table.c[name].type)
