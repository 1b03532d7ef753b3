"""The frame of every act: one transaction, one leaf that opens, the same statements whether a case exists or not."""

import asyncio
import base64
import hashlib
import json
import random
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from uuid_utils.compat import uuid7

from sandbox_registry.authz import Action
from sandbox_registry.db import tables
from sandbox_registry.db.cases.applications import Case, find_case
from sandbox_registry.domain.audit import EPOCH
from sandbox_registry.domain.cases.applications import Reason, SupplementItem
from sandbox_registry.domain.cases.appraisal import Declaration
from sandbox_registry.domain.errors import DomainError, Invalid, NotFound, PermissionDenied
from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.usecases.transaction import idempotency
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions
from tests.support import stored_leaves
from tests.support.stages import FOCAL, INTAKE, OWNER, accepted, claimed, received, submitted, under_appraisal
from tests.support.statements import statements
from tests.support.world import World

REFUSED_SUPPLEMENT = (SupplementItem(target="answers.project.nothing", reason="?"),)


async def leaves(world: World) -> list[stored_leaves.LeafRow]:
    async with world.database.replica() as connection:
        return list(await stored_leaves.all_leaves(connection))


async def test_every_leaf_opens_its_record(world: World) -> None:
    case = await accepted(world)
    with pytest.raises(NotFound):
        await world.use_cases.cases.read(world.context("doi_thu"), case.id)
    for leaf in await leaves(world):
        entry = json.loads(leaf.said)
        assert leaf.nonce is not None
        assert leaf.record is not None
        assert entry["commit"] == base64.b64encode(hashlib.sha256(leaf.nonce + leaf.record).digest()).decode()
        assert entry["actor"]["pid"] == world.transactions.pseudonyms.of(
            UUID(json.loads(leaf.record)["actor"]), within=UUID(entry["chain"]["case"] or entry["obj"]["id"])
        )
        assert entry["policy"]["version"] == world.transactions.authorizer.version
        assert entry["t"] == (world.clock.at - EPOCH).total_seconds() * 1000
    assert len({leaf.nonce for leaf in await leaves(world)}) == len(await leaves(world))


async def test_leaf_names_no_person(world: World) -> None:
    await accepted(world)
    written = b"".join(leaf.entry for leaf in await leaves(world))
    private = [str(each) for each in world.people.values()] + ["Nguoi", "camau.example", "Tôm Sáng"]
    assert [each for each in private if each.encode() in written] == []


async def test_record_holds_the_whole_new_state_of_everything_changed(world: World) -> None:
    case = await accepted(world)
    record = json.loads((await leaves(world))[-1].record or b"")
    assert [each["type"] for each in record["objects"]] == ["application", "promise", "promise"]
    dates = {each["state"]["name"]: each["state"]["due"] for each in record["objects"][1:]}
    assert dates["appointment"] == record["objects"][0]["state"]["appointment_at"]
    assert record["objects"][0]["state"]["appointment_at"].startswith("2026-12-28T17:00")
    assert record["objects"][0]["state"]["answers"] == case.answers
    taken = json.loads((await leaves(world))[-2].record or b"")
    assert [each["type"] for each in taken["objects"]] == ["application", "participation"]


async def test_submission_records_the_dossier_with_its_documents(world: World) -> None:
    await submitted(world)
    record = json.loads((await leaves(world))[-1].record or b"")
    kinds = [each["type"] for each in record["objects"]]
    assert kinds[:2] == ["application", "dossier_version"]
    assert sorted(kinds[2:]) == [*["document"] * 8, "participation", "promise"]
    assert len(record["objects"][1]["state"]["documents"]) > 3
    assert [each["state"]["name"] for each in record["objects"] if each["type"] == "promise"] == ["completeness.term"]


async def retitle(opened: AbstractAsyncContextManager[CaseTransaction]) -> None:
    """Write behind the back of the act."""
    async with opened as act:
        await act.work.save(replace(act.application, version=act.application.version + 1, title="Đổi lén"))


async def test_act_that_names_nothing_fails_and_saves_nothing(world: World) -> None:
    case = await received(world)
    before = await leaves(world)
    acted = world.transactions.open_case(world.context(INTAKE), Action.APPLICATION_ACCEPT, case.id)
    with pytest.raises(AssertionError, match="changed nothing"):
        await retitle(acted)
    view = await world.use_cases.cases.read(world.context(INTAKE), case.id)
    assert (view.application, await leaves(world)) == (case, before)


async def refuse_late(opened: AbstractAsyncContextManager[CaseTransaction]) -> None:
    """Save, take a number, and only then find a reason to refuse."""
    async with opened as act:
        await act.work.save(replace(act.application, version=act.application.version + 1, title="Nửa chừng"))
        await act.work.next_number("dossier H12.01-261120")
        raise Invalid(())


