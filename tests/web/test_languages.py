"""The language of a page: Vietnamese unless another was chosen, and the choice is kept."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from litestar import Request, Response, get
from litestar.testing import TestClient

from sandbox_registry.domain.texts import Language
from sandbox_registry.web.pages import page
from tests.support.portal import small_portal


@get("/")
async def some_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    return page(request, "error.html", problem={"detail": "", "errors": (), "request_id": ""}, about="404", wait=0)


Portal = TestClient[Any]


@pytest.fixture
def portal() -> Iterator[Portal]:
    with TestClient(small_portal(some_page)) as client:
        yield client


def test_a_page_speaks_vietnamese_whatever_the_browser_prefers(portal: Portal) -> None:
    answer = portal.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert '<html lang="vi">' in answer.text
    assert answer.headers["content-language"] == "vi"
    assert "set-cookie" not in answer.headers


def test_a_link_chooses_a_language_and_the_choice_is_kept(portal: Portal) -> None:
    chosen = portal.get("/?lang=fr")
    assert '<html lang="fr">' in chosen.text
    assert "Max-Age=31536000" in chosen.headers["set-cookie"]
    assert "HttpOnly" in chosen.headers["set-cookie"]
    assert '<html lang="fr">' in portal.get("/").text
    assert '<html lang="en">' in portal.get("/?lang=en").text
    assert '<html lang="en">' in portal.get("/").text


@pytest.mark.parametrize("asked", ["de", "", "vi-VN", "<script>"])
def test_a_language_that_nobody_speaks_here_changes_nothing(portal: Portal, asked: str) -> None:
    answer = portal.get("/", params={"lang": asked})
    assert answer.headers["content-language"] == "vi"
    assert "set-cookie" not in answer.headers


def test_a_page_links_to_itself_in_the_other_languages(portal: Portal) -> None:
    answer = portal.get("/?a=1&lang=en&b=x%26y")
    for language in Language:
        assert f'hreflang="{language}" href="/?a=1&amp;b=x%26y&amp;lang={language}"' in answer.text


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "///evil.example", "/\\evil.example", "/%5Cevil.example", "/%09/evil.example"]
)
def test_links_to_other_languages_stay_here(portal: Portal, path: str) -> None:
    answer = portal.get(f"http://testserver{path}", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    links = re.findall(r'hreflang="\w+" href="([^"]*)"', answer.text)
    assert len(links) == 3
    for link in links:
        assert re.match(r"/(?![/\\\s])", link), link
        assert urlsplit(urljoin("http://testserver/", link)).netloc == "testserver"


def test_a_long_address_is_not_said_again_seven_times(portal: Portal) -> None:
    answer = portal.get(f"/?a={'x' * 5000}")
    assert 'href="/?lang=en"' in answer.text
    assert "xxxxx" not in answer.text


def test_caches_keep_languages_apart(portal: Portal) -> None:
    vietnamese, english = portal.get("/?lang=vi"), portal.get("/?lang=en")
    assert "Cookie" in vietnamese.headers["vary"]
    assert vietnamese.headers["etag"] != english.headers["etag"]
