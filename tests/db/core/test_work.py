"""A transaction ends with its leaf: both are there or neither, however it ends, and the connection is whole again."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.db import tables
from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.domain.operations.availability import DatabaseUnavailable
from sandbox_registry.transparency.merkle import CompactRange, hash_leaf
from tests.support import stored_leaves
from tests.support.leaves import new_leaf
from tests.support.world import World

WAITING = text("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%append_leaf%'")


async def act(world: World, *names: str, object_type: Any = "test", patience: str = "10min") -> int | None:
    """Do what can be seen afterwards, each with its leaf, and return the index of the leaf."""
    async with world.database.transaction() as work:
        await work.connection.execute(
            text("SELECT set_config('lock_timeout', :patience, true)"), {"patience": patience}
        )
        for name in names:
            await work.next_number(name)
            work.stage_audit_entry(replace(new_leaf(name), object_type=object_type))
    return work.index


async def kept(world: World) -> tuple[list[str], list[str]]:
    """Return what was done and what the log says was done, having checked that the tree fits its leaves."""
    async with world.database.replica() as connection:
        done = (await connection.execute(select(tables.counters.c.series))).scalars().all()
        leaves, (size, hashes) = await stored_leaves.all_leaves(connection), await audit.head(connection)
    assert [leaf.index for leaf in leaves] == list(range(size))
    assert CompactRange(size, hashes) == reduce(
        CompactRange.append, (hash_leaf(leaf.entry) for leaf in leaves), CompactRange()
    )
    return sorted(done), sorted(json.loads(leaf.said)["words"] for leaf in leaves)


@asynccontextmanager
async def head_held(owner: AsyncEngine) -> AsyncIterator[None]:
    """Keep everybody else from appending."""
    async with owner.begin() as connection:
        await connection.execute(text("SELECT FROM log_head FOR UPDATE"))
        yield


async def waiting_for_the_head(owner: AsyncEngine) -> int:
    """Return the server process of a transaction that waits for the head, as soon as somebody does."""
    async with owner.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        while (found := (await connection.execute(WAITING)).scalars().first()) is None:  # noqa: ASYNC110 - The server tells nobody.
            await asyncio.sleep(0.01)
    return int(found)


async def test_index_is_known_after_the_transaction(world: World) -> None:
    assert [await act(world, name) for name in ("a", "b")] == [0, 1]
    async with world.database.transaction() as work:
        await work.next_number("c")
    assert work.index is None
    assert await kept(world) == (["a", "b", "c"], ["a", "b"])


async def test_leaf_is_appended_after_everything_else_and_committed_with_it(world: World) -> None:
    async with world.database.transaction() as work:
        await work.next_number("a")
        work.stage_audit_entry(new_leaf("a"))
        async with world.database.replica() as connection:
            assert (await audit.head(connection))[0] == 0
        await work.next_number("b")
    assert await kept(world) == (["a", "b"], ["a"])


async def test_second_leaf_is_a_mistake_that_saves_nothing(world: World) -> None:
    with pytest.raises(RuntimeError, match="one leaf"):
        await act(world, "a", "b")
    assert await kept(world) == ([], [])


async def test_leaf_that_is_refused_takes_everything_back(world: World) -> None:
    with pytest.raises(IntegrityError, match="object_type"):
        await act(world, "a", object_type=None)
    assert await kept(world) == ([], [])
    assert await act(world, "b") == 0


@pytest.fixture
async def refused_at_commit(owner: AsyncEngine) -> AsyncIterator[str]:
    """Name a series that only COMMIT refuses."""
    async with owner.begin() as connection:
        await connection.exec_driver_sql(
            "CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'too late' USING ERRCODE = 'check_violation'; END $$"
        )
        await connection.exec_driver_sql(
            "CREATE CONSTRAINT TRIGGER refuse_late AFTER INSERT ON counters DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW WHEN (NEW.series = 'late') EXECUTE FUNCTION refuse_late()"
        )
    yield "late"
    async with owner.begin() as connection:
        await connection.exec_driver_sql("DROP FUNCTION refuse_late CASCADE")


async def test_commit_that_is_refused_takes_the_leaf_back(world: World, refused_at_commit: str) -> None:
    with pytest.raises(IntegrityError, match="too late"):
        await act(world, refused_at_commit)
    assert await kept(world) == ([], [])
    assert await act(world, "a") == 0


async def test_wait_for_the_head_has_an_end(world: World, owner: AsyncEngine) -> None:
    async with head_held(owner):
        with pytest.raises(DatabaseUnavailable, match="database_unavailable") as caught:
            await act(world, "a", patience="20ms")
    assert caught.value.cause.startswith("canceling statement due to lock timeout")
    assert await act(world, "b") == 0
    assert await kept(world) == (["b"], ["b"])


async def test_request_given_up_while_it_waits_for_the_head_did_nothing(world: World, owner: AsyncEngine) -> None:
    async with head_held(owner):
        given_up = asyncio.create_task(act(world, "a"))
        await waiting_for_the_head(owner)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
    assert await act(world, "b") == 0
    assert await kept(world) == (["b"], ["b"])


async def test_connection_lost_while_it_waits_for_the_head_did_nothing(world: World, owner: AsyncEngine) -> None:
    async with head_held(owner):
        lost = asyncio.create_task(act(world, "a"))
        process = await waiting_for_the_head(owner)
        async with owner.connect() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})
        with pytest.raises(DatabaseUnavailable):
            await lost
    assert await act(world, "b") == 0
    assert await kept(world) == (["b"], ["b"])


async def test_requests_given_up_anywhere_leave_whole_transactions_and_whole_connections(world: World) -> None:
    chance = random.Random(3)  # noqa: S311 - Repeatable, not secret.
    acts = [asyncio.create_task(act(world, f"{number:03}")) for number in range(120)]
    for each in acts:
        for _ in range(chance.randrange(12)):
            await asyncio.sleep(0)
        if chance.random() < 0.5:
            each.cancel()
    ended = await asyncio.gather(*acts, return_exceptions=True)
    done, said = await kept(world)
    assert done == said
    assert {type(each) for each in ended} == {int, asyncio.CancelledError}
    assert {f"{number:03}" for number, each in enumerate(ended) if isinstance(each, int)} <= set(done)
    again = await asyncio.gather(*(act(world, f"again {number}") for number in range(60)))
    assert sorted(index or 0 for index in again) == list(range(len(done), len(done) + 60))
