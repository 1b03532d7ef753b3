"""The log in the database: the tree grows by the book under concurrency, and the application cannot touch it otherwise."""

import asyncio
import base64
import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.verifying.chains import Chain, item_of
from sandbox_registry.db import tables
from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.domain.audit import commitment
from sandbox_registry.transparency.canonical_json import canonical
from sandbox_registry.transparency.merkle import CompactRange, hash_leaf, root_of
from tests.support import stored_leaves
from tests.support.leaves import OBJECT, new_leaf
from tests.support.world import START, World

TABLES = ("audit_leaves", "audit_records", "log_head")


async def append(world: World, words: str = "leaf", **changes: Any) -> int | None:
    """Append a leaf by a transaction of its own, and return its index."""
    async with world.database.transaction() as work:
        work.stage_audit_entry(replace(new_leaf(words), **changes))
    return work.index


async def test_concurrent_appends_grow_one_tree_without_gap(world: World) -> None:
    async def one(number: int) -> None:
        async with world.database.transaction() as work:
            work.stage_audit_entry(new_leaf(f"leaf {number}"))
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


FIRST_FORMAT = text("SELECT append_leaf(:entry, 'nnnnnnnnnnnnnnnn', '{}', 'test', :object_id, :case_id, :at)")


async def append_first_format(world: World, entry: bytes, *, case_id: UUID | None = None) -> None:
    """Append a leaf as the release before sealed leaves does."""
    given = {"entry": entry, "object_id": OBJECT, "case_id": case_id, "at": START}
    async with world.database.transaction() as work:
        await work.connection.execute(FIRST_FORMAT, given)


async def test_entry_holds_at_most_what_a_tile_can_say(world: World) -> None:
    await append_first_format(world, b"a" * 65_535)
    with pytest.raises(Exception, match="at most 65535 bytes"):
        await append_first_format(world, b"a" * 65_536)


async def test_entry_is_a_time_and_a_commitment_to_a_statement_of_any_length(world: World) -> None:
    assert await append(world, "a" * 100_000) == 0
    async with world.database.replica() as connection:
        [leaf] = await stored_leaves.all_leaves(connection)
    assert leaf.entry == canonical({"v": 2, "t": 1_795_158_000_000, "commit": commitment(b"s" * 16, leaf.said)})
    before = base64.b64encode(bytes(32)).decode()
    assert json.loads(leaf.said) == {"chain": {"before": before, "case": None, "n": 1}, "words": "a" * 100_000}


async def chains(world: World) -> list[tuple[int | None, bytes | None]]:
    async with world.database.replica() as connection:
        rows = await connection.execute(
            select(tables.audit_leaves.c.place, tables.audit_leaves.c.chain).order_by(tables.audit_leaves.c.index)
        )
        return [(place, chain) for place, chain in rows]


async def said(world: World) -> list[dict[str, Any]]:
    async with world.database.replica() as connection:
        return [json.loads(leaf.said) for leaf in await stored_leaves.all_leaves(connection)]


async def test_leaves_of_a_case_and_those_of_an_object_beside_it_are_counted_apart_by_how_many_writers_there_are(
    world: World,
) -> None:
    cases = [None, UUID(int=7), UUID(int=8)]
    await asyncio.gather(*(append(world, case_id=cases[number % 3]) for number in range(30)))
    expected: dict[UUID | None, Chain] = {case: Chain() for case in cases}
    async with world.database.replica() as connection:
        leaves = await stored_leaves.all_leaves(connection)
    for leaf, (place, digest) in zip(leaves, await chains(world), strict=True):
        says = json.loads(leaf.said)
        chain = expected[None if says["chain"]["case"] is None else UUID(says["chain"]["case"])]
        assert chain.continues_in(says)
        chain.take(item_of(leaf.given), index=leaf.index)
        assert (place, digest) == (chain.count, chain.digest)
    assert [chain.count for chain in expected.values()] == [10, 10, 10]


async def test_leaves_of_the_first_format_are_counted_in_by_the_next_sealed_one(world: World) -> None:
    """Also those that a process of the release before appends among sealed ones, while an upgrade is under way."""
    case = UUID(int=7)
    first = [b"1", b"2", b"3"]
    for entry in first[:2]:
        await append_first_format(world, entry, case_id=case)
    await append_first_format(world, b'"of no case"')
    await append(world, case_id=case)
    await append_first_format(world, first[2], case_id=case)
    await append(world, case_id=case)
    await append(world)
    says = [each.get("chain") for each in await said(world) if isinstance(each, dict)]
    assert [(each["n"], each["case"] is None) for each in says if each] == [(3, False), (5, False), (2, True)]
    chain = Chain()
    async with world.database.replica() as connection:
        leaves = await stored_leaves.leaves_of_case(connection, case)
    for leaf in leaves:
        assert leaf.statement is None or chain.continues_in(json.loads(leaf.said))
        chain.take(item_of(leaf.given), index=leaf.index)
    assert [place for place, _ in await chains(world)] == [None, None, None, 3, None, 5, 2]


@pytest.mark.parametrize("table", TABLES)
async def test_application_can_only_read_and_append(world: World, table: str) -> None:
    await append(world)
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
    await append(world)
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
        assert sorted(map(tuple, found)) == [("registry_app", True)] * 2 + [("registry_read", False)] * 2
        assert set(map(tuple, settings)) == {(True, '{"search_path=public, pg_temp"}')}
        inner = await connection.execute(
            text(
                "SELECT has_function_privilege('registry_app', oid, 'EXECUTE') FROM pg_proc WHERE proname = 'append_entry'"
            )
        )
        assert inner.scalars().all() == [False]


async def test_reset_falls_back_to_the_application_role(world: World) -> None:
    """Only SET ROLE NONE could leave it, where the login owns the tables; a login of its own cannot do even that."""
    for statement in ("RESET ROLE", "RESET ALL", "DISCARD ALL"):
        async with world.database.replica() as connection:
            await connection.exec_driver_sql(statement)
            assert (await connection.execute(text("SELECT current_user"))).scalar_one() == "registry_app"
            await connection.invalidate()
    with pytest.raises(ProgrammingError):
        await run(world, "RESET ROLE", "UPDATE audit_records SET nonce = nonce")
