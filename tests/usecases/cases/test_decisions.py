"""Recommending and deciding through the real use cases: who, when, in what words, and only once."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from sandbox_registry.domain.cases.applications import Application, Reason
from sandbox_registry.domain.cases.appraisal import Advice, Decision, Outcome, Participation, Recommendation
from sandbox_registry.domain.cases.appraisal_guards import AppraisalIncomplete
from sandbox_registry.domain.errors import (
    DomainError,
    Invalid,
    NotFound,
    PermissionDenied,
    StaleVersion,
    TransitionNotAllowed,
)
from sandbox_registry.domain.identity.people import Capacity, Delegation, Organisation, Role, RoleGrant
from sandbox_registry.domain.permits.proposals import with_conditions
from sandbox_registry.domain.stages import Stage
from sandbox_registry.usecases.cases.decisions import Decided, Recommended
from sandbox_registry.usecases.transaction.context import RequestContext
from tests.support import stored_leaves
from tests.support.decided import BASIS, REASONS, SIGNER, TRIAL_END, TRIAL_START, approved, recommended, terms, why
from tests.support.stages import HEAD, appraised, concluded, reviewed, under_appraisal
from tests.support.world import World

TWIN = text(
    "INSERT INTO decisions SELECT (jsonb_populate_record(each, cast(:changes AS jsonb))).* FROM decisions AS each"
    " WHERE each.application_id = :case"
)


async def recommend(world: World, case: Application, by: str = HEAD, **how: Any) -> Recommended:
    wanted: dict[str, Any] = {"advice": Advice.APPROVE, "report": "Đủ điều kiện."} | how
    if wanted["advice"] is not Advice.REFUSE:
        wanted = {"justifications": why("Số mẫu mỗi ngày", *wanted.get("conditions", ()))} | wanted
    return await world.use_cases.decisions.recommend(
        world.context(by), case.id, expected_version=case.version, **wanted
    )


async def approve(world: World, case: Application, by: RequestContext | None = None, **how: Any) -> Decided:
    allowed = how.pop("allowed", None) or terms(world.units["focal"])
    wanted = {"legal_basis": BASIS, "justifications": why(*how.get("conditions", ()))} | how
    return await world.use_cases.decisions.approve(
        by or world.context(SIGNER), case.id, expected_version=case.version, terms=allowed, **wanted
    )


async def refuse(world: World, case: Application, by: RequestContext | None = None, **how: Any) -> Decided:
    wanted = {"legal_basis": BASIS, "reasons": REASONS} | how
    return await world.use_cases.decisions.refuse(
        by or world.context(SIGNER), case.id, expected_version=case.version, **wanted
    )


async def last_record(world: World, case: Application) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The last leaf of a case and the objects its record holds."""
    async with world.database.replica() as connection:
        leaf = (await stored_leaves.leaves_of_case(connection, case.id))[-1]
    assert leaf.record is not None
    return json.loads(leaf.said), json.loads(leaf.record)["objects"]


async def leaves(world: World, case: Application) -> int:
    async with world.database.replica() as connection:
        return len(await stored_leaves.leaves_of_case(connection, case.id))


def signing_deputy(world: World, name: str, *, signs_for: str = SIGNER) -> RequestContext:
    """Somebody to whom the chairman delegated signing authority."""
    office = (Role.DECISION_MAKER, world.units["committee"])
    return world.context(name, offices=world.actor(name).offices | {office}, signs_for=world.people[signs_for])


async def delegated(world: World, name: str, *, title: str = "Phó Chủ tịch") -> RequestContext:
    """The same, with the delegation on record."""
    given = Delegation(
        id=uuid7(),
        version=1,
        from_person_id=world.people[SIGNER],
        to_person_id=world.people[name],
        unit_id=world.units["committee"],
        document="01/GUQ-UBND",
        valid_from=world.clock.at,
        valid_to=world.clock.at + timedelta(days=30),
        revoked_at=None,
        title=title,
    )
    async with world.database.transaction() as work:
        await work.add(given)
    return signing_deputy(world, name)


# --- Recommending ---------------------------------------------------------------------------------------------------


