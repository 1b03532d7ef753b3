"""How much the files of a case and of drafts may take up, and when the bytes of those nobody filed go."""

import asyncio
import os
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.domain.cases.applications import Application, Document
from sandbox_registry.domain.cases.original_files import OriginalFile
from sandbox_registry.domain.operations.stored_files import MEGABYTE, REMOVED_KEPT, StorageQuotaReached, StoredBytes
from sandbox_registry.usecases.cases.applications import Applications
from tests.support.inspection import ROOM
from tests.support.stages import OWNER, submitted
from tests.support.world import World

WRITER = "nguoi_soan"
DAY = timedelta(days=1)


async def attach(
    world: World,
    case_id: UUID,
    content: bytes,
    *,
    quotas: StoredBytes = ROOM,
    size: int = MEGABYTE,
    part: str = "site_consent",
    by: str = OWNER,
    original: bytes | None = None,
) -> Document:
    digest = await store(world, content)
    return await Applications(world.use_cases.transactions, storage=quotas).add_document(
        world.context(by),
        case_id,
        part=part,
        filename=f"{digest}.pdf",
        media_type="application/pdf",
        size=size,
        sha256=digest,
        original=None if original is None else OriginalFile(sha256=await store(world, original), size=size),
    )


async def store(world: World, content: bytes) -> str:
    digest = sha256(content).hexdigest()
    path = path_of(world, digest)
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    await asyncio.to_thread(path.write_bytes, content)
    return digest


def path_of(world: World, digest: str) -> Path:
    return world.use_cases.upkeep.store.root / digest[:2] / digest[2:4] / digest


def is_stored(world: World, document: Document) -> bool:
    return path_of(world, document.sha256).exists()


async def remove(world: World, document: Document) -> None:
    await world.use_cases.applications.remove_document(world.context(OWNER), document.application_id, document.id)


@pytest.mark.parametrize(
    ("quotas", "whose"),
    [
        (StoredBytes(case=2 * MEGABYTE, organisation=10**9, account=10**9), "case"),
        (StoredBytes(case=10**9, organisation=2 * MEGABYTE, account=10**9), "organisation"),
        (StoredBytes(case=10**9, organisation=10**9, account=2 * MEGABYTE), "account"),
    ],
)
async def test_file_beyond_a_quota_is_refused_with_the_quota_and_what_is_used(
    world: World, quotas: StoredBytes, whose: str
) -> None:
    case = await world.draft()
    await attach(world, case.id, b"1", quotas=quotas)
    await attach(world, case.id, b"2", quotas=quotas)

    with pytest.raises(StorageQuotaReached) as caught:
        await attach(world, case.id, b"3", quotas=quotas, size=1)

    assert (caught.value.params["amount"], caught.value.params["limit"]) == (2.0, 2.0)
    assert str(caught.value.params["whose"]) == str(StorageQuotaReached(whose=whose, used=0, limit=0).params["whose"])
    with pytest.raises(StorageQuotaReached):
        await Applications(world.use_cases.transactions, storage=quotas).check_component(
            world.context(OWNER), case.id, part="site_consent"
        )


async def test_other_cases_of_the_organisation_count_while_they_are_drafts(world: World) -> None:
    quotas = StoredBytes(case=10**9, organisation=MEGABYTE, account=10**9)
    filed = await submitted(world)
    other, case = await world.draft(), await world.draft()
    assert filed.organisation_id == case.organisation_id
    await attach(world, other.id, b"1", quotas=quotas, by=WRITER)

    with pytest.raises(StorageQuotaReached):
        await attach(world, case.id, b"2", quotas=quotas)


async def test_two_files_at_once_do_not_share_the_last_room(world: World) -> None:
    quotas = StoredBytes(case=10**9, organisation=MEGABYTE, account=10**9)
    cases = [await world.draft() for _ in range(4)]

    done = await asyncio.gather(
        *(attach(world, case.id, bytes([number]), quotas=quotas) for number, case in enumerate(cases)),
        return_exceptions=True,
    )

    assert sorted(type(each).__name__ for each in done) == ["Document", *["StorageQuotaReached"] * 3]


