"""Pages about the API, rendered on the server from the OpenAPI document: no script, one style sheet inside the page."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from sandbox_registry.api.contract.docs_texts import tag_meaning, tag_name
from sandbox_registry.domain.texts import Language, Phrase
from sandbox_registry.locales.catalogues import catalogue

Json = dict[str, Any]
ROOT = "/api/v1/docs"
STYLE = """
body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:1rem;color:#111;background:#fff}
a{color:#00508f}a:focus-visible{outline:3px solid #b35900;outline-offset:2px}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}pre{background:#f3f3f3;padding:.75rem;overflow-x:auto}
a,code,h1,li{overflow-wrap:anywhere}td:first-child code{overflow-wrap:normal}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #767676;padding:.35rem .5rem;text-align:left;vertical-align:top}
.m{display:inline-block;font-weight:700;min-width:4.5rem}nav ul{padding:0}nav li{display:inline-block;margin-right:1rem}
@media(max-width:48rem){td,td:first-child code{overflow-wrap:anywhere}
table,tbody,tr,td{display:block}thead{position:absolute;clip-path:inset(50%)}
tr{border-bottom:1px solid #767676;padding:.5rem 0}td{border:0;padding:.1rem 0}td:empty{display:none}
td:not(:first-child)::before{content:attr(data-head) ": ";font-weight:600}
}
"""
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The pages' content security policy: they may use their own style sheet and nothing else."""


def index_page(document: Json, language: Language) -> str:
    """Show every operation by tag, the problem codes and the types."""
    return _render(
        "index.html",
        language,
        here="",
        title=document["info"]["title"],
        introduction=Phrase("docs.introduction").in_language(language),
        tags=[_tag(document, tag["name"], language) for tag in document["tags"]],
        problems=[
            {"code": each["code"], "status": each["status"], "meaning": _in(language, each["meaning"])}
            for each in document["x-problem-codes"]
        ],
        types=list(document["components"]["schemas"]),
    )


def operation_page(document: Json, operation_id: str, language: Language) -> str | None:
    """Show one operation: what to send, what comes back; null when there is none of that name."""
    match = next((each for each in _operations(document) if each[2]["operationId"] == operation_id), None)
    if match is None:
        return None
    path, method, operation = match
    return _render(
        "operation.html",
        language,
        here=f"/operations/{operation_id}",
        title=_in(language, operation["summary"]),
        path=path,
        method=method,
        is_deprecated=operation.get("deprecated", False),
        description=_in(language, more_of(operation)),
        parameters=[_parameter(document, each, language) for each in operation["parameters"]],
        bodies=_bodies(document, operation.get("requestBody", {})),
        answers=[_answer(document, status, each, language) for status, each in operation["responses"].items()],
    )


def type_page(document: Json, name: str, language: Language) -> str | None:
    """Show one type with its fields; null when there is none of that name."""
    schema = document["components"]["schemas"].get(name)
    if schema is None:
        return None
    return _render(
        "type.html",
        language,
        here=f"/types/{name}",
        title=name,
        description=schema.get("description", ""),
        schema=schema,
        fields=_fields(schema, language) if "properties" in schema else None,
    )


def _render(template: str, language: Language, **values: Any) -> str:
    label = {name: Phrase(f"docs.{name}").in_language(language) for name in _LABELS}
    return _TEMPLATES.get_template(template).render(language=language, label=label, **values)


def _tag(document: Json, name: str, language: Language) -> Json:
    operations = [
        {"id": each["operationId"], "path": path, "method": method, "summary": _in(language, each["summary"])}
        for path, method, each in _operations(document)
        if name in each["tags"]
    ]
    title, meaning = tag_name(name).in_language(language), tag_meaning(name).in_language(language)
    return {"name": name, "title": title, "meaning": meaning, "operations": operations}


def _parameter(document: Json, item: Json, language: Language) -> Json:
    parameter = _resolve(item, document)
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "schema": parameter["schema"],
        "is_required": parameter.get("required", False),
        "meaning": _in(language, parameter.get("description", "")),
    }


def _fields(schema: Json, language: Language) -> list[Json]:
    return [
        {
            "name": name,
            "schema": below,
            "is_required": name in schema.get("required", ()),
            "meaning": _in(language, below.get("description", "")),
        }
        for name, below in schema["properties"].items()
    ]


def _answer(document: Json, status: str, item: Json, language: Language) -> Json:
    answer = _resolve(item, document)
    codes = [line.removeprefix("- ").rpartition("`: ") for line in answer["description"].split("\n")]
    return {
        "status": status,
        "meanings": [f"{code}{between}{_in(language, meaning)}" for code, between, meaning in codes],
        "headers": list(answer.get("headers", {})),
        "bodies": _bodies(document, answer),
    }


def _bodies(document: Json, holder: Json) -> Json:
    """Return the schema of each kind of body, and the example of those in JSON that are no problems."""
    bodies: Json = {}
    for media, content in (holder.get("content") or {}).items():
        bodies[media] = {"schema": content["schema"]}
        examples = _resolve(content["schema"], document).get("examples")
        if examples and media == "application/json":
            bodies[media]["example"] = examples[0]
    return bodies


def more_of(operation: Json) -> str:
    """Return what there is to say of an operation beyond its summary."""
    description: str = operation["description"]
    return "" if " ".join(description.split()).rstrip(".") == operation["summary"] else description


def _in(language: Language, words: str) -> str:
    """Return what the document says in the reader's language; in English what is not translated yet."""
    if language is Language.EN:
        return words
    translated = catalogue(language, domain="api_docs").forms
    return "\n\n".join(translated.get(each, (each,))[0] for each in paragraphs(words))


def paragraphs(words: str) -> Iterator[str]:
    """Return each paragraph as one line: what the catalogues of the documentation know it by."""
    yield from filter(None, (" ".join(each.split()) for each in words.split("\n\n")))


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _resolve(item: Json, document: Json) -> Json:
    while "$ref" in item:
        _, _, group, name = item["$ref"].split("/")
        item = document["components"][group][name]
    return item


def _code(words: str) -> Markup:
    """Show what stands between backticks as code."""
    pieces = words.split("`")
    return Markup().join(
        Markup("<code>{}</code>").format(piece) if index % 2 else escape(piece) for index, piece in enumerate(pieces)
    )


def _breakable(words: str) -> Markup:
    """Let an address break after its slashes."""
    return Markup("/<wbr>").join(words.split("/"))


def _address(target: str) -> str:
    return quote(target, safe="/.#?=&{}")


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


_NAMES = {Language.VI: "Tiếng Việt", Language.EN: "English", Language.FR: "Français"}
_LABELS = (
    "address",
    "answers",
    "body",
    "code",
    "codes",
    "deprecated",
    "field",
    "home",
    "kind",
    "meaning",
    "method",
    "parameters",
    "place",
    "required",
    "status",
    "types",
    "yes",
)
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"address": _address, "breakable": _breakable, "code": _code, "json": _json}
_TEMPLATES.globals |= {
    "bounds": ("format", "minimum", "maximum", "minLength", "maxLength", "pattern"),
    "languages": _NAMES,
    "root": ROOT,
    "style": Markup(STYLE),  # noqa: S704 - our own, and the policy names its hash.
}