async def test_recommendation_is_one_act_with_one_leaf(world: World) -> None:
    case = await appraised(world)
    before = await leaves(world, case)
    made = await recommend(world, case)
    entry, objects = await last_record(world, case)
    assert (made.application.stage, made.application.recommended_at) == (Stage.AWAITING_DECISION, world.clock.at)
    assert await leaves(world, case) == before + 1
    assert (entry["act"], entry["obj"]["type"], entry["obj"]["ver"]) == (
        "application:recommend",
        "application",
        made.application.version,
    )
    assert [each["type"] for each in objects] == ["application", "recommendation", "participation", "promise"]
    assert msgspec.convert(objects[0]["state"], Application) == made.application
    assert msgspec.convert(objects[1]["state"], Recommendation) == made.recommendation
    assert objects[2]["state"]["capacity"] == Capacity.RECOMMENDER


async def test_recommendation_waits_for_everything_and_names_it(world: World) -> None:
    case = await under_appraisal(world)
    before = await leaves(world, case)
    with pytest.raises(AppraisalIncomplete) as refused:
        await recommend(world, case)
    assert [error.code for error in refused.value.errors] == ["review_missing", "council_not_concluded"]
    assert await leaves(world, case) == before


async def test_recommendation_against_the_council_needs_a_reason(world: World) -> None:
    case = await reviewed(world)
    await concluded(world, case, against=4)
    with pytest.raises(Invalid) as refused:
        await recommend(world, case, advice=Advice.APPROVE_WITH_CONDITIONS)
    made = await recommend(world, case, departure="Có số liệu mới sau phiên họp.")
    assert [(error.field, error.code) for error in refused.value.errors] == [
        ("conditions", "required"),
        ("departure", "required"),
    ]
    assert made.recommendation.departure == "Có số liệu mới sau phiên họp."


@pytest.mark.parametrize(
    ("by", "refusal"),
    [
        ("chuyen_vien", PermissionDenied),
        ("mot_cua", PermissionDenied),
        ("nguoi_dai_dien", PermissionDenied),
        ("dai_bieu", PermissionDenied),
        ("chu_tich", NotFound),
        ("doi_thu", NotFound),
        ("mot_cua_noi_khac", NotFound),
    ],
)
async def test_only_the_focal_head_recommends(world: World, by: str, refusal: type[DomainError]) -> None:
    case = await under_appraisal(world)
    with pytest.raises(refusal):
        await recommend(world, case, by=by)


async def test_case_is_recommended_once(world: World) -> None:
    case = await appraised(world)
    done = await asyncio.gather(recommend(world, case), recommend(world, case), return_exceptions=True)
    again = await world.use_cases.cases.read(world.context(HEAD), case.id)
    with pytest.raises(TransitionNotAllowed):
        await recommend(world, again.application)
    assert sorted(type(each).__name__ for each in done) == ["Recommended", "StaleVersion"]


async def test_recommendation_is_for_those_who_read_reviews(world: World) -> None:
    case = await appraised(world)
    with pytest.raises(NotFound):
        await world.use_cases.decisions.read_recommendation(world.context(HEAD), case.id)
    made = await recommend(world, case)
    for name in (HEAD, "chuyen_vien", "uy_vien_1", SIGNER, "dai_bieu", "thanh_tra"):
        found = await world.use_cases.decisions.read_recommendation(world.context(name), case.id)
        assert found == made.recommendation
    for name in ("nguoi_dai_dien", "mot_cua"):
        with pytest.raises(PermissionDenied):
            await world.use_cases.decisions.read_recommendation(world.context(name), case.id)
    for name in ("doi_thu", "nguoi_la", "y_te"):
        with pytest.raises(NotFound):
            await world.use_cases.decisions.read_recommendation(world.context(name), case.id)


# --- Deciding -------------------------------------------------------------------------------------------------------


async def test_approval_is_one_act_with_one_leaf(world: World) -> None:
    case = await recommended(world)
    before = await leaves(world, case)
    made = await approve(world, case, conditions=("Mua bảo hiểm",))
    decision = made.view.decision
    entry, objects = await last_record(world, case)
    assert (made.application.stage, made.application.decided_at) == (Stage.APPROVED, world.clock.at)
    assert (decision.number, decision.signer_id, decision.on_behalf_of, decision.unit_id) == (
        "1/QĐ-UBND-MẪU",
        world.people[SIGNER],
        None,
        world.units["committee"],
    )
    assert (decision.conditions, decision.terms) == (
        ("Mua bảo hiểm",),
        with_conditions(terms(world.units["focal"]), ("Mua bảo hiểm",), why("Mua bảo hiểm")),
    )
    assert made.view.decision.signer_title == "Chủ tịch"
    assert made.view.names == {world.people[SIGNER]: "Chu Tich"}
    assert await leaves(world, case) == before + 1
    assert (entry["act"], entry["obj"]["ver"]) == ("decision:approve", made.application.version)
    assert [each["type"] for each in objects] == ["application", "decision", "participation"]
    assert msgspec.convert(objects[0]["state"], Application) == made.application
    assert msgspec.convert(objects[1]["state"], Decision) == decision
    assert (objects[2]["state"]["capacity"], objects[2]["state"]["person_id"]) == (
        Capacity.DECIDER,
        str(world.people[SIGNER]),
    )


