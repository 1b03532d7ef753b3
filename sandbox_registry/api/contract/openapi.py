"""The OpenAPI document: routes, types and docstrings as Litestar reads them, completed with what every handler may answer.

Nothing is written down twice. What a handler may answer follows from its method, its types and what it declares: one
that needs a version can answer 412 and 428. What it does without declaring it is refused when it runs.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from http import HTTPStatus
from typing import Any, get_args

import msgspec
from anyio import Lock, to_thread
from litestar import Litestar, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler, Method

from sandbox_registry import __doc__ as _about
from sandbox_registry.api.contract.docs_texts import TAGS, tag_meaning
from sandbox_registry.api.contract.examples import example_of, followed
from sandbox_registry.api.contract.field_descriptions import FIELD_DESCRIPTIONS
from sandbox_registry.api.contract.problem_codes import codes_of, problem_codes
from sandbox_registry.api.contract.shared_parts import FILE_BODY, HEADERS, PARAMETERS
from sandbox_registry.api.handling.schemas import Out
from sandbox_registry.domain.identity.tokens import MARK
from sandbox_registry.http.declarations import declared
from sandbox_registry.http.problems import Problem

PREFIX = "/api/v1"
VERSION = "1.0.0"
"""Of the contract, not of the program: the middle number grows with every addition, the first with every break."""
JSON = "application/json"
PROBLEM_TYPE = "application/problem+json"
_DESCRIPTION = """{about}

Every error is `application/problem+json` (RFC 9457) with a stable `code`. A method that an address does not support is
answered with 405 and `Allow`. Objects have only the fields described here, and requests with other fields are refused.
So are query parameters that an operation does not name, and repeated ones that take a single value: 400, with each named
in `errors`. What is not visible to you is answered as if it did not exist: 404.
"""
_BINARY = frozenset({"application/octet-stream", "application/zip"})
_READS = frozenset({"GET", "HEAD"})
_BODY = frozenset({"POST", "PUT", "PATCH"})
_ERROR_NAMES = {412: "Precondition Failed"}

Json = dict[str, Any]


class Contract:
    """The document of an application's handlers, made when it is first asked for: that takes a second."""

    def __init__(self, handlers: Iterable[ControllerRouterHandler]) -> None:
        self._handlers = tuple(handlers)
        self._made: Json | None = None
        self._making = Lock()

    async def document(self) -> Json:
        """Return the document; the first caller makes it, beside the loop that serves the others."""
        async with self._making:
            if self._made is None:
                self._made = await to_thread.run_sync(describe, self._handlers)
            return self._made


def describe(handlers: Iterable[ControllerRouterHandler]) -> Json:
    """Return the OpenAPI 3.1 document of the handlers that stand under the prefix."""
    app = Litestar(
        route_handlers=[Router(path=PREFIX, route_handlers=list(handlers))],
        openapi_config=OpenAPIConfig(
            title="Sandbox Registry",
            version=VERSION,
            description=_DESCRIPTION.format(about=_about),
            use_handler_docstrings=True,
            operation_id_creator=_operation_id,
        ),
        logging_config=None,
    )
    document: Json = json.loads(json.dumps(app.openapi_schema.to_schema()), parse_float=_integral)
    enums = document["components"]["schemas"]
    operations = list(operations_of(app))
    kinds, schemas = schemas_of(
        {kind for _, _, handler in operations for kind in (_kind_of(handler), _body_of(handler))}
    )
    for path, method, handler in operations:
        operation = document["paths"][path][method.lower()]
        for parameter in operation.setdefault("parameters", []):
            _tidy_parameter(parameter, enums)
        _complete(operation, method=method, handler=handler)
        _give_types(operation, handler=handler, kinds=kinds)
        names_ids = '"uuid"' in json.dumps(_body_schema(operation, schemas))
        for status in statuses_of(handler, path=path, method=method, names_ids=names_ids):
            operation["responses"][str(status)] = {"$ref": f"#/components/responses/{_name_of(status)}"}
    document["paths"] = dict(sorted(document["paths"].items()))
    document["components"] = _components(schemas)
    document["tags"] = [{"name": name, "description": tag_meaning(name).en} for name in TAGS]
    document["servers"] = [{"url": "/"}]
    document["x-problem-codes"] = [
        {"code": code, "status": status, "meaning": meaning} for code, (status, meaning) in problem_codes().items()
    ]
    _give_examples(document)
    return document


