"""Quotas over HTTP: 429 in the reader's language, what is left in every answer, and who is counted as whom."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgi_lifespan import LifespanManager

from sandbox_registry.app import create_app
from sandbox_registry.domain.operations.quotas import read_limits
from sandbox_registry.http.client_addresses import client_address, counted
from sandbox_registry.runtime.settings import Settings
from sandbox_registry.usecases.operations.quotas import RateLimits
from tests.support.client import Client
from tests.support.world import PROCEDURE, World

QUOTAS = "reads.token=3/1h, reads.account=5/1h, writes.account=2/1h, wrong_tokens.address=2/1h"


@pytest.fixture
async def strict(world: World, tmp_path: Path) -> AsyncIterator[Client]:
    """A client of an application with small quotas behind a proxy at 127.0.0.1."""
    settings = Settings(
        data_dir=tmp_path, pseudonym_key=b"k" * 32, database_url="unused", trusted_proxies=(ip_network("127.0.0.1"),)
    )
    counting = RateLimits(world.database, key=b"k" * 32, limits=read_limits(QUOTAS))
    app: Any = create_app(settings, replace(world.use_cases, rate_limits=counting))
    async with LifespanManager(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as http:
            yield Client(http=http, world=world)


async def test_answer_says_what_is_left(strict: Client) -> None:
    answer = await strict.send("GET", "/applications", by="nguoi_dai_dien")
    assert answer.headers["ratelimit-policy"] == '"reads.token";q=3;w=3600, "reads.account";q=5;w=3600'
    assert answer.headers["ratelimit"] == '"reads.token";r=2;t=1200, "reads.account";r=4;t=720'


async def test_used_up_quota_is_a_problem_in_the_readers_language(strict: Client) -> None:
    for _ in range(3):
        assert (await strict.send("GET", "/applications", by="nguoi_dai_dien")).status_code == 200
    refused = await strict.send("GET", "/applications", by="nguoi_dai_dien", headers={"Accept-Language": "fr"})
    body = refused.json()
    assert (refused.status_code, body["code"], body["status"]) == (429, "too_many_requests", 429)
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert refused.headers["content-language"] == "fr"
    assert body["detail"].startswith("Trop de demandes. Réessayez dans 1")
    assert 1190 < int(refused.headers["retry-after"]) <= 1200
    assert '"reads.token";r=0' in refused.headers["ratelimit"]
    assert body["request_id"]


async def test_second_token_goes_on_until_the_account_is_used_up(strict: Client) -> None:
    async def codes(secret: str) -> list[int]:
        headers = {"Authorization": f"Bearer {secret}"}
        return [(await strict.http.get("/applications", headers=headers)).status_code for _ in range(4)]

    first, second = await strict.world.token("nguoi_dai_dien"), await strict.world.token("nguoi_dai_dien")
    assert [await codes(first), await codes(second)] == [[200, 200, 200, 429], [200, 200, 429, 429]]


async def test_reads_leave_writes_and_other_people_alone(strict: Client) -> None:
    for _ in range(4):
        await strict.send("GET", "/applications", by="nguoi_dai_dien")
    body = {"procedure_code": PROCEDURE, "organisation_id": str(strict.world.startup), "title": "Ao tôm"}
    made = [(await strict.send("POST", "/applications", by="nguoi_dai_dien", json=body)).status_code for _ in range(3)]
    other = await strict.send("GET", "/applications", by="doi_thu")
    assert (made, other.status_code) == ([201, 201, 429], 200)


async def test_health_is_never_counted(strict: Client) -> None:
    answers = [await strict.http.get("http://test/health/live") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 6


async def test_many_at_once_get_exactly_the_quota(strict: Client) -> None:
    await strict.send("GET", "/applications", by="doi_thu")
    body = {"procedure_code": PROCEDURE, "organisation_id": str(strict.world.rival), "title": "Cua"}
    sent = [strict.send("POST", "/applications", by="doi_thu", json=body) for _ in range(8)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*sent)) == [201] * 2 + [429] * 6


async def test_wrong_tokens_close_their_address_and_no_other(strict: Client) -> None:
    async def guess(where: str, secret: str | None = None) -> int:
        headers = {"Authorization": f"Bearer {secret or 'wrong'}", "X-Forwarded-For": where}
        return (await strict.http.get("/applications", headers=headers)).status_code

    right = await strict.world.token("nguoi_dai_dien")
    assert [await guess("192.0.2.1") for _ in range(4)] == [401, 401, 429, 429]
    assert [await guess("192.0.2.1", right), await guess("192.0.2.2")] == [429, 401]
    assert [await guess("192.0.2.2", right), await guess("192.0.2.1", right)] == [
        200,
        200,
    ]  # It was right a moment ago.


async def test_login_is_refused_for_one_account_and_not_for_another(client: Client) -> None:
    body = {"email": "nguoi_la@camau.example", "password": "mật khẩu sai hẳn", "name": "Máy ở nhà"}
    answers = [await client.send("POST", "/sessions", by=None, json=body) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    assert "login.account" in answers[-1].headers["ratelimit"]
    other = await client.send("POST", "/sessions", by=None, json=body | {"email": "doi_thu@camau.example"})
    assert other.status_code == 401


PROXIES = (ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.9"], "192.0.2.1"),  # Anybody can write the header.
        ("10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["203.0.113.5, 198.51.100.9"], "198.51.100.9"),  # The left one may be made up.
        ("10.0.0.1", ["203.0.113.5, 198.51.100.9, 10.2.3.4"], "198.51.100.9"),
        ("10.0.0.1", ["203.0.113.5", "198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.7"], "10.0.0.7"),
        ("10.0.0.1", ["198.51.100.9, made up"], "10.0.0.1"),
        ("10.0.0.1", ["made up, 198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["198.51.100.9:4711"], "198.51.100.9"),
        ("10.0.0.1", ["[2001:db8:7::5]:443"], "2001:db8:7::/64"),
        ("::ffff:10.0.0.1", ["2001:db8:7:0:1:2:3:4"], "2001:db8:7::/64"),
        ("2001:db8:1::1", ["2001:db8:7:1:1:2:3:4"], "2001:db8:7:1::/64"),
        (None, ["198.51.100.9"], "local"),
    ],
)
def test_client_address_believes_only_our_own_proxies(peer: str | None, forwarded: list[str], found: str) -> None:
    scope: dict[str, Any] = {
        "client": None if peer is None else (peer, 4711),
        "headers": [(b"x-forwarded-for", each.encode()) for each in forwarded],
    }
    assert counted(client_address(scope, PROXIES)) == found