async def test_refusal_keeps_its_reasons_and_what_is_read_is_what_was_decided(world: World) -> None:
    case = await recommended(world)
    made = await refuse(world, case)
    found = await world.use_cases.decisions.read(world.context("nguoi_dai_dien"), case.id)
    assert (made.application.stage, made.view.decision.outcome) == (Stage.REFUSED, Outcome.REFUSED)
    assert (found, found.decision.reasons) == (replace(made.view, leaf=found.leaf), REASONS)
    assert (made.view.leaf, found.leaf is None) == (None, False)


async def test_decision_may_be_signed_by_a_deputy(world: World) -> None:
    case = await recommended(world)
    deputy = await delegated(world, "nguoi_la")
    made = await approve(world, case, deputy)
    _, objects = await last_record(world, case)
    assert (made.view.decision.signer_id, made.view.decision.on_behalf_of) == (
        world.people["nguoi_la"],
        world.people[SIGNER],
    )
    assert made.view.decision.signer_title == "Phó Chủ tịch"
    assert made.view.names == {world.people["nguoi_la"]: "Nguoi La", world.people[SIGNER]: "Chu Tich"}
    assert objects[1]["state"]["on_behalf_of"] == str(world.people[SIGNER])


@pytest.mark.parametrize("act", [approve, refuse])
@pytest.mark.parametrize(
    "name", ["nguoi_dai_dien", "nguoi_soan", "mot_cua", "chuyen_vien", HEAD, "phan_bien_1", "uy_vien_1", "thu_ky"]
)
async def test_nobody_who_filed_took_in_or_appraised_decides(world: World, name: str, act: Callable[..., Any]) -> None:
    case = await recommended(world)
    with pytest.raises(PermissionDenied) as refused:
        await act(world, case, signing_deputy(world, name))
    assert refused.value.line is not None
    entry, _ = await last_record(world, case)
    assert (entry["result"], entry["reason_code"], entry["policy"]["line"]) == (
        "refused",
        "permission_denied",
        refused.value.line,
    )


@pytest.mark.parametrize(
    ("by", "refusal"),
    [
        (HEAD, PermissionDenied),
        ("nguoi_dai_dien", PermissionDenied),
        ("dai_bieu", PermissionDenied),
        ("doi_thu", NotFound),
        ("van_thu", NotFound),
        ("quan_tri", NotFound),
    ],
)
async def test_only_the_signer_decides(world: World, by: str, refusal: type[DomainError]) -> None:
    case = await recommended(world)
    with pytest.raises(refusal):
        await approve(world, case, world.context(by))
    with pytest.raises(refusal):
        await refuse(world, case, world.context(by))


async def test_signer_of_another_agency_does_not_know_the_case(world: World) -> None:
    case = await recommended(world)
    office = frozenset({(Role.DECISION_MAKER, world.units["elsewhere"])})
    with pytest.raises(NotFound):
        await approve(world, case, world.context(SIGNER, offices=office))


async def test_case_is_not_known_to_the_signer_before_it_is_put_before_him(world: World) -> None:
    case = await under_appraisal(world)
    with pytest.raises(NotFound):
        await approve(world, case)


async def test_decided_case_is_not_decided_again(world: World) -> None:
    case = await approved(world)
    for act in (approve, refuse):
        with pytest.raises(TransitionNotAllowed):
            await act(world, case)


async def test_approval_lists_every_fault_at_once(world: World) -> None:
    case = await recommended(world)
    faulty = terms(world.startup, end=TRIAL_END + timedelta(days=800))
    with pytest.raises(Invalid) as refused:
        await approve(world, case, legal_basis=(), allowed=faulty)
    assert [(error.field, error.code) for error in refused.value.errors] == [
        ("legal_basis", "required"),
        ("terms.end", "end_beyond_ceiling"),
        ("terms.beyond_request", "required"),
        ("terms.supervising_unit_id", "unknown_unit"),
    ]