def schemas_of(kinds: set[Any]) -> tuple[dict[Any, Json], Json]:
    """Return the schema of each type, and the components they point to.

    msgspec says exactly what it takes; Litestar forgets the bounds of what stands inside a tuple.
    """
    sorted_kinds = sorted((kind for kind in kinds if kind not in {None, bytes}), key=str)
    by_kind, components = msgspec.json.schema_components(sorted_kinds, ref_template="#/components/schemas/{name}")
    text = re.sub(r"sandbox_registry(?:\.\w+)*\.(\w+)\.(?=\w)", r"\1_", json.dumps([list(by_kind), components]))
    plain, schemas = json.loads(text)
    for name, schema in schemas.items():
        _close(schema, is_answer=not name.endswith("In"))
        _say_meanings(name, schema)
    return dict(zip(sorted_kinds, plain, strict=True)), schemas


def operations_of(app: Litestar) -> Iterator[tuple[str, Method, HTTPRouteHandler]]:
    """List every route the document speaks of, with its method and handler."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if handler.resolve_include_in_schema() and route.path.startswith(f"{PREFIX}/"):
                    yield route.path_format, method, handler


def statuses_of(handler: HTTPRouteHandler, *, path: str, method: str, names_ids: bool) -> tuple[int, ...]:
    """List the errors a handler can answer with; `names_ids` when the body points to other objects."""
    facts, is_read, is_keyed = declared(handler), method in _READS, is_keyed_by(handler, method)
    may = {
        400: True,
        401: True,
        403: not facts.is_public,
        404: "{" in path or names_ids or (not is_read and not facts.is_public),
        408: is_keyed or method in _BODY,
        409: not is_read or (not facts.is_public and "{" in path),
        412: facts.needs_version,
        413: is_keyed or method in _BODY,
        415: method in _BODY and not facts.takes_file,
        422: is_keyed or method in _BODY,
        428: facts.needs_version,
        429: True,
        500: True,
        503: True,
        507: not is_read,
    }
    return tuple(status for status, can in may.items() if can or status in facts.errors)


def is_keyed_by(handler: HTTPRouteHandler, method: str) -> bool:
    """Tell whether an Idempotency-Key counts: on every write, but where the handler declares that it does not."""
    return method not in _READS and declared(handler).is_keyed


def _complete(operation: Json, *, method: str, handler: HTTPRouteHandler) -> None:
    """Add parameters, security and success headers to an operation."""
    _split_description(operation)
    if not operation.get("deprecated"):
        operation.pop("deprecated", None)
    operation["security"] = [{}, {"token": []}] if declared(handler).is_public else [{"token": []}]
    operation["parameters"].extend(_header_parameters(handler, method=method))
    if declared(handler).takes_file:
        operation["requestBody"] = FILE_BODY
    operation["responses"] = _successes(operation["responses"], method=method, handler=handler)


def _give_types(operation: Json, *, handler: HTTPRouteHandler, kinds: dict[Any, Json]) -> None:
    """Put the types of bodies in, as msgspec reads and writes them."""
    if (body := _body_of(handler)) is not None:
        content = {JSON: {"schema": kinds[body]}}
        operation["requestBody"] = {"required": not _may_lack_body(handler), "content": content}
    if (kind := _kind_of(handler)) in kinds:
        operation["responses"][str(handler.status_code)]["content"] = {JSON: {"schema": kinds[kind]}}


def _split_description(operation: Json) -> None:
    """Make the first sentence of the docstring the summary, and the rest the description."""
    paragraph, _, rest = operation.get("description", "").partition("\n\n")
    first, _, more = paragraph.replace("\n", " ").partition(". ")
    operation["summary"] = first.rstrip(".")
    operation["description"] = "\n\n".join(part for part in (more, rest) if part) or paragraph


def _successes(responses: Json, *, method: str, handler: HTTPRouteHandler) -> Json:
    """Return what a handler answers when all is well, with its headers."""
    status = HTTPStatus(handler.status_code)
    facts = declared(handler)
    content = (
        responses[str(status.value)].get("content") if facts.media_type is None else _raw_content(facts.media_type)
    )
    has_version = facts.is_conditional or _is_versioned(_kind_of(handler))
    headers = _headers(handler, method=method, has_version=has_version, has_proof=hasattr(_kind_of(handler), "log"))
    answered = {str(status.value): {"description": status.phrase, "headers": headers, "content": content}}
    return answered | ({"304": {"description": "Not Modified", "headers": headers}} if facts.is_conditional else {})


def _header_parameters(handler: HTTPRouteHandler, *, method: str) -> Iterator[Json]:
    if declared(handler).needs_version:
        yield {"$ref": "#/components/parameters/IfMatch"}
    if is_keyed_by(handler, method):
        yield {"$ref": "#/components/parameters/IdempotencyKey"}
    if declared(handler).is_conditional:
        yield {"$ref": "#/components/parameters/IfNoneMatch"}
    yield {"$ref": "#/components/parameters/AcceptLanguage"}


def _headers(handler: HTTPRouteHandler, *, method: str, has_version: bool, has_proof: bool) -> Json:
    names = ["XRequestId", "RateLimit", "RateLimitPolicy", "TokenExpires"]
    if has_version:
        names.append("ETag")
    if has_proof:
        names.append("Link")
    if declared(handler).has_location:
        names.append("Location")
    if is_keyed_by(handler, method):
        names.append("IdempotencyReplayed")
    return {HEADERS[name][0]: {"$ref": f"#/components/headers/{name}"} for name in names}


def _kind_of(handler: HTTPRouteHandler) -> Any:
    """Return what a handler's Response holds."""
    arguments = get_args(handler.parsed_return_field.annotation)
    return arguments[0] if arguments else None


