"""What went wrong, as a page for people and as a problem for programs."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Request, get
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.params import FromPath
from litestar.testing import TestClient

from sandbox_registry.domain.errors import (
    ConditionNotMet,
    FieldError,
    Invalid,
    NotFound,
    PermissionDenied,
    StaleVersion,
)
from sandbox_registry.domain.operations.quotas import LimitsUnknown, TooManyRequests
from sandbox_registry.domain.texts import Language, Phrase
from tests.support.portal import small_portal

Portal = TestClient[Any]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
ERRORS: dict[str, Exception] = {
    "400": HTTPException(status_code=400),
    "401": NotAuthorizedException(headers={"WWW-Authenticate": "Bearer"}),
    "403": PermissionDenied(action="application:read", line=None),
    "404": NotFound(what="application"),
    "405": HTTPException(status_code=405, headers={"Allow": "GET"}),
    "408": HTTPException(status_code=408),
    "409": ConditionNotMet("not_received"),
    "412": StaleVersion(current=2),
    "413": HTTPException(status_code=413),
    "422": Invalid((FieldError(field="answers.a", code="required", message=Phrase("web.yes")),)),
    "429": TooManyRequests(limit="reads.address", seconds=7),
    "500": ValueError("a secret of ours"),
    "503": LimitsUnknown(),
}


@get(["/fails/{status:str}", "/api/fails/{status:str}"])
async def fails(request: Request[Any, Any, Any], status: FromPath[str]) -> None:
    request.scope["state"]["request_id"] = "0190-reference"
    raise ERRORS[status]


@pytest.fixture(scope="module")
def client() -> Iterator[Portal]:
    with TestClient(small_portal(fails), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def portal(client: Portal) -> Portal:
    """The portal as somebody meets it who was never there."""
    client.cookies.clear()
    return client


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize("language", list(Language))
def test_people_get_a_page_that_says_what_to_do(portal: Portal, status: str, language: Language) -> None:
    answer = portal.get(f"/fails/{status}?lang={language}", headers={"Accept": BROWSER})
    about = status if status != "408" else "400"
    assert str(answer.status_code) == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert f'<html lang="{language}">' in answer.text
    assert Phrase(f"web.error.title.{about}").in_language(language).replace("'", "&#39;") in answer.text
    assert '<a href="/">' in answer.text
    assert "<code>0190-reference</code>" in answer.text
    assert "secret" not in answer.text


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize(
    ("path", "accept"),
    [("/fails", "*/*"), ("/fails", "application/json"), ("/api/fails", BROWSER), ("/fails", "text/html;q=0.5, */*")],
)
def test_programs_get_a_problem(portal: Portal, status: str, path: str, accept: str) -> None:
    answer = portal.get(f"{path}/{status}", headers={"Accept": accept})
    assert str(answer.status_code) == status
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    assert answer.json()["status"] == int(status)


def test_when_to_come_back_is_said_in_words_and_in_the_header(portal: Portal) -> None:
    answer = portal.get("/fails/429", headers={"Accept": BROWSER})
    assert answer.headers["retry-after"] == "7"
    assert answer.text.count("7\N{NO-BREAK SPACE}giây") == 1


def test_every_fault_of_what_was_sent_is_named(portal: Portal) -> None:
    answer = portal.get("/fails/422", headers={"Accept": BROWSER})
    assert "<code>answers.a</code>" in answer.text


def test_headers_of_a_refusal_stay(portal: Portal) -> None:
    assert portal.get("/fails/401", headers={"Accept": BROWSER}).headers["www-authenticate"] == "Bearer"
    assert portal.get("/fails/405", headers={"Accept": BROWSER}).headers["allow"] == "GET, HEAD"


def test_an_address_without_a_page_helps_on(portal: Portal) -> None:
    people, program = (portal.get("/khong-co", headers={"Accept": each}) for each in (BROWSER, "*/*"))
    assert (people.status_code, program.status_code) == (404, 404)
    assert "Không có trang này" in people.text
    assert program.json()["code"] == "not_found"
