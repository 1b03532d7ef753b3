"""Rows into CSV, JSON lines and OCEL 2.0, batch by batch; nothing here waits for more than the next batch."""

import csv
import io
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime

import msgspec

from sandbox_registry.authz import Action
from sandbox_registry.domain.integrations.exports import Batch
from sandbox_registry.domain.texts import Language, Phrase
from sandbox_registry.usecases.integrations.exports import LogBatch, LogEvent, LogObject

BOM = "\ufeff"
_FORMULA = re.compile("(^|[;\t\r\n])( *)(?=[=+\\-@＝＋－＠|%\t\r\n])")
"""Where a formula may begin: at the start, and where a spreadsheet whose list separator is no comma starts another cell."""


async def as_csv(
    fields: Sequence[str], batches: AsyncGenerator[Batch, None], *, language: Language, has_bom: bool
) -> AsyncGenerator[bytes, None]:
    """Write RFC 4180: comma, CRLF, headings in a language, fields in a fixed order, instants in UTC.

    A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers and instants are never texts.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    out.write(BOM if has_bom else "")
    writer.writerow([Phrase(f"export_field.{field}").in_language(language) for field in fields])
    yield _drained(out)
    async with aclosing(batches):
        async for batch in batches:
            writer.writerows([_cell(value) for value in row] for row in batch)
            yield _drained(out)


async def as_json_lines(fields: Sequence[str], batches: AsyncGenerator[Batch, None]) -> AsyncGenerator[bytes, None]:
    """Write one JSON object per line, every field present, absent values null."""
    encoder = msgspec.json.Encoder()
    async with aclosing(batches):
        async for batch in batches:
            yield encoder.encode_lines([dict(zip(fields, row, strict=True)) for row in batch])


async def as_ocel(batches: AsyncGenerator[LogBatch, None]) -> AsyncGenerator[bytes, None]:
    """Write an OCEL 2.0 event log in JSON: the types, then the events case by case in log order, then all objects."""
    encoder = msgspec.json.Encoder()
    yield b'{"objectTypes":%b,"eventTypes":%b,"events":[' % (
        encoder.encode([_typed(kind, facts) for kind, facts in _OBJECT_TYPES.items()]),
        encoder.encode([_typed(action, ("object", "version")) for action in Action]),
    )
    is_first, in_objects = True, False
    async with aclosing(batches):
        async for batch in batches:
            if batch and isinstance(batch[0], LogObject) and not in_objects:
                yield b'],"objects":['
                is_first, in_objects = True, True
            encoded = b",".join(encoder.encode(_ocel(each)) for each in batch)
            if encoded:
                yield encoded if is_first else b"," + encoded
                is_first = False
    yield b"]}" if in_objects else b'],"objects":[]}'


_OBJECT_TYPES: dict[str, tuple[str, ...]] = {
    "application": ("procedure",),
    "permit": (),
    "organisation": (),
    "person": (),
}


def _typed(name: str, facts: tuple[str, ...]) -> dict[str, object]:
    return {"name": str(name), "attributes": [{"name": fact, "type": "string"} for fact in facts]}


def _ocel(each: LogObject | LogEvent) -> dict[str, object]:
    relations = [{"objectId": identity, "qualifier": qualifier} for qualifier, identity in each.relations]
    if isinstance(each, LogObject):
        facts = [{"name": name, "value": value, "time": _instant(each.at)} for name, value in each.facts]
        return {"id": each.id, "type": each.kind, "attributes": facts, "relationships": relations}
    return {
        "id": each.id,
        "type": each.activity,
        "time": _instant(each.at),
        "attributes": [{"name": name, "value": value} for name, value in each.facts],
        "relationships": relations,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, str):
        return _FORMULA.sub(r"\1'\2", value)
    if isinstance(value, datetime):
        return _instant(value)
    return value


def _drained(out: io.StringIO) -> bytes:
    encoded = out.getvalue().encode()
    out.seek(0)
    out.truncate()
    return encoded
