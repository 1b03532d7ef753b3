"""Pages about the API, written on the server out of the OpenAPI document: no script, one style sheet inside the page."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

from sandbox_registry.api.contract.docs_catalogue import VIETNAMESE_SENTENCES
from sandbox_registry.api.contract.docs_summaries import VIETNAMESE
from sandbox_registry.api.contract.docs_texts import INTRODUCTION, TAG_MEANINGS, TAG_NAMES
from sandbox_registry.domain.texts import Language, Text

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
    parts = [_said("p", INTRODUCTION.in_language(language)), f"<p>{_link('/api/v1/openapi.json', 'openapi.json')}</p>"]
    for tag in document["tags"]:
        rows = [
            (
                f'<span class="m">{method.upper()}</span>',
                _link(f"{ROOT}/operations/{found['operationId']}", path),
                _inline(_summary(found, language)),
            )
            for path, method, found in _operations(document)
            if tag["name"] in found["tags"]
        ]
        parts += [_heading(2, TAG_NAMES[tag["name"]].in_language(language), tag["name"])]
        parts += [
            _said("p", TAG_MEANINGS[tag["name"]].in_language(language)),
            _table((_METHOD, _ADDRESS, _MEANING), rows, language),
        ]
    parts.append(_heading(2, _CODES.in_language(language), "problems"))
    codes = [
        (f"<code>{each['code']}</code>", str(each["status"]), _inline(_in(language, each["meaning"])))
        for each in document["x-problem-codes"]
    ]
    parts.append(_table((_CODE, _STATUS, _MEANING), codes, language))
    parts.append(_heading(2, _TYPES.in_language(language), "types"))
    names = (f"<li>{_link(f'{ROOT}/types/{name}', name)}</li>" for name in document["components"]["schemas"])
    parts.append(f"<nav><ul>{''.join(names)}</ul></nav>")
    return _page(document["info"]["title"], parts, language, here="")


def operation_page(document: Json, operation_id: str, language: Language) -> str | None:
    """Show one operation: what to send, what comes back; null when there is none of that name."""
    found = next((each for each in _operations(document) if each[2]["operationId"] == operation_id), None)
    if found is None:
        return None
    path, method, operation = found
    parts = [
        f'<p><span class="m">{method.upper()}</span> <code>{escape(path)}</code></p>',
        _said("p", _DEPRECATED.in_language(language) if operation.get("deprecated") else ""),
        _said("p", _in(language, _more(operation))),
        _heading(2, _PARAMETERS.in_language(language), "parameters"),
        _parameters(document, operation, language),
    ]
    if body := operation.get("requestBody"):
        parts.append(_heading(2, _BODY.in_language(language), "body"))
        parts += [_content(document, media, content) for media, content in body["content"].items()]
    parts.append(_heading(2, _ANSWERS.in_language(language), "answers"))
    for status, answer in operation["responses"].items():
        parts += _answer(document, status, answer, language)
    return _page(_summary(operation, language), parts, language, here=f"/operations/{operation_id}")


def type_page(document: Json, name: str, language: Language) -> str | None:
    """Show one type with its fields; null when there is none of that name."""
    schema = document["components"]["schemas"].get(name)
    if schema is None:
        return None
    parts = [_said("p", schema.get("description", ""))]
    if "properties" in schema:
        rows = [
            (
                f"<code>{escape(key)}</code>",
                _kind(below),
                _YES.in_language(language) if key in schema.get("required", ()) else "",
                _inline(_in(language, below.get("description", ""))),
            )
            for key, below in schema["properties"].items()
        ]
        parts.append(_table((_FIELD, _KIND, _REQUIRED, _MEANING), rows, language))
        parts.append(_example(schema["examples"][0]))
    else:
        parts.append(f"<p>{_kind(schema)}</p>")
    return _page(name, parts, language, here=f"/types/{name}")


def _summary(operation: Json, language: Language) -> str:
    """Say what an operation does; in English where nobody has said it in the language yet."""
    english: str = operation["summary"]
    return VIETNAMESE.get(operation["operationId"], english) if language is Language.VI else english


def _more(operation: Json) -> str:
    """Return what there is to say of an operation beyond its summary."""
    said: str = operation["description"]
    return "" if " ".join(said.split()).rstrip(".") == operation["summary"] else said


def _in(language: Language, words: str) -> str:
    """Say sentences of the document in Vietnamese where that is the reader's language and somebody has said them."""
    if language is not Language.VI:
        return words
    lines = (" ".join(each.split()) for each in words.split("\n\n"))
    return "\n\n".join(VIETNAMESE_SENTENCES.get(each, each) for each in lines)


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _parameters(document: Json, operation: Json, language: Language) -> str:
    rows = []
    for each in operation["parameters"]:
        parameter = _behind(each, document)
        rows.append(
            (
                f"<code>{escape(parameter['name'])}</code>",
                parameter["in"],
                _kind(parameter["schema"]),
                _YES.in_language(language) if parameter.get("required") else "",
                _inline(_in(language, parameter.get("description", ""))),
            )
        )
    return _table((_FIELD, _PLACE, _KIND, _REQUIRED, _MEANING), rows, language)


