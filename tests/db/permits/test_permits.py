"""What the database itself refuses about permits, whatever a program sends."""

import json
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from sandbox_registry.db.permits.permits import versions_of
from sandbox_registry.domain.permits.permits import PermitVersion
from tests.support.decided import approved, issued
from tests.support.world import World

TWIN = text(
    "INSERT INTO permit_versions (permit_id, terms_version, decision_id, effective, ceiling, terms)"
    " SELECT permit_id, :terms_version, decision_id, cast(:effective AS tstzrange),"
    " cast(:ceiling AS timestamptz), terms FROM permit_versions WHERE terms_version = 1"
)
LATER = "2028-06-01 00:00+07"


@pytest.mark.parametrize(
    ("effective", "ceiling", "constraint"),
    [
        ("[2027-12-31 23:59+07,2028-03-01 00:00+07)", None, "ex_permit_versions_overlap"),
        ("[2026-12-01 00:00+07,2027-01-04 00:01+07)", None, "ex_permit_versions_overlap"),
        ("[2027-03-01 00:00+07,2027-04-01 00:00+07)", None, "ex_permit_versions_overlap"),
        (f"[2028-01-01 00:00+07,{LATER}]", None, "ck_permit_versions_half_open"),
        (f"(2028-01-01 00:00+07,{LATER})", None, "ck_permit_versions_half_open"),
        (f"[2028-01-01 00:00+07,{LATER})", "2028-05-31 23:59+07", "ck_permit_versions_under_ceiling"),
        ("empty", None, "ck_permit_versions_half_open"),
        ("[2028-01-01 00:00+07,)", LATER, "ck_permit_versions_window"),
        ("[2028-01-01 00:00+07,infinity)", None, "ck_permit_versions_window"),
        ("(,2026-01-01 00:00+07)", None, "ck_permit_versions_half_open"),
    ],
)
async def test_refuses_windows_no_permit_may_have(
    world: World, owner: AsyncEngine, effective: str, ceiling: str | None, constraint: str
) -> None:
    await issued(world)
    with pytest.raises(IntegrityError, match=constraint):
        async with owner.begin() as connection:
            await connection.execute(TWIN, {"terms_version": 2, "effective": effective, "ceiling": ceiling})


async def versions(world: World, permit_id: UUID) -> tuple[PermitVersion, ...]:
    async with world.database.replica() as connection:
        return await versions_of(connection, permit_id)


async def test_takes_a_window_that_begins_where_the_other_ends(world: World, owner: AsyncEngine) -> None:
    permit = (await issued(world)).permit
    following = {"terms_version": 2, "effective": f"[2028-01-01 00:00+07,{LATER})", "ceiling": LATER}
    async with owner.begin() as connection:
        await connection.execute(TWIN, following)
    assert [each.terms_version for each in await versions(world, permit.id)] == [1, 2]


async def test_keeps_one_permit_per_case_and_number(world: World, owner: AsyncEngine) -> None:
    await issued(world)
    other = await approved(world)
    twin = "INSERT INTO permits SELECT (jsonb_populate_record(each, cast(:changes AS jsonb))).* FROM permits AS each"
    own = {"id": str(uuid7()), "number": "2/2026/GPTN"}
    stolen = {"id": str(uuid7()), "application_id": str(other.id)}
    for changes, constraint in (
        (own, "uq_permits_application_id"),
        (stolen, "uq_permits_number"),
    ):
        with pytest.raises(IntegrityError, match=constraint):
            async with owner.begin() as connection:
                await connection.execute(text(twin), {"changes": json.dumps(changes)})


async def test_the_application_role_cannot_change_what_governed_a_permit(world: World) -> None:
    await issued(world)
    for statement in (
        "UPDATE permit_versions SET ceiling = NULL",
        "DELETE FROM permit_versions",
        "DELETE FROM permits",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with world.database.transaction() as work:
                await work.connection.execute(text(statement))