def _is_versioned(kind: Any) -> bool:
    """Tell whether answers of a type have an ETag: those that carry the version of what they show."""
    return isinstance(kind, type) and issubclass(kind, Out) and hasattr(kind, "version")


def _body_of(handler: HTTPRouteHandler) -> Any:
    """Return what a handler takes as its body; null when it takes none, or a file."""
    field = handler.parsed_data_field
    if field is None:
        return None
    return (
        next(each.annotation for each in field.inner_types if not each.is_none_type)
        if _may_lack_body(handler)
        else field.annotation
    )


def _may_lack_body(handler: HTTPRouteHandler) -> bool:
    """Tell whether a handler does without a body, and then takes it to be null."""
    field = handler.parsed_data_field
    return field is not None and field.is_optional


def _body_schema(operation: Json, schemas: Json) -> Json:
    content = operation.get("requestBody", {}).get("content", {})
    return followed(content.get(JSON, {}).get("schema", {}), schemas)


def _raw_content(declared_type: str) -> Json:
    """Return the content of an answer that is not JSON with a schema; parameters of its type are left out."""
    media = declared_type.partition(";")[0]
    if media == JSON:
        return {media: {"schema": {"type": "object", "description": "An event log as OCEL 2.0 describes it."}}}
    return {media: {"schema": {"type": "string", "format": "binary"} if media in _BINARY else {"type": "string"}}}