def _answer(document: Json, status: str, answer: Json, language: Language) -> Iterator[str]:
    answer = _behind(answer, document)
    yield _heading(3, status, f"answer-{status}")
    codes = [line.removeprefix("- ").rpartition("`: ") for line in answer["description"].split("\n")]
    told = (_inline(f"{code}{between}{_in(language, said)}") for code, between, said in codes)
    yield f"<ul>{''.join(f'<li>{each}</li>' for each in told)}</ul>"
    headers = ", ".join(f"<code>{escape(name)}</code>" for name in answer.get("headers", {}))
    yield f"<p>{headers}</p>" if headers else ""
    for media, content in (answer.get("content") or {}).items():
        yield _content(document, media, content)


def _content(document: Json, media: str, content: Json) -> str:
    schema = content["schema"]
    target = _behind(schema, document)
    is_success = "examples" in target and media == "application/json"
    example = _example(target["examples"][0]) if is_success else ""
    return f"<p><code>{escape(media)}</code>: {_kind(schema)}</p>{example}"


def _kind(schema: Json) -> str:
    """Say in one line what a value is."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _link(f"{ROOT}/types/{name}", name)
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(f"<code>{escape(json.dumps(each, ensure_ascii=False))}</code>" for each in values)
    if choices := schema.get("oneOf", schema.get("anyOf")):
        return " | ".join(map(_kind, choices))
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    plain = escape(str(schema.get("type", "JSON")))
    bounds = [key for key in ("format", "minimum", "maximum", "minLength", "maxLength", "pattern") if key in schema]
    said = ", ".join(f"{key} <code>{escape(str(schema[key]))}</code>" for key in bounds)
    return f"{plain} ({said})" if said else plain


def _behind(item: Json, document: Json) -> Json:
    while "$ref" in item:
        _, _, group, name = item["$ref"].split("/")
        item = document["components"][group][name]
    return item


def _example(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, ensure_ascii=False, indent=2))}</pre>"


def _table(heads: Iterable[Text], rows: Iterable[Sequence[str]], language: Language) -> str:
    """Write a table, which on a narrow screen becomes a list; the roles keep it a table for who hears it read."""
    names = [escape(each.in_language(language)) for each in heads]
    head = "".join(f'<th scope="col" role="columnheader">{name}</th>' for name in names)
    body = "".join(
        '<tr role="row">'
        + "".join(f'<td role="cell" data-head="{name}">{cell}</td>' for name, cell in zip(names, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f'<table role="table"><thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table>'
    )


def _heading(level: int, words: str, anchor: str) -> str:
    return f'<h{level} id="{anchor}">{escape(words)}</h{level}>'


def _link(target: str, words: str) -> str:
    """Write a link; an address as its words may break at a slash."""
    shown = escape(words).replace("/", "/<wbr>")
    return f'<a href="{escape(quote(target, safe="/.#?=&{}"))}">{shown}</a>'


def _said(tag: str, words: str) -> str:
    return "".join(f"<{tag}>{_inline(each)}</{tag}>" for each in words.split("\n\n") if each.strip())


def _inline(words: str) -> str:
    """Escape words, and show what stands between backticks as code."""
    pieces = escape(words).split("`")
    return "".join(f"<code>{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces))


def _page(title: str, parts: Iterable[str], language: Language, *, here: str) -> str:
    others = "".join(
        f'<li><a lang="{each}" hreflang="{each}" href="{ROOT}{quote(here)}?lang={each}">{_NAMES[each]}</a></li>'
        for each in Language
    )
    home = f'<li><a href="{ROOT}?lang={language}">{escape(_HOME.in_language(language))}</a></li>'
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title.replace('`', ''))} - {escape(_HOME.in_language(language))}</title><style>{STYLE}</style></head>"
        f"<body><nav><ul>{home}{others}</ul></nav><main><h1>{_inline(title)}</h1>{''.join(parts)}</main></body></html>"
    )


_NAMES = {Language.VI: "Tiếng Việt", Language.EN: "English", Language.FR: "Français"}
_HOME = Text(vi="Tài liệu API", en="API documentation", fr="Documentation de l'API")
_METHOD = Text(vi="Phương thức", en="Method", fr="Méthode")
_ADDRESS = Text(vi="Địa chỉ", en="Address", fr="Adresse")
_MEANING = Text(vi="Ý nghĩa", en="Meaning", fr="Sens")
_CODES = Text(vi="Mã lỗi", en="Problem codes", fr="Codes d'erreur")
_CODE = Text(vi="Mã", en="Code", fr="Code")
_STATUS = Text(vi="Trạng thái", en="Status", fr="Statut")
_TYPES = Text(vi="Kiểu dữ liệu", en="Types", fr="Types")
_DEPRECATED = Text(
    vi="Sắp bỏ: đừng dùng trong chương trình mới.",
    en="On its way out: do not use it in new programs.",
    fr="Voué à disparaître : ne pas l'utiliser dans de nouveaux programmes.",
)
_PARAMETERS = Text(vi="Tham số", en="Parameters", fr="Paramètres")
_BODY = Text(vi="Nội dung gửi lên", en="Body", fr="Corps de la requête")
_ANSWERS = Text(vi="Trả lời", en="Answers", fr="Réponses")
_FIELD = Text(vi="Trường", en="Field", fr="Champ")
_KIND = Text(vi="Kiểu", en="Type", fr="Type")
_PLACE = Text(vi="Vị trí", en="In", fr="Dans")
_REQUIRED = Text(vi="Bắt buộc", en="Required", fr="Obligatoire")
_YES = Text(vi="có", en="yes", fr="oui")
