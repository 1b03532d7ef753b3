"""Tokens limited to procedures and to addresses, and the notice before their end: whatever they are tried on, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgi_lifespan import LifespanManager

from sandbox_registry.app import create_app
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.identity.tokens import Limits
from sandbox_registry.runtime.settings import Settings
from tests.api.contract.routes import all_told
from tests.support.client import Client
from tests.support.decided import issued
from tests.support.leaves import told
from tests.support.stages import FOCAL, HEAD, OWNER, REVIEWERS, claimed, under_appraisal
from tests.support.world import AI_PROCEDURE, PROCEDURE, World

NOWHERE = "00000000-0000-0000-0000-0000000000ff"
OTHERS_ONLY = Limits(procedures=frozenset({PROCEDURE}))


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """Somebody with one token, at one address."""

    http: httpx.AsyncClient
    secret: str

    async def send(
        self, method: str, path: str, *, at: str | None = None, headers: dict[str, str] | None = None, **how: Any
    ) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        if at is not None:
            sent["X-Forwarded-For"] = at
        return await self.http.request(method, path, headers=sent, **how)


@pytest.fixture
async def proxied(world: World, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of an application behind a proxy at 127.0.0.1."""
    settings = Settings(
        data_dir=tmp_path, pseudonym_key=b"k" * 32, database_url="unused", trusted_proxies=(ip_network("127.0.0.1"),)
    )
    app: Any = create_app(settings, world.use_cases)
    async with LifespanManager(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as http:
            yield Client(http=http, world=world)


async def bearer(client: Client, name: str, limits: Limits, *, days: int = 30) -> Bearer:
    return Bearer(http=client.http, secret=await client.world.token(name, limits=limits, days=days))


def same(answer: httpx.Response, other: httpx.Response) -> bool:
    return all_told(answer) == all_told(other)


async def test_a_case_of_another_procedure_is_as_good_as_none(client: Client, world: World) -> None:
    ours, theirs = await claimed(world), await claimed(world, procedure_code=AI_PROCEDURE)
    narrow = await bearer(client, FOCAL, OTHERS_ONLY)
    assert (await narrow.send("GET", f"/applications/{ours.id}")).status_code == 200
    before = len(await told(world))
    for method, rest, body in (
        ("GET", "", None),
        ("GET", "/versions", None),
        ("GET", "/timeline", None),
        ("GET", "/messages", None),
        ("POST", "/messages", {"body": "Xin bổ sung"}),
        ("POST", "/claim", None),
    ):
        hidden = await narrow.send(method, f"/applications/{theirs.id}{rest}", json=body)
        none = await narrow.send(method, f"/applications/{NOWHERE}{rest}", json=body)
        assert (hidden.status_code, same(hidden, none)) == (404, True), (method, rest, hidden.text)
    assert {each[1:] for each in (await told(world))[before:]} == {("refused", "not_found")}
    wide = await bearer(client, FOCAL, Limits(procedures=frozenset({PROCEDURE, AI_PROCEDURE})))
    assert (await wide.send("GET", f"/applications/{theirs.id}")).status_code == 200


async def test_lists_exports_and_counts_hold_no_case_of_another_procedure(client: Client, world: World) -> None:
    ours, theirs = await claimed(world), await claimed(world, procedure_code=AI_PROCEDURE)
    narrow = await bearer(client, FOCAL, OTHERS_ONLY)
    for path in (
        "/applications",
        "/applications?updated_since=2020-01-01T00:00:00Z",
        f"/applications?procedure={AI_PROCEDURE}",
        f"/applications?q={theirs.code}",
        f"/applications?officer={world.people[FOCAL]}",
        "/exports/applications.jsonl",
        "/exports/applications.csv",
        "/exports/applications.atom",
        "/exports/events.ocel.json",
    ):
        answer = await narrow.send("GET", path)
        shows_ours = "procedure=" not in path and "q=" not in path
        assert answer.status_code == 200, answer.text
        assert (str(ours.id) in answer.text, str(theirs.id) in answer.text) == (shows_ours, False), path
    officers = [world.context(HEAD, token_procedures=codes) for codes in (frozenset({PROCEDURE}), None)]
    loads = [await world.use_cases.cases.workload(each) for each in officers]
    assert [[each.cases for each in load] for load in loads] == [[1], [2]]


async def test_a_permit_and_a_declaration_of_another_procedure_are_hidden(client: Client, world: World) -> None:
    view = await issued(world)
    permit = view.permit
    narrow = await bearer(client, OWNER, Limits(procedures=frozenset({AI_PROCEDURE})))
    hidden = await narrow.send("GET", f"/permits/{permit.id}")
    assert same(hidden, await narrow.send("GET", f"/permits/{NOWHERE}"))
    assert hidden.status_code == 404
    listed = [
        await narrow.send("GET", path) for path in ("/permits", "/exports/permits.jsonl", "/exports/permits.atom")
    ]
    assert [str(permit.id) in each.text for each in listed] == [False] * 3
    right = await bearer(client, OWNER, OTHERS_ONLY)
    assert (await right.send("GET", f"/permits/{permit.id}")).status_code == 200
    assert str(permit.id) in (await right.send("GET", "/permits")).text


async def test_cases_awaiting_a_declaration_keep_to_the_procedures(client: Client, world: World) -> None:
    case = await under_appraisal(world)
    reviewer = world.people[REVIEWERS[0]]
    await world.use_cases.assignments.assign(
        world.context(HEAD), case.id, person_id=reviewer, capacity=Capacity.REVIEWER
    )
    found = []
    for codes in ({PROCEDURE}, {AI_PROCEDURE}):
        who = await bearer(client, REVIEWERS[0], Limits(procedures=frozenset(codes)))
        answer = await who.send("GET", "/applications/awaiting-declaration")
        found.append([each["id"] for each in answer.json()["items"]])
    assert found == [[str(case.id)], []]


async def test_drafting_under_another_procedure_is_refused_and_on_record(client: Client, world: World) -> None:
    narrow = await bearer(client, OWNER, OTHERS_ONLY)
    body = {"organisation_id": str(world.startup), "title": "Ao tôm"}
    refused = await narrow.send("POST", "/applications", json=body | {"procedure_code": AI_PROCEDURE})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert refused.json()["detail"].startswith("Mã truy cập này chỉ dùng cho hồ sơ của thủ tục khác")
    made = await narrow.send("POST", "/applications", json=body | {"procedure_code": PROCEDURE})
    assert made.status_code == 201, made.text
    assert [each for each in await told(world) if each[0] == "application:create"] == [
        ("application:create", "refused", "permission_denied"),
        ("application:create", "done", None),
    ]


async def test_acts_that_keep_to_no_procedure_are_closed(client: Client, world: World) -> None:
    admin = await bearer(client, "quan_tri", OTHERS_ONLY)
    person = {"full_name": "Trần Văn Mới", "email": "moi@camau.example"}
    refused = await admin.send("POST", "/people", json=person)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    owner = await bearer(client, OWNER, OTHERS_ONLY)
    hook = {"organisation_id": str(world.startup), "url": "https://may.example/", "events": ["application.decided"]}
    assert (await owner.send("POST", "/webhooks", json=hook)).status_code == 403
    assert (await owner.send("GET", "/webhooks")).json()["items"] == []
    assert (await owner.send("GET", f"/organisations/{world.startup}")).status_code == 200
    me = (await owner.send("GET", "/me")).json()
    assert me["procedures"] == [PROCEDURE]


async def test_an_answer_kept_for_a_wider_token_is_not_given_to_a_narrower_one(client: Client, world: World) -> None:
    wide = await bearer(client, OWNER, Limits())
    narrow = await bearer(client, OWNER, OTHERS_ONLY)
    body = {"organisation_id": str(world.startup), "title": "Ao tôm", "procedure_code": AI_PROCEDURE}
    key = {"Idempotency-Key": "k1"}
    made = await wide.send("POST", "/applications", json=body, headers=key)
    assert made.status_code == 201, made.text
    again = [await each.send("POST", "/applications", json=body, headers=key) for each in (wide, narrow)]
    assert [(each.status_code, each.headers.get("idempotency-replayed")) for each in again] == [
        (201, "true"),
        (403, None),
    ]


@pytest.mark.parametrize(
    ("ranges", "inside", "outside"),
    [
        (("192.0.2.0/24",), ("192.0.2.7", "::ffff:192.0.2.7", "[::ffff:192.0.2.7]:443"), ("192.0.3.7", "2001:db8::1")),
        (("::ffff:192.0.2.0/120",), ("192.0.2.7", "::ffff:192.0.2.7"), ("192.0.3.7",)),
        (("2001:db8:1::/48", "203.0.113.9"), ("2001:db8:1::5", "203.0.113.9"), ("2001:db8:2::5", "203.0.113.8")),
    ],
)
async def test_a_token_for_some_addresses_is_unknown_elsewhere(
    proxied: Client, ranges: tuple[str, ...], inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    held = await bearer(proxied, OWNER, Limits(addresses=ranges))
    unknown = Bearer(http=proxied.http, secret="cmsr_" + "0" * 49)
    assert [(await held.send("GET", "/me", at=where)).status_code for where in inside] == [200] * len(inside)
    for where in (*outside, None):  # From the proxy itself, too.
        refused = await held.send("GET", "/me", at=where)
        assert refused.status_code == 401
        assert same(refused, await unknown.send("GET", "/me", at=where)), where


async def test_what_a_stranger_writes_into_the_header_opens_nothing(client: Client) -> None:
    """Without a trusted proxy, the connection alone says where a request comes from: 127.0.0.1 here."""
    held = await bearer(client, OWNER, Limits(addresses=("192.0.2.0/24",)))
    own = await bearer(client, OWNER, Limits(addresses=("127.0.0.0/8",)))
    assert [(await each.send("GET", "/me", at="192.0.2.7")).status_code for each in (held, own)] == [401, 200]


async def test_its_owner_sees_that_it_was_tried_from_elsewhere(proxied: Client) -> None:
    held = await bearer(proxied, OWNER, Limits(addresses=("192.0.2.0/24",)))

    async def seen() -> tuple[object, object]:
        items = (await proxied.send("GET", "/tokens", by=OWNER)).json()["items"]
        return next((each["last_used_at"], each["last_refused_at"]) for each in items if each["addresses"])

    assert await seen() == (None, None)
    tried = await asyncio.gather(*(held.send("GET", "/me", at="198.51.100.1") for _ in range(5)))
    assert {each.status_code for each in tried} == {401}
    start = proxied.world.clock.at.isoformat().replace("+00:00", "Z")
    assert await seen() == (None, start)
    proxied.world.clock.forward(minutes=2)
    assert (await held.send("GET", "/me", at="192.0.2.1")).status_code == 200
    used = proxied.world.clock.at.isoformat().replace("+00:00", "Z")
    assert await seen() == (used, start)


async def test_a_token_right_a_moment_ago_does_not_shine_through_a_closed_address(proxied: Client) -> None:
    """Where an address is closed for guessing, a token not for use there must not get another answer than an unknown one."""
    held = await bearer(proxied, OWNER, Limits(addresses=("192.0.2.0/24",)))
    assert (await held.send("GET", "/me", at="192.0.2.1")).status_code == 200
    unknown = Bearer(http=proxied.http, secret="cmsr_" + "0" * 49)
    for _ in range(200):
        answer = await unknown.send("GET", "/me", at="198.51.100.9")
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert (await held.send("GET", "/me", at="198.51.100.9")).status_code == 429
    assert (await held.send("GET", "/me", at="192.0.2.1")).status_code == 200


async def test_ending_a_limited_token_counts_at_once_for_all_who_use_it(client: Client) -> None:
    held = await bearer(client, OWNER, OTHERS_ONLY)
    listed = (await held.send("GET", "/tokens")).json()["items"]
    ended = await client.send("DELETE", f"/tokens/{listed[-1]['id']}", by=OWNER)
    assert ended.status_code == 200
    answers = await asyncio.gather(*(held.send("GET", "/applications") for _ in range(5)))
    assert {each.status_code for each in answers} == {401}


WORDS = {
    "procedures": {"vi": "Không có thủ tục", "en": "No such procedure", "fr": "Aucune procédure"},
    "addresses": {"vi": "Không phải địa chỉ", "en": "Not an address", "fr": "Ni adresse"},
}


@pytest.mark.parametrize(
    ("field", "given", "named"),
    [
        ("procedures", ["khong-co"], "khong-co"),
        ("addresses", ["10.0.0.1/8"], "10.0.0.1/8"),
        ("addresses", ["10.0.0.0/8", "tôm"], ": tôm."),
        ("addresses", ["fe80::1%eth0"], "fe80::1%eth0"),
        ("addresses", ["192.0.2.0/33"], "192.0.2.0/33"),
    ],
)
async def test_wrong_limits_are_named_in_the_readers_language(
    client: Client, field: str, given: list[str], named: str
) -> None:
    for language, words in WORDS[field].items():
        refused = await client.send(
            "POST", "/tokens", by=OWNER, json={"name": "máy", field: given}, headers={"Accept-Language": language}
        )
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["field"]) == (422, field)
        assert error["code"] == {"procedures": "unknown_procedure", "addresses": "no_address_range"}[field]
        assert error["message"].startswith(words)
        assert named in error["message"]


async def test_a_token_gives_no_wider_token_than_itself(client: Client) -> None:
    held = await bearer(
        client, OWNER, Limits(procedures=frozenset({PROCEDURE}), addresses=("127.0.0.0/8", "2001:db8::/32"))
    )
    tried = [
        ({}, {"procedures", "addresses"}),
        ({"procedures": [PROCEDURE]}, {"addresses"}),
        ({"procedures": [PROCEDURE, AI_PROCEDURE], "addresses": ["127.0.0.1"]}, {"procedures"}),
        ({"procedures": [PROCEDURE], "addresses": ["127.0.0.1", "0.0.0.0/0"]}, {"addresses"}),
        ({"procedures": [PROCEDURE], "addresses": ["::/0"]}, {"addresses"}),
        ({"procedures": [PROCEDURE], "addresses": ["127.0.0.1", "2001:db8:5::/48"]}, set()),
    ]
    for body, fields in tried:
        answer = await held.send("POST", "/tokens", json={"name": "máy", **body})
        assert {each["field"] for each in answer.json().get("errors", [])} == fields, answer.text
        assert answer.status_code == (422 if fields else 201)
    assert answer.json()["token"]["addresses"] == ["127.0.0.1/32", "2001:db8:5::/48"]
    assert (answer.json()["token"]["procedures"], answer.json()["token"]["scopes"]) == ([PROCEDURE], None)


async def test_a_token_near_its_end_says_so_with_every_answer(client: Client, world: World) -> None:
    held = await bearer(client, OWNER, Limits(), days=30)
    early = await held.send("GET", "/tokens")
    world.clock.forward(days=16)
    late = [await held.send("GET", path) for path in ("/tokens", f"/applications/{NOWHERE}")]
    assert "token-expires" not in early.headers
    assert [each.headers["token-expires"] for each in late] == ["Sun, 20 Dec 2026 07:00:00 GMT"] * 2
    ending = [[each["expires_soon"] for each in answer.json()["items"]] for answer in (early, late[0])]
    assert ending == [[False], [True]]


async def test_log_in_takes_the_same_limits(client: Client) -> None:
    refused = await client.send(
        "POST",
        "/sessions",
        by=None,
        json={"email": "a@b.example", "password": "x", "procedures": ["khong-co"], "addresses": ["x"]},
    )
    assert [each["field"] for each in refused.json()["errors"]] == ["procedures", "addresses"]
