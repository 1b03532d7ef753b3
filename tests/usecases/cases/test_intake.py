"""Registering, checking and closing cases: every act of the one-stop unit, and what the applicant answers."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.domain.cases.applications import Application, ClosingKind, Reason, SupplementItem
from sandbox_registry.domain.cases.appraisal import Participation
from sandbox_registry.domain.cases.case_lists import CaseFilter
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
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.stages import Stage
from tests.support.dossiers import DOSSIER, OURS
from tests.support.stages import (
    FOCAL,
    INTAKE,
    OWNER,
    accepted,
    claimed,
    complete_draft,
    completed,
    current,
    filed,
    received,
    submitted,
    under_appraisal,
)
from tests.support.world import AI_PROCEDURE, START, World

Prepare = Callable[[World], Awaitable[Application]]
Call = Callable[[World, str, Application], Awaitable[Any]]
SUMMARY, PLAN = "answers.project.summary", "documents.trial_plan"
ITEMS = (
    SupplementItem(target=SUMMARY, reason="Chưa nêu rõ công nghệ."),
    SupplementItem(target=PLAN, reason="Tệp không đọc được."),
)
REASONS = (Reason(code="not_innovative", text="Giải pháp đã có trên thị trường."),)


async def draft(world: World) -> Application:
    return await complete_draft(world)


async def asked(world: World) -> Application:
    """A registered dossier that is to be completed."""
    return await ask(world, INTAKE, await received(world))


async def overslept(world: World) -> Application:
    """A dossier to be completed whose term has passed."""
    case = await asked(world)
    world.clock.forward(days=40)
    return case


async def unwanted(world: World) -> Application:
    """A dossier whose applicant wants to stop."""
    return await withdraw(world, OWNER, await received(world))


async def refused_at_intake(world: World) -> Application:
    return await refuse_intake(world, INTAKE, await received(world))


async def ask(
    world: World, by: str, case: Application, *, items: tuple[SupplementItem, ...] = ITEMS, why: str | None = None
) -> Application:
    return await world.use_cases.intake.request_supplement(
        world.context(by), case.id, expected_version=case.version, items=items, exception_reason=why
    )


async def receive(world: World, by: str, case: Application) -> Application:
    return await world.use_cases.intake.receive(world.context(by), case.id, expected_version=case.version)


async def accept(world: World, by: str, case: Application) -> Application:
    return await world.use_cases.intake.accept(world.context(by), case.id, expected_version=case.version)


async def lapse(world: World, by: str, case: Application) -> Application:
    return await world.use_cases.intake.lapse(world.context(by), case.id, expected_version=case.version, reason=None)


async def refuse_intake(
    world: World, by: str, case: Application, *, reasons: tuple[Reason, ...] = REASONS
) -> Application:
    return await world.use_cases.intake.refuse_intake(
        world.context(by), case.id, expected_version=case.version, reasons=reasons
    )


async def refer(world: World, by: str, case: Application, *, target: str | None = "hanoi-29-2025") -> Application:
    return await world.use_cases.intake.refer(
        world.context(by), case.id, expected_version=case.version, reason="Thử nghiệm ở Hà Nội.", target=target
    )


async def apologize(world: World, by: str, case: Application, *, days: float = 7) -> Application:
    return await world.use_cases.intake.apologize(
        world.context(by),
        case.id,
        expected_version=case.version,
        promised_at=(case.appointment_at or world.clock.at) + timedelta(days=days),
        reason="Chờ ý kiến các sở.",
        length_reason="Các sở hẹn trả lời sau bảy ngày.",
    )


async def stop(world: World, by: str, case: Application) -> Application:
    return await world.use_cases.intake.stop(world.context(by), case.id, expected_version=case.version)


async def withdraw(world: World, by: str, case: Application) -> Application:
    return await world.use_cases.applications.request_withdrawal(
        world.context(by), case.id, expected_version=case.version, reason="Đổi kế hoạch kinh doanh."
    )


async def supplement(world: World, by: str, case: Application) -> Application:
    return await completed(world, case, by=by)


async def discard(world: World, by: str, case: Application) -> Application:
    return await world.use_cases.applications.discard(world.context(by), case.id, expected_version=case.version)


async def edit(world: World, case: Application, answers: dict[str, Any], *, title: str | None = None) -> Application:
    return await world.use_cases.applications.edit(
        world.context(OWNER), case.id, expected_version=case.version, title=title, answers=answers
    )


async def attach(world: World, case: Application, part: str, *, digest: str = "c" * 64, **changes: Any) -> Any:
    file: dict[str, Any] = {"filename": "tep.pdf", "media_type": "application/pdf", "size": 1000, "sha256": digest}
    file |= changes
    return await world.use_cases.applications.add_document(world.context(OWNER), case.id, part=part, **file)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One act: from where, by whom, where it leads, who may not, and a stage at which it is too early or too late."""

    prepare: Prepare
    call: Call
    by: str
    leads_to: Stage
    denied: str
    wrong: Prepare


