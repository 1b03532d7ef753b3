"""Applicants, their members and state agencies, through the real use cases on the real database."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from sandbox_registry.domain.errors import (
    ConditionNotMet,
    DomainError,
    Duplicate,
    Invalid,
    NotFound,
    PermissionDenied,
    StaleVersion,
)
from sandbox_registry.domain.identity.people import (
    Membership,
    MembershipKind,
    Organisation,
    OrganisationKind,
    Role,
    RoleGrant,
)
from sandbox_registry.usecases.accounts_by_operator import appoint
from sandbox_registry.usecases.identity.organisations import Organisations
from sandbox_registry.usecases.identity.units import Units
from sandbox_registry.usecases.transaction.context import RequestContext
from tests.support.leaves import leaves, told
from tests.support.stages import submitted
from tests.support.statements import statements
from tests.support.world import AI_PROCEDURE, PROCEDURE, World

TAX_CODE = "0300588569"
CONTACT = {"address": "Phường Năm Căn, Cà Mau", "email": "lienhe@tom.example", "phone": "0290 3800 800"}
DAY = timedelta(days=1)


@pytest.fixture
def organisations(world: World) -> Organisations:
    return world.use_cases.organisations


@pytest.fixture
def units(world: World) -> Units:
    return world.use_cases.units


async def create(organisations: Organisations, actor: RequestContext, **how: Any) -> Organisation:
    given: dict[str, Any] = {"kind": OrganisationKind.ENTERPRISE, "name": "Công ty Tôm Vàng", "tax_code": TAX_CODE}
    return await organisations.create(actor, **(given | CONTACT | how))


async def invite(world: World, who: str, kind: MembershipKind, *, by: str = "nguoi_dai_dien") -> Membership:
    return await world.use_cases.organisations.add_member(
        world.context(by), world.startup, email=f"{who}@camau.example", kind=kind
    )


async def membership_of(world: World, name: str) -> Membership:
    async with world.database.transaction() as work:
        (found,) = await work.find(Membership, person_id=world.people[name])
    return found


def one_refused(done: list[Any], kind: type[DomainError]) -> bool:
    return sorted(isinstance(each, kind) for each in done) == [False, True] and not any(
        isinstance(each, BaseException) and not isinstance(each, kind) for each in done
    )


async def test_who_registers_an_applicant_declares_to_represent_it(world: World, organisations: Organisations) -> None:
    stranger = world.context("nguoi_la")
    made = await create(organisations, stranger)
    actor = world.context("nguoi_la", signs_for_organisations=frozenset({made.id}))
    view = await organisations.read(actor, made.id)
    assert view.organisation == made
    assert [(each.membership.kind, each.membership.person_id) for each in view.members] == [
        (MembershipKind.LEGAL_REPRESENTATIVE, stranger.actor.person_id)
    ]
    (leaf,) = await leaves(world)
    assert (leaf.action, leaf.kind, leaf.result) == ("organisation:create", "organisation", "done")
    assert [each["type"] for each in leaf.record["objects"]] == ["organisation", "membership"]


async def test_what_stands_against_an_applicant(world: World, organisations: Organisations) -> None:
    stranger = world.context("nguoi_la")
    for how in (
        {"tax_code": None},
        {"tax_code": "0300588568"},
        {"kind": OrganisationKind.STATE_UNIT, "tax_code": None},
        {"email": "x"},
        {"name": ""},
    ):
        with pytest.raises(Invalid):
            await create(organisations, stranger, **how)
    with pytest.raises(PermissionDenied):
        await create(organisations, world.context("dai_bieu"))
    assert await told(world) == [("organisation:create", "refused", "permission_denied")]


async def test_two_registrations_of_one_tax_code_give_one_success(world: World, organisations: Organisations) -> None:
    people = [world.context("nguoi_la"), world.context("doi_thu")]
    done = await asyncio.gather(*[create(organisations, each) for each in people], return_exceptions=True)
    assert one_refused(done, Duplicate)
    assert len(await told(world)) == 1


async def test_who_knows_of_an_applicant(world: World, organisations: Organisations) -> None:
    async def known_by() -> set[str]:
        found = set()
        for name in world.people:
            try:
                await organisations.read(world.context(name), world.startup)
            except NotFound:
                continue
            found.add(name)
        return found

    always = {"nguoi_dai_dien", "nguoi_soan", "dai_bieu", "thanh_tra", "quan_tri", "quan_tri_2"}
    assert await known_by() == always
    await world.draft(answers={})
    assert await known_by() == always
    await submitted(world)
    assert await known_by() == always | {"mot_cua", "mot_cua_2", "chuyen_vien", "chuyen_vien_2", "truong_phong"}


async def test_lists_show_what_may_be_read(world: World, organisations: Organisations) -> None:
    async def listed(name: str, **how: Any) -> set[str]:
        return {each.name for each in await organisations.list_organisations(world.context(name), **how)}

    startup, rival = "Công ty TNHH Tôm Sáng", "Công ty CP Cua Biển"
    applicants = {"kind": OrganisationKind.ENTERPRISE}
    assert await listed("nguoi_soan", **applicants) == {startup}
    assert await listed("nguoi_la", **applicants) == set()
    assert await listed("mot_cua", **applicants) == set()
    assert await listed("quan_tri", **applicants) == {startup, rival}
    assert await listed("quan_tri", text="cua biển") == {rival}
    assert await listed("quan_tri", text="20012") == {startup}
    assert await listed("quan_tri", text="_") == set()
    assert len(await listed("nguoi_la", kind=OrganisationKind.STATE_UNIT)) == len(world.units)
    assert await listed("nguoi_soan", **applicants) != await listed("doi_thu", **applicants)
    narrow = world.context("quan_tri", token_scopes=frozenset({"token:read"}))
    assert await organisations.list_organisations(narrow, kind=OrganisationKind.ENTERPRISE) == ()


@pytest.mark.parametrize(
    "text",
    [
        "nước mắm",
        "nuoc mam",
        "NƯỚC MẮM",
        "nu\u031bo\u031b\u0301c ma\u0306\u0301m",
        "mam  nuoc",
        "đại hoà",
        "Dai Hòa",
        "0300588",
    ],
)
async def test_names_are_found_however_they_are_typed(world: World, organisations: Organisations, text: str) -> None:
    await create(organisations, world.context("nguoi_dai_dien"), name="Hợp tác xã Nước mắm Đại Hòa")
    found = await organisations.list_organisations(world.context("quan_tri"), text=text)
    assert [each.name for each in found] == ["Hợp tác xã Nước mắm Đại Hòa"]


@pytest.mark.parametrize("item_count", [1, 30])
async def test_a_list_costs_one_statement(world: World, organisations: Organisations, item_count: int) -> None:
    stranger = world.context("nguoi_la")
    kind = OrganisationKind.INDIVIDUAL
    made = [await create(organisations, stranger, kind=kind, tax_code=None) for _ in range(item_count)]
    actor = world.context("nguoi_la", signs_for_organisations=frozenset(each.id for each in made))
    with statements(world) as sent:
        assert len(await organisations.list_organisations(actor, kind=kind)) == item_count
    assert len(sent) == 1


async def test_a_signatory_changes_how_it_is_reached(world: World, organisations: Organisations) -> None:
    owner, end = world.context("nguoi_dai_dien"), world.clock.at + 900 * DAY
    edited = await organisations.edit(owner, world.startup, expected_version=1, licence_end=end, **CONTACT)
    assert (edited.version, edited.licence_end, edited.email) == (2, end, CONTACT["email"])
    assert (edited.name, edited.tax_code) == ("Công ty TNHH Tôm Sáng", "2001234560")
    assert await told(world) == [("organisation:edit", "done", None)]


async def test_changes_of_a_firm_are_listed_and_a_case_keeps_what_was_filed(
    world: World, organisations: Organisations
) -> None:
    owner = world.context("nguoi_dai_dien")
    firm = await create(organisations, owner, name="Công ty TNHH Tôm Sáng Cũ")
    owner = world.context("nguoi_dai_dien", signs_for_organisations=frozenset({firm.id, world.startup}))
    world.clock.forward(days=1)
    changed: dict[str, Any] = {"address": "Ấp Mũi", "email": firm.email, "phone": firm.phone, "licence_end": None}
    await organisations.edit(owner, firm.id, expected_version=1, name="Công ty TNHH Tôm Mới", **changed)
    (change,) = await organisations.changes(owner, firm.id)
    assert (change.at, change.version, change.by_name) == (world.clock.at, 2, "Nguoi Dai Dien")
    assert {each.path: (each.before, each.after) for each in change.changes} == {
        "address": (firm.address, "Ấp Mũi"),
        "name": ("Công ty TNHH Tôm Sáng Cũ", "Công ty TNHH Tôm Mới"),
    }
    with pytest.raises(NotFound):
        await organisations.changes(world.context("doi_thu"), firm.id)
    case = await submitted(world)
    await organisations.edit(owner, world.startup, expected_version=1, name="Tên khác", licence_end=None, **CONTACT)
    receipt = await world.use_cases.cases.receipt(owner, case.id)
    assert case.applicant is not None
    assert receipt.application.applicant == case.applicant
    assert (receipt.organisation, case.applicant.address) == ("Công ty TNHH Tôm Sáng", "Phường An Xuyên, tỉnh Cà Mau")


async def test_who_may_not_change_an_applicant(world: World, organisations: Organisations) -> None:
    async def edit(name: str, **how: Any) -> Organisation:
        given: dict[str, Any] = {"expected_version": 1, "licence_end": None}
        return await organisations.edit(world.context(name), world.startup, **(given | CONTACT | how))

    for name in ("nguoi_soan", "dai_bieu"):
        with pytest.raises(PermissionDenied):
            await edit(name)
    for name in ("doi_thu", "nguoi_la", "mot_cua"):
        with pytest.raises(NotFound):
            await edit(name)
    assert [each[2] for each in await told(world)] == ["permission_denied"] * 2 + ["not_found"] * 3
    with pytest.raises(NotFound):
        await organisations.edit(
            world.context("quan_tri"), world.units["focal"], expected_version=1, licence_end=None, **CONTACT
        )
    with pytest.raises(Invalid):
        await edit("nguoi_dai_dien", email="x")
    with pytest.raises(StaleVersion):
        await edit("nguoi_dai_dien", expected_version=2)


async def test_two_edits_at_once_give_one_success(world: World, organisations: Organisations) -> None:
    owner = world.context("nguoi_dai_dien")
    edits = [
        organisations.edit(owner, world.startup, expected_version=1, licence_end=None, **CONTACT) for _ in range(2)
    ]
    assert one_refused(await asyncio.gather(*edits, return_exceptions=True), StaleVersion)


async def test_the_representative_appoints(world: World) -> None:
    added = await invite(world, "nguoi_la", MembershipKind.AUTHORISED_SIGNATORY)
    assert (added.person_id, added.valid_from, added.valid_to) == (world.people["nguoi_la"], world.clock.at, None)
    with pytest.raises(Duplicate):
        await invite(world, "nguoi_la", MembershipKind.EDITOR)
    with pytest.raises(Invalid):
        await invite(world, "khong_co", MembershipKind.EDITOR)
    with pytest.raises(PermissionDenied):
        await invite(world, "doi_thu", MembershipKind.EDITOR, by="nguoi_soan")
    with pytest.raises(NotFound):
        await invite(world, "nguoi_la", MembershipKind.EDITOR, by="doi_thu")
    assert [each[1:] for each in await told(world)] == [
        ("done", None),
        ("refused", "permission_denied"),
        ("refused", "not_found"),
    ]


async def test_an_authorised_signatory_appoints_editors_only(world: World) -> None:
    await invite(world, "nguoi_la", MembershipKind.AUTHORISED_SIGNATORY)
    signatory = world.context("nguoi_la", signs_for_organisations=frozenset({world.startup}))
    organisations = world.use_cases.organisations
    for kind in (MembershipKind.LEGAL_REPRESENTATIVE, MembershipKind.AUTHORISED_SIGNATORY):
        with pytest.raises(ConditionNotMet):
            await organisations.add_member(signatory, world.startup, email="doi_thu@camau.example", kind=kind)
    head = await membership_of(world, "nguoi_dai_dien")
    with pytest.raises(ConditionNotMet):
        await organisations.end_membership(signatory, world.startup, head.id, expected_version=1)
    await organisations.add_member(signatory, world.startup, email="doi_thu@camau.example", kind=MembershipKind.EDITOR)


async def test_two_invitations_at_once_give_one_success(world: World) -> None:
    done = await asyncio.gather(
        *[invite(world, "nguoi_la", MembershipKind.EDITOR) for _ in range(2)], return_exceptions=True
    )
    assert one_refused(done, Duplicate)


async def test_an_organisation_never_stands_without_a_signatory(world: World, organisations: Organisations) -> None:
    owner, head = world.context("nguoi_dai_dien"), await membership_of(world, "nguoi_dai_dien")
    with pytest.raises(ConditionNotMet):
        await organisations.end_membership(owner, world.startup, head.id, expected_version=1)
    await invite(world, "nguoi_la", MembershipKind.LEGAL_REPRESENTATIVE)
    ended = await organisations.end_membership(owner, world.startup, head.id, expected_version=1)
    assert ended.valid_to == world.clock.at


async def test_two_representatives_cannot_end_each_other(world: World, organisations: Organisations) -> None:
    second = await invite(world, "nguoi_la", MembershipKind.LEGAL_REPRESENTATIVE)
    first = await membership_of(world, "nguoi_dai_dien")
    other = world.context("nguoi_la", signs_for_organisations=frozenset({world.startup}))
    done = await asyncio.gather(
        organisations.end_membership(world.context("nguoi_dai_dien"), world.startup, second.id, expected_version=1),
        organisations.end_membership(other, world.startup, first.id, expected_version=1),
        return_exceptions=True,
    )
    assert one_refused(list(done), PermissionDenied)


async def test_ending_a_membership(world: World, organisations: Organisations) -> None:
    owner, editor = world.context("nguoi_dai_dien"), await membership_of(world, "nguoi_soan")
    rival = await membership_of(world, "doi_thu")
    for membership_id in (rival.id, uuid7()):
        with pytest.raises(NotFound):
            await organisations.end_membership(owner, world.startup, membership_id, expected_version=1)
    done = await asyncio.gather(
        *[organisations.end_membership(owner, world.startup, editor.id, expected_version=1) for _ in range(2)],
        return_exceptions=True,
    )
    assert one_refused(done, StaleVersion)
    with pytest.raises(Duplicate):
        await organisations.end_membership(owner, world.startup, editor.id, expected_version=2)
    assert await told(world) == [("organisation:edit", "done", None)]


async def test_an_administrator_enters_units(world: World, units: Units) -> None:
    admin = world.context("quan_tri")
    unit = await units.create(
        admin, name="Ban Quản lý Khu kinh tế", agency_code="H12.30", handles=[PROCEDURE], **CONTACT
    )
    assert (unit.kind, unit.handles, unit.tax_code) == (OrganisationKind.STATE_UNIT, (), None)
    assert (unit.handles_proposed, unit.handles_proposed_by) == ((PROCEDURE,), admin.actor.person_id)
    changed = await units.edit(admin, unit.id, expected_version=1, name="Ban Quản lý", agency_code=None, **CONTACT)
    assert (changed.version, changed.name, changed.agency_code) == (2, "Ban Quản lý", None)
    assert changed.handles_proposed == (PROCEDURE,)
    assert [each[:2] for each in await told(world)] == [("organisation:create_unit", "done")] * 2


async def test_what_a_unit_handles_takes_two(world: World, units: Units) -> None:
    admin, other, unit_id = world.context("quan_tri"), world.context("quan_tri_2"), world.units["elsewhere"]
    proposed = await units.propose_handles(admin, unit_id, expected_version=1, handles=[PROCEDURE, PROCEDURE])
    assert (proposed.handles, proposed.handles_proposed) == ((), (PROCEDURE,))
    with pytest.raises(ConditionNotMet) as caught:
        await units.confirm_handles(admin, unit_id, expected_version=2)
    assert caught.value.condition == "four_eyes"
    with pytest.raises(PermissionDenied):
        await units.confirm_handles(world.context("truong_phong"), unit_id, expected_version=2)
    done = await asyncio.gather(
        *[units.confirm_handles(other, unit_id, expected_version=2) for _ in range(2)], return_exceptions=True
    )
    assert one_refused(done, StaleVersion)
    confirmed = next(each for each in done if isinstance(each, Organisation))
    assert (confirmed.handles, confirmed.handles_proposed) == ((PROCEDURE,), None)
    with pytest.raises(Duplicate):
        await units.confirm_handles(other, unit_id, expected_version=3)


async def test_who_looked_only_at_an_earlier_proposal_confirms_nothing(world: World, units: Units) -> None:
    admin, other, unit_id = world.context("quan_tri"), world.context("quan_tri_2"), world.units["elsewhere"]
    await units.propose_handles(admin, unit_id, expected_version=1, handles=[PROCEDURE])
    wider = await units.propose_handles(admin, unit_id, expected_version=2, handles=[PROCEDURE, AI_PROCEDURE])
    with pytest.raises(StaleVersion):
        await units.confirm_handles(other, unit_id, expected_version=2)
    withdrawn = await units.propose_handles(other, unit_id, expected_version=wider.version, handles=[])
    assert (withdrawn.handles_proposed, withdrawn.handles_proposed_by) == (None, None)


async def test_what_a_unit_handles_is_not_confirmed_by_the_same_hand(world: World, units: Units) -> None:
    opened = await world.use_cases.people.register(
        world.context("quan_tri"), full_name="Trần Văn Hai", email="hai@camau.example"
    )
    world.people["hai"] = opened.id
    second = world.context("hai", offices=frozenset({(Role.SYSTEM_ADMIN, world.units["focal"])}))
    unit_id = world.units["elsewhere"]
    async with world.database.transaction() as work:
        await work.add(
            RoleGrant(
                id=world.transactions.new_id(), version=1, person_id=opened.id, role=Role.SYSTEM_ADMIN,
                unit_id=world.units["focal"], valid_from=world.clock.at, valid_to=None,
            )
        )  # fmt: skip
    await units.propose_handles(second, unit_id, expected_version=1, handles=[PROCEDURE])
    with pytest.raises(ConditionNotMet) as caught:
        await units.confirm_handles(world.context("quan_tri"), unit_id, expected_version=2)
    assert caught.value.condition == "own_account"


async def test_an_administrator_alone_lets_nobody_act_for_an_applicant(
    world: World, organisations: Organisations
) -> None:
    given: dict[str, Any] = {"email": "nguoi_la@camau.example", "kind": MembershipKind.LEGAL_REPRESENTATIVE}
    with pytest.raises(ConditionNotMet) as caught:
        await organisations.add_member(world.context("quan_tri"), world.startup, **given)
    assert caught.value.condition == "operator_appoints"
    appointed = await appoint(world.use_cases, tax_code="2001234560", **given)
    assert (appointed.organisation_id, appointed.person_id) == (world.startup, world.people["nguoi_la"])
    with pytest.raises(NotFound):
        await appoint(world.use_cases, tax_code="200123456", **given)


async def test_what_stands_against_a_unit(world: World, units: Units) -> None:
    admin = world.context("quan_tri")
    with pytest.raises(PermissionDenied):
        await units.create(world.context("truong_phong"), name="Đơn vị", **CONTACT)
    for how in ({"agency_code": "h 12"}, {"handles": ["khong-co"]}, {"email": "x"}):
        given: dict[str, Any] = {"name": "Đơn vị"} | CONTACT | how
        with pytest.raises(Invalid):
            await units.create(admin, **given)
    with pytest.raises(Duplicate):
        await units.create(admin, name="Đơn vị", agency_code="H12.01", **CONTACT)
    with pytest.raises(NotFound):
        await units.edit(admin, world.startup, expected_version=1, name="x", agency_code=None, **CONTACT)
    with pytest.raises(NotFound):
        await units.propose_handles(admin, world.startup, expected_version=1, handles=[])
    with pytest.raises(Invalid):
        await units.propose_handles(admin, world.units["focal"], expected_version=1, handles=["khong-co"])
    done = await asyncio.gather(
        *[
            units.edit(admin, world.units["focal"], expected_version=1, name="x", agency_code=None, **CONTACT)
            for _ in range(2)
        ],
        return_exceptions=True,
    )
    assert one_refused(done, StaleVersion)


async def test_official_cannot_be_drawn_to_an_applicants_side(world: World) -> None:
    """Naming an official a member would bar that official from the applicant's cases permanently."""
    with pytest.raises(ConditionNotMet) as refused:
        await world.use_cases.organisations.add_member(
            world.context("nguoi_dai_dien"),
            world.startup,
            email="phan_bien_1@camau.example",
            kind=MembershipKind.EDITOR,
        )
    assert refused.value.condition == "holds_office"
