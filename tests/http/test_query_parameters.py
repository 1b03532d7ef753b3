"""Query parameters that nobody knows: every operation of the API refuses them, and takes a single value once."""

from copy import copy
from http import HTTPStatus
from pathlib import Path

import pytest
from litestar import Litestar, get
from litestar.params import FromQuery
from litestar.routes import HTTPRoute

from sandbox_registry.api.contract.openapi import PREFIX, describe
from sandbox_registry.app import CONTROLLERS
from sandbox_registry.http.query_parameters import MAX_ERRORS, MAX_NAME_LENGTH, query_parameters
from tests.api.contract.routes import Rehearsal, rehearsing
from tests.support.client import Client
from tests.support.world import World

WORDS = {
    "vi": ("Không có tham số này.", "Tham số này chỉ được gửi một lần."),
    "en": ("There is no such parameter.", "Send this parameter only once."),
    "fr": ("Ce paramètre n'existe pas.", "N'envoyez ce paramètre qu'une seule fois."),
}


def known(app: Litestar) -> dict[tuple[str, str], dict[str, bool]]:
    return {
        (str(method), route.path_format): dict(query_parameters(handler))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if handler.resolve_include_in_schema() and route.path.startswith(f"{PREFIX}/")
    }


def test_what_a_handler_knows_is_kept_once_though_each_request_brings_a_copy() -> None:
    @get("/", sync_to_thread=False)
    def search(words: FromQuery[list[str] | None] = None) -> None:
        del words

    handler = Litestar([search], openapi_config=None).routes[0].route_handler_map["GET"][0]  # type: ignore[union-attr]

    assert query_parameters(copy(handler)) == {"words": True}
    assert query_parameters(copy(handler)) is query_parameters(copy(handler))


async def test_every_operation_refuses_what_its_contract_does_not_name(
    world: World, tmp_path: Path, database_url: str
) -> None:
    told = {
        (method.upper(), path): {each["name"] for each in operation["parameters"] if each.get("in") == "query"}
        for path, item in describe(CONTROLLERS)["paths"].items()
        for method, operation in item.items()
    }
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=["quan_tri"]) as (client, routes):
        app: Litestar = client.http._transport.app  # type: ignore[attr-defined]  # noqa: SLF001 - it says what is served.
        takes = known(app)
        assert {key: set(names) for key, names in takes.items()} == told
        for route in routes:
            if not route.path.startswith(f"{PREFIX}/"):
                continue
            names = takes.get((route.method, route.path.replace(":uuid", "").replace(":str", "")), {})
            once = [name for name, may_repeat in names.items() if not may_repeat]
            query = "&".join(["sector=1", *(f"{name}=1&{name}=1" for name in once)])
            answer = await client.send(route.method, f"http://test{route.at()}?{query}", by="quan_tri", seen=1)
            assert answer.status_code == HTTPStatus.BAD_REQUEST, (route.key, answer.text)
            assert answer.json()["code"] == "malformed"
            assert [each["field"] for each in answer.json()["errors"]] == ["sector", *once], route.key


@pytest.mark.parametrize("language", WORDS)
async def test_each_parameter_is_named_in_the_readers_language(client: Client, language: str) -> None:
    answer = await client.send(
        "GET",
        "/permits?kind=a&limit=1&limit=2&stage=draft&stage=under_appraisal",
        by="quan_tri",
        headers={"Accept-Language": language},
    )
    unknown, repeated = WORDS[language]
    assert answer.json()["errors"] == [
        {"field": "kind", "code": "malformed", "message": unknown},
        {"field": "limit", "code": "malformed", "message": repeated},
    ]


async def test_repeated_filter_that_takes_several_values_is_taken(client: Client) -> None:
    answer = await client.send("GET", "/applications?stage=draft&stage=under_appraisal&limit=3", by="quan_tri")
    assert answer.status_code == HTTPStatus.OK, answer.text


async def test_errors_stay_few_and_short_and_empty_names_count(client: Client) -> None:
    many = "&".join(f"x{number}=1" for number in range(100))
    answer = await client.send("GET", f"/applications?{'y' * 500}=1&=1&{many}", by="quan_tri")
    fields = [each["field"] for each in answer.json()["errors"]]
    assert fields == ["y" * MAX_NAME_LENGTH, "", *(f"x{number}" for number in range(MAX_ERRORS - 2))]


@pytest.mark.parametrize("query", ["?", "?&&", ""])
async def test_empty_query_names_nothing(client: Client, query: str) -> None:
    assert (await client.send("GET", f"/applications{query}", by="quan_tri")).status_code == HTTPStatus.OK


async def test_nobody_learns_of_parameters_before_they_are_known(client: Client) -> None:
    answer = await client.send("GET", "/applications?sector=1", by=None)
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