async def test_nothing_is_saved_when_the_domain_refuses_after_saving(world: World) -> None:
    case = await received(world)
    before = await leaves(world)
    with pytest.raises(Invalid):
        await refuse_late(world.transactions.open_case(world.context(INTAKE), Action.APPLICATION_ACCEPT, case.id))
    view = await world.use_cases.cases.read(world.context(INTAKE), case.id)
    assert (view.application, await leaves(world)) == (case, before)
    again = await world.use_cases.intake.receive(
        world.context(INTAKE), (other := await submitted(world)).id, expected_version=other.version
    )
    assert again.code == "H12.01-261120-0002"


async def test_case_is_written_once_with_its_due_date_and_without_what_stayed(world: World) -> None:
    case = await received(world)
    with statements(world) as sent:
        await world.use_cases.intake.accept(world.context(INTAKE), case.id, expected_version=case.version)
    (written,) = [statement for statement in sent if statement.startswith("UPDATE applications")]
    columns = set(re.findall(r"(\w+)=", written.partition(" WHERE ")[0]))
    assert columns == {"version", "stage", "updated_at", "accepted_at", "appointment_at", "next_due_at"}


async def test_case_that_was_refused_has_no_due_date(world: World) -> None:
    case = await received(world)
    due = select(tables.applications.c.next_due_at).where(tables.applications.c.id == case.id)
    async with world.database.replica() as connection:
        assert (await connection.execute(due)).scalar_one() is not None
    await world.use_cases.intake.refuse_intake(
        world.context(INTAKE),
        case.id,
        expected_version=case.version,
        reasons=(Reason(code="not_innovative", text="Đã có."),),
    )
    async with world.database.replica() as connection:
        assert (await connection.execute(due)).scalar_one() is None


async def move_twice(opened: AbstractAsyncContextManager[CaseTransaction]) -> None:
    async with opened as act:
        once = await act.save(replace(act.application, version=act.application.version + 1))
        await act.save(replace(once, version=once.version + 1))


async def test_act_moves_its_case_once(world: World) -> None:
    case = await received(world)
    with pytest.raises(RuntimeError, match="once"):
        await move_twice(world.transactions.open_case(world.context(INTAKE), Action.APPLICATION_ACCEPT, case.id))
    view = await world.use_cases.cases.read(world.context(INTAKE), case.id)
    assert view.application == case


async def test_refusal_names_line_reason_and_object(world: World) -> None:
    case = await received(world)
    with pytest.raises(PermissionDenied) as caught:
        await world.use_cases.intake.accept(world.context(OWNER), case.id, expected_version=case.version)
    leaf = (await leaves(world))[-1]
    entry = json.loads(leaf.said)
    assert (entry["act"], entry["result"], entry["reason_code"]) == (
        "application:accept",
        "refused",
        "permission_denied",
    )
    assert entry["policy"]["line"] == caught.value.line
    assert "own" in (caught.value.line or "")
    assert (entry["obj"], entry["prev_ver"]) == ({"type": "application", "id": str(case.id), "ver": 0}, 0)
    assert json.loads(leaf.record or b"")["objects"] == []


Call = Callable[[World, str, UUID], Awaitable[Any]]
HIDDEN: dict[str, Call] = {
    "read": lambda world, by, case: world.use_cases.cases.read(world.context(by), case),
    "timeline": lambda world, by, case: world.use_cases.timelines.read(world.context(by), case),
    "versions": lambda world, by, case: world.use_cases.cases.versions(world.context(by), case),
    "document": lambda world, by, case: world.use_cases.cases.document(world.context(by), case, case),
    "edit": lambda world, by, case: world.use_cases.applications.edit(
        world.context(by), case, expected_version=1, title="Chen", answers={}
    ),
    "submit": lambda world, by, case: world.use_cases.applications.submit(
        world.context(by), case, expected_version=1, digest="0" * 64
    ),
    "complain": lambda world, by, case: world.use_cases.complaints.file(world.context(by), case, grounds="?"),
    "accept": lambda world, by, case: world.use_cases.intake.accept(world.context(by), case, expected_version=1),
    "claim": lambda world, by, case: world.use_cases.assignments.claim(world.context(by), case),
    "permit": lambda world, by, case: world.use_cases.permits.read(world.context(by), case),
}


async def test_hidden_case_and_no_case_cost_the_same_statements(world: World) -> None:
    case = await under_appraisal(world)
    for name, call in HIDDEN.items():
        for by in ("doi_thu", "nguoi_la", "mot_cua_noi_khac", "quan_tri", "cong_an"):
            run: list[tuple[list[str], str]] = []
            for identity in (case.id, uuid7()):
                with statements(world) as sent, pytest.raises(NotFound) as caught:
                    await call(world, by, identity)
                run.append((list(sent), str(caught.value)))
            assert run[0] == run[1], (name, by)
            assert "append_leaf" in run[0][0][-1]


async def test_reading_leaves_a_trace_for_overseers_only(world: World) -> None:
    case = await received(world)
    before = len(await leaves(world))
    for name in (OWNER, "nguoi_soan", INTAKE, "truong_phong"):
        await world.use_cases.cases.read(world.context(name), case.id)
    assert len(await leaves(world)) == before
    for name in ("dai_bieu", "thanh_tra"):
        await world.use_cases.cases.read(world.context(name), case.id)
    told = [json.loads(each.said) for each in (await leaves(world))[before:]]
    assert [(each["act"], each["result"]) for each in told] == [("application:read", "done")] * 2