@pytest.mark.parametrize(("title", "code"), [("Giám đốc", "unknown_title"), ("", "office_without_title")])
async def test_signer_signs_as_the_office_or_the_delegation_says(world: World, title: str, code: str) -> None:
    case, deputy = await recommended(world), await delegated(world, "nguoi_la", title=title)
    for act in (approve, refuse):
        with pytest.raises(Invalid) as refused:
            await act(world, case, deputy)
        assert [(error.field, error.code) for error in refused.value.errors] == [("signer_title", code)]


@pytest.mark.parametrize("unit", ["council", "police"])
async def test_trial_is_supervised_by_a_unit_that_supervises(world: World, unit: str) -> None:
    case = await appraised(world)
    with pytest.raises(Invalid) as refused:
        await recommend(world, case, supervising_unit_id=world.units[unit])
    errors = [(error.field, error.code) for error in refused.value.errors]
    assert errors == [("terms.supervising_unit_id", "unit_supervises_nothing")]


async def test_terms_travel_from_the_dossier_to_the_permit(world: World) -> None:
    case = await appraised(world)
    advised = await recommend(world, case, advice=Advice.APPROVE_WITH_CONDITIONS, conditions=("Có người trực",))
    made = await world.use_cases.decisions.approve(
        world.context(SIGNER),
        case.id,
        expected_version=advised.version,
        legal_basis=BASIS,
        conditions=("Mua bảo hiểm",),
        justifications=why("Mua bảo hiểm"),
    )
    issued = await world.use_cases.permits.issue(
        world.context("van_thu"), case.id, expected_version=made.application.version
    )
    held, recommended_terms = issued.permit.terms, advised.recommendation.terms
    assert recommended_terms is not None
    assert held == with_conditions(recommended_terms, ("Mua bảo hiểm",), why("Mua bảo hiểm"))
    assert (held.start, held.end, held.max_users) == (TRIAL_START, TRIAL_END, 200)
    assert held.conditions == ("Có người trực", "Mua bảo hiểm")
    assert held.supervising_unit_id == world.units["focal"]
    seen = await world.use_cases.permits.read(world.context("dai_bieu"), issued.permit.id)
    assert seen.permit.terms == held


async def test_proposal_is_what_a_recommendation_takes_over(world: World) -> None:
    case = await appraised(world)
    read = world.use_cases.decisions.read_proposal
    proposal = await read(world.context(HEAD), case.id, supervising_unit_id=world.units["focal"])
    with pytest.raises(PermissionDenied):
        await read(world.context("nguoi_dai_dien"), case.id, supervising_unit_id=world.units["focal"])
    made = await recommend(world, case)
    assert proposal.terms is not None
    justified = replace(proposal.terms, justifications=why("Số mẫu mỗi ngày"))
    assert (made.recommendation.terms, proposal.open_bounds) == (justified, ())


async def test_refusal_lists_every_fault_at_once(world: World) -> None:
    case = await recommended(world)
    with pytest.raises(Invalid) as refused:
        await refuse(world, case, legal_basis=(), reasons=(Reason(code="mood", text="-"),))
    assert [(error.field, error.code) for error in refused.value.errors] == [
        ("legal_basis", "required"),
        ("reasons.0.code", "unknown_reason"),
    ]


async def test_licence_of_the_holder_limits_the_trial(world: World) -> None:
    case = await recommended(world)
    async with world.database.transaction() as work:
        firm = await work.get(Organisation, world.startup)
        await work.save(replace(firm, version=2, licence_end=TRIAL_END - timedelta(days=1)))
    with pytest.raises(Invalid) as refused:
        await approve(world, case)
    assert [(error.field, error.code) for error in refused.value.errors] == [("terms.end", "end_beyond_ceiling")]


async def test_two_signers_at_once_give_one_decision(world: World) -> None:
    case = await recommended(world)
    done = await asyncio.gather(
        approve(world, case), refuse(world, case, await delegated(world, "nguoi_la")), return_exceptions=True
    )
    assert sum(isinstance(each, Decided) for each in done) == 1
    assert sum(isinstance(each, StaleVersion) for each in done) == 1
    async with world.database.transaction() as work:
        assert len(await work.find(Decision, application_id=case.id)) == 1
        assert len(await work.find(Participation, application_id=case.id, capacity=Capacity.DECIDER.value)) == 1