def _tidy_parameter(parameter: Json, enums: Json) -> None:
    """Leave out what says nothing; null cannot be sent in an address, so it is not offered."""
    for empty in ("deprecated", "allowEmptyValue", "allowReserved"):
        if parameter.get(empty) is False:
            del parameter[empty]
    schema = parameter["schema"]
    choices = [each for each in schema.get("oneOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        schema = {key: value for key, value in schema.items() if key != "oneOf"} | followed(choices[0], enums)
    if "items" in schema:
        schema["items"] = followed(schema["items"], enums)
    parameter["schema"] = schema


def _close(schema: Json, *, is_answer: bool) -> None:
    """Say of an object that it has no other fields; of an answer, that it always has those that are not kept from anybody."""
    schema.pop("title", None)
    always = {
        *schema.get("required", ()),
        *(key for key, below in schema.get("properties", {}).items() if "default" in below),
    }
    for key, below in schema.get("properties", {}).items():
        schema["properties"][key] = _HOUR if below.get("format") == "partial-time" else below
        if is_answer:
            below.pop("default", None)
    if "properties" in schema:
        schema["additionalProperties"] = False
        if is_answer:
            schema["required"] = sorted(always)


def _say_meanings(name: str, schema: Json) -> None:
    for key, below in schema.get("properties", {}).items():
        meaning = FIELD_DESCRIPTIONS.get(f"{name}.{key}", FIELD_DESCRIPTIONS.get(key))
        if meaning is not None and "$ref" not in below:
            below.setdefault("description", meaning)


def _components(schemas: Json) -> Json:
    _, of_problem = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
    for schema in of_problem.values():
        _close(schema, is_answer=True)
    schemas["FieldProblem"] = of_problem["FieldProblem"]
    problem = of_problem["Problem"]
    for status in _documented():
        schemas[_name_of(status)] = _problem_of(problem, status)
    return {
        "schemas": dict(sorted(schemas.items())),
        "responses": {_name_of(status): _error(status) for status in _documented()},
        "parameters": PARAMETERS,
        "headers": {name: dict(header) for name, (_, header) in HEADERS.items()},
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": f"{MARK}…",
                "description": f"A token from `POST {PREFIX}/sessions` or `POST {PREFIX}/tokens`; it begins with `{MARK}`.",
            }
        },
    }


@cache
def _documented() -> tuple[int, ...]:
    return tuple(sorted({status for status, _ in problem_codes().values()} - {405}))


def _problem_of(problem: Json, status: int) -> Json:
    """Return the schema of a problem with this very status and the codes that come with it."""
    properties = {
        "status": {"const": status, "type": "integer"},
        "code": {"enum": list(codes_of(status)), "type": "string"},
    }
    return problem | {"properties": problem["properties"] | properties, "description": HTTPStatus(status).phrase}


def _error(status: int) -> Json:
    names = ["XRequestId"]
    if status == HTTPStatus.UNAUTHORIZED:
        names.append("WWWAuthenticate")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        names += ["RetryAfter", "RateLimit", "RateLimitPolicy"]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        names.append("RetryAfter")
    return {
        "description": "\n".join(f"- `{code}`: {problem_codes()[code][1]}" for code in codes_of(status)),
        "headers": {HEADERS[name][0]: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {PROBLEM_TYPE: {"schema": {"$ref": f"#/components/schemas/{_name_of(status)}"}}},
    }


def _give_examples(document: Json) -> None:
    """Put an example beside every body."""
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        if "properties" in schema:
            schema["examples"] = [example_of({"$ref": f"#/components/schemas/{name}"}, schemas)]
    for response in document["components"]["responses"].values():
        for content in response["content"].values():
            content["example"] = example_of(content["schema"], schemas)


def _operation_id(handler: HTTPRouteHandler, _method: Method, _path: list[Any]) -> str:
    """Name an operation after its controller and its function: `applications_submit`. Renaming either breaks clients."""
    controller, _, function = handler.fn.__qualname__.partition("Controller.")
    return f"{controller.lower()}_{function}"


def _name_of(status: int) -> str:
    return f"{re.sub('[^A-Za-z]', '', _ERROR_NAMES.get(status, HTTPStatus(status).phrase.title()))}Problem"


def _integral(number: str) -> float:
    value = float(number)
    return int(value) if value.is_integer() else value


_HOUR: Json = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?$"}
