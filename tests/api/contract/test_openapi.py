"""The OpenAPI document against the program: routes, codes, closed objects, examples, lasting names."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from litestar import Controller, Litestar, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

import sandbox_registry
from sandbox_registry.api.contract.docs_pages import operation_page
from sandbox_registry.api.contract.docs_texts import TAGS
from sandbox_registry.api.contract.example_values import EXAMPLE_VALUES
from sandbox_registry.api.contract.field_descriptions import FIELD_DESCRIPTIONS
from sandbox_registry.api.contract.openapi import PREFIX, describe
from sandbox_registry.api.contract.problem_codes import CONDITIONS, LAYER, problem_codes
from sandbox_registry.api.handling.schemas import In, Out
from sandbox_registry.api.identity.people_schemas import PersonOut
from sandbox_registry.app import CONTROLLERS, create_app
from sandbox_registry.domain.errors import ConditionNotMet, DomainError
from sandbox_registry.domain.texts import Language
from sandbox_registry.http.declarations import declared
from sandbox_registry.http.status import STATUS
from sandbox_registry.runtime.settings import Settings
from tests.support.structs import structs

GUIDE = Path(__file__).parents[3] / "docs" / "api.md"
FREE = {
    "EditIn.answers",
    "ApplicationOut.answers",
    "ReferralOut.answers",
    "SubmissionOut.content",
    "SupplementFilingIn.no_change_because",
    "ReviewIn.scores",
    "ReviewOut.scores",
    "Parameter.by_level",
    "Procedure.parameters",
    "VersionOut.answers",
    "VersionOut.documents",
}
"""Objects whose keys a procedure decides, not we."""


@cache
def document() -> dict[str, Any]:
    return describe(CONTROLLERS)


@cache
def registry() -> jsonschema_rs.Registry:
    """The document as schemas point into it: read once, where it would be read for each of them."""
    return jsonschema_rs.Registry([("urn:api", document())])


def reference(name: str) -> str:
    return f"urn:api#/components/schemas/{name}"


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def routes(tmp_path: Path) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    app: Litestar = create_app(
        Settings(data_dir=tmp_path, pseudonym_key=b"k" * 32, database_url="postgresql://nobody@127.0.0.1/none")
    )
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith(f"{PREFIX}/"):
            for method, (handler, _) in route.route_handler_map.items():
                if handler.resolve_include_in_schema():
                    yield method, route.path_format, handler


def conditions() -> Iterator[str]:
    """Every code that stands as a literal where `ConditionNotMet`, or an heir of it, is made."""
    for path in Path(sandbox_registry.__file__).parent.rglob("*.py"):
        for called, first in calls(ast.parse(path.read_text())):
            if called in {"ConditionNotMet", "KeyReused", "ConditionNotMet.super().__init__"}:
                yield first.partition(".")[0]  # What follows a dot picks one of its sentences.


def calls(tree: ast.AST, heir: str = "") -> Iterator[tuple[str, str]]:
    """Every call with a literal first; a call of `super()` goes by the name of the class above."""
    for node in ast.iter_child_nodes(tree):
        below = f"{ast.unparse(node.bases[0])}." if isinstance(node, ast.ClassDef) and node.bases else heir
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            yield (f"{below}{called}" if called.startswith("super()") else called), str(node.args[0].value)
        yield from calls(node, below)


def test_routes_and_document_agree_in_both_directions(tmp_path: Path) -> None:
    served = {(method, path) for method, path, _ in routes(tmp_path)}
    told = {(method, path) for method, path, _ in operations()}
    assert served == told
    assert len(told) > 100


def test_names_of_operations_never_change() -> None:
    """Clients are generated from them: a name may come, none may go without a new version of the contract."""
    told = sorted(f"{operation['operationId']} {method} {path}" for method, path, operation in operations())
    kept = re.findall(r"^\| `(\w+)` \| (\w+) \| `([^`]+)` \|", GUIDE.read_text(), re.MULTILINE)
    rows = sorted(" ".join(each) for each in kept)
    assert told == rows, "every operation has a row in the table of docs/api.md: operationId, method, path"


def test_document_is_what_openapi_says_it_should_be() -> None:
    schemas = document()["components"]["schemas"]
    for name in schemas:
        jsonschema_rs.validator_for({"$ref": reference(name)}, registry=registry())
    told = json.dumps(document())
    for target in set(re.findall(r'"#/([^"]+)"', told)):
        found: Any = document()
        for step in target.split("/"):
            found = found[step]
    tags = {tag for _, _, operation in operations() for tag in operation["tags"]}
    assert tags ^ set(TAGS) == set(), "say what each is in sandbox_registry/api/contract/docs_texts.py"


@pytest.mark.parametrize("name", sorted(describe(CONTROLLERS)["components"]["schemas"]))
def test_objects_are_closed_and_examples_fit(name: str) -> None:
    schemas = document()["components"]["schemas"]
    schema = schemas[name]
    for at, below in objects(schema, name):
        assert below.get("additionalProperties") is False or at in FREE, at
    validator = jsonschema_rs.validator_for({"$ref": reference(name)}, registry=registry(), validate_formats=True)
    for example in schema.get("examples", ()):
        validator.validate(example)


def objects(schema: Any, at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield at, schema
        for key, below in schema.get("properties", {}).items():
            yield from objects(below, f"{at}.{key}")
        for key in ("items", "oneOf", "anyOf"):
            yield from objects(schema.get(key), at)
    elif isinstance(schema, list):
        for below in schema:
            yield from objects(below, at)


def test_only_what_is_kept_from_some_readers_may_be_absent_from_an_answer() -> None:
    found = {
        f"{name}.{field}"
        for name, schema in document()["components"]["schemas"].items()
        if not name.endswith("In")
        for field in schema.get("properties", {}).keys() - set(schema.get("required", ()))
    }
    assert found == {"MessageOut.author_id"} | {
        f"CaseAtOut.{part}"
        for part in (
            "assignments",
            "clarifications",
            "complaints",
            "consultations",
            "council_sessions",
            "decision",
            "declarations",
            "recommendation",
            "returns",
            "reviews",
            "site_visits",
            "supplements",
        )
    }


def test_every_body_we_take_or_give_is_described() -> None:
    counted = Counter(kind.__name__ for kind in [*structs(In), *structs(Out)])
    twice = {name for name, count in counted.items() if count > 1}
    names = set(document()["components"]["schemas"])
    plain = {name.rpartition("_")[2] for name in names}
    assert set(counted) - plain <= {"ContactIn", "PageOut", "WindowIn"}
    assert {name for name in names if name.endswith(("In", "Out")) and name.rpartition("_")[2] not in counted} == set()
    assert twice == set()


def test_every_field_of_a_body_says_what_to_send() -> None:
    schemas = document()["components"]["schemas"]
    undescribed = [
        f"{kind.__name__}.{name}"
        for kind in structs(In)
        for name, field in schemas.get(kind.__name__, {}).get("properties", {}).items()
        if not (field.get("description") or "$ref" in field)  # A type of its own is described where it stands.
    ]
    assert undescribed == [], "describe them in sandbox_registry/api/contract/field_descriptions.py"


def test_moments_are_told_as_moments() -> None:
    """A client made from the document reads them as such; without a zone msgspec would call them any text."""
    schemas = document()["components"]["schemas"]
    for kind in [*structs(In), *structs(Out)]:
        for field in msgspec.structs.fields(kind):
            if "datetime.datetime" in str(field.type):
                told = schemas.get(kind.__name__, {}).get("properties", {}).get(field.name)
                assert told is None or '"format": "date-time"' in json.dumps(told), f"{kind.__name__}.{field.name}"
    assert json.dumps(schemas["CaseRowOut"]["properties"]).count("date-time") == 3


def test_every_list_that_goes_on_takes_the_same_cursor() -> None:
    """What every list gives as `after` looks alike, so what every list takes does too."""
    cursors = {
        f"{method} {path}": each["schema"]
        for method, path, operation in operations()
        for each in operation["parameters"]
        if each.get("name") == "after"
    }
    assert len(cursors) > 5
    assert len({json.dumps(each, sort_keys=True) for each in cursors.values()}) == 1, cursors


def test_every_word_of_examples_and_meanings_has_its_place() -> None:
    schemas = document()["components"]["schemas"]
    fields = {key for schema in schemas.values() for key in schema.get("properties", {})}
    places = {f"{name}.{key}" for name, schema in schemas.items() for key in schema.get("properties", {})}
    stale = {*EXAMPLE_VALUES, *FIELD_DESCRIPTIONS} - fields - places - set(schemas)
    assert stale == set(), "no field of these names: take them out of example_values.py or field_descriptions.py"
    assert schemas["EventOut"]["properties"]["line"]["description"] == FIELD_DESCRIPTIONS["line"]
    assert schemas["CaseRowOut"]["properties"]["code"]["description"] == FIELD_DESCRIPTIONS["CaseRowOut.code"]
    assert (
        example("ReasonIn")["code"]
        == EXAMPLE_VALUES["ReasonIn.code"]
        != example("CaseRowOut")["code"]
        == EXAMPLE_VALUES["code"]
    )


def example(name: str) -> Any:
    return document()["components"]["schemas"][name]["examples"][0]


def test_examples_of_bodies_are_taken() -> None:
    schemas = document()["components"]["schemas"]
    taken = 0
    for kind in structs(In):
        if kind.__name__ in schemas:
            msgspec.convert(schemas[kind.__name__]["examples"][0], kind)
            taken += 1
    assert taken > 40


def test_every_problem_code_is_documented_and_none_that_is_not_there() -> None:
    assert set(conditions()) ^ set(CONDITIONS) == set(), "say what each means in api/contract/problem_codes.py"
    refusals = {kind.code: status for kind, status in STATUS.items() if kind is not ConditionNotMet}
    told = {code: status for code, (status, _) in problem_codes().items()}
    assert told == refusals | dict.fromkeys(set(CONDITIONS) - set(refusals), 409) | {
        code: status for code, (status, _) in LAYER.items()
    }
    assert {kind.code for kind in heirs(DomainError)} <= {*told, ConditionNotMet.code}
    given = {
        code
        for name, schema in document()["components"]["schemas"].items()
        if name.endswith("Problem")
        for code in schema["properties"]["code"].get("enum", ())
    }
    assert given == set(told) - {"method_not_allowed"}


def heirs(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for below in kind.__subclasses__():
        yield below
        yield from heirs(below)


def test_codes_in_the_guide_are_those_of_the_program() -> None:
    written = re.findall(r"^\| `(\w+)` \| (\d{3}) \| (.+) \|$", GUIDE.read_text(), re.MULTILINE)
    assert written == [(code, str(status), said) for code, (status, said) in problem_codes().items()]


def test_answers_follow_from_what_handlers_declare(tmp_path: Path) -> None:
    told = {(method, path): operation for method, path, operation in operations()}
    for method, path, handler in routes(tmp_path):
        operation = told[method, path]
        facts = declared(handler)
        names = {each.get("$ref", "").rpartition("/")[2] for each in operation["parameters"]}
        assert facts.needs_version is ("428" in operation["responses"]) is ("IfMatch" in names)
        assert (method != "GET" and facts.is_keyed) is ("IdempotencyKey" in names)
        assert facts.has_location is ("Location" in json.dumps(operation["responses"]))
        assert operation["responses"].keys() >= {"400", "401", "429", "500", "503"}
        assert (operation["security"] == [{"token": []}]) == ("403" in operation["responses"])


def test_success_has_a_schema_and_every_error_is_a_problem() -> None:
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            if int(status) < HTTPStatus.BAD_REQUEST:
                assert status == "304" or answer["content"], (method, path)
            else:
                shared = document()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                assert list(shared["content"]) == ["application/problem+json"]


class OldController(Controller):
    """Something there is a better way for."""

    tags = ("people",)

    @get("/old", deprecated=True)
    async def read(self) -> Response[PersonOut]:
        """Read it the old way."""
        raise AssertionError("only its description is read")


def test_what_is_on_its_way_out_says_so_in_the_contract_and_on_its_page() -> None:
    told = describe([OldController])
    operation = told["paths"]["/api/v1/old"]["get"]
    assert operation["deprecated"] is True
    for language, words in ((Language.VI, "Sắp bỏ"), (Language.EN, "On its way out"), (Language.FR, "disparaître")):
        assert words in (operation_page(told, "old_read", language) or "")
        assert words not in (operation_page(document(), "people_me", language) or "")
