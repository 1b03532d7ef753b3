"""Drafting and filing, through the real use cases on the real database."""

import asyncio

import pytest

from sandbox_registry.domain.errors import DomainError, Invalid, NotFound, PermissionDenied, StaleVersion
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
