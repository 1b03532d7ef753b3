"""The rows of a whole database, kept beside it and put back in one go."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

CONSTANT = {"alembic_version"}
_NEXT_TRANSACTION = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"


@dataclass(frozen=True, kw_only=True)
class _Snapshot:
    restoring: str
    beside: Any


@dataclass
class Snapshots:
    """Named copies of every row, taken and put back with the owner's rights.

    Putting back is one message to the server, with triggers and foreign keys asleep, where doing again what led there
    takes hundreds. What a test commits afterwards it commits for real.
    """

    owner: AsyncEngine
    base: str | None = None
    """The world that was put back last."""
    _columns: dict[str, str] = field(default_factory=dict)
    _kept: dict[str, _Snapshot] = field(default_factory=dict)
    _untouched_at: str | None = None

    def __contains__(self, name: str) -> bool:
        """Say whether there is a copy of this name."""
        return name in self._kept

    async def take(self, name: str, beside: Any = None) -> None:
        """Keep every row as it is now, and with them what a test is told of them."""
        async with self.owner.begin() as connection:
            if not self._columns:
                self._columns = await connection.run_sync(_written_columns)
            restoring = await self._copy(connection, f"kept_{len(self._kept)}")
        self._kept[name] = _Snapshot(restoring=restoring, beside=beside)

    async def put_back(self, name: str, *, is_base: bool = False) -> Any:
        """Make every row what it was when the copy was taken; return what was kept with it."""
        kept = self._kept[name]
        async with self.owner.begin() as connection:
            await connection.exec_driver_sql(kept.restoring)
        if is_base:
            self.base, self._untouched_at = name, await self._next_transaction()
        else:
            self._untouched_at = None
        return kept.beside

    async def is_untouched(self) -> bool:
        """Say whether nothing at all was written since the base was put back."""
        return self._untouched_at is not None and self._untouched_at == await self._next_transaction()

    async def _copy(self, connection: AsyncConnection, schema: str) -> str:
        await connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        statements = ["SET LOCAL session_replication_role = replica"]
        statements += [f"DELETE FROM {table}" for table in self._columns]  # noqa: S608 - names the catalogue gave, here and below.
        for table, columns in self._columns.items():
            if (await connection.exec_driver_sql(f"SELECT EXISTS (SELECT FROM {table})")).scalar_one():  # noqa: S608
                await connection.exec_driver_sql(f"CREATE TABLE {schema}.{table} AS TABLE public.{table}")
                copy = f"SELECT {columns} FROM {schema}.{table}"  # noqa: S608
                statements.append(f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE {copy}")
        return "; ".join(statements)

    async def _next_transaction(self) -> str:
        async with self.owner.connect() as connection:
            number: str = (await connection.exec_driver_sql(_NEXT_TRANSACTION)).scalar_one()
            return number


def _written_columns(connection: Connection) -> dict[str, str]:
    """Name every table and its columns, those left out that the database works out by itself."""
    looking = inspect(connection)

    def names_of(columns: list[Any]) -> str:
        return ", ".join(f'"{column["name"]}"' for column in columns if "computed" not in column)

    return {table: names_of(looking.get_columns(table)) for table in looking.get_table_names() if table not in CONSTANT}
