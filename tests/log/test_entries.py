"""What the public half of a leaf says of who acted and in which request, and what never gets into it."""

from sandbox_registry.usecases import accounts_by_operator as accounts
from tests.client import Client
from tests.leaves import leaves
from tests.world import World


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


async def test_a_leaf_says_whether_a_person_the_operator_the_program_or_nobody_acted(
    client: Client, world: World
) -> None:
    await accounts.add_user(
        world.use_cases, full_name="Lê Thị Bé", email="be@camau.example", phone="", password=None, is_admin=False
    )
    await client.send("GET", f"/applications/{world.startup}", by="nguoi_la")
    sign_in = {"email": "ai@do.example", "password": "khong co tai khoan", "name": "x"}
    await client.send("POST", "/sessions", by=None, json=sign_in)
    kinds = [(leaf.action, leaf.entry["actor"]["kind"]) for leaf in await leaves(world)]
    assert ("person:create", "operator") in kinds
    assert ("application:read", "person") in kinds
    assert ("token:create", "nobody") in kinds
