"""What the API says about itself, over HTTP."""

import re

import pytest
from markupsafe import escape

from sandbox_registry.api.contract.docs_pages import POLICY
from sandbox_registry.locales.catalogues import catalogue
from tests.support.client import Client


async def test_document_is_open_and_not_sent_twice(client: Client) -> None:
    first = await client.send("GET", "/openapi.json", by=None)
    again = await client.send("GET", "/openapi.json", by=None, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, first.json()["openapi"]) == (200, "3.1.0")
    assert (again.status_code, again.content) == (304, b"")


async def test_pages_speak_the_language_asked_for(client: Client) -> None:
    vietnamese = await client.send("GET", "/docs", by=None)
    french = await client.send("GET", "/docs", by=None, headers={"Accept-Language": "fr"})
    english = await client.send("GET", "/docs?lang=en", by=None)
    assert '<html lang="vi">' in vietnamese.text
    assert "Hồ sơ" in vietnamese.text
    assert "Dossiers" in french.text
    assert "Problem codes" in english.text


@pytest.mark.parametrize("language", ["vi", "fr"])
async def test_readers_read_their_language(client: Client, language: str) -> None:
    translated = catalogue(language, domain="api_docs").forms
    for page, english in (
        ("/docs/operations/tokens_create", "Create a token for a program"),
        ("/docs/operations/tokens_create", "It may do no more than the token with which this request is sent."),
        ("/docs/operations/tokens_create", "The language of texts: `vi` (the default), `en` or `fr`."),
        (
            "/docs/operations/documents_attach",
            "The document store is full; nothing of the file was stored.",
        ),
        ("/docs/types/CaseRowOut", "The case's code, assigned when the dossier is registered; null before."),
        ("/docs", "The council has concluded."),
        ("/docs", "Create a token for a program"),
    ):
        shown = (await client.send("GET", f"{page}?lang={language}", by=None)).text
        assert shown_form(translated[english][0]) in shown
        assert shown_form(english) not in shown
        assert shown_form(english) in (await client.send("GET", f"{page}?lang=en", by=None)).text


def shown_form(words: str) -> str:
    """A sentence as a page shows it."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", str(escape(words)))


async def test_every_link_leads_somewhere(client: Client) -> None:
    index = await client.send("GET", "/docs", by=None)
    targets = set(re.findall(r'href="/api/v1(/[^"?]+)', index.text))
    # With a token: an address alone is not let through so often.
    answers = [await client.send("GET", target, by="nguoi_la") for target in sorted(targets)]
    assert len(targets) > 200
    assert {answer.status_code for answer in answers} == {200}
    linked = {each for answer in answers for each in re.findall(r'href="/api/v1(/[^"?]+)', answer.text)}
    assert linked <= targets


async def test_pages_load_nothing_and_run_nothing(client: Client) -> None:
    page = await client.send("GET", "/docs/operations/applications_submit", by=None)
    assert page.headers["content-security-policy"] == POLICY
    assert not re.search(r"<script|<link|<img|<iframe|javascript:|url\(| on[a-z]+=|style=", page.text)
    assert "https://" not in page.text
    assert len(page.content) < 100_000


async def test_unknown_page_is_a_problem(client: Client) -> None:
    for path in ("/docs/operations/nothing", "/docs/types/<script>"):
        answer = await client.send("GET", path, by=None)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_every_address_says_which_methods_it_takes(client: Client) -> None:
    document = (await client.send("GET", "/openapi.json", by=None)).json()
    for path, item in document["paths"].items():
        address = re.sub(r"\{\w+\}", "01a2012a-7ad6-713d-9182-65214ac3cb65", path.removeprefix("/api/v1"))
        told = (await client.send("OPTIONS", address, by="nguoi_la")).headers["allow"]
        refused = (await client.send("TRACE", address, by="nguoi_la")).headers["allow"]
        expected = {*(method.upper() for method in item), "OPTIONS"} | ({"HEAD"} if "get" in item else set())
        assert set(told.split(", ")) == set(refused.split(", ")) == expected, path