ACTS = {
    "discard": Row(
        prepare=draft, call=discard, by=OWNER, leads_to=Stage.WITHDRAWN, denied="nguoi_soan", wrong=submitted
    ),
    "receive": Row(prepare=submitted, call=receive, by=INTAKE, leads_to=Stage.SUBMITTED, denied=FOCAL, wrong=accepted),
    "ask": Row(
        prepare=received, call=ask, by=INTAKE, leads_to=Stage.SUPPLEMENT_REQUESTED, denied=FOCAL, wrong=accepted
    ),
    "supplement": Row(
        prepare=asked, call=supplement, by=OWNER, leads_to=Stage.SUBMITTED, denied="nguoi_soan", wrong=received
    ),
    "lapse": Row(prepare=overslept, call=lapse, by=INTAKE, leads_to=Stage.LAPSED, denied=OWNER, wrong=received),
    "refuse_intake": Row(
        prepare=received, call=refuse_intake, by=INTAKE, leads_to=Stage.INTAKE_REFUSED, denied=FOCAL, wrong=accepted
    ),
    "refer": Row(prepare=received, call=refer, by=INTAKE, leads_to=Stage.REFERRED, denied=FOCAL, wrong=asked),
    "accept": Row(prepare=received, call=accept, by=INTAKE, leads_to=Stage.ACCEPTED, denied=OWNER, wrong=asked),
    "apologize": Row(
        prepare=accepted, call=apologize, by=INTAKE, leads_to=Stage.ACCEPTED, denied=OWNER, wrong=received
    ),
    "withdraw": Row(
        prepare=received, call=withdraw, by=OWNER, leads_to=Stage.SUBMITTED, denied="nguoi_soan", wrong=draft
    ),
    "stop": Row(
        prepare=unwanted, call=stop, by=INTAKE, leads_to=Stage.WITHDRAWN, denied=FOCAL, wrong=refused_at_intake
    ),
}
EVERY_ACT = pytest.mark.parametrize("row", ACTS.values(), ids=ACTS)


async def leaves(world: World) -> int:
    async with world.database.replica() as connection:
        return (await audit.head(connection))[0]


async def due(world: World, case: Application) -> datetime | None:
    """Return the due moment by which lists sort."""
    rows = await world.use_cases.cases.list_cases(world.context(OWNER), narrowed=CaseFilter(), after=None, limit=100)
    return next(row.next_due_at for row in rows if row.id == case.id)


async def derived_due(world: World, case: Application, *, by: str = INTAKE) -> datetime | None:
    """Return the nearest due moment that still binds, as the case itself shows it."""
    view = await world.use_cases.cases.read(world.context(by), case.id)
    computed = [each.computation for each in view.deadlines if each.timing in {"running", "overdue"}]
    return min((each.due for each in computed if each and each.due), default=None)


