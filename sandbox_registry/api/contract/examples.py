"""Examples for the OpenAPI document, made from the schemas themselves, so that none can be wrong."""

import re
from typing import Any

from sandbox_registry.api.contract.field_descriptions import WORDS

Json = dict[str, Any]
ID = "01934f6e-8f5a-7c3e-9b1a-2f4d6c8e0a12"
FORMATS = {
    "date": "2026-11-20",
    "date-time": "2026-11-20T07:00:00Z",
    "uuid": ID,
}
_DEEPEST = 12


def example_of(schema: Json, schemas: Json, *, within: str = "", name: str = "", depth: int = 0) -> Any:
    """Return a value that fits a schema of OpenAPI 3.1; `schemas` are the components it may point to.

    `within` names the type whose field `name` it is for.
    """
    of = name_of(schema)
    schema = followed(schema, schemas)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    for known in (of, f"{within}.{name}", name):
        if known in WORDS and _fits(WORDS[known], schema):
            return WORDS[known]
    if choices := schema.get("oneOf", schema.get("anyOf")):
        return example_of(choices[0], schemas, within=within, name=name, depth=depth)
    return _made(schema, schemas, of or within, name, depth + 1)


def name_of(schema: Json) -> str:
    """Return the name of the type a schema points to; empty when it points to none."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _made(schema: Json, schemas: Json, within: str, name: str, depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {}).items()
        return {key: example_of(below, schemas, within=within, name=key, depth=depth) for key, below in properties}
    if kind == "array":
        is_deep = depth > _DEEPEST or "items" not in schema
        return [] if is_deep else [example_of(schema["items"], schemas, within=within, name=name, depth=depth)]
    return _plain(kind, schema)


def followed(schema: Json, schemas: Json) -> Json:
    """Return the schema behind a reference."""
    while "$ref" in schema:
        schema = schemas[name_of(schema)]
    return schema


def _plain(kind: Any, schema: Json) -> Any:
    if kind == "string":
        words = (FORMATS.get(schema.get("format", ""), "Nội dung ví dụ"), "ca-mau", "08:00:00")
        return next(word for word in words if re.search(schema.get("pattern", ""), word))
    if kind in {"integer", "number"}:
        return max(1, schema.get("minimum", 1))
    return {"boolean": False}.get(kind)


def _fits(value: Any, schema: Json) -> bool:
    """Tell whether a word suits the kind of value asked for."""
    if choices := schema.get("oneOf", schema.get("anyOf")):
        return any(_fits(value, each) for each in choices)
    kinds: dict[str, type] = {"string": str, "null": type(None), "array": list, "object": dict}
    wanted = kinds.get(schema.get("type", ""))
    if wanted is None or not isinstance(value, wanted) or "enum" in schema or "$ref" in schema:
        return False
    if isinstance(value, list):
        return all(_fits(each, schema.get("items", {})) for each in value)
    return not isinstance(value, str) or (
        "format" not in schema and re.search(schema.get("pattern", ""), value) is not None
    )
