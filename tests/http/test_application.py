"""Before routing: every request has an id, every address one spelling, and HEAD is where GET is."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.testing import TestClient

from sandbox_registry.http.response_headers import NO_CONTENT_POLICY
from tests.support.portal import small_portal

Portal = TestClient[Any]


@get(["/", "/trang", "/trang/{name:path}"])
async def page(name: FromPath[str] = "") -> Response[bytes]:
    return Response(f"xin chào {name}".encode(), media_type="text/plain", headers={"ETag": '"1"'})


@post("/gui")
async def send() -> None:
    return None


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with TestClient(small_portal(page, send)) as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/trang", "/trang/a/b", "/static/nothing.css", "/khong-co", "/gui"])
def test_head_answers_as_get_without_a_body(portal: Portal, path: str) -> None:
    whole, head = portal.get(path), portal.head(path)
    assert head.status_code == whole.status_code
    assert head.content == b""
    own = {"x-request-id"}
    assert {name: value for name, value in head.headers.items() if name not in own} == {
        name: value for name, value in whole.headers.items() if name not in own
    }


def test_head_is_named_wherever_get_is(portal: Portal) -> None:
    assert portal.options("/trang").headers["allow"] == "GET, HEAD, OPTIONS"
    assert portal.put("/trang").headers["allow"] == "GET, HEAD, OPTIONS"
    assert portal.get("/gui").headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    ("spelled", "right"),
    [
        ("/trang/", "/trang"),
        ("//trang", "/trang"),
        ("/trang//a", "/trang/a"),
        ("/trang/?a=1&b=%2F", "/trang?a=1&b=%2F"),
        ("//evil.example/", "/evil.example"),
        ("///evil.example//", "/evil.example"),
        ("/%5Cevil.example/", "/%5Cevil.example"),
        ("/trang/%C3%A1/", "/trang/%C3%A1"),
        ("/trang/%0D%0ASet-Cookie:x/", "/trang/%0D%0ASet-Cookie%3Ax"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_another_spelling_leads_to_the_right_one(portal: Portal, method: str, spelled: str, right: str) -> None:
    answer = portal.request(method, f"http://testserver{spelled}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"], answer.content) == (308, right, b"")
    assert answer.headers["content-security-policy"] == NO_CONTENT_POLICY
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/khong-co", "/trang/", "/gui"])
def test_every_answer_has_an_id_to_quote(portal: Portal, path: str) -> None:
    answer = portal.get(path, headers={"X-Request-Id": "lan-1"}, follow_redirects=False)
    assert answer.headers["x-request-id"] == "lan-1"
    ids = {portal.get(path, follow_redirects=False).headers["x-request-id"] for _ in range(2)}
    assert len(ids) == 2


def test_what_is_not_there_says_its_id(portal: Portal) -> None:
    answer = portal.get("/khong-co", headers={"Accept": "text/html"})
    assert f"<code>{answer.headers['x-request-id']}</code>" in answer.text
    assert portal.get("/khong-co").json()["request_id"] != ""