@EVERY_ACT
async def test_act_happens_once_for_whom_it_is_meant_and_leaves_one_leaf(world: World, row: Row) -> None:
    case = await row.prepare(world)
    before = await leaves(world)
    with pytest.raises(PermissionDenied):
        await row.call(world, row.denied, case)
    for name in ("doi_thu", "mot_cua_noi_khac", "nguoi_la"):
        with pytest.raises(NotFound) as hidden:
            await row.call(world, name, case)
        with pytest.raises(NotFound) as none:
            await row.call(world, name, replace(case, id=uuid7()))
        assert str(hidden.value) == str(none.value)
    assert await leaves(world) == before + 7
    with pytest.raises(StaleVersion):
        await row.call(world, row.by, replace(case, version=case.version - 1))
    done = await asyncio.gather(*(row.call(world, row.by, case) for _ in range(2)), return_exceptions=True)
    assert sum(isinstance(each, DomainError) for each in done) == 1, done
    assert [(each.stage, each.version) for each in done if isinstance(each, Application)] == [
        (row.leads_to, case.version + 1)
    ]
    assert await leaves(world) == before + 8


@EVERY_ACT
async def test_act_at_another_stage_changes_nothing(world: World, row: Row) -> None:
    case = await row.wrong(world)
    before = await leaves(world)
    with pytest.raises(TransitionNotAllowed):
        await row.call(world, row.by, case)
    assert await leaves(world) == before


async def many_submitted(world: World, number: int) -> list[Application]:
    """One filed dossier, copied."""
    case = await submitted(world)
    copies = [replace(case, id=uuid7()) for _ in range(number - 1)]
    async with world.database.transaction() as work:
        for each in copies:
            await work.add(each)
    return [case, *copies]


async def test_thirty_receipts_at_once_are_numbered_without_gap(world: World) -> None:
    cases = await many_submitted(world, 30)
    done = await asyncio.gather(*(receive(world, INTAKE, each) for each in cases))
    assert sorted(each.code or "" for each in done) == [f"H12.01-261120-{number:04}" for number in range(1, 31)]


async def test_failed_receipts_among_them_leave_no_gap(world: World) -> None:
    cases = await many_submitted(world, 8)
    calls = [receive(world, INTAKE, case) for case in cases for _ in range(3)]
    done = await asyncio.gather(*calls, return_exceptions=True)
    codes = sorted(each.code or "" for each in done if isinstance(each, Application))
    assert codes == [f"H12.01-261120-{number:04}" for number in range(1, 9)]
    with pytest.raises(Duplicate):
        await receive(world, INTAKE, next(each for each in done if isinstance(each, Application)))
    later = replace(cases[0], id=uuid7())
    async with world.database.transaction() as work:
        await work.add(later)
    assert (await receive(world, INTAKE, later)).code == "H12.01-261120-0009"


async def test_numbers_begin_anew_at_midnight_in_ca_mau(world: World) -> None:
    cases = await many_submitted(world, 3)
    world.clock.at = datetime(2026, 11, 20, 16, 59, 59, tzinfo=UTC)
    first = await receive(world, INTAKE, cases[0])
    world.clock.forward(seconds=1)
    codes = [first.code, *[(await receive(world, INTAKE, each)).code for each in cases[1:]]]
    assert codes == ["H12.01-261120-0001", "H12.01-261121-0001", "H12.01-261121-0002"]


async def test_intake_waits_for_the_receipt(world: World) -> None:
    case = await submitted(world)
    for call in (ask, accept, refuse_intake, refer):
        with pytest.raises(ConditionNotMet) as caught:
            await call(world, INTAKE, case)
        assert caught.value.condition == "not_received"


async def test_acceptance_promises_the_day_of_the_result(world: World) -> None:
    case = await accepted(world)
    # 20 working days for the appraisal to 21 December (24 November is a holiday), then 5 for the decision.
    assert case.appointment_at == datetime(2026, 12, 28, 17, tzinfo=UTC)


async def test_supplement_takes_only_what_was_asked_for(world: World) -> None:
    case = await asked(world)
    edited = await edit(
        world, case, {"project": {"summary": "Mã vạch gen đọc bằng điện thoại, sai số một phần nghìn."}}
    )
    await attach(world, edited, "trial_plan")
    edited = await current(world, edited)
    refused: list[Awaitable[Any]] = [
        edit(world, edited, {"project": {"innovation": "Khác"}}),
        edit(world, edited, {"project": None}),
        edit(world, edited, {"plan": {"kpis": []}}),
        edit(world, edited, {}, title="Tên khác"),
        attach(world, edited, "risk_register"),
    ]
    for each in refused:
        with pytest.raises(ConditionNotMet) as caught:
            await each
        assert caught.value.condition == "not_asked_for"
    done = await supplement(world, OWNER, edited)
    assert (done.stage, done.completeness_from) == (Stage.SUBMITTED, world.clock.at)


