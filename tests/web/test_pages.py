"""What every page carries: what it may load and do, a tag, and compressed bytes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Request, Response, get
from litestar.testing import TestClient

from sandbox_registry.web.pages import CONTENT_POLICY, page
from sandbox_registry.web.templating import TEMPLATES
from tests.support.portal import small_portal

Portal = TestClient[Any]
SOURCES = sorted(TEMPLATES.rglob("*.html"))


@get("/")
async def some_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    problem = {"detail": "<b>x</b>", "errors": (), "request_id": '"><script>'}
    return page(request, "error.html", problem=problem, about="403", wait=0)


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    with TestClient(small_portal(some_page)) as client:
        yield client


def test_a_page_may_load_its_own_files_and_nothing_else(portal: Portal) -> None:
    answer = portal.get("/")
    assert answer.headers["content-security-policy"] == CONTENT_POLICY
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY
    assert "require-trusted-types-for 'script'" in CONTENT_POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_every_file_that_a_page_names_is_there(portal: Portal) -> None:
    named = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', portal.get("/").text))
    assert {Path(each).suffix for each in named} == {".css", ".js", ".svg"}
    assert {portal.get(each).status_code for each in named} == {200}


def test_a_page_that_a_browser_has_is_not_sent_again(portal: Portal) -> None:
    first = portal.get("/")
    again = portal.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "no-cache"


def test_a_page_is_compressed_for_who_takes_it(portal: Portal) -> None:
    packed, whole = (portal.get("/", headers={"Accept-Encoding": each}) for each in ("gzip", "identity"))
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in whole.headers
    assert packed.text == whole.text
    assert int(packed.headers["content-length"]) * 2 < int(whole.headers["content-length"])


def test_what_somebody_wrote_is_words_and_no_markup(portal: Portal) -> None:
    text = portal.get("/").text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "<script>" not in text


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_hold_no_inline_style_or_script_and_nothing_unescaped(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe|autoescape|<style|\bstyle=|\bon[a-z]+=|javascript:|https?://", text)
    assert not re.search(r"<script(?! type=\"module\" src=\"\{\{ asset\()", text)