async def test_token_gives_no_more_than_it_names(world: World) -> None:
    case = await received(world)
    narrow = world.context(INTAKE, token_scopes=frozenset({"application:read"}))
    assert (await world.use_cases.cases.read(narrow, case.id)).may_do == {Action.APPLICATION_READ}
    with pytest.raises(PermissionDenied) as caught:
        await world.use_cases.intake.accept(narrow, case.id, expected_version=case.version)
    assert caught.value.line == "token scope"
    blind = world.context(INTAKE, token_scopes=frozenset({"application:accept"}))
    done = await world.use_cases.intake.accept(blind, case.id, expected_version=case.version)
    assert done.accepted_at == world.clock.at


def rendered(result: object) -> idempotency.StoredResponse:
    return idempotency.StoredResponse(status=200, headers={}, body=str(getattr(result, "id", None)).encode())


def keyed(context: RequestContext, *, key: str = "mot", body: bytes = b"1") -> RequestContext:
    request = idempotency.IdempotentRequest(
        route="POST /x", key=key, request_hash=hashlib.sha256(body).digest(), render=rendered
    )
    return replace(context, idempotent=request)


async def test_key_in_use_is_told_and_finished_key_is_replayed(world: World) -> None:
    case = await received(world)
    unkeyed = world.context(INTAKE)
    context = keyed(unkeyed)
    accept = world.use_cases.intake.accept
    before = len(await leaves(world))
    async with world.transactions.open_case(context, Action.APPLICATION_READ, case.id) as act:
        act.skip_audit()
        with pytest.raises(idempotency.KeyInUse):
            await accept(context, case.id, expected_version=case.version)
        act.respond(case)
    with pytest.raises(idempotency.AlreadyDone) as replayed:
        await accept(context, case.id, expected_version=case.version)
    with pytest.raises(idempotency.KeyReused):
        await accept(keyed(unkeyed, body=b"2"), case.id, expected_version=case.version)
    assert replayed.value.response == rendered(case)
    assert len(await leaves(world)) == before
    await accept(keyed(unkeyed, key="hai"), case.id, expected_version=case.version)
    assert len(await leaves(world)) == before + 1


async def test_key_of_one_person_is_not_that_of_another(world: World) -> None:
    case = await received(world)
    one, another = keyed(world.context(INTAKE)), keyed(world.context("mot_cua_2"))
    await world.use_cases.intake.accept(one, case.id, expected_version=case.version)
    with pytest.raises(DomainError):
        await world.use_cases.intake.accept(another, case.id, expected_version=case.version)


async def test_failed_act_frees_its_key(world: World) -> None:
    case = await received(world)
    context = keyed(world.context(INTAKE))
    with pytest.raises(Invalid):
        await world.use_cases.intake.request_supplement(
            context,
            case.id,
            expected_version=case.version,
            items=REFUSED_SUPPLEMENT,
            exception_reason=None,
        )
    done = await world.use_cases.intake.accept(context, case.id, expected_version=case.version)
    assert done.accepted_at == world.clock.at


async def test_clock_is_read_under_the_lock_of_the_case(world: World) -> None:
    case = await claimed(world)
    told = random.Random(1)  # noqa: S311 - a clock that jumps, repeatably.

    def now() -> Any:
        world.clock.forward(milliseconds=told.randint(1, 9))
        return world.clock.at

    transactions = Transactions(
        database=world.database,
        authorizer=world.transactions.authorizer,
        rules=world.transactions.rules,
        pseudonyms=world.transactions.pseudonyms,
        now=now,
        new_id=uuid7,
    )
    with statements(world) as sent:
        async with transactions.open_case(world.context(FOCAL), Action.APPLICATION_READ, case.id) as act:
            act.skip_audit()
            assert act.at == world.clock.at
    assert "FOR UPDATE" in sent[0]


async def test_what_one_may_know_is_read_after_the_wait_for_the_case(world: World) -> None:
    """A conflict declared while another act waits for the case counts in that act."""
    application = await world.draft()
    owner = world.actor("nguoi_dai_dien")
    assert await _case_of(world, application.id, owner) is not None
    async with world.database.transaction() as first:
        await first.connection.execute(
            tables.applications.update().where(tables.applications.c.id == application.id).values(title="Đang giữ")
        )
        waiting = asyncio.create_task(_case_of(world, application.id, owner))
        await asyncio.sleep(0.2)
        await first.add(
            Declaration(
                id=uuid7(),
                version=1,
                application_id=application.id,
                person_id=owner.person_id,
                conflicted=True,
                statement="Có góp vốn.",
                made_at=world.clock.at,
            )
        )
    assert await waiting is None


async def _case_of(world: World, application_id: UUID, actor: Actor) -> Case | None:
    async with world.database.transaction() as work:
        return await work.run(
            find_case,
            application_id,
            person_id=actor.person_id,
            scopes=world.transactions.authorizer.scopes(actor, [Action.APPLICATION_READ]),
            consulted_unit_ids=frozenset(),
            lock=True,
        )
