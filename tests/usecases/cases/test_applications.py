"""Drafting and filing, through the real use cases on the real database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from sandbox_registry.domain.errors import (
    DomainError,
    Invalid,
    NotFound,
    PermissionDenied,
    StaleVersion,
    TransitionNotAllowed,
)
from sandbox_registry.domain.stages import Stage
from tests.support import stored_leaves
from tests.support.stages import OWNER, complete_draft
from tests.support.statements import statements
from tests.support.world import World


async def test_create_leaves_one_leaf(world: World) -> None:
    application = await world.draft()
    async with world.database.replica() as connection:
        leaves = await stored_leaves.leaves_of_case(connection, application.id)
    assert application.stage is Stage.DRAFT
    assert len(leaves) == 1


async def test_edit_leaves_a_version_and_no_leaf(world: World) -> None:
    application = await world.draft(answers={})
    owner = world.context("nguoi_dai_dien")
    versions = await world.use_cases.cases.versions(owner, application.id)
    assert [each.cause for each in versions] == ["created", "edited"]
    async with world.database.replica() as connection:
        assert len(await stored_leaves.leaves_of_case(connection, application.id)) == 1


async def test_stranger_gets_not_found_and_the_refusal_is_logged(world: World) -> None:
    application = await world.draft()
    with pytest.raises(NotFound):
        await world.use_cases.cases.read(world.context("doi_thu"), application.id)
    async with world.database.replica() as connection:
        leaves = await stored_leaves.leaves_of_case(connection, application.id)
    assert [b'"result":"refused"' in leaf.entry for leaf in leaves] == [False, True]


async def test_submit_by_delegate_is_refused(world: World) -> None:
    application = await world.draft()
    with pytest.raises(PermissionDenied):
        await world.use_cases.applications.submit(
            world.context("nguoi_soan"), application.id, expected_version=application.version
        )


async def test_submit_empty_draft_lists_every_problem(world: World) -> None:
    application = await world.draft()
    with pytest.raises(Invalid) as caught:
        await world.use_cases.applications.submit(
            world.context("nguoi_dai_dien"), application.id, expected_version=application.version
        )
    assert len(caught.value.errors) > 10


async def test_two_edits_at_once_give_one_success(world: World) -> None:
    application = await world.draft()
    owner = world.context("nguoi_dai_dien")
    edits = [
        world.use_cases.applications.edit(
            owner, application.id, expected_version=application.version, title=f"Tên {each}", answers={}
        )
        for each in range(2)
    ]
    done = await asyncio.gather(*edits, return_exceptions=True)
    assert sum(isinstance(each, StaleVersion) for each in done) == 1
    assert sum(not isinstance(each, DomainError) for each in done) == 1


async def test_submission_reads_its_documents_once(world: World) -> None:
    draft = await complete_draft(world)
    with statements(world) as sent:
        await world.use_cases.applications.submit(world.context(OWNER), draft.id, expected_version=draft.version)
    assert sum("FROM documents" in statement for statement in sent) == 1


async def exchange(world: World, case_id: UUID) -> Any:
    """Put another trial plan in the place of the one that is there."""
    attached = await documents(world, case_id)
    writer = world.context("nguoi_soan")
    await world.use_cases.applications.remove_document(writer, case_id, attached["trial_plan"].id)
    return await attach(world, case_id, "trial_plan")


async def attach(world: World, case_id: UUID, part: str) -> Any:
    return await world.use_cases.applications.add_document(
        world.context("nguoi_soan"),
        case_id,
        part=part,
        filename="khac.pdf",
        media_type="application/pdf",
        size=999,
        sha256="c" * 64,
    )


async def remove(world: World, case_id: UUID) -> Any:
    attached = await documents(world, case_id)
    return await world.use_cases.applications.remove_document(
        world.context("nguoi_soan"), case_id, attached["trial_plan"].id
    )


async def documents(world: World, case_id: UUID) -> dict[str, Any]:
    view = await world.use_cases.cases.read(world.context(OWNER), case_id)
    return {each.part: each for each in view.documents}


@pytest.mark.parametrize(
    "change", [exchange, remove, lambda world, case_id: attach(world, case_id, "power_of_attorney")]
)
async def test_signatory_does_not_file_documents_they_did_not_see(
    world: World, change: Callable[[World, UUID], Awaitable[Any]]
) -> None:
    draft = await complete_draft(world)
    await change(world, draft.id)
    with pytest.raises(StaleVersion):
        await world.use_cases.applications.submit(world.context(OWNER), draft.id, expected_version=draft.version)


async def test_filing_and_exchange_at_once_give_one_order(world: World) -> None:
    draft = await complete_draft(world)
    plan = (await documents(world, draft.id))["trial_plan"]
    owner = world.context(OWNER)
    filed, removed = await asyncio.gather(
        world.use_cases.applications.submit(owner, draft.id, expected_version=draft.version),
        world.use_cases.applications.remove_document(owner, draft.id, plan.id),
        return_exceptions=True,
    )
    assert [isinstance(filed, StaleVersion), isinstance(removed, TransitionNotAllowed)].count(True) == 1, (
        filed,
        removed,
    )
