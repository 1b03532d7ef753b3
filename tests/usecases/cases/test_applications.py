"""Drafting and filing, through the real use cases on the real database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
import rfc8785

from sandbox_registry.domain.acts import Action
from sandbox_registry.domain.cases.applications import Application, SupplementItem, UnchangedItem
from sandbox_registry.domain.errors import (
    ConditionNotMet,
    DomainError,
    Invalid,
    NotFound,
    PermissionDenied,
    StaleVersion,
    TransitionNotAllowed,
)
from sandbox_registry.domain.stages import Stage
from tests.support import stored_leaves
from tests.support.stages import INTAKE, OWNER, complete_draft, completed, current, digest_of, filed, received
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
    assert [b'"result":"refused"' in leaf.said for leaf in leaves] == [False, True]


async def test_submit_by_delegate_is_refused(world: World) -> None:
    application = await world.draft()
    with pytest.raises(PermissionDenied):
        await filed(world, application, by="nguoi_soan")


async def test_submit_empty_draft_lists_every_problem(world: World) -> None:
    application = await world.draft()
    with pytest.raises(Invalid) as caught:
        await filed(world, application)
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
    digest, owner = await digest_of(world, draft), world.context(OWNER)
    with statements(world) as sent:
        await world.use_cases.applications.submit(owner, draft.id, expected_version=draft.version, digest=digest)
    assert sum("documents.removed_at IS NULL" in statement for statement in sent) == 1
    assert sum("documents.removed_at IS NOT NULL" in statement for statement in sent) == 1
    assert sum("FROM documents" in statement for statement in sent) == 2


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
        await filed(world, draft)


async def test_filing_and_exchange_at_once_give_one_order(world: World) -> None:
    draft = await complete_draft(world)
    plan = (await documents(world, draft.id))["trial_plan"]
    owner = world.context(OWNER)
    sent, removed = await asyncio.gather(
        filed(world, draft),
        world.use_cases.applications.remove_document(owner, draft.id, plan.id),
        return_exceptions=True,
    )
    assert [isinstance(sent, StaleVersion), isinstance(removed, TransitionNotAllowed)].count(True) == 1, (sent, removed)


async def test_filing_names_what_it_files(world: World) -> None:
    draft, owner = await complete_draft(world), world.context(OWNER)
    shown = await world.use_cases.cases.submission(owner, draft.id)
    assert (shown.version, shown.due, shown.is_late, shown.unanswered) == (draft.version, None, False, ())
    assert shown.digest == sha256(rfc8785.dumps(shown.content)).hexdigest()  # type: ignore[arg-type]  # It is JSON.
    with pytest.raises(ConditionNotMet) as other:
        await world.use_cases.applications.submit(
            owner, draft.id, expected_version=draft.version, digest=sha256(b"").hexdigest()
        )
    assert other.value.condition == "other_content"
    await world.use_cases.applications.submit(owner, draft.id, expected_version=draft.version, digest=shown.digest)
    receipt = await world.use_cases.cases.receipt(owner, draft.id)
    assert [(each.cause, each.digest) for each in receipt.filings] == [("submitted", shown.digest)]
    files = [{name: each[name] for name in ("part", "sha256")} for each in receipt.filings[0].documents]
    named: Any = shown.content["documents"]
    assert {each["part"]: each["sha256"] for each in named} == {each["part"]: each["sha256"] for each in files}
    with pytest.raises(NotFound):
        await world.use_cases.cases.submission(owner, draft.id)
    async with world.database.replica() as connection:
        leaf = (await stored_leaves.leaves_of_case(connection, draft.id))[-1]
    objects = {each["type"]: each["state"] for each in json.loads(leaf.record or b"")["objects"]}
    assert objects["dossier_version"]["digest"] == shown.digest


async def test_supplement_is_filed_as_it_was_only_with_a_word_why(world: World) -> None:
    case = await to_complete(world, "documents.trial_plan", "documents.risk_register")
    await exchange(world, case.id)
    case, owner = await current(world, case), world.context(OWNER)
    shown = await world.use_cases.cases.submission(owner, case.id)
    assert [each.target for each in shown.unanswered] == ["documents.risk_register"]
    assert shown.due is not None
    with pytest.raises(Invalid) as left:
        await completed(world, case, because={})
    assert [(each.field, each.code) for each in left.value.errors] == [("documents.risk_register", "unanswered")]
    assert (await current(world, case)).stage is Stage.SUPPLEMENT_REQUESTED
    await completed(world, case, because={"documents.risk_register": "Bảng rủi ro đã đủ."})
    view = await world.use_cases.cases.read(world.context(INTAKE), case.id)
    assert view.supplements[0].unchanged == (
        UnchangedItem(target="documents.risk_register", because="Bảng rủi ro đã đủ."),
    )
    receipt = await world.use_cases.cases.receipt(owner, case.id)
    assert [each.cause for each in receipt.filings] == ["submitted", "supplemented"]
    assert receipt.filings[1].digest == shown.digest


async def test_two_signatories_file_a_supplement_once(world: World) -> None:
    case = await to_complete(world, "documents.trial_plan")
    done = await asyncio.gather(*(completed(world, case) for _ in range(2)), return_exceptions=True)
    assert sorted(isinstance(each, DomainError) for each in done) == [False, True]


async def test_nothing_is_written_after_the_term_of_a_supplement(world: World) -> None:
    case = await to_complete(world, "documents.trial_plan", "answers.project.summary")
    plan, owner = (await documents(world, case.id))["trial_plan"], world.context(OWNER)
    before = await world.use_cases.cases.read(owner, case.id)
    world.clock.forward(days=40)
    after = await world.use_cases.cases.read(owner, case.id)
    editing = frozenset({Action.APPLICATION_EDIT, Action.APPLICATION_SUBMIT_SUPPLEMENT})
    assert (before.may_do & editing, after.may_do & editing) == (editing, frozenset[Action]())
    assert (await world.use_cases.cases.submission(owner, case.id)).is_late
    answers = {"project": {"summary": "Đếm tôm bằng camera đặt trên bờ."}}
    for act in (
        world.use_cases.applications.check_component(owner, case.id, part="trial_plan"),
        attach(world, case.id, "trial_plan"),
        world.use_cases.applications.remove_document(owner, case.id, plan.id),
        world.use_cases.applications.edit(owner, case.id, expected_version=case.version, title=None, answers=answers),
        completed(world, case),
    ):
        with pytest.raises(ConditionNotMet) as late:
            await act
        assert late.value.condition == "supplement_too_late"


async def to_complete(world: World, *targets: str) -> Application:
    """A registered dossier of which these things are to be completed."""
    case = await received(world)
    return await world.use_cases.intake.request_supplement(
        world.context(INTAKE),
        case.id,
        expected_version=case.version,
        items=tuple(SupplementItem(target=target, reason="Chưa rõ") for target in targets),
        exception_reason=None,
    )
