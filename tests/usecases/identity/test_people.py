"""Accounts, offices and delegated signing authority, through the real use cases on the real database."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from sandbox_registry.db import tables
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.db.identity import people as rows
from sandbox_registry.domain.errors import (
    ConditionNotMet,
    DomainError,
    Duplicate,
    Invalid,
    NotFound,
    PermissionDenied,
    StaleVersion,
)
from sandbox_registry.domain.identity.passwords import WrongCredentials
from sandbox_registry.domain.identity.people import READ_ALL_ROLES, Actor, Delegation, Person, Role, RoleGrant, Service
from sandbox_registry.domain.identity.tokens import digest
from sandbox_registry.usecases.accounts_by_operator import command_line
from sandbox_registry.usecases.identity.offices import Offices
from sandbox_registry.usecases.identity.people import People
from sandbox_registry.usecases.identity.tokens import Tokens
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import OPERATOR
from tests.support.leaves import assert_nothing_leaked, leaves, told
from tests.support.passwords import CHEAP
from tests.support.world import ANYBODY, World

PASSWORD, NEW_PASSWORD = "tôm sú lội ngược dòng", "cua gạch bò trên bãi bồi"
DAY = timedelta(days=1)


@pytest.fixture
def accounts(world: World) -> People:
    return People(world.transactions, CHEAP)


@pytest.fixture
def offices(world: World) -> Offices:
    return Offices(world.transactions)


@pytest.fixture
def tokens(world: World) -> Tokens:
    return Tokens(world.transactions, CHEAP, world.use_cases.rate_limits)


@pytest.fixture
def admin(world: World) -> RequestContext:
    return world.context("quan_tri")


async def now(world: World, name: str) -> Actor | None:
    async with world.database.primary() as connection:
        return await rows.actor_for_person(
            connection, world.people[name], at=world.clock.at, method="test", request_id=f"test-{name}"
        )


async def register(accounts: People, admin: RequestContext, email: str = "moi@camau.example", **how: Any) -> Person:
    return await accounts.register(admin, full_name="Trần Văn Mới", email=email, **how)


async def delegate(
    offices: Offices, actor: RequestContext, world: World, *, to: str = "truong_phong", **how: Any
) -> Delegation:
    given: dict[str, Any] = {
        "to_person_id": world.people[to],
        "unit_id": world.units["committee"],
        "document": "01/GUQ-UBND",
        "title": "Phó Chủ tịch",
        "valid_to": world.clock.at + 30 * DAY,
    }
    return await offices.delegate(actor, **(given | how))


def condition(caught: pytest.ExceptionInfo[ConditionNotMet]) -> str:
    return caught.value.condition


def one_refused(done: list[Any], kind: type[DomainError]) -> bool:
    return sorted(isinstance(each, kind) for each in done) == [False, True] and not any(
        isinstance(each, BaseException) and not isinstance(each, kind) for each in done
    )


# --- Accounts ---


async def test_an_administrator_registers_somebody_who_can_log_in(
    world: World, accounts: People, tokens: Tokens, admin: RequestContext
) -> None:
    person = await register(accounts, admin, password=PASSWORD)
    made = await tokens.log_in(ANYBODY, email=person.email, password=PASSWORD, name="n")
    assert made.token.person_id == person.id
    found = await leaves(world)
    assert [(leaf.action, leaf.kind, leaf.result) for leaf in found] == [
        ("person:create", "person", "done"),
        ("token:create", "token", "done"),
    ]
    assert found[0].record["objects"][0]["state"]["email"] == person.email
    await assert_nothing_leaked(world, [PASSWORD, made.secret])


async def test_only_an_administrator_registers_others(world: World, accounts: People) -> None:
    for name in ("nguoi_la", "chuyen_vien", "dai_bieu"):
        with pytest.raises(PermissionDenied):
            await register(accounts, world.context(name))
    assert await told(world) == [("person:create", "refused", "permission_denied")] * 3


async def test_a_wrong_contact_or_a_weak_password_is_refused(
    world: World, accounts: People, admin: RequestContext
) -> None:
    with pytest.raises(Invalid) as caught:
        await accounts.register(admin, full_name=" ", email="khong-phai", phone="x")
    assert [each.field for each in caught.value.errors] == ["full_name", "email", "phone"]
    with pytest.raises(Invalid) as caught:
        await register(accounts, admin, password="ngắn")
    assert [each.code for each in caught.value.errors] == ["too_short"]
    assert await told(world) == []


async def test_two_registrations_of_one_address_give_one_success(accounts: People, admin: RequestContext) -> None:
    addresses = ("moi@camau.example", "MOI@camau.example")
    done = await asyncio.gather(*[register(accounts, admin, each) for each in addresses], return_exceptions=True)
    assert one_refused(done, Duplicate)


async def test_registering_oneself_needs_the_setting(world: World, accounts: People, tokens: Tokens) -> None:
    given: dict[str, Any] = {
        "full_name": "Lê Thị Mới",
        "email": "le@x.example",
        "phone": "",
        "password": PASSWORD,
    }
    with pytest.raises(ConditionNotMet):
        await accounts.register_oneself(ANYBODY, **given)
    person = await People(world.transactions, CHEAP, self_registration=True).register_oneself(ANYBODY, **given)
    made = await tokens.log_in(ANYBODY, email="le@x.example", password=PASSWORD, name="n")
    bearer = await tokens.authenticate(digest(made.secret), "r")
    assert bearer is not None
    actor = bearer.actor
    assert (actor.person_id, actor.roles) == (person.id, frozenset({Role.APPLICANT}))
    assert [each[0] for each in await told(world)] == ["person:register", "token:create"]


async def test_changing_the_password_ends_every_token(
    world: World, accounts: People, tokens: Tokens, admin: RequestContext
) -> None:
    person = await register(accounts, admin, password=PASSWORD)
    made = await tokens.log_in(ANYBODY, email=person.email, password=PASSWORD, name="n")
    bearer = await tokens.authenticate(digest(made.secret), "r")
    assert bearer is not None
    actor = bearer.actor
    await accounts.change_password(RequestContext(actor=actor), current=PASSWORD, new=NEW_PASSWORD)
    assert await tokens.authenticate(digest(made.secret), "r") is None
    with pytest.raises(WrongCredentials):
        await tokens.log_in(ANYBODY, email=person.email, password=PASSWORD, name="n")
    await tokens.log_in(ANYBODY, email=person.email, password=NEW_PASSWORD, name="n")
    assert [each[:2] for each in await told(world)] == [
        ("person:create", "done"),
        ("token:create", "done"),
        ("password:change", "done"),
        ("token:create", "done"),
    ]
    await assert_nothing_leaked(world, [PASSWORD, NEW_PASSWORD, made.secret])


async def test_changing_the_password_needs_the_old_one_and_another_new_one(
    world: World, accounts: People, admin: RequestContext
) -> None:
    person = await register(accounts, admin, password=PASSWORD)
    actor = world.context("nguoi_la", person_id=person.id)
    with pytest.raises(WrongCredentials):
        await accounts.change_password(actor, current=NEW_PASSWORD, new=NEW_PASSWORD)
    for new in ("ngắn", PASSWORD, "tran.van.moi1"):
        with pytest.raises(Invalid):
            await accounts.change_password(actor, current=PASSWORD, new=new)
    assert (await told(world))[1:] == [("password:change", "refused", "wrong_credentials")]


async def test_password_is_not_built_on_ones_firm_or_its_product(world: World, accounts: People) -> None:
    owner = world.people["nguoi_dai_dien"]
    await world.draft()
    for new in ("congty tnhh TomSang 1", "giám sát ao tôm bằng thị giác máy tính", "Tôm Sáng 20262026"):
        with pytest.raises(Invalid) as refused:
            await accounts.set_password(owner, new=new, request_id="cli")
        assert [each.code for each in refused.value.errors] == ["about_owner"]
    await accounts.set_password(world.people["doi_thu"], new="giám sát ao tôm bằng thị giác", request_id="cli")


async def test_two_changes_of_a_password_at_once_give_one_success(
    world: World, accounts: People, admin: RequestContext
) -> None:
    person = await register(accounts, admin, password=PASSWORD)
    actor = world.context("nguoi_la", person_id=person.id)
    changes = [accounts.change_password(actor, current=PASSWORD, new=f"{NEW_PASSWORD} {n}") for n in range(2)]
    assert one_refused(await asyncio.gather(*changes, return_exceptions=True), WrongCredentials)


async def test_the_operator_sets_a_lost_password(world: World, accounts: People, tokens: Tokens) -> None:
    await accounts.set_password(world.people["mot_cua"], new=PASSWORD, request_id="cli")
    await tokens.log_in(ANYBODY, email="mot_cua@camau.example", password=PASSWORD, name="n")
    assert [(leaf.action, leaf.entry["auth"]["method"]) for leaf in await leaves(world)] == [
        ("password:change", "command_line"),
        ("token:create", "password"),
    ]
    with pytest.raises(NotFound):
        await accounts.set_password(uuid7(), new=PASSWORD, request_id="cli")


async def test_closing_an_account_ends_its_tokens(
    world: World, accounts: People, tokens: Tokens, admin: RequestContext
) -> None:
    secret = await world.token("chuyen_vien")
    closed = await accounts.disable(admin, world.people["chuyen_vien"], expected_version=1)
    assert (closed.disabled_at, closed.version) == (world.clock.at, 2)
    assert await tokens.authenticate(digest(secret), "r") is None
    assert await now(world, "chuyen_vien") is None
    assert [each[:2] for each in await told(world)] == [("token:create", "done"), ("person:disable", "done")]


async def test_who_may_close_which_account(world: World, accounts: People, admin: RequestContext) -> None:
    target = world.people["chuyen_vien"]
    with pytest.raises(PermissionDenied):
        await accounts.disable(world.context("truong_phong"), target, expected_version=1)
    with pytest.raises(ConditionNotMet):
        await accounts.disable(admin, admin.actor.person_id, expected_version=1)
    with pytest.raises(NotFound):
        await accounts.disable(admin, uuid7(), expected_version=1)
    with pytest.raises(StaleVersion):
        await accounts.disable(admin, target, expected_version=7)
    await accounts.disable(admin, target, expected_version=1)
    with pytest.raises(Duplicate):
        await accounts.disable(admin, target, expected_version=2)


async def test_two_administrators_cannot_close_each_other(world: World, accounts: People) -> None:
    pairs = (("quan_tri", "quan_tri_2"), ("quan_tri_2", "quan_tri"))
    done = await asyncio.gather(
        *[accounts.disable(world.context(by), world.people[who], expected_version=1) for by, who in pairs],
        return_exceptions=True,
    )
    assert one_refused(done, PermissionDenied)


async def test_one_reads_oneself_and_others_by_office(world: World, accounts: People, admin: RequestContext) -> None:
    own = await accounts.read(world.context("nguoi_dai_dien"), world.people["nguoi_dai_dien"])
    assert [each.organisation_id for each in own.memberships] == [world.startup]
    assert (await accounts.read(admin, world.people["chu_tich"])).grants[0].role is Role.DECISION_MAKER
    for name in ("nguoi_dai_dien", "nguoi_la", "phan_bien_1"):
        for target in (world.people["chu_tich"], uuid7()):
            with pytest.raises(NotFound) as caught:
                await accounts.read(world.context(name), target)
            assert caught.value.what == "person"


async def test_people_are_listed_with_their_offices(world: World, accounts: People, admin: RequestContext) -> None:
    with pytest.raises(PermissionDenied):
        await accounts.list_people(world.context("nguoi_dai_dien"))
    found = await accounts.list_people(admin, role=Role.ONE_STOP_OFFICER, unit_id=world.units["one_stop"])
    assert [row.person.id for row in found] == [world.people["mot_cua"], world.people["mot_cua_2"]]
    assert found[0].offices == {(Role.ONE_STOP_OFFICER, world.units["one_stop"])}
    assert [row.person.id for row in await accounts.list_people(admin, text="CHU_TICH@")] == [world.people["chu_tich"]]
    assert await accounts.list_people(admin, text="%") == ()
    first = await accounts.list_people(admin, limit=3)
    rest = await accounts.list_people(admin, after=first[-1].person.id, limit=100)
    assert len({row.person.id for row in (*first, *rest)}) == len(world.people)


@pytest.mark.parametrize(
    "text", ["mai hương", "mai huong", "MAI HUONG", "hương MAI", "do thi", "mai.huong@", "đỗ hương camau"]
)
async def test_people_are_found_however_their_names_are_typed(
    accounts: People, admin: RequestContext, text: str
) -> None:
    made = await accounts.register(admin, full_name="Đỗ Thị Mai Hương", email="Mai.Huong@camau.example", phone="")
    assert [row.person for row in await accounts.list_people(admin, text=text)] == [made]
    assert await accounts.list_people(admin, text=f"{text} khác") == ()


# --- Offices ---


async def test_an_office_counts_while_it_is_held(world: World, offices: Offices, admin: RequestContext) -> None:
    start = world.clock.at + DAY
    grant = await offices.grant(
        admin, world.people["nguoi_la"], role=Role.REVIEWER, unit_id=world.units["focal"], valid_from=start,
        valid_to=start + DAY,
    )  # fmt: skip
    held = []
    for _ in range(4):
        actor = await now(world, "nguoi_la")
        assert actor is not None
        held.append(actor.offices)
        world.clock.forward(hours=23, minutes=59)
        if len(held) == 1:
            world.clock.forward(minutes=1)
    reviewer = frozenset({(Role.REVIEWER, world.units["focal"])})
    assert held == [frozenset(), reviewer, reviewer, frozenset()]
    ((action, kind, result),) = [(leaf.action, leaf.kind, leaf.result) for leaf in await leaves(world)]
    assert (action, kind, result, grant.version) == ("role:grant", "role_grant", "done", 1)


async def test_what_stands_against_an_office(world: World, offices: Offices, admin: RequestContext) -> None:
    person, focal = world.people["nguoi_la"], world.units["focal"]
    past, later = world.clock.at - DAY, world.clock.at + DAY
    with pytest.raises(PermissionDenied):
        await offices.grant(world.context("truong_phong"), person, role=Role.REVIEWER, unit_id=focal)
    with pytest.raises(ConditionNotMet) as caught:
        await offices.grant(admin, admin.actor.person_id, role=Role.DECISION_MAKER, unit_id=focal)
    assert condition(caught) == "not_oneself"
    windows: tuple[dict[str, Any], ...] = (
        {"role": Role.APPLICANT, "unit_id": focal},
        {"role": Role.REVIEWER, "unit_id": world.startup},
        {"role": Role.REVIEWER, "unit_id": focal, "valid_from": past},
        {"role": Role.REVIEWER, "unit_id": focal, "valid_from": later, "valid_to": later},
    )
    for how in windows:
        with pytest.raises(Invalid):
            await offices.grant(admin, person, **how)
    with pytest.raises(NotFound):
        await offices.grant(admin, person, role=Role.REVIEWER, unit_id=uuid7())
    with pytest.raises(NotFound):
        await offices.grant(admin, uuid7(), role=Role.REVIEWER, unit_id=focal)
    with pytest.raises(Duplicate):
        await offices.grant(admin, world.people["phan_bien_1"], role=Role.REVIEWER, unit_id=focal)
    assert [each[1] for each in await told(world)] == ["refused"]


@pytest.mark.parametrize(
    ("name", "role", "code"),
    [
        ("dai_bieu", Role.REVIEWER, "hdnd_disjoint"),
        ("dai_bieu", Role.SYSTEM_ADMIN, "hdnd_disjoint"),
        ("chuyen_vien", Role.HDND_MEMBER, "hdnd_disjoint"),
        ("thanh_tra", Role.FOCAL_OFFICER, "auditor_disjoint"),
        ("chu_tich", Role.AUDITOR, "auditor_disjoint"),
    ],
)
async def test_overseers_hold_no_working_office(
    world: World, offices: Offices, *, name: str, role: Role, code: str
) -> None:
    with pytest.raises(ConditionNotMet) as caught:
        await offices.grant(world.context("quan_tri"), world.people[name], role=role, unit_id=world.units["focal"])
    assert condition(caught) == code


async def test_an_overseer_may_work_when_the_term_is_over(
    world: World, offices: Offices, admin: RequestContext
) -> None:
    async with world.database.transaction() as work:
        (grant,) = await work.find(RoleGrant, person_id=world.people["dai_bieu"])
    await offices.end(admin, grant.id, expected_version=1)
    await offices.grant(admin, world.people["dai_bieu"], role=Role.REVIEWER, unit_id=world.units["focal"])


async def test_two_opposed_offices_at_once_give_one_success(
    world: World, offices: Offices, admin: RequestContext
) -> None:
    roles = (Role.HDND_MEMBER, Role.REVIEWER)
    done = await asyncio.gather(
        *[offices.grant(admin, world.people["nguoi_la"], role=role, unit_id=world.units["focal"]) for role in roles],
        return_exceptions=True,
    )
    assert one_refused(done, ConditionNotMet)


async def test_the_same_office_twice_at_once_gives_one_success(
    world: World, offices: Offices, admin: RequestContext
) -> None:
    done = await asyncio.gather(
        *[
            offices.grant(admin, world.people["nguoi_la"], role=Role.REVIEWER, unit_id=world.units["focal"])
            for _ in range(2)
        ],
        return_exceptions=True,
    )
    assert one_refused(done, Duplicate)


async def test_the_database_itself_keeps_offices_apart(world: World, owner: AsyncEngine) -> None:
    person = world.people["dai_bieu"]
    grant = RoleGrant(
        id=uuid7(), version=1, person_id=person, role=Role.REVIEWER, unit_id=world.units["focal"],
        valid_from=world.clock.at, valid_to=None,
    )  # fmt: skip
    delegation = Delegation(
        id=uuid7(), version=1, from_person_id=world.people["chu_tich"], to_person_id=person,
        unit_id=world.units["committee"], document="x", valid_from=world.clock.at, valid_to=world.clock.at + DAY,
        revoked_at=None,
    )  # fmt: skip
    for table, obj in ((tables.role_grants, grant), (tables.delegations, delegation)):
        with pytest.raises(IntegrityError, match="an overseer holds no office"):
            async with owner.begin() as connection:
                await connection.execute(table.insert(), RECORDS[type(obj)].values(obj))


async def test_ending_an_office(world: World, offices: Offices, admin: RequestContext) -> None:
    async with world.database.transaction() as work:
        (grant,) = await work.find(RoleGrant, person_id=world.people["chuyen_vien"])
        (own,) = await work.find(RoleGrant, person_id=admin.actor.person_id)
    with pytest.raises(PermissionDenied):
        await offices.end(world.context("truong_phong"), grant.id, expected_version=1)
    with pytest.raises(ConditionNotMet):
        await offices.end(admin, own.id, expected_version=1)
    done = await asyncio.gather(
        *[offices.end(admin, grant.id, expected_version=1) for _ in range(2)], return_exceptions=True
    )
    assert one_refused(done, StaleVersion)
    actor = await now(world, "chuyen_vien")
    assert actor is not None
    assert actor.offices == frozenset()
    with pytest.raises(Duplicate):
        await offices.end(admin, grant.id, expected_version=2)
    assert [each[:2] for each in await told(world)] == [("role:revoke", "refused"), ("role:revoke", "done")]


async def test_two_administrators_cannot_dismiss_each_other(world: World, offices: Offices) -> None:
    async with world.database.transaction() as work:
        grants = {name: await work.find(RoleGrant, person_id=world.people[name]) for name in ("quan_tri", "quan_tri_2")}
    pairs = (("quan_tri", "quan_tri_2"), ("quan_tri_2", "quan_tri"))
    done = await asyncio.gather(
        *[offices.end(world.context(by), grants[who][0].id, expected_version=1) for by, who in pairs],
        return_exceptions=True,
    )
    assert one_refused(done, PermissionDenied)


# --- Power needs two ---


async def proposed(
    world: World, offices: Offices, *, by: str = "quan_tri", to: str = "nguoi_la", role: Role = Role.DECISION_MAKER
) -> RoleGrant:
    return await offices.grant(
        world.context(by),
        world.people[to],
        role=role,
        unit_id=world.units["committee"],
        valid_from=None,
        title="Chủ tịch",
    )


async def test_which_offices_take_two_follows_from_the_policy(world: World, offices: Offices) -> None:
    waiting = set()
    for role in Role:
        if role is Role.APPLICANT or role in READ_ALL_ROLES:
            continue
        grant = await proposed(world, offices, role=role)
        if grant.awaits_confirmation:
            waiting.add(role)
    assert waiting == {
        Role.COMPLAINTS_OFFICER,
        Role.CONSULTED_OFFICER,
        Role.DECISION_MAKER,
        Role.FOCAL_HEAD,
        Role.FOCAL_OFFICER,
        Role.ONE_STOP_OFFICER,
        Role.RECORDS_OFFICER,
        Role.SYSTEM_ADMIN,
    }
    overseeing = {role: await proposed(world, offices, to="doi_thu", role=role) for role in sorted(READ_ALL_ROLES)}
    assert all(each.awaits_confirmation for each in overseeing.values())
    actor = await now(world, "nguoi_la")
    assert actor is not None
    assert not actor.roles & waiting


async def test_a_proposed_office_counts_once_another_confirms_it(world: World, offices: Offices) -> None:
    grant = await proposed(world, offices)
    assert (grant.awaits_confirmation, grant.proposed_by) == (True, world.people["quan_tri"])
    world.clock.forward(days=1)
    held = await offices.confirm(world.context("quan_tri_2"), grant.id, expected_version=1)
    assert (held.awaits_confirmation, held.confirmed_by) == (False, world.people["quan_tri_2"])
    assert held.valid_from == world.clock.at
    actor = await now(world, "nguoi_la")
    assert actor is not None
    assert actor.roles == {Role.APPLICANT, Role.DECISION_MAKER}
    with pytest.raises(Duplicate):
        await offices.confirm(world.context("quan_tri_2"), grant.id, expected_version=2)
    assert await told(world) == [("role:grant", "done", None), ("role:confirm", "done", None)]


async def test_who_cannot_be_the_second_person(world: World, offices: Offices) -> None:
    grant = await proposed(world, offices)
    with pytest.raises(PermissionDenied):
        await offices.confirm(world.context("truong_phong"), grant.id, expected_version=1)
    with pytest.raises(ConditionNotMet) as caught:
        await offices.confirm(world.context("quan_tri"), grant.id, expected_version=1)
    assert condition(caught) == "four_eyes"
    with pytest.raises(NotFound):
        await offices.confirm(world.context("quan_tri_2"), uuid7(), expected_version=1)
    own = await proposed(world, offices, to="quan_tri_2")
    with pytest.raises(ConditionNotMet) as caught:
        await offices.confirm(world.context("quan_tri_2"), own.id, expected_version=1)
    assert condition(caught) == "not_oneself"


async def test_two_accounts_of_one_hand_are_one_person(world: World, offices: Offices, accounts: People) -> None:
    """An administrator opens a second account, and even with its office it never is the second person."""
    second = await register(accounts, world.context("quan_tri_2"))
    world.people["thu_hai"] = second.id
    grant = await proposed(world, offices, to="thu_hai", role=Role.SYSTEM_ADMIN)
    with pytest.raises(ConditionNotMet) as caught:
        await offices.confirm(world.context("quan_tri_2"), grant.id, expected_version=1)
    assert condition(caught) == "own_account"
    async with world.database.transaction() as work:
        await work.save(replace(grant, version=2, awaits_confirmation=False))
    puppet = await now(world, "thu_hai")
    assert puppet is not None
    chair = await offices.grant(
        RequestContext(actor=puppet),
        world.people["nguoi_la"],
        role=Role.DECISION_MAKER,
        unit_id=world.units["committee"],
        title="Chủ tịch",
    )
    with pytest.raises(ConditionNotMet) as caught:
        await offices.confirm(world.context("quan_tri_2"), chair.id, expected_version=1)
    assert condition(caught) == "own_account"
    await offices.confirm(world.context("quan_tri"), chair.id, expected_version=1)


async def appoint(world: World, name: str, *, opened_by: str, accounts: People) -> None:
    """Let somebody open an account and let it administer, as if others had confirmed that."""
    opener = cast("Actor", await now(world, opened_by))
    person = await register(accounts, RequestContext(actor=opener), email=f"{name}@camau.example")
    world.people[name] = person.id
    held = RoleGrant(
        id=uuid7(), version=1, person_id=person.id, role=Role.SYSTEM_ADMIN, unit_id=world.units["focal"],
        valid_from=world.clock.at, valid_to=None,
    )  # fmt: skip
    async with world.database.transaction() as work:
        await work.add(held)


@pytest.mark.parametrize(
    ("opened", "proposer", "confirmer", "is_one_hand"),
    [
        ({"a": "quan_tri", "b": "quan_tri"}, "a", "b", True),
        ({"a": "quan_tri", "b": "a"}, "b", "quan_tri", True),
        ({"a": "quan_tri", "b": "a"}, "quan_tri", "b", True),
        ({"a": "quan_tri"}, "quan_tri", "a", True),
        ({"a": "quan_tri", "b": "a", "c": "quan_tri", "d": "c"}, "b", "d", True),
        ({"a": "quan_tri", "b": "quan_tri_2"}, "a", "b", False),
        ({"a": "quan_tri", "b": "a"}, "b", "quan_tri_2", False),
    ],
)
async def test_accounts_tied_over_any_number_of_steps_are_of_one_hand(
    world: World,
    offices: Offices,
    accounts: People,
    *,
    opened: dict[str, str],
    proposer: str,
    confirmer: str,
    is_one_hand: bool,
) -> None:
    for name, by in opened.items():
        await appoint(world, name, opened_by=by, accounts=accounts)
    actors = {name: await now(world, name) for name in (proposer, confirmer)}
    first, second = (RequestContext(actor=cast("Actor", actors[name])) for name in (proposer, confirmer))
    grant = await offices.grant(
        first, world.people["nguoi_la"], role=Role.SYSTEM_ADMIN, unit_id=world.units["committee"]
    )
    if is_one_hand:
        with pytest.raises(ConditionNotMet) as caught:
            await offices.confirm(second, grant.id, expected_version=1)
        assert condition(caught) == "own_account"
    else:
        assert not (await offices.confirm(second, grant.id, expected_version=1)).awaits_confirmation


async def test_what_the_operator_did_ties_nobody(world: World, offices: Offices, accounts: People) -> None:
    for name in ("quan_tri", "quan_tri_2"):
        await accounts.set_password(world.people[name], new=PASSWORD, request_id="cli")
    grant = await proposed(world, offices)
    assert not (await offices.confirm(world.context("quan_tri_2"), grant.id, expected_version=1)).awaits_confirmation


async def test_what_was_done_to_an_account_is_on_record(accounts: People, admin: RequestContext) -> None:
    person = await register(accounts, admin)
    await accounts.set_password(person.id, new=PASSWORD, request_id="cli")
    view = await accounts.read(admin, person.id)
    assert [(each.service, each.by_person_id) for each in view.services] == [
        (Service.OPENED, admin.actor.person_id),
        (Service.PASSWORD_SET, OPERATOR),
    ]


async def test_a_proposal_is_turned_down_and_is_over(world: World, offices: Offices) -> None:
    grant = await proposed(world, offices)
    over = await offices.end(world.context("quan_tri_2"), grant.id, expected_version=1)
    with pytest.raises(ConditionNotMet) as caught:
        await offices.confirm(world.context("quan_tri_2"), over.id, expected_version=2)
    assert condition(caught) == "proposal_over"


async def test_two_confirmations_at_once_give_one_success(world: World, offices: Offices) -> None:
    grant = await proposed(world, offices)
    done = await asyncio.gather(
        *[offices.confirm(world.context("quan_tri_2"), grant.id, expected_version=1) for _ in range(2)],
        return_exceptions=True,
    )
    assert one_refused(done, StaleVersion)


async def test_the_operator_makes_two_administrators_and_proposes_the_rest(world: World, offices: Offices) -> None:
    async with world.database.transaction() as work:
        grants = [await work.find(RoleGrant, person_id=world.people[name]) for name in ("quan_tri", "quan_tri_2")]
    people = [world.people[name] for name in ("nguoi_la", "doi_thu", "nguoi_soan")]

    async def named(person: UUID) -> RoleGrant:
        return await offices.grant(command_line(), person, role=Role.SYSTEM_ADMIN, unit_id=world.units["committee"])

    assert (await named(people[0])).awaits_confirmation
    await offices.end(command_line(), grants[0][0].id, expected_version=1)
    made = await asyncio.gather(*[named(person) for person in people[1:]])
    assert sorted(each.awaits_confirmation for each in made) == [False, True]


# --- Delegated signing authority ---


async def test_delegated_authority_counts_and_names_the_signer(world: World, offices: Offices) -> None:
    delegation = await delegate(offices, world.context("chu_tich"), world)
    deputy = await now(world, "truong_phong")
    assert deputy is not None
    assert deputy.signs_for == world.people["chu_tich"]
    assert deputy.offices == {
        (Role.FOCAL_HEAD, world.units["focal"]),
        (Role.DECISION_MAKER, world.units["committee"]),
    }
    assert await told(world) == [("delegation:grant", "done", None)]
    world.clock.forward(days=30)
    assert await now(world, "truong_phong") == world.actor("truong_phong", auth_method="test")
    assert delegation.valid_to == world.clock.at


async def test_delegated_authority_goes_no_further(world: World, offices: Offices) -> None:
    await delegate(offices, world.context("chu_tich"), world)
    deputy = await now(world, "truong_phong")
    assert deputy is not None
    with pytest.raises(ConditionNotMet) as caught:
        await delegate(offices, RequestContext(actor=deputy), world, to="chuyen_vien")
    assert condition(caught) == "not_by_right"


async def test_who_may_lend_and_to_whom(world: World, offices: Offices) -> None:
    signer = world.context("chu_tich")
    for actor in (world.context("truong_phong"), world.context("dai_bieu"), world.context("quan_tri")):
        with pytest.raises(PermissionDenied):
            await delegate(offices, actor, world)
    refusals = {
        "chu_tich": "not_oneself",
        "dai_bieu": "hdnd_disjoint",
        "thanh_tra": "auditor_disjoint",
        "nguoi_dai_dien": "not_an_official",
    }
    for name, code in refusals.items():
        with pytest.raises(ConditionNotMet) as caught:
            await delegate(offices, signer, world, to=name)
        assert (name, condition(caught)) == (name, code)
    with pytest.raises(Invalid):
        await delegate(offices, signer, world, document=" ")
    with pytest.raises(Invalid):
        await delegate(offices, signer, world, valid_to=world.clock.at)


async def test_two_loans_to_one_person_at_once_give_one_success(world: World, offices: Offices) -> None:
    done = await asyncio.gather(
        *[delegate(offices, world.context("chu_tich"), world) for _ in range(2)], return_exceptions=True
    )
    assert one_refused(done, Duplicate)


async def test_delegated_authority_ends_with_the_delegators_office(
    world: World, offices: Offices, admin: RequestContext
) -> None:
    await delegate(offices, world.context("chu_tich"), world)
    async with world.database.transaction() as work:
        (grant,) = await work.find(RoleGrant, person_id=world.people["chu_tich"])
    await offices.end(admin, grant.id, expected_version=1)
    deputy = await now(world, "truong_phong")
    assert deputy is not None
    assert (deputy.signs_for, deputy.roles) == (None, frozenset({Role.APPLICANT, Role.FOCAL_HEAD}))


async def test_delegated_authority_ends_with_the_delegators_account(
    world: World, offices: Offices, accounts: People, admin: RequestContext
) -> None:
    await delegate(offices, world.context("chu_tich"), world)
    await accounts.disable(admin, world.people["chu_tich"], expected_version=1)
    deputy = await now(world, "truong_phong")
    assert deputy is not None
    assert (deputy.signs_for, deputy.roles) == (None, frozenset({Role.APPLICANT, Role.FOCAL_HEAD}))


async def test_revoking_delegated_authority(world: World, offices: Offices) -> None:
    delegation = await delegate(offices, world.context("chu_tich"), world)
    for name in ("truong_phong", "dai_bieu", "nguoi_la"):
        with pytest.raises(NotFound):
            await offices.revoke_delegation(world.context(name), delegation.id, expected_version=1)
    done = await asyncio.gather(
        *[offices.revoke_delegation(world.context("chu_tich"), delegation.id, expected_version=1) for _ in range(2)],
        return_exceptions=True,
    )
    assert one_refused(done, StaleVersion)
    deputy = await now(world, "truong_phong")
    assert deputy is not None
    assert deputy.signs_for is None
    with pytest.raises(Duplicate):
        await offices.revoke_delegation(world.context("chu_tich"), delegation.id, expected_version=2)
    assert [each[:2] for each in await told(world)] == [("delegation:grant", "done"), ("delegation:revoke", "done")]


async def test_only_the_delegator_revokes(world: World, offices: Offices, admin: RequestContext) -> None:
    unit = world.units["committee"]
    grant = await offices.grant(
        admin, world.people["van_thu"], role=Role.DECISION_MAKER, unit_id=unit, title="Phó Chủ tịch"
    )
    await offices.confirm(world.context("quan_tri_2"), grant.id, expected_version=1)
    delegation = await delegate(offices, world.context("chu_tich"), world)
    deputy = await now(world, "van_thu")
    assert deputy is not None
    with pytest.raises(ConditionNotMet) as caught:
        await offices.revoke_delegation(RequestContext(actor=deputy), delegation.id, expected_version=1)
    assert condition(caught) == "not_ones_own"
    await offices.revoke_delegation(admin, delegation.id, expected_version=1)


async def test_who_sees_what_is_lent(world: World, offices: Offices) -> None:
    delegation = await delegate(offices, world.context("chu_tich"), world)
    unit = world.units["committee"]
    for name in ("chu_tich", "van_thu", "dai_bieu", "thanh_tra", "quan_tri"):
        assert await offices.list_delegations(world.context(name), unit_id=unit) == (delegation,)
    for name in ("nguoi_dai_dien", "chuyen_vien"):
        with pytest.raises(PermissionDenied):
            await offices.list_delegations(world.context(name), unit_id=unit)


async def test_no_read_of_people_carries_a_hash(world: World, accounts: People, owner: AsyncEngine) -> None:
    await accounts.set_password(world.people["mot_cua"], new=PASSWORD, request_id="r")
    async with owner.connect() as connection:
        kept = (await connection.execute(select(tables.passwords.c.hash))).scalar_one()
    shown = repr(await accounts.read(world.context("mot_cua"), world.people["mot_cua"]))
    assert "argon2id" in kept
    assert "argon2" not in shown
