"""What went wrong elsewhere, or in trials of our libraries (security.md 3.4): each stays right here."""

import json
from datetime import datetime
from time import process_time
from typing import Any

import httpx
import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from sandbox_registry.api.handling.schemas import In, Moment
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.http.declarations import declared
from sandbox_registry.http.response_headers import NO_CONTENT_POLICY, complete_headers
from tests.support.client import Client
from tests.support.world import PROCEDURE

ID = "01934f6e-8f5a-7c3e-9b1a-2f4d6c8e0a12"
OWNER = "nguoi_dai_dien"


def served(client: Client) -> list[tuple[str, str, HTTPRouteHandler]]:
    app = client.http._transport.app  # type: ignore[attr-defined]  # noqa: SLF001 - the application under test.
    return [
        (method, route.path_format, handler)
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/")
        for method, (handler, _) in route.route_handler_map.items()
    ]


def at(path: str) -> str:
    """An address of a route, with an id that is nobody's."""
    kept = [
        ID if step.startswith("{") and step not in {"{code}", "{name}"} else step.strip("{}")
        for step in path.split("/")
    ]
    return "http://test" + "/".join(kept)


async def send(client: Client, method: str, path: str, **how: Any) -> httpx.Response:
    return await client.send(method, path, by=how.pop("by", OWNER), **how)


async def test_nobody_gets_past_a_route_that_is_not_marked_public(client: Client) -> None:
    # Which methods an address has that answers somebody unknown, they may ask too.
    public = {path for _, path, handler in served(client) if declared(handler).is_public}
    closed = [
        (method, path, handler)
        for method, path, handler in served(client)
        if not declared(handler).is_public and not (method == "OPTIONS" and path in public)
    ]
    answers = {(method, path): await send(client, method, at(path), by=None) for method, path, _ in closed}
    assert len(answers) > 100
    assert {key for key, answer in answers.items() if answer.status_code != 401} == set()
    assert {answer.json()["code"] for (method, _), answer in answers.items() if method != "HEAD"} == {"unauthenticated"}


@pytest.mark.parametrize(
    "path",
    [
        "/applications/openapi.json",
        "/docs/../applications",
        "/docs/%2e%2e/applications",
        "/docs/types/..%2f..%2fme",
        "/me/openapi.json",
        "/me;/openapi.json",
        "//api/v1/me",
        "/procedures/..%2f..%2fme",
        "/procedures/%2e%2e",
    ],
)
async def test_address_that_looks_public_opens_nothing(client: Client, path: str) -> None:
    answer = await send(client, "GET", path, by=None)
    assert answer.status_code in {400, 401, 404}, answer.text


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-seq",
        "text/plain; application/json",
        "application/jsonp",
        "",
    ],
)
async def test_no_write_reads_what_a_foreign_form_can_send(client: Client, kind: str) -> None:
    for method, path, handler in served(client):
        if method in {"POST", "PUT", "PATCH"} and not declared(handler).takes_file:
            answer = await send(client, method, at(path), content=b"{}", headers={"Content-Type": kind})
            assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type"), path


