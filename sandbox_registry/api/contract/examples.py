"""Examples for the OpenAPI document, made from the schemas themselves, so that none can be wrong."""

import re
from typing import Any

from sandbox_registry.api.contract.example_values import EXAMPLE_VALUES

Json = dict[str, Any]
ID = "01934f6e-8f5a-7c3e-9b1a-2f4d6c8e0a12"
FORMATS = {
    "date": "2026-11-20",
    "date-time": "2026-11-20T07:00:00Z",
    "uuid": ID,
}
_BY_FORMAT = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\S+"),
    "uuid": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
}
"""How a word of each format looks: a time of day does not stand where a moment belongs."""
_KINDS: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
_DEEPEST = 12


def example_of(schema: Json, schemas: Json, *, within: str = "", name: str = "", depth: int = 0) -> Any:
    """Return a value that fits a schema of OpenAPI 3.1; `schemas` are the components it may point to.

    `within` names the type whose field `name` it is for.
    """
    of = name_of(schema)
    schema = followed(schema, schemas)
    if "const" in schema or "enum" in schema:
        choices = schema.get("enum", [schema.get("const")])
        word = EXAMPLE_VALUES.get(f"{within}.{name}")
        return word if word in choices else choices[0]
    for key in (of, f"{within}.{name}", name):
        if key in EXAMPLE_VALUES and _fits(EXAMPLE_VALUES[key], schema):
            return EXAMPLE_VALUES[key]
    if choices := schema.get("oneOf", schema.get("anyOf")):
        return example_of(choices[0], schemas, within=within, name=name, depth=depth)
    return _made_up(schema, schemas, of or within, name, depth + 1)


def name_of(schema: Json) -> str:
    """Return the name of the type a schema points to; empty when it points to none."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _made_up(schema: Json, schemas: Json, within: str, name: str, depth: int) -> Any:
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
    if "$ref" in schema:
        return isinstance(value, dict)
    if "enum" in schema or type(value) not in _KINDS.get(schema.get("type", ""), ()):
        return False
    if isinstance(value, list):
        return all(_fits(each, schema.get("items", {})) for each in value)
    if not isinstance(value, str):
        return True
    pattern = _BY_FORMAT.get(schema.get("format", ""))
    return (pattern is None or pattern.fullmatch(value) is not None) and bool(
        re.search(schema.get("pattern", ""), value)
    )
