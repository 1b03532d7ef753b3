"""Traces of erased data: after the rewriting, no file of the database's tables holds what was erased, and a leaf says so."""

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.db.operations.rewriting import TABLES, RewriteFailed, rewrite
from sandbox_registry.usecases.accounts_by_operator import command_line
from sandbox_registry.usecases.privacy.rewriting import note_rewriting
from tests.support.erasing import confirm, propose, refused_intake
from tests.support.leaves import leaves
from tests.support.world import World


async def test_erased_records_leave_no_room_behind_and_a_leaf(
    world: World, owner: AsyncEngine, database_url: str
) -> None:
    case = await refused_intake(world)
    world.clock.forward(days=1)
    erasure = await confirm(world, await propose(world, case.id))
    begun_at, before = world.clock.at, await _files(owner)
    done = rewrite(database_url)
    await note_rewriting(world.transactions, command_line(), done, begun_at=begun_at)
    assert set(TABLES) <= set(done.tables)
    [*_, last] = await leaves(world)
    state = last.record["objects"][0]["state"]
    assert (last.action, str(erasure.id) in state["erasures"], state["wal_until"]) == (
        "storage:rewrite",
        True,
        done.wal_until,
    )
    assert before.isdisjoint(await _files(owner))


async def _files(owner: AsyncEngine) -> set[int]:
    """Return the numbers of the files that hold the tables: each rewriting makes others."""
    async with owner.connect() as connection:
        found = await connection.exec_driver_sql(
            "SELECT pg_relation_filenode(each) FROM unnest(%s::regclass[]) AS each", (list(TABLES),)
        )
        return set(found.scalars())


def test_a_database_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RewriteFailed) as failed:
        rewrite(f"postgresql:///none?host={tmp_path}")
    assert "\n" not in str(failed.value)
