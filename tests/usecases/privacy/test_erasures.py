"""Erasing on a lawful request: by two persons, of an account or a case, never against a hold or a running case."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.db.identity import credentials
from sandbox_registry.db.integrations import webhooks as webhook_rows
from sandbox_registry.db.privacy.erasures import files_to_forget
from sandbox_registry.domain.cases.applications import (
    Application,
    Complaint,
    ComplaintOutcome,
    Document,
    Message,
    Reason,
)
from sandbox_registry.domain.cases.attachments import AttachmentKind
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, NotFound, PermissionDenied, StaleVersion
from sandbox_registry.domain.identity.people import Membership, Organisation, Person, Role
from sandbox_registry.domain.identity.tokens import Limits
from sandbox_registry.domain.integrations.webhooks import DeliveryState, EndpointState
from sandbox_registry.domain.privacy.erasures import ERASED, Erasure, ErasureKind, ErasureStatus, LegalHold
from sandbox_registry.domain.stages import Stage
from sandbox_registry.usecases.privacy.erasures import Erasures
from tests.support import stored_leaves
from tests.support.checks import leaving, one_of_two
from tests.support.decided import issued
from tests.support.erasing import (
    ADMIN,
    KEEPER,
    SIGNER,
    confirm,
    everything_written,
    hold,
    newcomer,
    own_applicant,
    propose,
    refused_intake,
)
from tests.support.leaves import leaves, told
from tests.support.stages import INTAKE, OWNER, complete_draft, received, submitted
from tests.support.world import World


@pytest.fixture
def erasures(world: World) -> Erasures:
    return world.use_cases.erasures


async def test_what_an_applicant_gave_is_gone_from_a_case(world: World, owner: AsyncEngine) -> None:
    case = await refused_intake(world)
    secrets = ("Tôm", "ốm nặng", "application_form.pdf", "thị giác máy tính")
    before = await everything_written(owner)
    assert [each for each in secrets if each not in before] == []
    asked = await propose(world, case.id)
    done = await confirm(world, asked)
    after = (await everything_written(owner)).replace("Công ty TNHH Tôm Sáng", "")
    assert [each for each in secrets if each in after] == []
    async with world.database.transaction() as work:
        assert await work.get(Erasure, asked.id) == done
        kept = await work.get(Application, case.id)
        letters = await work.find(Message, application_id=case.id)
        files = await work.find(Document, application_id=case.id)
    assert (kept.title, kept.answers, kept.code, kept.stage) == (ERASED, {}, case.code, Stage.WITHDRAWN)
    assert [letter.body for letter in letters] == [ERASED]
    assert {(each.filename, len(each.sha256)) for each in files} == {(ERASED, 64)}


async def test_an_erasure_is_one_leaf_that_names_what_it_erased(world: World) -> None:
    case = await refused_intake(world)
    indexes = [index for index, leaf in enumerate(await leaves(world)) if leaf.entry["act"] != "assignment:claim"]
    async with leaving(world, case.id, count=2):
        done = await confirm(world, await propose(world, case.id))
    found = await leaves(world)
    last = found[-1]
    assert (last.action, last.kind, last.result) == ("erasure:confirm", "erasure", "done")
    assert last.entry["erased"] == list(done.indexes) == indexes
    assert "erased" not in found[-2].entry
    assert (done.proposed_by_name, done.settled_by_name) == ("Quan Tri", "Chu Tich")
    assert [leaf.record for leaf in found[:-2]] == [{}] * len(indexes)
    assert {each["type"] for each in last.record["objects"]} >= {"erasure", "application", "dossier_version", "message"}


async def test_an_account_is_emptied_and_closed(world: World, owner: AsyncEngine) -> None:
    person = await newcomer(world)
    actor = world.context("nguoi_la", person_id=person.id)
    made = await world.use_cases.tokens.create(
        actor, name="máy của Tôm", limits=Limits(addresses=("203.0.113.7/32",)), lifetime=timedelta(days=1)
    )
    done = await confirm(world, await propose(world, person.id, kind=ErasureKind.ACCOUNT))
    after = await everything_written(owner)
    for secret in ("Lê Thị Tôm", "le thi tom", "le.thi.tom", "0913 111 222", "máy của Tôm", "203.0.113.7"):
        assert secret not in after
    async with world.database.transaction() as work:
        kept = await work.get(Person, person.id)
        (token,) = await credentials.tokens_of(work.connection, person.id)
        assert await credentials.current_hash(work.connection, person.id, changing=False) is None
    assert (kept.full_name, kept.email, kept.phone) == (ERASED, f"{person.id}@erased.invalid", "")
    assert kept.disabled_at == token.revoked_at == world.clock.at
    assert (token.id, token.name) == (made.token.id, ERASED)
    assert len(done.indexes) == 2
    # The address is free again.
    await newcomer(world)


async def test_an_individuals_own_applicant_goes_with_the_account(world: World, owner: AsyncEngine) -> None:
    person = await newcomer(world)
    own = await own_applicant(world, person)
    await confirm(world, await propose(world, person.id, kind=ErasureKind.ACCOUNT))
    after = await everything_written(owner)
    for secret in ("Lê Thị Tôm", "Ấp Cái Nước", "tom-cai-nuoc", "máy của Tôm"):
        assert secret not in after
    async with world.database.transaction() as work:
        kept = await work.get(Organisation, own.id)
        (membership,) = await work.find(Membership, organisation_id=own.id)
        endpoints = await webhook_rows.lock_endpoints_of(work.connection, [own.id])
        pending = [
            await webhook_rows.deliveries_of(work.connection, each.id, state=DeliveryState.PENDING, after=None, limit=9)
            for each in endpoints
        ]
        secrets = [await webhook_rows.secrets_of(work.connection, each.id, at=world.clock.at) for each in endpoints]
    assert [each.state for each in endpoints] == [EndpointState.REMOVED] * 2
    assert (pending, secrets) == ([(), ()], [(), ()])
    assert (kept.name, kept.email, kept.tax_code) == (ERASED, f"{own.id}@erased.invalid", None)
    assert membership.valid_to == world.clock.at


async def test_who_asked_settles_nothing(world: World, erasures: Erasures) -> None:
    case = await refused_intake(world)
    asked = await propose(world, case.id)
    # Even a signer's office beside it gives no power to confirm: the policy refuses, then the domain would.
    both = world.context(ADMIN, offices=world.actor(ADMIN).offices | world.actor(SIGNER).offices)
    with pytest.raises(PermissionDenied):
        await erasures.confirm(both, asked.id, expected_version=1)
    signer_asked = world.context(SIGNER, person_id=asked.proposed_by)
    for settle in (
        erasures.confirm(signer_asked, asked.id, expected_version=1),
        erasures.refuse(signer_asked, asked.id, expected_version=1, because="x"),
    ):
        with pytest.raises((ConditionNotMet, PermissionDenied)):
            await settle
    assert (await erasures.read(world.context(SIGNER), asked.id)).status is ErasureStatus.PROPOSED


@pytest.mark.parametrize("by", ["dai_bieu", "thanh_tra", "quan_tri", "quan_tri_2", "van_thu", OWNER, "mot_cua"])
async def test_only_a_signer_confirms(world: World, by: str) -> None:
    case = await refused_intake(world)
    asked = await propose(world, case.id)
    with pytest.raises(PermissionDenied):
        await confirm(world, asked, by=by)
    assert (await told(world))[-1] == ("erasure:confirm", "refused", "permission_denied")


async def test_oversight_reads_and_others_do_not(world: World, erasures: Erasures) -> None:
    case = await refused_intake(world)
    asked = await propose(world, case.id)
    for name in ("dai_bieu", "thanh_tra", SIGNER, ADMIN):
        assert await erasures.list_erasures(world.context(name), status=None, after=None, limit=5) == (asked,)
        assert await erasures.read(world.context(name), asked.id) == asked
    for name in (OWNER, "mot_cua", "nguoi_la"):
        with pytest.raises(PermissionDenied):
            await erasures.list_erasures(world.context(name), status=None, after=None, limit=5)
    narrowed = await erasures.list_erasures(world.context(ADMIN), status=ErasureStatus.CONFIRMED, after=None, limit=5)
    assert narrowed == ()


async def test_readings_by_oversight_are_on_record_and_stay(world: World, erasures: Erasures) -> None:
    case = await refused_intake(world)
    await world.use_cases.cases.read(world.context("dai_bieu"), case.id)
    reading = len(await told(world)) - 1
    done = await confirm(world, await propose(world, case.id))
    assert reading not in done.indexes
    assert (await leaves(world))[reading].record["objects"][0]["state"] == {"read": "application:read"}
    await erasures.read(world.context("thanh_tra"), done.id)
    await erasures.list_erasures(world.context("dai_bieu"), status=None, after=None, limit=5)
    await erasures.list_erasures(world.context(SIGNER), status=None, after=None, limit=5)
    assert [(leaf.action, leaf.kind) for leaf in (await leaves(world))[-3:]] == [
        ("erasure:confirm", "erasure"),
        ("erasure:read", "erasure"),
        ("erasure:read", "erasures"),
    ]


async def test_a_request_is_refused_or_withdrawn_and_then_over(world: World, erasures: Erasures) -> None:
    case = await refused_intake(world)
    asked = await propose(world, case.id)
    with pytest.raises(Duplicate):
        await propose(world, case.id, by="quan_tri_2")
    refused = await erasures.refuse(world.context(SIGNER), asked.id, expected_version=1, because="Phải lưu trữ.")
    assert (refused.status, refused.settled_because) == (ErasureStatus.REFUSED, "Phải lưu trữ.")
    with pytest.raises(StaleVersion):
        await confirm(world, asked)
    with pytest.raises(Duplicate):
        await confirm(world, refused)
    again = await propose(world, case.id)
    with pytest.raises(ConditionNotMet) as caught:
        await erasures.withdraw(world.context("quan_tri_2"), again.id, expected_version=1, because="x")
    assert caught.value.condition == "not_ones_own"
    over = await erasures.withdraw(world.context(ADMIN), again.id, expected_version=1, because="Nhầm.")
    assert (over.status, over.indexes) == (ErasureStatus.WITHDRAWN, ())


async def test_what_is_not_there_is_not_erased(world: World) -> None:
    for kind in ErasureKind:
        with pytest.raises(NotFound):
            await propose(world, UUID(int=7), kind=kind)


async def test_nothing_is_erased_twice(world: World) -> None:
    case = await refused_intake(world)
    await confirm(world, await propose(world, case.id))
    with pytest.raises(ConditionNotMet) as caught:
        await propose(world, case.id)
    assert caught.value.condition == "nothing_to_erase"


async def refusal(world: World, target: UUID, *, kind: ErasureKind = ErasureKind.CASE) -> str:
    with pytest.raises(ConditionNotMet) as caught:
        await propose(world, target, kind=kind)
    return caught.value.condition


async def test_a_case_is_kept_while_it_is_needed(world: World) -> None:
    draft = await complete_draft(world)
    assert await refusal(world, draft.id) == "case_open"
    filed = await submitted(world)
    assert await refusal(world, filed.id) == "case_open"
    running = await issued(world)
    case_id = running.permit.application_id
    assert await refusal(world, case_id) == "permit_running"
    world.clock.forward(days=500)
    assert (await confirm(world, await propose(world, case_id))).status is ErasureStatus.CONFIRMED


async def test_a_case_with_a_complaint_is_kept(world: World) -> None:
    case = await received(world)
    ended = await world.use_cases.intake.refuse_intake(
        world.context("mot_cua"),
        case.id,
        expected_version=case.version,
        reasons=(Reason(code="not_competent", text="x"),),
    )
    filed = await world.use_cases.complaints.file(world.context(OWNER), ended.id, grounds="Không đúng.")
    assert await refusal(world, case.id) == "complaint_recorded"
    await world.use_cases.complaints.settle(
        world.context("khieu_nai"),
        case.id,
        filed.id,
        expected_version=filed.version,
        outcome=ComplaintOutcome.DISMISSED,
        reasons="Đúng quy định.",
        document="45/QĐ-UBND",
    )
    await confirm(world, await propose(world, case.id))
    async with world.database.transaction() as work:
        left = await work.get(Complaint, filed.id)
    assert (left.grounds, left.settlement is not None) == (ERASED, True)


async def test_an_account_in_use_is_kept(world: World) -> None:
    assert await refusal(world, world.people["mot_cua"], kind=ErasureKind.ACCOUNT) == "still_in_office"
    assert await refusal(world, world.people[OWNER], kind=ErasureKind.ACCOUNT) == "still_represents"


async def test_an_account_is_kept_while_a_case_it_took_part_in_is_needed(world: World) -> None:
    case = await received(world)
    async with world.database.transaction() as work:
        for each in await work.find(Membership, person_id=world.people[OWNER]):
            await work.save(replace(each, version=each.version + 1, valid_to=world.clock.at))
    assert await refusal(world, world.people[OWNER], kind=ErasureKind.ACCOUNT) == "case_open"
    assert case.stage is Stage.SUBMITTED


async def test_a_hold_keeps_a_case_until_it_is_lifted(world: World) -> None:
    case = await refused_intake(world)
    asked = await propose(world, case.id)
    placed = await hold(world, case.id)
    with pytest.raises(ConditionNotMet) as caught:
        await confirm(world, asked)
    assert caught.value.condition == "on_hold"
    holds = world.use_cases.legal_holds
    lifted = await holds.lift(
        world.context(KEEPER), case.id, placed.id, expected_version=1, because="Thanh tra đã kết luận."
    )
    assert await holds.list_holds(world.context("dai_bieu"), case.id) == (lifted,)
    with pytest.raises(Duplicate):
        await holds.lift(world.context(KEEPER), case.id, placed.id, expected_version=2, because="x")
    assert (await confirm(world, asked)).status is ErasureStatus.CONFIRMED


async def test_holds_are_for_officers_of_the_unit(world: World) -> None:
    case = await refused_intake(world)
    for name, what in (
        (OWNER, PermissionDenied),
        ("dai_bieu", PermissionDenied),
        (ADMIN, NotFound),
        ("doi_thu", NotFound),
    ):
        with pytest.raises(what):
            await hold(world, case.id, by=name)
    placed = await hold(world, case.id)
    holds = world.use_cases.legal_holds
    with pytest.raises((PermissionDenied, NotFound)):
        await holds.lift(world.context(SIGNER), case.id, placed.id, expected_version=1, because="x")
    with pytest.raises(PermissionDenied):
        await holds.list_holds(world.context(OWNER), case.id)
    other = await refused_intake(world)
    with pytest.raises(NotFound):
        await holds.lift(world.context(KEEPER), other.id, placed.id, expected_version=1, because="x")


async def test_two_confirmations_at_once_erase_once(world: World) -> None:
    case = await refused_intake(world)
    asked = await propose(world, case.id)
    late = await one_of_two(confirm(world, asked), confirm(world, asked))
    assert isinstance(late, StaleVersion)


async def test_two_proposals_at_once_are_one(world: World) -> None:
    case = await refused_intake(world)
    late = await one_of_two(propose(world, case.id), propose(world, case.id, by="quan_tri_2"))
    assert isinstance(late, Duplicate)


async def test_a_hold_and_a_confirmation_at_once_go_one_after_the_other(world: World, erasures: Erasures) -> None:
    for _ in range(4):
        case = await refused_intake(world)
        asked = await propose(world, case.id)
        placed, settled = await asyncio.gather(hold(world, case.id), confirm(world, asked), return_exceptions=True)
        assert isinstance(placed, LegalHold)
        kept = await erasures.read(world.context(ADMIN), asked.id)
        if isinstance(settled, ConditionNotMet):
            assert (settled.condition, kept.status) == ("on_hold", ErasureStatus.PROPOSED)
        else:
            assert kept == settled


async def test_files_go_once_no_kept_case_holds_them(world: World) -> None:
    upkeep, store = world.use_cases.upkeep, world.use_cases.documents.reception.store
    case = await refused_intake(world)
    twin = await refused_intake(world)
    async with world.database.replica() as connection:
        rows = await connection.exec_driver_sql("SELECT DISTINCT sha256 FROM documents")
        digests = list(rows.scalars())
    for digest in digests:
        path = store.root / digest[:2] / digest[2:4] / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(path.write_bytes, b"x")
    world.clock.forward(days=400)
    await confirm(world, await propose(world, case.id))
    assert await upkeep.forget_files(case.id) == 0
    assert all([await store.exists(digest) for digest in digests])
    await confirm(world, await propose(world, twin.id))
    assert await upkeep.forget_files(twin.id) == len(digests)
    assert not any([await store.exists(digest) for digest in digests])
    assert await upkeep.forget_files(twin.id) == len(digests)


async def test_file_that_an_official_attached_as_well_stays(world: World) -> None:
    erased, other = await refused_intake(world), await refused_intake(world)
    async with world.database.replica() as connection:
        rows = await connection.exec_driver_sql("SELECT DISTINCT sha256 FROM documents ORDER BY 1")
        digests = list(rows.scalars())
    for case in (erased, other):
        await world.use_cases.attachments.add(
            world.context(INTAKE),
            case.id,
            kind=AttachmentKind.NOTICE,
            filename="phieu-tu-choi.pdf",
            media_type="application/pdf",
            size=1,
            sha256=digests[0],
        )
    for case in (erased, other):
        await confirm(world, await propose(world, case.id))
    async with world.database.replica() as connection:
        assert await files_to_forget(connection, erased.id) == tuple(digests[1:])


# --- The database's own lock ---


async def forced(world: World, asked: Erasure, *, settled_by: str, indexes: list[int]) -> Any:
    """Do as a program would that was taken over: write the row and call the function, without any use case."""
    async with world.database.transaction() as work:
        await work.connection.exec_driver_sql(
            "UPDATE erasures SET status = 'confirmed', settled_by = %s, settled_by_name = 'X', settled_at = now(), "
            "indexes = %s, version = 2 WHERE id = %s",
            (world.people[settled_by], indexes, asked.id),
        )
        await work.connection.exec_driver_sql("SELECT erase_records(%s)", (asked.id,))


async def kept_records(world: World) -> int:
    async with world.database.replica() as connection:
        return sum(leaf.record is not None for leaf in await stored_leaves.all_leaves(connection))


@pytest.mark.parametrize(
    ("settled_by", "held", "indexes", "constraint"),
    [
        (ADMIN, False, [0], "ck_erasures_four_eyes"),
        (SIGNER, True, [0], "erasures_legal_hold"),
        (SIGNER, False, [0, 99], "erasures_of_object"),
        (SIGNER, False, [-1], "erasures_of_object"),
        (SIGNER, False, [0], "erasures_on_record"),
    ],
)
async def test_the_database_refuses_on_its_own(
    world: World, *, settled_by: str, held: bool, indexes: list[int], constraint: str
) -> None:
    case = await refused_intake(world)
    asked = await propose(world, case.id)
    if held:
        await hold(world, case.id)
    before = await kept_records(world)
    last = before - 1  # The proposal's own leaf, or the hold's: neither is ever erased.
    with pytest.raises(IntegrityError) as caught:
        await forced(world, asked, settled_by=settled_by, indexes=[last if i < 0 else i for i in indexes])
    assert isinstance(caught.value.orig, psycopg.Error)
    assert caught.value.orig.diag.constraint_name == constraint
    assert await kept_records(world) == before


async def test_another_cases_records_cannot_be_named(world: World) -> None:
    other = await received(world)
    case = await refused_intake(world)
    asked = await propose(world, case.id)
    assert (await leaves(world))[0].entry["obj"]["id"] == str(other.id)
    with pytest.raises(IntegrityError, match="not of its object"):
        await forced(world, asked, settled_by=SIGNER, indexes=[0])


async def test_records_leave_in_no_other_way(world: World, owner: AsyncEngine) -> None:
    case = await refused_intake(world)
    await confirm(world, await propose(world, case.id))
    async with world.database.transaction() as work:
        with pytest.raises(ProgrammingError) as caught:
            await work.connection.exec_driver_sql("DELETE FROM audit_records")
        assert isinstance(caught.value.orig, psycopg.errors.InsufficientPrivilege)
    with pytest.raises(ProgrammingError, match="append-only"):
        async with owner.begin() as connection:
            await connection.exec_driver_sql("DELETE FROM audit_records")


async def test_office_and_membership_matter_only_while_they_last(world: World) -> None:
    person = await newcomer(world)
    grant = await world.use_cases.offices.grant(
        world.context(ADMIN), person.id, role=Role.REVIEWER, unit_id=world.units["focal"]
    )
    assert await refusal(world, person.id, kind=ErasureKind.ACCOUNT) == "still_in_office"
    await world.use_cases.offices.end(world.context(ADMIN), grant.id, expected_version=1)
    assert (await propose(world, person.id, kind=ErasureKind.ACCOUNT)).status is ErasureStatus.PROPOSED
