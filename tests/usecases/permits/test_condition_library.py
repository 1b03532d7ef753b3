"""The library of conditions and limits: counted over permits that may be read, lifted ones told from those that stand."""

from dataclasses import replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.db.permits import permits as rows
from sandbox_registry.domain.permits.condition_library import LibraryFilter, Restriction, RestrictionUse
from sandbox_registry.domain.permits.permits import PermitKind
from sandbox_registry.usecases.permits.permits import PermitView
from tests.support.decided import FIRST_PHASE_END, issued, why
from tests.support.world import PROCEDURE, World

REPORTS, INSURED, SAMPLES = "Báo cáo hằng quý", "Mua bảo hiểm trước khi bắt đầu", "Số mẫu mỗi ngày"
LICENCE = PermitKind.TIME_LIMITED_LICENCE


async def library(world: World, by: str = "truong_phong", **narrowed: Any) -> tuple[RestrictionUse, ...]:
    wanted = LibraryFilter(**narrowed)
    return await world.use_cases.permits.list_restrictions(world.context(by), narrowed=wanted, limit=50)


def counts(found: tuple[RestrictionUse, ...]) -> dict[str, tuple[int, int]]:
    return {each.text: (each.used, each.lifted) for each in found}


async def lift(owner: AsyncEngine, view: PermitView, condition: str) -> None:
    """Write what an amendment will: a second version from the middle of the trial on, without the condition."""
    permit, first = view.permit, view.versions[0]
    left = tuple(each for each in permit.terms.conditions if each != condition)
    said = tuple(each for each in permit.terms.justifications if each.of != condition)
    changed = replace(permit.terms, conditions=left, justifications=said)
    async with owner.begin() as connection:
        await connection.execute(
            text("UPDATE permit_versions SET effective = tstzrange(lower(effective), :middle) WHERE permit_id = :id"),
            {"middle": FIRST_PHASE_END, "id": permit.id},
        )
        second = replace(first, terms_version=2, start=FIRST_PHASE_END, terms=changed)
        await rows.add_version(connection, second)
        await connection.execute(text("UPDATE permits SET terms_version = 2 WHERE id = :id"), {"id": permit.id})


async def forget_why(owner: AsyncEngine, view: PermitView) -> None:
    """Let a permit be one from before conditions had to be justified."""
    async with owner.begin() as connection:
        for table, key in (("permits", "id"), ("permit_versions", "permit_id")):
            statement = f"UPDATE {table} SET terms = terms - 'justifications' WHERE {key} = :id"  # noqa: S608 - constants.
            await connection.execute(text(statement), {"id": view.permit.id})


async def test_library_counts_uses_and_what_was_lifted(world: World, owner: AsyncEngine) -> None:
    first, second, third = [await issued(world) for _ in range(3)]
    await forget_why(owner, third)
    await lift(owner, second, INSURED)
    found = await library(world)
    assert counts(found) == {REPORTS: (3, 0), INSURED: (3, 1), "Khối lượng mẫu": (3, 0), SAMPLES: (3, 0)}
    assert {(each.procedure_code, each.permit_kind) for each in found} == {(PROCEDURE, LICENCE)}
    by_text = {each.text: each for each in found}
    assert by_text[REPORTS].justified == why(REPORTS)[0]
    assert by_text[REPORTS].restriction is Restriction.CONDITION
    assert by_text[REPORTS].last_issued_at == third.permit.issued_at
    assert by_text[SAMPLES].restriction is Restriction.LIMIT
    again = await world.use_cases.permits.read(world.context("truong_phong"), third.permit.id)
    assert (again.permit.terms.justifications, first.permit.terms.justifications != ()) == ((), True)


async def test_library_is_narrowed_and_shows_only_what_its_reader_may_read(world: World) -> None:
    await issued(world)
    limits = await library(world, restriction=Restriction.LIMIT)
    assert [each.text for each in limits] == ["Khối lượng mẫu", SAMPLES]
    assert await library(world, procedure_code="khac") == ()
    assert await library(world, permit_kind=PermitKind.CONFIRMATION) == ()
    assert len(await library(world, procedure_code=PROCEDURE, permit_kind=LICENCE)) == len(await library(world))
    assert counts(await library(world, "nguoi_dai_dien")) == counts(await library(world))
    for stranger in ("doi_thu", "mot_cua_noi_khac"):
        assert await library(world, stranger) == ()
