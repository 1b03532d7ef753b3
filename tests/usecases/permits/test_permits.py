"""Permits through the real use cases: issued once, begun and ended by the clock, shown to those who may know."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from sandbox_registry.authz import Action
from sandbox_registry.db.identity import people
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.appraisal import Participation
from sandbox_registry.domain.errors import (
    ConditionNotMet,
    DomainError,
    Duplicate,
    Invalid,
    NotFound,
    PermissionDenied,
    StaleVersion,
    TransitionNotAllowed,
)
from sandbox_registry.domain.identity.people import Actor, Capacity, Organisation, Role
from sandbox_registry.domain.permits.permit_lists import PermitFilter, PermitRow
from sandbox_registry.domain.permits.permits import Permit, PermitVersion
from sandbox_registry.domain.permits.proposals import with_conditions
from sandbox_registry.domain.stages import Stage
from sandbox_registry.usecases.permits.permits import PermitView
from sandbox_registry.usecases.transaction.context import RequestContext
from tests.support import stored_leaves
from tests.support.decided import (
    BASIS,
    REASONS,
    RECORDS,
    SIGNER,
    TRIAL_END,
    TRIAL_START,
    approved,
    issued,
    recommended,
    terms,
    why,
)
from tests.support.stages import HEAD
from tests.support.world import OFFICES, PROCEDURE, World

INSTANT = timedelta(microseconds=1)
CEILING = datetime(2029, 1, 3, 17, tzinfo=UTC)  # Two years from 4 January 2027, first day counted.
INSURED = "Mua bảo hiểm trước khi bắt đầu"


async def issue(world: World, case: Application, by: str = RECORDS) -> PermitView:
    return await world.use_cases.permits.issue(world.context(by), case.id, expected_version=case.version)


async def acting(world: World, name: str) -> RequestContext:
    """In which somebody acts with what is in force for them now, delegated authority included."""
    async with world.database.primary() as connection:
        actor = await people.actor_for_person(
            connection, world.people[name], at=world.clock.at, method="test", request_id=f"test-{name}"
        )
    return RequestContext(actor=cast("Actor", actor))


async def read(world: World, permit_id: UUID, by: str = "nguoi_dai_dien") -> PermitView:
    return await world.use_cases.permits.read(world.context(by), permit_id)


async def listed(world: World, by: str = "nguoi_dai_dien", **narrowed: Any) -> tuple[PermitRow, ...]:
    after, limit = narrowed.pop("after", None), narrowed.pop("limit", 50)
    return await world.use_cases.permits.list_permits(
        world.context(by), narrowed=PermitFilter(**narrowed), after=after, limit=limit
    )


async def leaves(world: World, case_id: UUID) -> list[stored_leaves.LeafRow]:
    async with world.database.replica() as connection:
        return list(await stored_leaves.leaves_of_case(connection, case_id))


# --- Issuing --------------------------------------------------------------------------------------------------------


async def test_who_decided_by_delegation_does_not_issue(world: World) -> None:
    case = await recommended(world)
    await world.use_cases.offices.delegate(
        world.context(SIGNER),
        to_person_id=world.people[RECORDS],
        unit_id=world.units["committee"],
        document="01/GUQ-UBND",
        title="Phó Chủ tịch",
        valid_to=world.clock.at + timedelta(days=30),
    )
    made = await world.use_cases.decisions.approve(
        await acting(world, RECORDS),
        case.id,
        expected_version=case.version,
        legal_basis=BASIS,
        terms=terms(world.units["focal"]),
        conditions=(INSURED,),
        justifications=why(INSURED),
    )
    with pytest.raises(PermissionDenied):
        await world.use_cases.permits.issue(
            await acting(world, RECORDS), case.id, expected_version=made.application.version
        )
    colleague = world.context("nguoi_la", offices=frozenset({(Role.RECORDS_OFFICER, world.units["committee"])}))
    permit = await world.use_cases.permits.issue(colleague, case.id, expected_version=made.application.version)
    assert permit.permit.application_id == case.id


async def test_issue_is_one_act_with_one_leaf(world: World) -> None:
    case = await approved(world)
    before = await leaves(world, case.id)
    view = await issue(world, case)
    after = await leaves(world, case.id)
    assert len(after) == len(before) + 1
    assert after[-1].record is not None
    entry, objects = json.loads(after[-1].said), json.loads(after[-1].record)["objects"]
    assert (entry["act"], entry["obj"]) == ("permit:issue", {"type": "permit", "id": str(view.permit.id), "ver": 1})
    assert [each["type"] for each in objects] == ["permit", "permit_version", "application"]
    assert msgspec.convert(objects[0]["state"], Permit) == view.permit
    assert msgspec.convert(objects[1]["state"], PermitVersion) == view.versions[0]


async def test_permit_carries_what_was_decided_and_the_case_stays_approved(world: World) -> None:
    case = await approved(world)
    view = await issue(world, case)
    again = await world.use_cases.cases.read(world.context("nguoi_dai_dien"), case.id)
    assert again.application == replace(
        case, version=case.version + 1, issued_at=world.clock.at, updated_at=world.clock.at
    )
    assert (view.permit.number, view.decision_number, view.stage) == (
        "1/2026/GPTN-MẪU",
        "1/QĐ-UBND-MẪU",
        Stage.PERMIT_ISSUED,
    )
    assert (view.permit.terms, view.permit.unit_ids) == (
        with_conditions(terms(world.units["focal"]), (INSURED,), why(INSURED)),
        case.unit_ids,
    )
    assert (view.permit.procedure_code, view.permit.procedure_version) == (PROCEDURE, case.procedure_version)
    assert view.versions == (
        PermitVersion(
            permit_id=view.permit.id,
            terms_version=1,
            decision_id=view.permit.decision_id,
            start=TRIAL_START,
            end=TRIAL_END,
            ceiling=CEILING,
            terms=view.permit.terms,
        ),
    )
    assert (view.holder.id, view.supervising_unit.id) == (world.startup, world.units["focal"])


async def test_permit_shows_what_is_owed_and_what_it_is_not(world: World) -> None:
    view = await issued(world)
    owed = {each.obligation.key: [due.due_date for due in each.dues] for each in view.duties}
    assert view.permit.issued_at.date() == date(2026, 11, 21)
    assert owed == {
        "periodic_report": [date(2027, 2, 22), date(2027, 5, 21), date(2027, 8, 23), date(2027, 11, 22)],
        "incident_report": [],
        "incident_full_report": [],
        "limit_breach_report": [],
        "extension_request": [date(2027, 12, 10)],
        "final_report": [date(2027, 12, 16)],
    }
    hours = {each.obligation.key: each.term.value for each in view.duties if each.term is not None}
    assert (hours["incident_report"], hours["limit_breach_report"]) == (72, 72)
    assert (view.procedure.status, len(view.procedure.permit.disclaimers)) == ("draft", 2)
    issue = next(
        leaf
        for leaf in await leaves(world, view.permit.application_id)
        if json.loads(leaf.said)["act"] == "permit:issue"
    )
    shown = replace(view, may_do=frozenset({Action.PERMIT_READ}), leaf=issue.index)
    assert await read(world, view.permit.id) == shown


@pytest.mark.parametrize(
    ("by", "refusal"),
    [
        (SIGNER, PermissionDenied),
        (HEAD, PermissionDenied),
        ("mot_cua", PermissionDenied),
        ("nguoi_dai_dien", PermissionDenied),
        ("dai_bieu", PermissionDenied),
        ("doi_thu", NotFound),
        ("quan_tri", NotFound),
        ("phan_bien_1", NotFound),
    ],
)
async def test_only_the_records_office_issues(world: World, by: str, refusal: type[DomainError]) -> None:
    case = await approved(world)
    with pytest.raises(refusal):
        await issue(world, case, by=by)


async def test_undecided_case_is_not_known_to_the_records_office(world: World) -> None:
    case = await recommended(world)
    with pytest.raises(NotFound):
        await issue(world, case)


async def test_refused_case_gets_no_permit(world: World) -> None:
    case = await recommended(world)
    made = await world.use_cases.decisions.refuse(
        world.context(SIGNER),
        case.id,
        expected_version=case.version,
        legal_basis=BASIS,
        reasons=REASONS,
    )
    with pytest.raises(TransitionNotAllowed):
        await issue(world, made.application)


async def test_stale_view_is_refused(world: World) -> None:
    case = await approved(world)
    with pytest.raises(StaleVersion):
        await issue(world, replace(case, version=case.version - 1))


async def test_two_at_once_give_one_permit(world: World) -> None:
    case = await approved(world)
    done = await asyncio.gather(issue(world, case), issue(world, case), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["PermitView", "StaleVersion"]
    again = await world.use_cases.cases.read(world.context("van_thu"), case.id)
    with pytest.raises(Duplicate):
        await issue(world, again.application)
    assert [row.number for row in await listed(world)] == ["1/2026/GPTN-MẪU"]


async def test_numbers_have_no_gaps_and_begin_again_each_local_year(world: World) -> None:
    cases = [await approved(world) for _ in range(4)]
    await issue(world, cases[0])
    with pytest.raises(StaleVersion):
        await issue(world, cases[0])
    at_once = await asyncio.gather(*(issue(world, each) for each in cases[1:3]))
    world.clock.at = datetime(2026, 12, 31, 17, tzinfo=UTC)  # 1 January 2027, 00:00 in Ca Mau.
    new_year = await issue(world, cases[3])
    assert sorted(each.permit.number for each in at_once) == ["2/2026/GPTN-MẪU", "3/2026/GPTN-MẪU"]
    assert new_year.permit.number == "1/2027/GPTN-MẪU"


async def test_licence_cut_short_after_the_decision_stops_the_issue_and_takes_no_number(world: World) -> None:
    case, other = await approved(world), await approved(world)
    await shorten_licence(world, TRIAL_END - timedelta(days=1))
    with pytest.raises(ConditionNotMet) as refused:
        await issue(world, case)
    await shorten_licence(world, TRIAL_END)
    assert refused.value.condition == "beyond_ceiling"
    view = await issue(world, other)
    assert (view.permit.number, view.versions[0].ceiling) == ("1/2026/GPTN-MẪU", TRIAL_END)


async def shorten_licence(world: World, end: datetime) -> None:
    async with world.database.transaction() as work:
        firm = await work.get(Organisation, world.startup)
        await work.save(replace(firm, version=firm.version + 1, licence_end=end))


async def test_window_that_is_over_gets_no_permit(world: World) -> None:
    case = await approved(world)
    world.clock.at = TRIAL_END
    with pytest.raises(ConditionNotMet) as refused:
        await issue(world, case)
    assert refused.value.condition == "window_over"


# --- The clock ------------------------------------------------------------------------------------------------------


async def test_permit_begins_and_ends_by_the_clock_alone(world: World) -> None:
    permit = (await issued(world)).permit
    for at, stage in (
        (TRIAL_START - INSTANT, Stage.PERMIT_ISSUED),
        (TRIAL_START, Stage.PERMIT_ACTIVE),
        (TRIAL_END - INSTANT, Stage.PERMIT_ACTIVE),
        (TRIAL_END, Stage.PERMIT_ENDED),
    ):
        world.clock.at = at
        assert (await read(world, permit.id)).stage is stage
        assert [row.stage for row in await listed(world)] == [stage]
        assert [row.id for row in await listed(world, stages=frozenset({stage}))] == [permit.id]
        assert await listed(world, stages=frozenset(Stage) - {stage}) == ()


async def test_lists_and_permits_agree_on_the_stage_whatever_happened(world: World, owner: AsyncEngine) -> None:
    permit = (await issued(world)).permit
    stamps = ("suspended_at", "revoked_at", "terminated_at", "completed_at", "completion_refused_at")
    middle = TRIAL_START + timedelta(days=30)
    seen = set()
    for bits in range(2 ** (len(stamps) + 1)):
        facts = {name: middle if bits >> place & 1 else None for place, name in enumerate(stamps)}
        facts["transition_until"] = TRIAL_END + timedelta(days=9) if bits >> len(stamps) else None
        async with owner.begin() as connection:
            names = ", ".join(f"{name} = :{name}" for name in facts)
            await connection.execute(text(f"UPDATE permits SET {names}"), facts)  # noqa: S608 - names from above.
        for at in (TRIAL_START - INSTANT, TRIAL_START, TRIAL_END - INSTANT, TRIAL_END, TRIAL_END + timedelta(days=9)):
            world.clock.at = at
            expected = replace(permit, **facts).stage(at=at)  # type: ignore[arg-type]  # Facts are fields.
            assert [row.stage for row in await listed(world, "thanh_tra")] == [expected]
            seen.add(expected)
    assert seen == {stage for stage in Stage if stage.startswith("permit_")}


async def test_a_follower_sees_each_change_of_a_permit_in_its_order(world: World, owner: AsyncEngine) -> None:
    first = (await issued(world)).permit
    world.clock.forward(hours=1)
    second = (await issued(world)).permit
    suspended = second.issued_at + timedelta(days=2)
    async with owner.begin() as connection:
        change = text("UPDATE permits SET suspended_at = :at WHERE id = :id")
        await connection.execute(change, {"at": suspended, "id": first.id})
    changes = [(second.id, second.issued_at), (first.id, suspended)]
    seen: list[tuple[UUID, datetime]] = []
    for _ in range(3):
        after = (seen[-1][1], seen[-1][0]) if seen else None
        rows = await listed(world, updated_since=first.issued_at, after=after, limit=1)
        seen += [(row.id, row.updated_at) for row in rows]
    assert seen == changes
    assert [row.id for row in await listed(world)] == [second.id, first.id]
    assert [row.id for row in await listed(world, updated_since=suspended)] == [first.id]
    assert await listed(world, updated_since=suspended + INSTANT) == ()
    assert await listed(world, "doi_thu", updated_since=first.issued_at) == ()


# --- Who may know ---------------------------------------------------------------------------------------------------


async def test_lists_show_what_reads_allow_to_everyone(world: World) -> None:
    permit = (await issued(world)).permit
    await supervise(world, permit)
    readers = set()
    for name in (*OFFICES, "nguoi_dai_dien", "nguoi_soan", "doi_thu", "nguoi_la"):
        rows = await listed(world, name)
        try:
            await read(world, permit.id, by=name)
        except NotFound:
            assert rows == (), name
        else:
            assert [row.id for row in rows] == [permit.id], name
            readers.add(name)
    assert readers == {
        "nguoi_dai_dien",
        "nguoi_soan",
        "mot_cua",
        "mot_cua_2",
        "chuyen_vien",
        "chuyen_vien_2",
        "truong_phong",
        "chu_tich",
        "van_thu",
        "giam_sat",
        "dai_bieu",
        "thanh_tra",
    }


async def supervise(world: World, permit: Permit) -> None:
    async with world.database.transaction() as work:
        await work.add(
            Participation(
                id=uuid7(),
                version=1,
                application_id=permit.application_id,
                person_id=world.people["giam_sat"],
                capacity=Capacity.SUPERVISOR,
                given_by=world.people[HEAD],
                since=world.clock.at,
            )
        )


async def test_hidden_and_absent_permits_look_the_same_and_both_leave_a_leaf(world: World) -> None:
    permit = (await issued(world)).permit
    absent = uuid7()
    before = await every_leaf(world)
    with pytest.raises(NotFound) as hidden:
        await read(world, permit.id, by="doi_thu")
    with pytest.raises(NotFound) as none:
        await read(world, absent, by="doi_thu")
    after = await every_leaf(world)
    assert hidden.value.text == none.value.text
    assert [(each["act"], each["result"], each["obj"]["id"]) for each in after[len(before) :]] == [
        ("permit:read", "refused", str(permit.id)),
        ("permit:read", "refused", str(absent)),
    ]


async def every_leaf(world: World) -> list[dict[str, Any]]:
    async with world.database.replica() as connection:
        return [json.loads(leaf.said) for leaf in await stored_leaves.all_leaves(connection)]


async def test_outsiders_leave_a_leaf_by_reading_and_others_do_not(world: World) -> None:
    permit = (await issued(world)).permit
    before = len(await leaves(world, permit.application_id))
    for name in ("nguoi_dai_dien", "mot_cua", SIGNER, RECORDS):
        await read(world, permit.id, by=name)
    assert len(await leaves(world, permit.application_id)) == before
    for name in ("dai_bieu", "thanh_tra"):
        await read(world, permit.id, by=name)
    after = [json.loads(leaf.said) for leaf in await leaves(world, permit.application_id)]
    assert [(each["act"], each["result"], each["obj"]["type"]) for each in after[before:]] == [
        ("permit:read", "done", "permit")
    ] * 2


# --- Lists ----------------------------------------------------------------------------------------------------------


async def test_lists_are_narrowed_and_paged(world: World) -> None:
    first = (await issued(world)).permit
    second = (await issued(world, end=TRIAL_END + timedelta(days=90), beyond_request="Theo hội đồng.")).permit
    assert [row.id for row in await listed(world)] == [second.id, first.id]
    assert [row.id for row in await listed(world, limit=1)] == [second.id]
    assert [row.id for row in await listed(world, limit=1, after=second.id)] == [first.id]
    assert [row.id for row in await listed(world, ends_before=TRIAL_END)] == [first.id]
    assert await listed(world, ends_before=TRIAL_END - INSTANT) == ()
    assert [row.id for row in await listed(world, application_id=second.application_id)] == [second.id]
    assert len(await listed(world, "mot_cua", organisation_id=world.startup)) == 2
    assert await listed(world, "mot_cua", organisation_id=world.rival) == ()
    assert len(await listed(world, procedure_code=PROCEDURE)) == 2
    assert await listed(world, procedure_code="khac") == ()
    assert [row.id for row in await listed(world, text="2/2026")] == [second.id]
    assert len(await listed(world, text="vua nam can")) == 2
    assert await listed(world, text="%") == ()


async def test_permit_that_nobody_supervises_any_more_is_not_issued(world: World, owner: AsyncEngine) -> None:
    case = await approved(world)
    async with owner.begin() as connection:
        ended = text("UPDATE role_grants SET valid_to = :at WHERE role = 'supervisor'")
        await connection.execute(ended, {"at": world.clock.at})
    world.clock.forward(minutes=1)
    with pytest.raises(Invalid) as refused:
        await issue(world, case)
    errors = [(error.field, error.code) for error in refused.value.errors]
    assert errors == [("terms.supervising_unit_id", "unit_supervises_nothing")]