async def test_body_larger_than_any_form_is_refused(client: Client) -> None:
    body = json.dumps({"procedure_code": PROCEDURE, "organisation_id": ID, "title": "a" * 1_100_000})
    answer = await send(client, "POST", "/applications", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"answers":['])
async def test_deep_nesting_is_malformed(client: Client, opening: bytes) -> None:
    body = opening * 60_000
    answer = await send(
        client, "PATCH", f"/applications/{ID}", seen=1, content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    "number", ["1e999999", "1E400", "-1e999999", "1" * 5000, "0." + "1" * 5000, "1e-999999", "NaN", "Infinity"]
)
async def test_huge_numbers_cost_no_time(client: Client, number: str) -> None:
    made = await client.world.draft()
    body = f'{{"answers":{{"project":{{"summary":{number}}},"users":{{"max_users":{number}}}}}}}'.encode()
    begun = process_time()
    answer = await send(
        client, "PATCH", f"/applications/{made.id}", seen=1, content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {400, 422}, answer.text
    assert process_time() - begun < 5  # Turned into an integer, the first of them took half a minute.


@pytest.mark.parametrize(
    "minutes", ["1e3", "1.5", "-1", "0", str(2**31), str(2**63), str(2**64), "1" * 400, '"5"', "true"]
)
async def test_number_out_of_bounds_is_malformed(client: Client, minutes: str) -> None:
    body = f'{{"name":"a","minutes":{minutes}}}'.encode()
    answer = await send(client, "POST", "/tokens", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "minutes"), answer.text


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=101",
        f"limit={2**31}",
        f"limit={2**63}",
        f"limit={'9' * 400}",
        "limit=%00",
        "limit=",
    ],
)
async def test_limit_out_of_bounds_is_malformed(client: Client, query: str) -> None:
    answer = await send(client, "GET", f"/applications?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("version", [2**31, 2**63, 10**30, -1])
async def test_version_beyond_any_we_gave_is_no_version(client: Client, version: int) -> None:
    answer = await send(client, "DELETE", f"/applications/{(await client.world.draft()).id}", seen=version)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "If-Match")


def moments(kind: type[In]) -> list[str]:
    return [each.name for each in msgspec.structs.fields(kind) if "datetime" in str(each.type)]


def test_every_moment_we_take_says_its_zone() -> None:
    """A moment without a zone is never taken: every field is a `Moment`, in bodies and in the bodies' parts."""
    naive = []
    below = list(In.__subclasses__())
    while below:
        kind = below.pop()
        below += kind.__subclasses__()
        for name in moments(kind):
            field = next(each for each in msgspec.structs.fields(kind) if each.name == name)
            try:
                msgspec.convert("2026-11-20T07:00:00", field.type)
            except msgspec.ValidationError:
                continue
            naive.append(f"{kind.__name__}.{name}")
    assert naive == []
    assert msgspec.convert("2026-11-20T07:00:00Z", Moment) == datetime.fromisoformat("2026-11-20T07:00:00+00:00")


@pytest.mark.parametrize(
    "path",
    [
        "/applications?q=a%00b",
        "/applications?procedure=%00",
        "/applications?after=%00",
        "/applications?stage=%00",
        "/applications/%00",
        "/procedures/%00",
        "/procedures/ca-mau%00",
        "/organisations?q=%E2%80%AE",
        "/docs/types/%00",
        "/applications?q=%ff%fe",
        "/applications?%00=1",
        "/rules?code=%00",
        "/exports/applications.csv?procedure=%00",
        "/exports/applications.atom?after=%00",
    ],
)
async def test_nul_and_broken_utf8_break_nothing(client: Client, path: str) -> None:
    answer = await send(client, "GET", path)
    assert answer.status_code in {200, 400, 404}, answer.text


@pytest.mark.parametrize("word", ["\u0000", "\u001f", "\u202e", "\u2066", "\u0085", "\ud800"])
async def test_characters_that_deceive_are_refused_in_text(client: Client, word: str) -> None:
    body = json.dumps({"procedure_code": PROCEDURE, "organisation_id": str(client.world.startup), "title": f"a{word}b"})
    answer = await send(client, "POST", "/applications", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("name", ["r:system_admin", "system_admin", "u:quan_tri", "*", "p, r:system_admin, *, *"])
async def test_name_of_a_role_is_no_role(client: Client, name: str) -> None:
    """Users and roles share no namespace: the policy is asked about roles, never about names."""
    made = await send(
        client, "POST", "/people", by="quan_tri", json={"full_name": name, "email": "vai@camau.example", "phone": ""}
    )
    assert made.status_code in {201, 422}
    assert Role("system_admin")
    renamed = await send(client, "GET", "/people", by="nguoi_la")
    assert renamed.status_code in {403, 404}


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
async def test_no_header_changes_the_method(client: Client, header: str) -> None:
    draft = await client.world.draft()
    sent = {header: "DELETE", "If-Match": '"1"'}
    answer = await send(client, "GET", f"/applications/{draft.id}", headers=sent)
    tried = await send(client, "GET", f"/applications/{draft.id}?_method=DELETE", headers=sent)
    kept = await send(client, "GET", f"/applications/{draft.id}")
    assert (answer.status_code, tried.status_code) == (200, 400)
    assert kept.json()["application"]["stage"] == "draft"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "FOO", "QUERY"])
