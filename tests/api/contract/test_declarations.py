"""What handlers declare against what they do: no need goes undeclared, and none is declared for nothing."""

from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, Response, get, post

from sandbox_registry.api.cases.documents import DocumentsController
from sandbox_registry.api.contract.openapi import describe
from sandbox_registry.api.handling.requests import Incoming, perform, seen_version
from sandbox_registry.api.handling.schemas import Out
from sandbox_registry.app import API
from sandbox_registry.http.bodies import StrictRequest
from sandbox_registry.http.declarations import declare
from tests.api.contract.routes import NOBODY_KNOWS, Rehearsal, rehearsing, send
from tests.support.identified import identified
from tests.support.stages import received
from tests.support.world import World


class SeenOut(Out):
    """The version a client saw."""

    version: int


async def shown(version: int) -> SeenOut:
    return SeenOut(version=version)


async def first(request: Incoming) -> Response[SeenOut]:
    return await second(request)


async def second(request: Incoming) -> Response[SeenOut]:
    return await third(request)


async def third(request: Incoming) -> Response[SeenOut]:
    return await perform(request, lambda _: shown(seen_version(request)), out=lambda seen: seen)


@post("/declared", status_code=200, opt=declare(needs_version=True))
async def declares(request: Incoming) -> Response[SeenOut]:
    """Need a version three helpers away, and say so."""
    return await first(request)


@post("/undeclared", status_code=200)
async def forgets(request: Incoming) -> Response[SeenOut]:
    """Need a version three helpers away, and say nothing."""
    return await first(request)


@get("/made", opt=declare(has_location=True))
async def promises(request: Incoming) -> Response[SeenOut]:
    """Promise a Location and give none."""
    return await perform(request, lambda _: shown(1), out=lambda seen: seen)


@get("/located")
async def surprises(request: Incoming) -> Response[SeenOut]:
    """Give a Location that is not declared."""
    return await perform(request, lambda _: shown(1), out=lambda seen: seen, location=lambda _: "/api/v1/made")


async def ask(method: str, path: str, handler: Any, **how: Any) -> httpx.Response:
    app: Any = Litestar(
        route_handlers=[handler], middleware=[identified], request_class=StrictRequest, openapi_config=None, debug=False
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        return await http.request(method, path, **how)


async def test_need_of_a_version_is_declared_or_nothing_is_done() -> None:
    sent = {"headers": {"If-Match": '"7"'}}
    assert (await ask("POST", "/declared", declares, **sent)).json() == {"version": 7}
    assert (await ask("POST", "/declared", declares)).status_code == HTTPStatus.PRECONDITION_REQUIRED
    for how in (sent, {}):
        answer = await ask("POST", "/undeclared", forgets, **how)
        assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR


@pytest.mark.parametrize(("path", "handler"), [("/made", promises), ("/located", surprises)])
async def test_location_is_given_if_and_only_if_it_is_declared(path: str, handler: Any) -> None:
    assert (await ask("GET", path, handler)).status_code == HTTPStatus.INTERNAL_SERVER_ERROR


def test_contract_says_what_is_declared_and_reads_no_code() -> None:
    paths = describe([declares, forgets])["paths"]
    assert {"428", "412"} <= paths["/api/v1/declared"]["post"]["responses"].keys()
    assert not {"428", "412"} & paths["/api/v1/undeclared"]["post"]["responses"].keys()


async def test_every_handler_asks_for_a_version_if_and_only_if_it_declares_that(
    world: World, tmp_path: Path, database_url: str
) -> None:
    """Each is sent a body it takes by somebody who is logged in, and no If-Match."""
    wrong = []
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=["chuyen_vien"]) as (client, routes):
        for route in routes:
            answer = await send(client, route, by="chuyen_vien", seen=None)
            if route.needs_version is not (answer.status_code == HTTPStatus.PRECONDITION_REQUIRED):
                wrong.append((*route.key, answer.text))
            if answer.status_code in {400, 500}:
                wrong.append((*route.key, answer.text))
        assert sum(route.needs_version for route in routes) > 30
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("by", [None, "chuyen_vien", "nguoi_dai_dien", "quan_tri"])
async def test_every_status_a_handler_answers_with_is_in_the_contract(
    world: World, tmp_path: Path, database_url: str, by: str | None
) -> None:
    """Well or badly asked: with and without a version, with a broken body, of a case that is there and of none."""
    told = {
        (method.upper(), path): {int(status) for status in operation["responses"]}
        for path, item in describe([*API, DocumentsController])["paths"].items()
        for method, operation in item.items()
    }
    case, seen = await received(world), set()
    people = [] if by is None else [by]
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=people) as (client, routes):
        for route in routes:
            key = route.method, route.path.replace(":uuid", "").replace(":str", "")
            broken = replace(route, body=None if route.body is None else b'{"a":')
            for asked, version in ((route, None), (route, case.version), (broken, 1)):
                for identity in (NOBODY_KNOWS, case.id):
                    answer = await send(client, asked, by=by, seen=version, application_id=identity)
                    assert key not in told or answer.status_code in told[key], (key, answer.status_code, answer.text)
                    seen.add(answer.status_code)
    assert seen >= ({401, 400} if by is None else {200, 400, 403, 404, 428})