async def test_unasked_document_cannot_be_removed_during_a_supplement(world: World) -> None:
    case = await asked(world)
    view = await world.use_cases.cases.read(world.context(OWNER), case.id)
    parts = {each.part: each.id for each in view.documents}
    remove = world.use_cases.applications.remove_document
    with pytest.raises(ConditionNotMet):
        await remove(world.context(OWNER), case.id, parts["risk_register"])
    removed = await remove(world.context(OWNER), case.id, parts["trial_plan"])
    assert removed.removed_at == world.clock.at
    with pytest.raises(Invalid) as caught:
        await supplement(world, OWNER, await current(world, case))
    assert [each.field for each in caught.value.errors] == [PLAN]


async def test_supplement_restarts_the_clock(world: World) -> None:
    case = await asked(world)
    # 30 calendar days end on Sunday 20 December, so with Monday.
    assert await due(world, case) == await derived_due(world, case) == datetime(2026, 12, 21, 17, tzinfo=UTC)
    world.clock.at = datetime(2026, 12, 1, 3, tzinfo=UTC)
    done = await supplement(world, OWNER, case)
    assert await due(world, done) == await derived_due(world, done) == datetime(2026, 12, 4, 17, tzinfo=UTC)


async def test_second_request_is_a_recorded_exception(world: World) -> None:
    again = await supplement(world, OWNER, await asked(world))
    with pytest.raises(ConditionNotMet) as caught:
        await ask(world, INTAKE, again)
    assert caught.value.condition == "supplement_rounds_used"
    await ask(world, INTAKE, again, why="Tệp mới bị hỏng.")
    view = await world.use_cases.cases.read(world.context(INTAKE), again.id)
    assert [(each.round, each.exception_reason) for each in view.supplements] == [(1, None), (2, "Tệp mới bị hỏng.")]


@pytest.mark.parametrize(
    ("targets", "codes"),
    [
        ((), {"required"}),
        (("answers.project.nothing",), {"unknown_target"}),
        (("answers.project",), {"unknown_target"}),
        (("documents.nothing", "title"), {"unknown_target"}),
        ((SUMMARY, SUMMARY), {"twice"}),
    ],
)
async def test_request_names_what_the_procedure_asks_for(
    world: World, targets: tuple[str, ...], codes: set[str]
) -> None:
    case = await received(world)
    with pytest.raises(Invalid) as caught:
        await ask(world, INTAKE, case, items=tuple(SupplementItem(target=each, reason="?") for each in targets))
    assert {each.code for each in caught.value.errors} == codes


async def test_late_supplement_is_refused_and_the_case_may_lapse(world: World) -> None:
    case = await asked(world)
    world.clock.at = datetime(2026, 12, 21, 16, 59, tzinfo=UTC)
    with pytest.raises(ConditionNotMet) as early:
        await lapse(world, INTAKE, case)
    world.clock.forward(minutes=1)
    with pytest.raises(ConditionNotMet) as late:
        await supplement(world, OWNER, case)
    done = await lapse(world, INTAKE, case)
    assert (early.value.condition, late.value.condition) == ("supplement_term_open", "supplement_too_late")
    assert done.closing is not None
    assert (done.closing.kind, await due(world, done)) == (ClosingKind.LAPSED, None)


