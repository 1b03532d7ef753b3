"""Webhooks over HTTP: the secret is shown once, foreign endpoints are not there, versions count."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.support.client import Client
from tests.support.stages import OWNER
from tests.support.world import World

RIVAL = "doi_thu"


async def registered(client: Client, world: World, **changes: Any) -> dict[str, Any]:
    body = {"organisation_id": str(world.startup), "url": "https://hook.example/in", "events": ["application.*"]}
    answer = await client.send("POST", "/webhooks", by=OWNER, json=body | changes)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_secret_is_shown_once(client: Client, world: World) -> None:
    made = await registered(client, world)
    endpoint = made["endpoint"]
    assert made["secret"].startswith("whsec_")
    assert endpoint == {
        "id": endpoint["id"],
        "version": 1,
        "organisation_id": str(world.startup),
        "url": "https://hook.example/in",
        "events": ["application.*"],
        "description": "",
        "state": "pending",
        "answerable_id": str(world.people[OWNER]),
        "created_at": "2026-11-20T07:00:00Z",
        "failing_since": None,
    }
    read = await client.send("GET", f"/webhooks/{endpoint['id']}", by=OWNER)
    listed = await client.send("GET", "/webhooks", by=OWNER)
    assert (read.json(), listed.json()) == (endpoint, {"items": [endpoint]})
    assert "whsec_" not in read.text + listed.text


async def test_secret_is_never_kept_for_a_repeated_request(client: Client, world: World) -> None:
    body = {"organisation_id": str(world.startup), "url": "https://hook.example/in", "events": ["*"]}
    first, again = [await client.send("POST", "/webhooks", by=OWNER, json=body, key="once") for _ in range(2)]
    assert first.json()["secret"] != again.json()["secret"]


async def test_wrong_address_and_unknown_event_are_named(client: Client, world: World) -> None:
    body = {"organisation_id": str(world.startup), "url": "https://10.0.0.1/", "events": ["application.draft"]}
    answer = await client.send("POST", "/webhooks", by=OWNER, json=body)
    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [
        ("url", "wrong_url"),
        ("events", "unknown_event"),
    ]


async def test_change_rotation_and_removal(client: Client, world: World) -> None:
    made = await registered(client, world)
    path = f"/webhooks/{made['endpoint']['id']}"
    body = {"url": "https://hook.example/in", "events": ["permit.issued"], "description": "Sổ cái"}
    assert (await client.send("PUT", path, by=OWNER, json=body)).status_code == 428
    changed = await client.send("PUT", path, by=OWNER, json=body, seen=1)
    assert (changed.status_code, changed.headers["etag"], changed.json()["events"]) == (200, '"2"', ["permit.issued"])
    assert (await client.send("PUT", path, by=OWNER, json=body, seen=1)).status_code == 412
    rotated = await client.send("POST", f"{path}/secrets", by=OWNER, json={"minutes": 5})
    assert (rotated.status_code, rotated.json()["secret"] != made["secret"]) == (201, True)
    assert (await client.send("POST", f"{path}/secrets", by=OWNER, json={"minutes": 99_999})).status_code == 400
    assert (await client.send("POST", f"{path}/check", by=OWNER)).json()["state"] == "pending"
    assert (await client.send("DELETE", path, by=OWNER)).json()["state"] == "removed"
    assert (await client.send("GET", path, by=OWNER)).status_code == 404


async def test_delivery_log_and_replay(client: Client, world: World) -> None:
    made = await registered(client, world)
    path = f"/webhooks/{made['endpoint']['id']}/deliveries"
    await client.send("POST", f"/webhooks/{made['endpoint']['id']}/check", by=OWNER)
    pages = await client.send("GET", path, by=OWNER)
    newest, replaced = pages.json()["items"]
    assert [(each["type"], each["state"]) for each in (newest, replaced)] == [
        ("endpoint.check", "pending"),
        ("endpoint.check", "dead"),
    ]
    dead = await client.send("GET", f"{path}?delivery_state=dead", by=OWNER)
    assert [each["id"] for each in dead.json()["items"]] == [replaced["id"]]
    first = await client.send("GET", f"{path}?limit=1", by=OWNER)
    rest = await client.send("GET", f"{path}?limit=1&after={first.json()['after']}", by=OWNER)
    assert [each["id"] for each in rest.json()["items"]] == [replaced["id"]]
    one = await client.send("GET", f"{path}/{newest['id']}", by=OWNER)
    assert one.json() == newest | {"tries": []}
    replayed = await client.send("POST", f"{path}/{replaced['id']}/replay", by=OWNER)
    assert (replayed.status_code, replayed.json()["code"]) == (409, "endpoint_not_active")
    together = f"/webhooks/{made['endpoint']['id']}/dead-letters/replay"
    all_of_them = await client.send("POST", together, by=OWNER)
    assert (all_of_them.status_code, all_of_them.json()["code"]) == (409, "endpoint_not_active")
    assert (await client.send("POST", together, by=RIVAL)).status_code == 404


async def test_replay_of_all_dead_letters_answers_with_them(client: Client, world: World, owner: AsyncEngine) -> None:
    made = await registered(client, world)
    path = f"/webhooks/{made['endpoint']['id']}"
    async with owner.begin() as connection:  # What an answered challenge and eight failures leave behind.
        await connection.execute(text("UPDATE webhook_endpoints SET state = 'active'"))
        await connection.execute(
            text("UPDATE webhook_deliveries SET state = 'dead', type = 'permit.issued', attempts = 8, ended_at = now()")
        )
    answers = [(await client.send("POST", f"{path}/dead-letters/replay", by=OWNER)).json() for _ in range(2)]
    assert [(each["state"], each["attempts"], each["budget"]) for each in answers[0]["items"]] == [("pending", 8, 16)]
    assert (answers[0]["may_be_more"], answers[1]) == (False, {"items": [], "may_be_more": False})


async def test_foreign_endpoint_is_not_there(client: Client, world: World) -> None:
    made = await registered(client, world)
    path = f"/webhooks/{made['endpoint']['id']}"
    for method, where in (("GET", ""), ("DELETE", ""), ("POST", "/check"), ("GET", "/deliveries")):
        answer = await client.send(method, path + where, by=RIVAL)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await client.send("GET", "/webhooks", by=RIVAL)).json() == {"items": []}
