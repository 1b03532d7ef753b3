"""Who is behind a request follows from its bearer token alone, and a body from its fields alone (security.md 3.4)."""

import json
import re
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

import sandbox_registry
from sandbox_registry.api.handling.schemas import In
from sandbox_registry.db import tables
from sandbox_registry.db.identity.credentials import keep_hash
from sandbox_registry.domain.identity.tokens import encode_token
from tests.support.client import Client
from tests.support.structs import structs
from tests.support.world import PASSWORDS, PROCEDURE

OWNER, PASSWORD = "nguoi_dai_dien", "tôm sú lội ngược dòng"
CHOSEN = encode_token(b"k" * 32)
PUBLIC_READS = (
    "/openapi.json",
    "/docs",
    f"/procedures/{PROCEDURE}",
    "/rules",
    "http://test/health/ready",
    "/nothing",
    "/me",
)
JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
async def password(client: Client) -> None:
    """The owner can log in."""
    hashed = await PASSWORDS.hashed(PASSWORD)
    async with client.world.database.transaction() as work:
        await keep_hash(work.connection, client.world.people[OWNER], hashed, at=client.world.clock.at)


async def log_in(
    client: Client, *, headers: dict[str, str] | None = None, more: dict[str, str] | None = None
) -> httpx.Response:
    body = {"email": f"{OWNER}@camau.example", "password": PASSWORD, "name": "máy"} | (more or {})
    return await client.http.post("/sessions", json=body, headers=headers)


@pytest.mark.parametrize("name", ["session", "__Host-session", "token", "Authorization"])
async def test_no_cookie_is_ever_set_or_read(client: Client, name: str) -> None:
    """A session cannot be fixed where none is kept in the browser."""
    token = await client.world.token(OWNER)
    for value in (token, f"Bearer {token}", CHOSEN):
        carried = {"Cookie": f"{name}={value}"}
        assert (await client.http.get("/me", headers=carried)).status_code == 401
        entered = await log_in(client, headers=carried)
        assert (entered.status_code, "set-cookie" in entered.headers) == (201, False)
        assert entered.json()["secret"] not in {value, token}


async def test_secret_of_a_token_is_never_the_clients_choice(client: Client) -> None:
    for field in ("secret", "token", "id", "hash"):
        refused = await log_in(client, more={field: CHOSEN})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    carried = {"Authorization": f"Bearer {CHOSEN}"}
    assert (await log_in(client, headers=carried)).status_code == 401
    assert (await client.http.get("/me", headers=carried)).status_code == 401


async def test_logging_in_again_gives_another_secret(client: Client) -> None:
    first, second = [(await log_in(client)).json()["secret"] for _ in range(2)]
    assert first != second


async def counts(owner: AsyncEngine) -> dict[str, int]:
    """How many rows every table has, but that of quotas."""
    counted = [table for table in tables.metadata.sorted_tables if table.name != "rate_limits"]
    async with owner.connect() as connection:
        found = [await connection.execute(select(func.count()).select_from(table)) for table in counted]
        return {table.name: each.scalar_one() for table, each in zip(counted, found, strict=True)}


async def test_who_only_looks_leaves_no_row(client: Client, owner: AsyncEngine) -> None:
    before = await counts(owner)
    for path in PUBLIC_READS:
        answer = await client.http.get(path, headers={"Cookie": "session=chosen"})
        assert "set-cookie" not in answer.headers
    assert await counts(owner) == before


def test_every_body_we_take_refuses_unknown_fields() -> None:
    taken = list(structs(In))
    assert len(taken) > 40
    assert [kind.__name__ for kind in taken if not kind.__struct_config__.forbid_unknown_fields] == []


async def test_of_a_field_given_twice_the_last_one_is_checked_and_kept(client: Client) -> None:
    begin = {"procedure_code": PROCEDURE, "organisation_id": str(client.world.startup)}
    twice = json.dumps(begin)[:-1] + ', "title": "Một", "title": %s}'
    made = await client.send("POST", "/applications", by=OWNER, content=twice % '"Hai"', headers=JSON)
    assert (made.status_code, made.json()["title"]) == (201, "Hai")
    for wrong in ("1", '"a\\u0000"'):
        refused = await client.send("POST", "/applications", by=OWNER, content=twice % wrong, headers=JSON)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "title"), wrong


@pytest.mark.parametrize("words", ["%", "_", "\\", "a%", "\\%", "q_t", "%25"])
async def test_signs_of_a_pattern_are_words_like_others(client: Client, words: str) -> None:
    await client.world.draft()
    for path in ("/applications", "/permits", "/organisations"):
        answer = await client.send("GET", path, by=OWNER, params={"q": words})
        assert (answer.status_code, answer.json()["items"]) == (200, []), path
    people = await client.send("GET", "/people", by="quan_tri", params={"q": words})
    assert [each["email"] for each in people.json()["items"] if words not in each["email"]] == []


def test_no_statement_is_put_together_from_strings_and_no_policy_is_written_back() -> None:
    pattern = re.compile(
        r"""\b(text|exec_driver_sql)\(\s*(f["']|["'][^"']*["']\s*(%|\+|\.format))|save_policy|add_policy"""
    )
    package = Path(sandbox_registry.__file__).parent
    found = [path.name for path in package.rglob("*.py") if pattern.search(path.read_text("utf-8"))]
    assert found == []