async def test_bytes_of_a_removed_file_go_after_a_term_and_count_no_longer(world: World) -> None:
    quotas = StoredBytes(case=MEGABYTE, organisation=10**9, account=10**9)
    case = await world.draft()
    gone = await attach(world, case.id, b"1", quotas=quotas)
    await remove(world, gone)
    with pytest.raises(StorageQuotaReached):
        await attach(world, case.id, b"2", quotas=quotas)

    age(world, gone, REMOVED_KEPT + DAY)
    world.clock.forward(days=REMOVED_KEPT.days - 1)
    assert await world.use_cases.upkeep.sweep_uploads() == 0
    world.clock.forward(days=2)
    assert await world.use_cases.upkeep.sweep_uploads() == 1

    assert not is_stored(world, gone)
    assert await world.use_cases.upkeep.sweep_uploads() == 0
    assert is_stored(world, await attach(world, case.id, b"2", quotas=quotas))


async def test_bytes_that_another_record_holds_stay_until_the_last_lets_them_go(world: World) -> None:
    case, other = await world.draft(), await world.draft()
    first, second = await attach(world, case.id, b"1"), await attach(world, other.id, b"1")
    age(world, first, DAY)
    await remove(world, first)
    world.clock.forward(days=REMOVED_KEPT.days + 1)
    assert await world.use_cases.upkeep.sweep_uploads() == 1
    assert is_stored(world, second)

    await remove(world, second)
    world.clock.forward(days=REMOVED_KEPT.days + 1)
    assert await world.use_cases.upkeep.sweep_uploads() == 1
    assert not is_stored(world, second)


async def test_what_was_sent_counts_and_goes_with_its_cleaned_copy(world: World) -> None:
    quotas = StoredBytes(case=2 * MEGABYTE, organisation=10**9, account=10**9)
    case = await world.draft()
    document = await attach(world, case.id, b"1", quotas=quotas, original=b"1 as it was sent")
    with pytest.raises(StorageQuotaReached):
        await attach(world, case.id, b"2", quotas=quotas, size=1)
    assert document.original is not None
    sent = path_of(world, document.original.sha256)
    for path in (sent, path_of(world, document.sha256)):
        os.utime(path, times=((world.clock.at - DAY).timestamp(),) * 2)
    await remove(world, document)
    world.clock.forward(days=REMOVED_KEPT.days + 1)

    assert await world.use_cases.upkeep.sweep_uploads() == 1

    assert (is_stored(world, document), sent.exists()) == (False, False)


async def test_bytes_of_a_draft_that_was_given_up_go(world: World) -> None:
    case = await world.draft()
    document = await attach(world, case.id, b"1")
    age(world, document, DAY)
    read = await world.use_cases.cases.read(world.context(OWNER), case.id)
    await world.use_cases.applications.discard(world.context(OWNER), case.id, expected_version=read.application.version)

    world.clock.forward(days=REMOVED_KEPT.days + 1)
    assert await world.use_cases.upkeep.sweep_uploads() == 1
    assert not is_stored(world, document)


async def test_what_was_filed_is_never_forgotten(world: World, owner: AsyncEngine) -> None:
    """Not even when it is taken out afterwards: a version that was filed names it."""
    case: Application = await submitted(world)
    async with owner.begin() as connection:
        await connection.exec_driver_sql("UPDATE documents SET removed_at = now() - interval '5 years'")

    assert await world.use_cases.upkeep.sweep_uploads() == 0
    assert case.submitted_at is not None


async def test_what_is_being_sent_again_is_left_for_another_night(world: World) -> None:
    case = await world.draft()
    document = await attach(world, case.id, b"1")
    await remove(world, document)
    world.clock.forward(days=REMOVED_KEPT.days + 1)
    age(world, document, timedelta())
    assert await world.use_cases.upkeep.sweep_uploads() == 0
    assert is_stored(world, document)


def age(world: World, document: Document, since: timedelta) -> None:
    """Make the bytes look as if they had been written so long before now, by the clock of the scene."""
    path = path_of(world, document.sha256)
    os.utime(path, times=((world.clock.at - since).timestamp(),) * 2)
