"""The log in the database: the tree grows by the book under concurrency, and the application cannot touch it otherwise."""

import asyncio
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.transparency.merkle import CompactRange, hash_leaf, root_of
from tests.support import stored_leaves
from tests.support.leaves import new_leaf
from tests.support.world import World

TABLES = ("audit_leaves", "audit_records", "log_head")


async def append(world: World, entry: bytes) -> int | None:
    """Append a leaf by a transaction of its own, and return its index."""
    async with world.database.transaction() as work:
        work.stage_audit_entry(new_leaf(entry))
    return work.index


async def test_concurrent_appends_grow_one_tree_without_gap(world: World) -> None:
    async def one(number: int) -> None:
        async with world.database.transaction() as work:
            work.stage_audit_entry(new_leaf(b"leaf %d" % number))
            if number % 5 == 0:
                raise ZeroDivisionError

    done = await asyncio.gather(*(one(number) for number in range(60)), return_exceptions=True)
    async with world.database.replica() as connection:
        leaves, (size, hashes) = await stored_leaves.all_leaves(connection), await audit.head(connection)
    grown = CompactRange()
    for leaf in leaves:
        grown = grown.append(hash_leaf(leaf.entry))
    assert sum(isinstance(each, ZeroDivisionError) for each in done) == 12
    assert [leaf.index for leaf in leaves] == list(range(48))
    assert CompactRange(size, hashes) == grown
    assert grown.root() == root_of(hash_leaf(leaf.entry) for leaf in leaves)


async def test_entry_holds_at_most_what_a_tile_can_say(world: World) -> None:
    assert await append(world, b"a" * 65_535) == 0
    with pytest.raises(Exception, match="at most 65535 bytes"):
        await append(world, b"a" * 65_536)


@pytest.mark.parametrize("table", TABLES)
async def test_application_can_only_read_and_append(world: World, table: str) -> None:
    await append(world, b"leaf")
    columns = {"audit_leaves": "entry = entry", "audit_records": "nonce = nonce", "log_head": "size = 0"}
    for statement in (
        f"INSERT INTO {table} SELECT * FROM {table}",  # noqa: S608 - a name of this file.
        f"UPDATE {table} SET {columns[table]}",  # noqa: S608 - a name of this file.
        f"DELETE FROM {table}",  # noqa: S608 - a name of this file.
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"DROP TABLE {table} CASCADE",
    ):
        with pytest.raises(ProgrammingError) as caught:
            await run(world, statement)
        assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege), statement


async def run(world: World, *statements: str) -> Any:
    async with world.database.transaction() as work:
        for statement in statements:
            await work.connection.exec_driver_sql(statement)


@pytest.mark.parametrize("table", ["audit_leaves", "audit_records"])
async def test_owner_needs_to_lift_the_trigger_to_change_a_leaf(world: World, owner: AsyncEngine, table: str) -> None:
    await append(world, b"leaf")
    for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE", f"UPDATE {table} SET index = 5"):  # noqa: S608 - a name of this file.
        with pytest.raises(ProgrammingError, match="append-only"):
            async with owner.begin() as connection:
                await connection.exec_driver_sql(statement)


async def test_application_writes_no_history_anew(world: World) -> None:
    for table in ("dossier_versions", "permit_versions", "decisions", "votes"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET terms = terms"):  # noqa: S608 - a name of this file.
            with pytest.raises(ProgrammingError) as caught:
                await run(world, statement.replace("SET terms = terms", "SET application_id = application_id"))
            assert isinstance(
                caught.value.orig, psycopg.errors.InsufficientPrivilege | psycopg.errors.UndefinedColumn
            ), statement


async def test_application_connects_as_a_role_that_owns_nothing(world: World) -> None:
    async with world.database.replica() as connection:
        role = (await connection.execute(text("SELECT current_user"))).scalar_one()
        owned = await connection.execute(text("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"))
        granted = await connection.execute(
            text("SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls FROM pg_roles WHERE rolname = :role"),
            {"role": role},
        )
        may_create = await connection.execute(text("SELECT has_schema_privilege('public', 'CREATE')"))
        assert (role, owned.scalar_one(), granted.scalar_one()) == ("registry_app", 0, False)
        assert may_create.scalar_one() is False


async def test_function_of_the_log_is_not_open_to_everyone(owner: AsyncEngine) -> None:
    async with owner.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT r.rolname, has_function_privilege(r.oid, p.oid, 'EXECUTE') FROM pg_proc p, pg_roles r "
                "WHERE p.proname = 'append_leaf' AND r.rolname IN ('registry_app', 'registry_read')"
            )
        )
        settings = await connection.execute(
            text("SELECT prosecdef, proconfig::text FROM pg_proc WHERE proname = 'append_leaf'")
        )
        assert sorted(map(tuple, found)) == [("registry_app", True), ("registry_read", False)]
        assert settings.one() == (True, '{"search_path=public, pg_temp"}')


async def test_reset_falls_back_to_the_application_role(world: World) -> None:
    """Only SET ROLE NONE could leave it, where the login owns the tables; a login of its own cannot do even that."""
    for statement in ("RESET ROLE", "RESET ALL", "DISCARD ALL"):
        async with world.database.replica() as connection:
            await connection.exec_driver_sql(statement)
            assert (await connection.execute(text("SELECT current_user"))).scalar_one() == "registry_app"
            await connection.invalidate()
    with pytest.raises(ProgrammingError):
        await run(world, "RESET ROLE", "UPDATE audit_records SET nonce = nonce")
