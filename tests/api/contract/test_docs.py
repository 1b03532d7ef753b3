"""What the API says about itself, over HTTP."""

import re
from html import escape

from sandbox_registry.api.contract.docs_catalogue import VIETNAMESE_SENTENCES
from sandbox_registry.api.contract.docs_pages import POLICY
from sandbox_registry.api.contract.docs_summaries import VIETNAMESE
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


async def test_every_operation_has_a_vietnamese_summary_and_no_other_has(client: Client) -> None:
    document = (await client.send("GET", "/openapi.json", by=None)).json()
    known = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
    assert set(VIETNAMESE) == known
    page = await client.send("GET", "/docs/operations/tokens_create", by=None)
    assert f"<h1>{VIETNAMESE['tokens_create']}</h1>" in page.text


async def test_vietnamese_readers_read_vietnamese(client: Client) -> None:
    document = (await client.send("GET", "/openapi.json", by=None)).json()
    components = document["components"]
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    fields = [field for schema in components["schemas"].values() for field in schema.get("properties", {}).values()]
    parameters = [*components["parameters"].values(), *(each for every in operations for each in every["parameters"])]
    successes = [answer for each in operations for answer in each["responses"].values()]
    told = [each["description"] for each in operations if each["description"].rstrip(".") != each["summary"]]
    told += [each.get("description", "") for each in [*fields, *parameters, *successes]]
    told += [each["meaning"] for each in document["x-problem-codes"]]
    sentences = {" ".join(each.split()) for words in told for each in words.split("\n\n")} - {""}
    assert sentences == set(VIETNAMESE_SENTENCES)
    operation = await client.send("GET", "/docs/operations/documents_attach", by=None)
    kind = await client.send("GET", "/docs/types/CaseRowOut", by=None)
    index = await client.send("GET", "/docs?lang=vi", by=None)
    for page, english in (
        (operation, "The disk that holds the documents takes no more; nothing of the file was kept."),
        (kind, "The case's code, given when the dossier is received; null before."),
        (index, "The council has concluded."),
    ):
        assert VIETNAMESE_SENTENCES[english] in page.text
        assert escape(english) not in page.text


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


async def test_bare_address_leads_to_the_pages(client: Client) -> None:
    answer = await client.http.get("http://test/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/api/v1/docs")
    assert "content-security-policy" in answer.headers


async def test_every_address_says_which_methods_it_takes(client: Client) -> None:
    document = (await client.send("GET", "/openapi.json", by=None)).json()
    for path, item in document["paths"].items():
        address = re.sub(r"\{\w+\}", "01a2012a-7ad6-713d-9182-65214ac3cb65", path.removeprefix("/api/v1"))
        told = (await client.send("OPTIONS", address, by="nguoi_la")).headers["allow"]
        refused = (await client.send("TRACE", address, by="nguoi_la")).headers["allow"]
        expected = {*(method.upper() for method in item), "OPTIONS"}
        assert set(told.split(", ")) == set(refused.split(", ")) == expected, path
