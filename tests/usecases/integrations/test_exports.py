"""Exports: what the actor may list and nothing else, one batch in memory, a leaf where an office takes it out."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.authz import Action
from sandbox_registry.db.integrations.exports import BATCH, CASE_FIELDS
from sandbox_registry.domain.cases.case_lists import CaseFilter
from sandbox_registry.domain.errors import PermissionDenied
from sandbox_registry.domain.integrations.exports import ExportFilter
from sandbox_registry.domain.operations.quotas import TooManyRequests
from sandbox_registry.domain.stages import Stage
from sandbox_registry.usecases.integrations.exports import MAX_CONCURRENT_EXPORTS, LogBatch, LogEvent, LogObject
from tests.support import stored_leaves
from tests.support.decided import issued
from tests.support.exporting import COPIES, under_way
from tests.support.stages import FOCAL, INTAKE, OWNER, claimed, submitted
from tests.support.world import World

EVERYTHING = ExportFilter()


async def ids(world: World, name: str, narrowed: ExportFilter = EVERYTHING) -> list[Any]:
    table = await world.use_cases.exports.cases(world.context(name), narrowed=narrowed)
    return [row[0] async for batch in table.batches for row in batch]


async def leaves(world: World) -> list[dict[str, Any]]:
    async with world.database.replica() as connection:
        return [json.loads(leaf.said) for leaf in await stored_leaves.all_leaves(connection)]


async def exported(world: World) -> int:
    return sum(leaf["act"] == Action.EXPORT_READ and leaf["result"] == "done" for leaf in await leaves(world))


@pytest.mark.parametrize("name", ["nguoi_dai_dien", "nguoi_soan", "mot_cua", "chuyen_vien", "dai_bieu", "thanh_tra"])
async def test_export_holds_what_the_list_holds(world: World, name: str) -> None:
    await world.draft()
    await submitted(world)
    listed = await world.use_cases.cases.list_cases(world.context(name), narrowed=CaseFilter(), after=None, limit=100)
    assert sorted(await ids(world, name)) == sorted(row.id for row in listed)
    assert listed


@pytest.mark.parametrize("name", ["doi_thu", "nguoi_la", "mot_cua_noi_khac", "phan_bien_1", "cong_an"])
async def test_export_of_an_outsider_is_empty(world: World, name: str) -> None:
    await submitted(world)
    assert await ids(world, name) == []


async def test_administrator_takes_nothing_out(world: World) -> None:
    with pytest.raises(PermissionDenied):
        await world.use_cases.exports.cases(world.context("quan_tri"), narrowed=EVERYTHING)
    assert [(leaf["act"], leaf["result"]) for leaf in await leaves(world)] == [("export:read", "refused")]


async def test_token_needs_both_the_export_and_the_reading(world: World) -> None:
    for scopes in ({"export:read"}, {"application:read"}):
        with pytest.raises(PermissionDenied):
            await world.use_cases.exports.cases(
                world.context("nguoi_dai_dien", token_scopes=frozenset(scopes)), narrowed=EVERYTHING
            )
    both = world.context("nguoi_dai_dien", token_scopes=frozenset({"export:read", "application:read"}))
    table = await world.use_cases.exports.cases(both, narrowed=EVERYTHING)
    assert [batch async for batch in table.batches] == []


async def test_export_from_an_office_is_on_record_and_of_ones_own_is_not(world: World) -> None:
    await submitted(world)
    await ids(world, "nguoi_dai_dien")
    assert await exported(world) == 0
    await ids(world, "dai_bieu")
    await ids(world, "mot_cua")
    assert await exported(world) == 2
    exports = world.use_cases.exports
    await exports.case_feed(world.context("mot_cua"), since=None, after=None, limit=10)
    assert await exported(world) == 2
    await exports.permit_feed(world.context("thanh_tra"), since=None, after=None, limit=10)
    assert await exported(world) == 3


async def test_narrowed_export_holds_only_that(world: World) -> None:
    draft, filed = await world.draft(), await submitted(world)
    assert await ids(world, "nguoi_dai_dien", ExportFilter(stages=frozenset({Stage.DRAFT}))) == [draft.id]
    assert await ids(world, "nguoi_dai_dien", ExportFilter(organisation_id=world.rival)) == []
    assert await ids(world, "nguoi_dai_dien", ExportFilter(procedure_code="khac")) == []
    world.clock.forward(hours=1)
    assert await ids(world, "nguoi_dai_dien", ExportFilter(updated_since=world.clock.at)) == []
    assert len(await ids(world, "nguoi_dai_dien", ExportFilter(updated_since=filed.updated_at))) == 2


async def test_an_export_is_narrowed_as_the_list_is(world: World) -> None:
    held, other = await claimed(world), await submitted(world)
    world.clock.forward(days=3)
    await submitted(world)
    asked: list[dict[str, Any]] = [
        {"officer_id": world.people[FOCAL]},
        {"officer_id": world.people["phan_bien_1"]},
        {"overdue_at": world.clock.at + timedelta(days=4)},
        {"overdue_at": world.clock.at - timedelta(days=3)},
        {"text": "AO TOM thi giac"},
        {"text": other.code or "?"},
        {"text": "  "},
        {"text": "ao khong co"},
        {"text": "AO TOM", "officer_id": world.people[FOCAL], "organisation_id": world.startup},
    ]
    counts = []
    for narrowed in asked:
        listed = await world.use_cases.cases.list_cases(
            world.context(INTAKE), narrowed=CaseFilter(**narrowed), after=None, limit=100
        )
        taken = await ids(world, INTAKE, ExportFilter(**narrowed))
        assert taken == [row.id for row in reversed(listed)], narrowed
        counts.append(len(taken))
    assert counts == [1, 0, counts[2], 0, 3, 1 if other.code else 0, 3, 0, 1]
    assert 0 < counts[2] < 3
    assert await ids(world, INTAKE, ExportFilter(officer_id=world.people[FOCAL])) == [held.id]


async def test_permits_are_found_by_words_and_number(world: World) -> None:
    permit = (await issued(world)).permit

    async def found(words: str) -> list[Any]:
        table = await world.use_cases.exports.permits(world.context(OWNER), narrowed=ExportFilter(text=words))
        return [row[0] async for batch in table.batches for row in batch]

    assert [await found(words) for words in ("ao tom", permit.number[:3], "cua bien", "99/")] == [
        [permit.id],
        [permit.id],
        [],
        [],
    ]


async def test_no_more_than_one_batch_is_in_memory_and_the_cursor_is_closed(world: World, owner: AsyncEngine) -> None:
    filed = await submitted(world)
    async with owner.begin() as connection:
        await connection.execute(COPIES, {"copies": 3 * BATCH, "id": filed.id})
    table = await world.use_cases.exports.cases(world.context("dai_bieu"), narrowed=EVERYTHING)
    first = await anext(table.batches)
    assert (len(first), len(first[0])) == (BATCH, len(CASE_FIELDS))
    assert await under_way(owner) == [("idle in transaction", True)]
    sizes = [BATCH, *[len(batch) async for batch in table.batches]]
    assert sizes == [BATCH, BATCH, BATCH, 1]
    assert await under_way(owner) == []


async def test_closing_half_way_lets_the_snapshot_go(world: World, owner: AsyncEngine) -> None:
    filed = await submitted(world)
    async with owner.begin() as connection:
        await connection.execute(COPIES, {"copies": 2 * BATCH, "id": filed.id})
    table = await world.use_cases.exports.cases(world.context("dai_bieu"), narrowed=EVERYTHING)
    await anext(table.batches)
    assert len(await under_way(owner)) == 1
    await table.batches.aclose()
    assert await under_way(owner) == []


async def test_few_streams_run_at_once(world: World, owner: AsyncEngine) -> None:
    filed = await submitted(world)
    async with owner.begin() as connection:
        await connection.execute(COPIES, {"copies": BATCH, "id": filed.id})
    actor = world.context("dai_bieu")
    running = [await world.use_cases.exports.cases(actor, narrowed=EVERYTHING) for _ in range(MAX_CONCURRENT_EXPORTS)]
    for table in running:
        await anext(table.batches)
    with pytest.raises(TooManyRequests):
        await world.use_cases.exports.cases(actor, narrowed=EVERYTHING)
    await running[0].batches.aclose()
    assert len(await ids(world, "dai_bieu")) == BATCH + 1
    for table in running:
        await table.batches.aclose()


async def test_event_log_names_people_by_pseudonym_and_relates_only_to_what_it_holds(world: World) -> None:
    filed = await submitted(world)
    await world.use_cases.cases.read(world.context("thanh_tra"), filed.id)
    things = await collected(await world.use_cases.exports.events(world.context("dai_bieu")))
    objects = [each for each in things if isinstance(each, LogObject)]
    events = [each for each in things if isinstance(each, LogEvent)]
    assert [each.activity for each in events][-2:] == ["application:submit", "application:read"]
    assert {each.kind for each in objects} == {"application", "organisation", "person"}
    known = {each.id for each in objects}
    assert {target for each in things for _, target in each.relations} <= known
    people = {each.id for each in objects if each.kind == "person"}
    assert people == {
        world.transactions.pseudonyms.of(world.people[name], within=filed.id)
        for name in ("nguoi_dai_dien", "thanh_tra")
    }
    written = repr(things)
    assert not any(str(person) in written for person in world.people.values())


async def test_event_log_leaves_out_what_was_refused_and_what_is_foreign(world: World) -> None:
    filed = await submitted(world)
    with pytest.raises(Exception, match="not_found"):
        await world.use_cases.cases.read(world.context("doi_thu"), filed.id)
    own = await collected(await world.use_cases.exports.events(world.context("nguoi_dai_dien")))
    assert "application:read" not in {each.activity for each in own if isinstance(each, LogEvent)}
    assert world.transactions.pseudonyms.of(world.people["doi_thu"], within=filed.id) not in {each.id for each in own}
    assert await collected(await world.use_cases.exports.events(world.context("doi_thu"))) == []


async def collected(batches: AsyncIterator[LogBatch]) -> list[LogObject | LogEvent]:
    return [each async for batch in batches for each in batch]