async def test_supplement_that_never_comes_ends_a_case_whose_term_is_open(world: World) -> None:
    case = await ask(world, INTAKE, await received(world, procedure_code=AI_PROCEDURE), items=ITEMS[1:])
    context, close = world.context(INTAKE), world.use_cases.intake.lapse
    world.clock.forward(days=240)
    with pytest.raises(ConditionNotMet) as caught:
        await close(context, case.id, expected_version=case.version, reason="Không bổ sung.")
    assert caught.value.condition == "notice_missing"
    await world.use_cases.messages.send(context, case.id, body="Hồ sơ sẽ dừng nếu không bổ sung.")
    world.clock.forward(days=1)
    with pytest.raises(Invalid):
        await close(context, case.id, expected_version=case.version, reason=None)
    done = await close(context, case.id, expected_version=case.version, reason="Không bổ sung.")
    assert done.closing is not None
    assert (done.stage, done.closing.reasons[0].text) == (Stage.LAPSED, "Không bổ sung.")


@pytest.mark.parametrize("reasons", [(), (Reason(code="because", text="…"),)])
async def test_refusal_needs_reasons_of_the_list(world: World, reasons: tuple[Reason, ...]) -> None:
    case = await received(world)
    with pytest.raises(Invalid):
        await refuse_intake(world, INTAKE, case, reasons=reasons)


async def test_refusal_keeps_its_reasons(world: World) -> None:
    done = await refuse_intake(world, INTAKE, await received(world))
    assert done.closing is not None
    assert (done.closing.kind, done.closing.reasons) == (ClosingKind.INTAKE_REFUSED, REASONS)


async def test_answers_on_competence_name_the_authority(world: World) -> None:
    elsewhere = DOSSIER | {"competence": OURS | {"province": "ha_noi"}}
    draft = await complete_draft(world, answers=elsewhere)
    sent = await filed(world, draft, authority="Ủy ban nhân dân thành phố Hà Nội")
    done = await refer(world, INTAKE, await receive(world, INTAKE, sent), target=None)
    assert done.closing is not None
    assert done.closing.target_procedure == "hanoi-29-2025"
    assert done.closing.authority


async def test_referral_by_hand_takes_only_listed_targets(world: World) -> None:
    case = await received(world)
    with pytest.raises(ConditionNotMet) as none:
        await refer(world, INTAKE, case, target=None)
    with pytest.raises(Invalid) as unknown:
        await refer(world, INTAKE, case, target="moon-1-2030")
    done = await refer(world, INTAKE, case, target="danang-55-2024")
    assert (none.value.condition, [each.code for each in unknown.value.errors]) == ("no_referral", ["unknown_target"])
    assert done.closing is not None
    assert done.closing.target_procedure == "danang-55-2024"


async def test_unknown_target_is_refused_even_when_the_answers_name_one(world: World) -> None:
    elsewhere = DOSSIER | {"competence": OURS | {"province": "ha_noi"}}
    draft = await complete_draft(world, answers=elsewhere)
    case = await receive(world, INTAKE, await filed(world, draft, authority="Ủy ban nhân dân thành phố Hà Nội"))
    with pytest.raises(Invalid):
        await refer(world, INTAKE, case, target="moon-1-2030")


async def test_focal_officer_who_refers_has_not_acted_as_intake(world: World, owner: AsyncEngine) -> None:
    case = await under_appraisal(world)
    done = await refer(world, FOCAL, case)
    async with owner.connect() as connection:
        held = await connection.execute(
            text("SELECT capacity FROM participations WHERE application_id = :id AND person_id = :person"),
            {"id": case.id, "person": world.people[FOCAL]},
        )
    assert done.stage is Stage.REFERRED
    assert set(held.scalars()) == {"focal"}


async def test_apology_comes_once_in_time_and_names_a_later_day(world: World) -> None:
    case = await accepted(world)
    with pytest.raises(Invalid):
        await apologize(world, INTAKE, case, days=0)
    done = await apologize(world, INTAKE, case)
    with pytest.raises(Duplicate):
        await apologize(world, INTAKE, done)
    assert done.apology is not None
    assert done.apology.promised_at == datetime(2027, 1, 4, 17, tzinfo=UTC)


async def test_late_apology_is_refused(world: World) -> None:
    case = await accepted(world)
    assert case.appointment_at is not None
    world.clock.at = case.appointment_at - timedelta(minutes=1)
    with pytest.raises(ConditionNotMet) as caught:
        await apologize(world, INTAKE, case)
    assert caught.value.condition == "apology_too_late"


