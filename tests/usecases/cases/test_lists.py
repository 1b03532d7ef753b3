"""Lists of cases: one query however many, narrowed rightly, right while rows change, silent about what is hidden."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from sandbox_registry.domain.cases.applications import Application, Reason
from sandbox_registry.domain.cases.case_lists import CaseFilter, CaseRow
from sandbox_registry.domain.identity.tokens import Limits
from sandbox_registry.domain.stages import Stage
from tests.support.client import Client
from tests.support.stages import FOCAL, INTAKE, OWNER, accepted, claimed, received, submitted
from tests.support.statements import statements
from tests.support.world import PROCEDURE, START, World

PAGE = CaseFilter()
REASONS = (Reason(code="not_innovative", text="Đã có."),)


async def copies(world: World, case: Application, number: int, **changes: Any) -> list[Application]:
    """Keep so many more cases like this one."""
    made = [replace(case, id=uuid7(), code=None, **changes) for _ in range(number)]
    async with world.database.transaction() as work:
        for each in made:
            await work.add(each)
    return made


async def listed(world: World, by: str, narrowed: CaseFilter = PAGE, **how: Any) -> tuple[CaseRow, ...]:
    return await world.use_cases.cases.list_cases(
        world.context(by), narrowed=narrowed, **({"after": None, "limit": 100} | how)
    )


@pytest.mark.parametrize("item_count", [1, 30])
async def test_list_is_one_query_however_long(world: World, item_count: int) -> None:
    case = await received(world)
    await copies(world, case, item_count - 1)
    for by in (OWNER, INTAKE, "dai_bieu", "phan_bien_1"):
        with statements(world) as sent:
            rows = await listed(world, by)
        assert len(sent) == 1
        assert len(rows) == (0 if by == "phan_bien_1" else item_count)


@pytest.mark.parametrize("item_count", [1, 30])
async def test_request_for_a_list_costs_the_same_however_long(client: Client, item_count: int) -> None:
    case = await received(client.world)
    await copies(client.world, case, item_count - 1)
    await client.send("GET", "/applications", by=INTAKE)
    with statements(client.world) as sent:
        answer = await client.send("GET", "/applications", by=INTAKE)
    assert len(answer.json()["items"]) == item_count
    # The token, the quota, the list.
    assert len(sent) == 3


async def test_filters_keep_what_they_name(world: World) -> None:
    held = await claimed(world)
    taken = await accepted(world)
    filed = await submitted(world)
    draft = await world.draft()
    wanted = {
        CaseFilter(stages=frozenset({Stage.SUBMITTED})): {filed.id},
        CaseFilter(stages=frozenset({Stage.SUBMITTED, Stage.ACCEPTED})): {filed.id, taken.id, held.id},
        CaseFilter(stages=frozenset()): set(),
        CaseFilter(officer_id=world.people[FOCAL]): {held.id},
        CaseFilter(officer_id=world.people["phan_bien_1"]): set(),
        CaseFilter(organisation_id=world.startup): {held.id, taken.id, filed.id},
        CaseFilter(organisation_id=world.rival): set(),
        CaseFilter(procedure_code=PROCEDURE): {held.id, taken.id, filed.id},
        CaseFilter(procedure_code="nothing"): set(),
        CaseFilter(text=taken.code): {taken.id},
        CaseFilter(text="AO TOM thi giac"): {held.id, taken.id, filed.id},
        CaseFilter(text="  "): {held.id, taken.id, filed.id},
        CaseFilter(text="ao khong co"): set(),
    }
    for narrowed, expected in wanted.items():
        assert {row.id for row in await listed(world, INTAKE, narrowed)} == expected, narrowed
    assert {row.id for row in await listed(world, OWNER)} == {held.id, taken.id, filed.id, draft.id}


async def test_overdue_are_open_cases_past_their_nearest_moment(world: World) -> None:
    late = await submitted(world)
    world.clock.forward(days=3)
    calm = await submitted(world)
    gone = await received(world)
    await world.use_cases.applications.request_withdrawal(
        world.context(OWNER), gone.id, expected_version=gone.version, reason="Thôi."
    )
    await world.use_cases.intake.stop(world.context(INTAKE), gone.id, expected_version=gone.version + 1)
    due = datetime(2026, 11, 26, 17, tzinfo=UTC)
    moments = {
        due - timedelta(microseconds=1): set(),
        due: {late.id},
        due + timedelta(days=30): {late.id, calm.id},
    }
    for at, expected in moments.items():
        assert {row.id for row in await listed(world, INTAKE, CaseFilter(overdue_at=at))} == expected, at


async def test_follower_misses_no_change_while_rows_change(world: World) -> None:
    case = await received(world)
    cases = [case]
    for minute in range(1, 8):
        cases += await copies(world, case, 1, updated_at=START + timedelta(minutes=minute))
    seen: dict[UUID, int] = {}
    after: tuple[datetime, UUID] | None = None
    changed = iter(cases[2:6])
    for _ in range(20):
        page = await listed(world, INTAKE, CaseFilter(updated_since=START), after=after, limit=2)
        if not page:
            break
        seen |= {row.id: row.version for row in page}
        after = (page[-1].updated_at, page[-1].id)
        # Between two pages an officer works on one already seen or not yet seen: it comes (again), at the end.
        touched = next(changed, None)
        if touched is not None:
            world.clock.at = START + timedelta(hours=1 + len(seen))
            await world.use_cases.intake.refuse_intake(
                world.context(INTAKE), touched.id, expected_version=touched.version, reasons=REASONS
            )
    current = {row.id: row.version for row in await listed(world, INTAKE)}
    assert seen == current
    assert sum(version == case.version + 1 for version in current.values()) == 4


async def test_pages_newest_first_repeat_nothing_while_rows_arrive(world: World) -> None:
    case = await received(world)
    cases = [case, *await copies(world, case, 6)]
    first = await listed(world, INTAKE, limit=3)
    await copies(world, case, 2)
    second = await listed(world, INTAKE, limit=3, after=first[-1].id)
    third = await listed(world, INTAKE, limit=3, after=second[-1].id)
    assert [row.id for row in (*first, *second, *third)] == sorted((each.id for each in cases), reverse=True)


async def test_equal_moments_are_told_apart_by_identity(world: World) -> None:
    case = await received(world)
    cases = [case, *await copies(world, case, 5)]
    after: tuple[datetime, UUID] | None = None
    seen: list[UUID] = []
    while page := await listed(world, INTAKE, CaseFilter(updated_since=START), after=after, limit=2):
        seen += [row.id for row in page]
        after = (page[-1].updated_at, page[-1].id)
    assert seen == sorted(each.id for each in cases)


async def test_hidden_cases_leave_no_trace_in_a_list(client: Client) -> None:
    world = client.world
    empty = (await client.send("GET", "/applications?limit=2", by="doi_thu")).content
    case = await received(world)
    await copies(world, case, 5)
    for query in (
        "limit=2",
        "limit=2&q=ao tom",
        f"organisation={world.startup}&limit=2",
        "updated_since=2020-01-01T00:00:00Z",
    ):
        for by in ("doi_thu", "nguoi_la", "mot_cua_noi_khac", "quan_tri", "cong_an", "phan_bien_1"):
            answer = await client.send("GET", f"/applications?{query}", by=by)
            assert (answer.status_code, answer.content) == (200, empty), (query, by)
    narrow = await world.token(INTAKE, limits=Limits(scopes=frozenset({"application:accept"})))
    blind = await client.http.get("/applications", headers={"Authorization": f"Bearer {narrow}"})
    assert (blind.status_code, blind.content) == (200, empty)


async def test_drafts_are_listed_to_their_writers_only(world: World) -> None:
    draft = await world.draft()
    shown = {by for by in world.people if {row.id for row in await listed(world, by)} == {draft.id}}
    assert shown == {OWNER, "nguoi_soan"}