async def test_numbers_have_no_gaps_under_refusals_and_at_once(world: World) -> None:
    cases = [await recommended(world) for _ in range(3)]
    with pytest.raises(Invalid):
        await approve(world, cases[0], legal_basis=())
    done = await asyncio.gather(*(refuse(world, each) for each in cases))
    assert sorted(each.view.decision.number for each in done) == ["1/QĐ-UBND-MẪU", "2/QĐ-UBND-MẪU", "3/QĐ-UBND-MẪU"]


async def test_numbers_begin_again_each_local_year(world: World) -> None:
    first, second, third = [await recommended(world) for _ in range(3)]
    world.clock.at = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)
    last_of_year = await refuse(world, first)
    world.clock.at = datetime(2026, 12, 31, 17, tzinfo=UTC)  # 1 January 2027, 00:00 in Ca Mau.
    new_year = await refuse(world, second)
    next_one = await refuse(world, third)
    numbers = [each.view.decision.number for each in (last_of_year, new_year, next_one)]
    assert numbers == ["1/QĐ-UBND-MẪU", "1/QĐ-UBND-MẪU", "2/QĐ-UBND-MẪU"]


async def test_database_keeps_one_decision_per_case_and_number(world: World, owner: AsyncEngine) -> None:
    first, second = await approved(world), await recommended(world)
    other_case = {"application_id": str(second.id)}
    for changes, constraint in (
        ({"number": "2/QĐ-UBND-MẪU"}, "uq_decisions_application_id"),
        (other_case, "uq_decisions_unit_id_year_number"),
        (other_case | {"number": "2/QĐ-UBND-MẪU", "terms": None}, "ck_decisions_terms_when_approved"),
        (
            other_case | {"number": "2/QĐ-UBND-MẪU", "terms": None, "outcome": "refused"},
            "ck_decisions_reasons_when_refused",
        ),
    ):
        twin = json.dumps({"id": str(uuid7())} | changes)
        with pytest.raises(IntegrityError, match=constraint):
            async with owner.begin() as connection:
                await connection.execute(TWIN, {"changes": twin, "case": first.id})


async def test_the_application_role_cannot_change_a_decision(world: World) -> None:
    case = await approved(world)
    for statement in ("UPDATE decisions SET number = '9/QĐ-UBND'", "DELETE FROM decisions"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with world.database.transaction() as work:
                await work.connection.execute(text(statement))
    assert (await world.use_cases.decisions.read(world.context(HEAD), case.id)).decision.number == "1/QĐ-UBND-MẪU"


async def test_decision_is_read_by_those_concerned_and_overseers_leave_a_leaf(world: World) -> None:
    case = await recommended(world)
    with pytest.raises(TransitionNotAllowed):
        await world.use_cases.decisions.read(world.context("nguoi_dai_dien"), case.id)
    case = (await approve(world, case)).application
    before = await leaves(world, case)
    for name in ("nguoi_dai_dien", "nguoi_soan", "mot_cua", "chuyen_vien", HEAD, SIGNER, "van_thu"):
        await world.use_cases.decisions.read(world.context(name), case.id)
    assert await leaves(world, case) == before
    for name in ("dai_bieu", "thanh_tra"):
        await world.use_cases.decisions.read(world.context(name), case.id)
    assert await leaves(world, case) == before + 2
    for name in ("doi_thu", "nguoi_la", "quan_tri", "phan_bien_1"):
        with pytest.raises(NotFound):
            await world.use_cases.decisions.read(world.context(name), case.id)


async def test_office_from_before_titles_signs_once_two_administrators_gave_it_one(
    world: World, owner: AsyncEngine
) -> None:
    case, offices = await recommended(world), world.use_cases.offices
    async with owner.begin() as connection:
        await connection.execute(text("UPDATE role_grants SET title = '' WHERE role = 'decision_maker'"))
    with pytest.raises(Invalid) as refused:
        await approve(world, case)
    assert [(error.field, error.code) for error in refused.value.errors] == [("signer_title", "office_without_title")]
    async with world.database.transaction() as work:
        (untitled,) = await work.find(RoleGrant, person_id=world.people[SIGNER])
    first, second = world.context("quan_tri"), world.context("quan_tri_2")
    await offices.end(first, untitled.id, expected_version=untitled.version)
    world.clock.forward(minutes=1)
    given = await offices.grant(
        first, world.people[SIGNER], role=Role.DECISION_MAKER, unit_id=untitled.unit_id, title="Phó Chủ tịch"
    )
    await offices.confirm(second, given.id, expected_version=given.version)
    assert (await approve(world, case)).view.decision.signer_title == "Phó Chủ tịch"