async def test_stop_answers_the_wish_of_the_applicant(world: World) -> None:
    case = await received(world)
    with pytest.raises(ConditionNotMet) as caught:
        await stop(world, INTAKE, case)
    wished = await withdraw(world, OWNER, case)
    with pytest.raises(Duplicate):
        await withdraw(world, OWNER, wished)
    done = await stop(world, INTAKE, wished)
    assert caught.value.condition == "no_withdrawal_requested"
    assert done.closing is not None
    assert (done.closing.kind, done.closing.reasons) == (
        ClosingKind.WITHDRAWN,
        (Reason(code="applicant_wish", text="Đổi kế hoạch kinh doanh."),),
    )


async def as_refused(world: World, owner: AsyncEngine) -> UUID:
    """A refused case, by the shortest way."""
    case = await accepted(world)
    async with owner.begin() as connection:
        await connection.execute(
            text("UPDATE applications SET stage = 'refused', decided_at = :at WHERE id = :id"),
            {"id": case.id, "at": world.clock.at},
        )
    return case.id


async def test_delivery_is_a_fact_of_its_own_and_happens_once(world: World, owner: AsyncEngine) -> None:
    identity = await as_refused(world, owner)
    version = (await world.use_cases.cases.read(world.context(INTAKE), identity)).application.version
    before = await leaves(world)
    calls = [
        world.use_cases.intake.deliver(
            world.context(INTAKE), identity, expected_version=version, channel="Trực tiếp tại quầy"
        )
        for _ in range(2)
    ]
    done = await asyncio.gather(*calls, return_exceptions=True)
    delivered = [each for each in done if isinstance(each, Application)]
    assert [each.delivery and each.delivery.channel for each in delivered] == ["Trực tiếp tại quầy"]
    assert await leaves(world) == before + 1
    with pytest.raises(Duplicate):
        await world.use_cases.intake.deliver(
            world.context(INTAKE), identity, expected_version=version + 1, channel="Bưu điện"
        )


async def test_nearest_due_moment_follows_every_act(world: World) -> None:
    filed = await submitted(world)
    assert await due(world, filed) == datetime(2026, 11, 26, 17, tzinfo=UTC)
    taken = await receive(world, INTAKE, filed)
    case = await accept(world, INTAKE, taken)
    assert await due(world, case) == await derived_due(world, case) == datetime(2026, 12, 21, 17, tzinfo=UTC)


async def test_nearest_due_moment_follows_what_is_kept_beside_the_case(world: World) -> None:
    case = await under_appraisal(world)
    actor = world.context(FOCAL)
    await world.use_cases.consultations.ask(
        actor, case.id, unit_id=world.units["police"], question="An ninh?", term=None, remind_on=None, is_required=True
    )
    # 7 working days of the consulted agency, the holiday not counted, come before the 20 of the appraisal.
    assert await due(world, case) == datetime(2026, 12, 2, 17, tzinfo=UTC)
    world.clock.forward(days=14)
    await world.use_cases.clarifications.ask(actor, case.id, question="Ai giữ dữ liệu?")
    # The applicant has no term to answer and holds the appraisal; the agency's late answer is what is due.
    assert await due(world, case) == await derived_due(world, case, by=FOCAL) == datetime(2026, 12, 2, 17, tzinfo=UTC)


async def test_applicant_is_not_told_which_agencies_were_asked(world: World) -> None:
    case = await under_appraisal(world)
    await world.use_cases.consultations.ask(
        world.context(FOCAL),
        case.id,
        unit_id=world.units["police"],
        question="An ninh?",
        term=None,
        remind_on=None,
        is_required=True,
    )
    shown = {
        name: {each.name for each in (await world.use_cases.cases.read(world.context(name), case.id)).deadlines}
        for name in (OWNER, FOCAL)
    }
    assert shown[FOCAL] - shown[OWNER] == {"consult.term"}


