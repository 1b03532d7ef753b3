"""What a leaf says of who acted and in which request, what never gets into it, and that the public half says nothing."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.db import tables
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.usecases import accounts_by_operator as accounts
from tests.support.client import Client
from tests.support.leaves import assert_nothing_leaked, leaves
from tests.support.stages import received
from tests.support.world import World

PASSWORD = "Đước mọc ven sông Ông Đốc"


async def test_a_leaf_names_our_request_and_never_what_the_caller_calls_it(client: Client, world: World) -> None:
    answer = await client.send(
        "POST",
        "/organisations",
        by="nguoi_la",
        headers={"X-Request-Id": "Nguyen-Van-An"},
        json={
            "kind": "enterprise",
            "name": "Công ty TNHH Đước Xanh",
            "tax_code": "2001999902",
            "address": "Cà Mau",
            "email": "duoc@camau.example",
            "phone": "0913000000",
        },
    )
    assert answer.headers["x-request-id"] == "Nguyen-Van-An"
    leaf = (await leaves(world))[-1]
    assert (leaf.action, leaf.result) == ("organisation:create", "done"), answer.text
    assert len(leaf.entry["req_id"]) == 32
    assert "Nguyen" not in str(leaf.entry)
    refused = await client.send("POST", "/units", by="nguoi_la", headers={"X-Request-Id": "mine"}, json={})
    assert refused.json()["request_id"] != "mine"


async def test_a_leaf_says_whether_a_person_the_operator_or_the_program_acted(client: Client, world: World) -> None:
    await accounts.add_user(
        world.use_cases, full_name="Lê Thị Bé", email="be@camau.example", phone="", password=None, is_admin=False
    )
    await client.send("GET", f"/applications/{world.startup}", by="nguoi_la")
    await world.use_cases.installation.announce()
    kinds = [(leaf.action, leaf.entry["actor"]["kind"]) for leaf in await leaves(world)]
    assert ("person:create", "operator") in kinds
    assert ("application:read", "person") in kinds
    assert ("policy:change", "system") in kinds


async def said_after(world: World, before: int) -> list[tuple[str, str, str]]:
    return [(leaf.action, leaf.kind, leaf.result) for leaf in (await leaves(world))[before:]]


async def test_what_oversight_reads_of_people_organisations_and_cases_is_on_record_and_what_officers_read_is_not(
    world: World,
) -> None:
    case = await received(world)
    people, organisations = world.use_cases.people, world.use_cases.organisations
    for name, expected in (
        (
            "thanh_tra",
            [
                ("person:read", "people", "done"),
                ("person:read", "person", "done"),
                ("organisation:read", "organisation", "done"),
                ("application:read", "application", "done"),
                ("application:read_timeline", "application", "done"),
            ],
        ),
        ("chuyen_vien", []),
    ):
        actor, before = world.context(name), len(await leaves(world))
        await people.list_people(actor, text="an")
        await people.read(actor, world.people["mot_cua"])
        await organisations.read(actor, world.startup)
        await world.use_cases.cases.read(actor, case.id)
        await world.use_cases.timelines.read(actor, case.id)
        assert await said_after(world, before) == expected, name
    listed = next(leaf for leaf in await leaves(world) if leaf.kind == "people")
    assert listed.record["objects"][0]["state"]["text"] == "an"
    assert "text" not in str(listed.entry)


async def test_what_is_hidden_from_one_is_a_refusal_on_record(world: World) -> None:
    case, stranger = await received(world), world.context("nguoi_la")
    before = len(await leaves(world))
    for reading in (
        world.use_cases.people.read(stranger, world.people["mot_cua"]),
        world.use_cases.organisations.read(stranger, world.startup),
        world.use_cases.cases.read(stranger, case.id),
    ):
        with pytest.raises(NotFound):
            await reading
    assert await said_after(world, before) == [
        ("person:read", "person", "refused"),
        ("organisation:read", "person", "refused"),
        ("application:read", "application", "refused"),
    ]


async def test_a_login_and_a_logout_are_on_record_and_a_failed_login_names_nobody(
    client: Client, world: World, owner: AsyncEngine
) -> None:
    await accounts.set_password(world.use_cases, email="mot_cua@camau.example", new=PASSWORD)
    before = len(await leaves(world))
    sign_in = {"email": "mot_cua@camau.example", "password": PASSWORD, "name": "x"}
    made = await client.send("POST", "/sessions", by=None, json=sign_in)
    bearer = {"Authorization": f"Bearer {made.json()['secret']}"}
    assert (await client.send("DELETE", "/sessions/current", by=None, headers=bearer)).status_code < 300
    await client.send("POST", "/sessions", by=None, json=sign_in | {"password": "sai mật khẩu rồi"})
    assert await said_after(world, before) == [
        ("token:create", "token", "done"),
        ("token:revoke", "token", "done"),
    ]
    world.clock.forward(minutes=16)
    await world.use_cases.upkeep.log_refused_logins()
    assert (await said_after(world, before))[2:] == [("login:count", "refused_logins", "done")]
    async with owner.connect() as connection:
        public = (await connection.execute(select(tables.audit_leaves.c.entry))).scalars().all()
    assert {frozenset(json.loads(entry)) for entry in public} == {frozenset({"commit", "t", "v"})}
    await assert_nothing_leaked(world, [PASSWORD, made.json()["secret"]])


async def test_a_rotated_secret_of_a_webhook_is_on_record_without_the_secret(world: World) -> None:
    webhooks, owner = world.use_cases.webhooks, world.context("nguoi_dai_dien")
    made = await webhooks.create(
        owner,
        organisation_id=world.startup,
        url="https://tom.example/hook",
        events=["application.submitted"],
        description="",
    )
    before = len(await leaves(world))
    rotated = await webhooks.rotate(owner, made.endpoint.id)
    assert await said_after(world, before) == [("webhook:edit", "webhook", "done")]
    await assert_nothing_leaked(world, [made.secret, rotated.secret])