async def test_unusual_method_gets_405_with_allow(client: Client, method: str) -> None:
    for by in (None, OWNER):
        answer = await send(client, method, f"/applications/{ID}", by=by)
        assert answer.status_code == 405
        assert {"GET", "PATCH", "DELETE"} <= set(answer.headers["allow"].split(", "))


async def test_head_tells_nobody_whether_a_case_is_there(client: Client) -> None:
    draft = await client.world.draft()
    there = await send(client, "HEAD", f"/applications/{draft.id}", by=None)
    none = await send(client, "HEAD", f"/applications/{ID}", by=None)
    assert there.status_code == none.status_code
    headers = [
        {name: value for name, value in each.headers.items() if name != "x-request-id"} for each in (there, none)
    ]
    assert headers[0] == headers[1]
    assert there.content == none.content == b""


async def test_two_tokens_at_once_are_none(client: Client) -> None:
    """Else one could be counted and another one let in."""
    mine, other = await client.world.token(OWNER), await client.world.token("nguoi_soan")
    headers = [("Authorization", f"Bearer {mine}"), ("Authorization", f"Bearer {other}")]
    answer = await client.http.get("/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "given",
    [
        "Bearer",
        "Bearer ",
        "bearer\tx",
        "Basic YTpi",
        "Bearer a b",
        "Bearer " + "x" * 5000,
        "Token x",
        "Bearer \u00e9",
        "Bearer null",
    ],
)
async def test_odd_authorization_is_refused_even_where_nobody_is_asked(client: Client, given: str) -> None:
    for path in ("/me", f"/procedures/{PROCEDURE}"):
        answer = await client.http.get(path, headers=[(b"Authorization", given.encode("latin-1"))])
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "given",
    ["*", "vi;q=2", ";;;,,,", "fr;q=abc", "en;q=" + "9" * 400, "x" * 5000, "\u00ff", "en-;q=0.5", ",", "fr;q=0"],
)
async def test_odd_language_is_answered_in_vietnamese(client: Client, given: str) -> None:
    answer = await send(client, "GET", "/nothing", headers={"Accept-Language": given.encode("latin-1")})
    assert answer.status_code == 404
    assert answer.headers["content-language"] in {"vi", "en"}


@pytest.mark.parametrize("host", ["example.com:8443", "EXAMPLE.com", "a b", "[::1", "", "x" * 300, "a/b", "a@b"])
async def test_odd_host_is_no_surprise(client: Client, host: str) -> None:
    answer = await send(client, "GET", "/me", headers={"Host": host})
    assert answer.status_code in {200, 400}


async def test_security_headers_stand_on_every_answer(client: Client) -> None:
    answers = [
        await send(client, "GET", "/me"),
        await send(client, "GET", "/me", by=None),
        await send(client, "GET", "/nothing"),
        await send(client, "GET", "http://test/nothing"),
        await send(client, "PROPFIND", "/me"),
        await send(client, "OPTIONS", "/me"),
        await send(client, "POST", "/tokens", content=b"{}", headers={"Content-Type": "text/plain"}),
        await send(client, "POST", "/tokens", json={"name": "a", "unknown": 1}),
        await send(client, "GET", "/exports/applications.csv"),
        await send(client, "GET", "http://test/health/live", by=None),
    ]
    assert {answer.status_code for answer in answers} >= {200, 204, 400, 401, 404, 405, 415}
    for answer in answers:
        assert answer.headers["content-security-policy"] == NO_CONTENT_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers


async def test_surprise_says_nothing_and_is_guarded_too(client: Client) -> None:
    client.world.use_cases.timelines.read = None  # type: ignore[assignment, method-assign]
    answer = await send(client, "GET", f"/applications/{ID}/timeline")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "NoneType" not in answer.text
    assert answer.headers["content-security-policy"] == NO_CONTENT_POLICY


async def test_headers_an_answer_sets_itself_stay() -> None:
    message: dict[str, Any] = {
        "type": "http.response.start",
        "headers": [(b"Cache-Control", b"public"), (b"content-security-policy", b"x")],
    }
    await complete_headers(message, {"state": {}})
    names = [name.lower() for name, _ in message["headers"]]
    assert len(names) == len(set(names)) == 6
    assert dict(message["headers"])[b"content-security-policy"] == b"x"