async def test_applicant_sees_offices_and_no_officials_in_the_timeline(world: World) -> None:
    case = await claimed(world)
    for name in ("doi_thu", "nguoi_la"):
        with pytest.raises(NotFound):
            await world.use_cases.cases.read(world.context(name), case.id)
    await world.use_cases.cases.read(world.context("dai_bieu"), case.id)
    told = await world.use_cases.timelines.read(world.context(OWNER), case.id)
    known = await world.use_cases.timelines.read(world.context("mot_cua_2"), case.id)
    assert [(each.action, each.office, each.actor_name) for each in told] == [
        ("application:create", "applicant", "Nguoi Dai Dien"),
        ("application:submit", "applicant", "Nguoi Dai Dien"),
        ("application:receive", "one_stop_officer", None),
        ("application:accept", "one_stop_officer", None),
        ("assignment:claim", "focal_officer", None),
    ]
    assert {each.actor_id for each in told} == {world.people[OWNER], None}
    assert [each.result for each in known].count("refused") == 2
    assert "Chuyen Vien" in {each.actor_name for each in known}


async def test_applicant_who_holds_an_office_sees_no_officials_in_an_own_case(world: World) -> None:
    case = await claimed(world)
    both = world.context(INTAKE, signs_for_organisations=frozenset({world.startup}))
    told = await world.use_cases.timelines.read(both, case.id)
    assert {each.actor_name for each in told if each.office != "applicant"} == {None}


async def test_official_cannot_be_made_an_editor_and_so_be_kept_from_the_case(world: World) -> None:
    case = await draft(world)
    share = world.use_cases.applications.share
    with pytest.raises(ConditionNotMet) as caught:
        await share(world.context(OWNER), case.id, person_id=world.people["phan_bien_1"])
    with pytest.raises(NotFound):
        await share(world.context(OWNER), case.id, person_id=uuid7())
    editor = await share(world.context(OWNER), case.id, person_id=world.people["nguoi_la"])
    with pytest.raises(Duplicate):
        await share(world.context(OWNER), case.id, person_id=world.people["nguoi_la"])
    assert caught.value.condition == "holds_office"
    assert (await world.use_cases.cases.read(world.context("nguoi_la"), case.id)).application.id == case.id
    ended = await world.use_cases.applications.unshare(
        world.context(OWNER), case.id, person_id=world.people["nguoi_la"]
    )
    assert (ended.id, ended.until) == (editor.id, START)
    with pytest.raises(NotFound):
        await world.use_cases.cases.read(world.context("nguoi_la"), case.id)


async def test_part_takes_only_its_kinds_of_file_and_so_many(world: World) -> None:
    case = await world.draft()
    wrong = {"media_type": "image/png", "filename": "anh.png"}
    for part, changes, code in (
        ("nothing", {}, "unknown_part"),
        ("application_form", wrong, "wrong_media"),
        ("application_form", {"size": 10**9}, "too_large"),
    ):
        with pytest.raises(Invalid) as caught:
            await attach(world, case, part, **changes)
        assert [each.code for each in caught.value.errors] == [code]
    attached = await attach(world, case, "application_form")
    assert await attach(world, case, "application_form") == attached
    with pytest.raises(Duplicate):
        await attach(world, case, "application_form", filename="khac.pdf")
    with pytest.raises(Invalid) as many:
        await attach(world, case, "application_form", digest="d" * 64)
    assert [each.code for each in many.value.errors] == ["too_many_files"]


@pytest.mark.parametrize("act", ["accept", "refuse_intake", "refer", "request_supplement"])
async def test_another_officer_of_the_unit_goes_on_where_one_began(world: World, act: str) -> None:
    case = await received(world)
    given: dict[str, dict[str, Any]] = {
        "accept": {},
        "refuse_intake": {"reasons": REASONS},
        "refer": {"reason": "Không thuộc thẩm quyền", "target": "ai-decree-142-2026-mps"},
        "request_supplement": {"items": ITEMS, "exception_reason": None},
    }
    await getattr(world.use_cases.intake, act)(
        world.context("mot_cua_2"), case.id, expected_version=case.version, **given[act]
    )
    async with world.database.transaction() as work:
        held = await work.find(Participation, application_id=case.id, capacity=Capacity.INTAKE.value)
    assert {each.person_id for each in held} == {world.people["mot_cua"], world.people["mot_cua_2"]}
