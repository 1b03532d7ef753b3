"""Examples of the contract: each is sent to the operation it stands in, and is accepted."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox_registry.api.contract.openapi import describe
from sandbox_registry.app import CONTROLLERS
from tests.api.contract.routes import Rehearsal, rehearsing, send
from tests.api.contract.scenes import Scene, scenes
from tests.support.client import Client
from tests.support.world import World

OPENING = {"people_register", "people_register_oneself"}
"""What opens the account that other examples speak of."""


@cache
def document() -> dict[str, Any]:
    return describe(CONTROLLERS)


@cache
def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }


@cache
def bodies() -> dict[str, Any]:
    """The example of each JSON body, by operation."""
    found = {}
    for name, (_, _, operation) in operations().items():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None:
            schema = content["schema"]["$ref"].rpartition("/")[2]
            (found[name],) = document()["components"]["schemas"][schema]["examples"]
    return found


def parameters(operation: dict[str, Any]) -> dict[str, str]:
    """The example of each header parameter, by its name."""
    shared = document()["components"]["parameters"]
    found = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in operation["parameters"]]
    return {each["name"]: each["example"] for each in found if each["in"] == "header" and "example" in each}


def in_world(example: Any, scene: Scene) -> Any:
    """Put the ids of the world where the example has its own; nothing else of it may change."""
    body = json.loads(json.dumps(example))
    for path, value in scene.ids.items():
        *above, last = path.split(".")
        holder = body
        for step in above:
            holder = holder[step]
        assert isinstance(value, list) is isinstance(holder[last], list), path
        assert not isinstance(value, list) or len(value) == len(holder[last]), path
        holder[last] = [str(each) for each in value] if isinstance(value, list) else str(value)
    assert "01934f6e-8f5a" not in json.dumps(body), "an id of the example is nobody's in the world"
    return body


async def ask(client: Client, name: str, scene: Scene) -> str | None:
    """Send an example, with those of its headers; return what was said when it is refused."""
    method, path, operation = operations()[name]
    headers = parameters(operation)
    if "If-Match" in headers:
        assert headers["If-Match"] == '"3"'
        headers["If-Match"] = f'"{scene.seen}"'
    is_open = operation["security"][0] == {}
    answer = await client.send(
        method,
        f"http://test{path.format(**scene.at)}",
        by=None if is_open else scene.by,
        headers=headers,
        json=in_world(bodies()[name], scene),
    )
    declared = {int(status) for status in operation["responses"] if status.startswith("2")}
    return None if {answer.status_code} == declared else f"{name}: {answer.status_code} {answer.text}"


async def test_every_example_of_a_body_is_accepted(world: World, tmp_path: Path, database_url: str) -> None:
    opening = {name: Scene(by="quan_tri") for name in OPENING}
    world.use_cases.people.self_registration = True
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=["quan_tri"]) as (client, _):
        refused = [await ask(client, name, scene) for name, scene in opening.items()]
    set_up = await scenes(world, bodies())
    assert {*opening, *set_up} ^ set(bodies()) == set(), "give each an example in tests/api/contract/scenes.py"
    people = {scene.by for scene in set_up.values()}
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=people) as (client, _):
        refused += [await ask(client, name, scene) for name, scene in set_up.items()]
    wrong = "\n".join(filter(None, refused))
    assert not wrong, wrong


async def test_every_example_of_a_parameter_has_the_form_its_operation_takes(
    world: World, tmp_path: Path, database_url: str
) -> None:
    asked = {(method, path): operation for method, path, operation in operations().values()}
    async with rehearsing(world, tmp_path, Rehearsal(database_url), people=["quan_tri"]) as (client, routes):
        for route in routes:
            plain = route.path.replace(":uuid", "").replace(":str", "")
            if (operation := asked.get((route.method, plain))) is None:
                continue
            answer = await send(client, route, by="quan_tri", seen=None, headers=parameters(operation))
            assert answer.status_code not in {400, 428, 500}, (route.key, answer.text)


@pytest.mark.parametrize("name", ["If-Match", "Idempotency-Key", "Accept-Language"])
def test_parameters_that_are_sent_have_examples(name: str) -> None:
    assert any(name in parameters(operation) for _, _, operation in operations().values())
