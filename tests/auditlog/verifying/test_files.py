"""Files in the store against what was filed: a byte changed on the disk, and a file that is gone, are found."""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.verifying.files import check_files
from sandbox_registry.auditlog.verifying.findings import Report
from tests.support.erasing import confirm, propose, refused_intake
from tests.support.stages import submitted
from tests.support.world import World


async def found(world: World, directory: Path) -> Report:
    report = Report()
    async with world.database.primary() as connection:
        await check_files(connection, directory, report=report)
    return report


async def stored(world: World, directory: Path) -> list[Path]:
    """Put into a store what the test dossiers name: the content of each file is the name of its part."""
    async with world.database.primary() as connection:
        rows = await connection.exec_driver_sql("SELECT DISTINCT part, sha256 FROM documents")
        paths: list[Path] = []
        for row in rows:
            part, sha256 = row.part, row.sha256
            path = directory / sha256[:2] / sha256[2:4] / sha256
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(part.encode())
            paths.append(path)
    return paths


async def test_every_file_is_hashed_again(world: World, tmp_path: Path) -> None:
    await submitted(world)
    paths = await stored(world, tmp_path)
    first, second = paths[0], paths[1]
    whole = await found(world, tmp_path)
    assert (whole.findings, whole.files) == ([], len(paths))
    first.write_bytes(first.read_bytes() + b" ")
    second.unlink()
    assert sorted(each.code for each in (await found(world, tmp_path)).findings) == ["file_changed", "file_missing"]


async def test_files_of_an_erased_case_are_not_missed(world: World, tmp_path: Path) -> None:
    case = await refused_intake(world)
    world.clock.forward(days=1)
    assert {each.code for each in (await found(world, tmp_path)).findings} == {"file_missing"}
    await confirm(world, await propose(world, case.id))
    assert (await found(world, tmp_path)).findings == []


async def test_a_removed_file_whose_bytes_have_gone_is_not_missed_and_a_filed_one_is(
    world: World, tmp_path: Path, owner: AsyncEngine
) -> None:
    await submitted(world)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE documents SET forgotten_at = now()")
    assert {each.code for each in (await found(world, tmp_path)).findings} == {"file_missing"}
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE documents SET removed_at = now()")
    assert (await found(world, tmp_path)).findings == []
