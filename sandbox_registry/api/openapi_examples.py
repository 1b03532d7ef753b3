"""Examples for the OpenAPI document, made from the schemas themselves, so that none can be wrong."""

import re
from typing import Any

ID = "01934f6e-8f5a-7c3e-9b1a-2f4d6c8e0a12"
WORDS: dict[str, Any] = {
    "address": "Phường An Xuyên, tỉnh Cà Mau",
    "after": None,
    "answers": {"project": {"summary": "Camera đếm tôm và báo khi tôm yếu."}},
    "approved_by": None,
    "article": "Điều 12",
    "authority": "Bộ Khoa học và Công nghệ",
    "channel": "Trực tuyến",
    "checksum": "3f1d0a6b7c2e4f58",
    "code": "data.privacy",
    "commune": "Xã Đất Mũi",
    "document": "Nghị quyết số 12/2026/NQ-HĐND",
    "detail": "Ông/bà hãy tải lại rồi thử lại.",
    "email": "lienhe@tomsang.example",
    "end": "17:00:00",
    "filename": "ke-hoach.pdf",
    "full_name": "Nguyễn Văn Đước",
    "legal_basis": ["Nghị định 142/2026/NĐ-CP, Điều 23"],
    "media_type": "application/pdf",
    "method": "password",
    "name": "Tôm Sáng",
    "number": "12/QĐ-UBND",
    "part": "trial_plan",
    "phone": "0913000000",
    "place": "Phòng họp số 2",
    "procedure_code": "ca-mau-2026-draft",
    "reason": "Thiếu bản đồ khu vực thử nghiệm.",
    "scopes": ["application:read"],
    "secret": "cmsr_…",
    "request_id": "9f1c2d7e4b3a48569d0e1f2a3b4c5d6e",
    "signer_title": "Chủ tịch",
    "start": "07:00:00",
    "tax_code": "2001234560",
    "text": "Đề nghị bổ sung biện pháp bảo vệ người dùng.",
    "title": "Giám sát ao tôm bằng thị giác máy tính",
    "type": "urn:sandbox-registry:problem:code",
    "unit": "m",
}
"""What stands under a name, where it fits the schema."""
FORMATS = {
    "date": "2026-11-20",
    "date-time": "2026-11-20T07:00:00Z",
    "uuid": ID,
}
_DEEPEST = 12


def example_of(schema: dict[str, Any], schemas: dict[str, Any], *, name: str = "", depth: int = 0) -> Any:
    """Return a value that fits a schema of OpenAPI 3.1; `schemas` are the components it may point to."""
    schema = followed(schema, schemas)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if name in WORDS and _fits(WORDS[name], schema):
        return WORDS[name]
    if choices := schema.get("oneOf", schema.get("anyOf")):
        return example_of(choices[0], schemas, name=name, depth=depth)
    return _made(schema, schemas, name, depth + 1)


def _made(schema: dict[str, Any], schemas: dict[str, Any], name: str, depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {}).items()
        return {key: example_of(below, schemas, name=key, depth=depth) for key, below in properties}
    if kind == "array":
        is_deep = depth > _DEEPEST or "items" not in schema
        return [] if is_deep else [example_of(schema["items"], schemas, name=name, depth=depth)]
    return _plain(kind, schema)


def followed(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema behind a reference."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema


def _plain(kind: Any, schema: dict[str, Any]) -> Any:
    if kind == "string":
        words = (FORMATS.get(schema.get("format", ""), "Nội dung ví dụ"), "ca-mau", "08:00:00")
        return next(word for word in words if re.search(schema.get("pattern", ""), word))
    if kind in {"integer", "number"}:
        return max(1, schema.get("minimum", 1))
    return {"boolean": False}.get(kind)


def _fits(value: Any, schema: dict[str, Any]) -> bool:
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
