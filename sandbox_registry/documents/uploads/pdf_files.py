"""PDF files that officers may open: whole, readable, without scripts, launches or files inside.

Objects of a PDF stand in the clear or inside compressed object streams. Names that only harmful features use are
looked for everywhere, `#xx` escapes resolved; short names, which compressed bytes may spell by chance, only in the clear
and in object streams. Streams are inflated in bounded pieces; an object stream that cannot be read is a refusal.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

from sandbox_registry.documents.uploads.refusals import refusal
from sandbox_registry.domain.texts import Phrase

_TAIL = 2048
_MAX_OBJECT_STREAM = 32 * 1024 * 1024
_MAX_INFLATED = 256 * 1024 * 1024  # Over the whole file.
_HEAD = 512

_MAX_STREAMS = 100_000

_SCRIPTS = frozenset({"JavaScript", "Launch", "Rendition", "RichMedia", "SubmitForm", "ImportData", "XFA"})
_FILES = frozenset({"EmbeddedFile", "EmbeddedFiles", "FileAttachment", "GoToE"})
_ENCRYPTION = "Encrypt"
_SHORT_SCRIPTS = frozenset({"JS"})
_SHORT_FILES = frozenset({"EF"})
_DEFLATE = frozenset({"FlateDecode", "Fl"})
_OTHER_FILTERS = frozenset(
    {"ASCIIHexDecode", "AHx", "ASCII85Decode", "A85", "LZWDecode", "LZW", "RunLengthDecode", "RL", "Crypt"}
)


def _spelt(*names: str) -> re.Pattern[bytes]:
    """Match these names whole, each letter plain or as its #xx escape: /J#61vaScript is /JavaScript to a viewer."""
    one = "[A-Za-z]"
    letters = {
        letter: f"(?:{letter}|#{re.sub(one, lambda found: f'[{found[0].upper()}{found[0].lower()}]', f'{ord(letter):02X}')})"
        for letter in set("".join(names))
    }
    spellings = "|".join("".join(letters[letter] for letter in name) for name in sorted(names))
    return re.compile(rf"/({spellings})(?=[\x00\t\n\x0c\r ()<>\[\]{{}}/%]|\Z)".encode())


_EVERYWHERE = _spelt(*_SCRIPTS, *_FILES, _ENCRYPTION)
_IN_OBJECTS = _spelt(*_SHORT_SCRIPTS, *_SHORT_FILES)
_IN_DICTIONARIES = _spelt("ObjStm", "N", "Predictor", *_DEFLATE, *_OTHER_FILTERS)
_HEADER = re.compile(rb"%PDF-[12]\.[0-9][\r\n\s]")
_END = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream *(?:\r\n|\n|\r)")
_END_STREAM = b"endstream"
_DIRECT_FIRST = re.compile(rb"/First\s+[0-9]++(?!\s+[0-9]+\s+R)")
_LOOKS_LIKE_OBJECTS = re.compile(rb"\s*(%|[0-9]+\s+[0-9]+)")


@dataclass(frozen=True, slots=True)
class _Stream:
    """Where one stream lies: its dictionary (and plain objects before it) from `start`, its bytes from `data` to `end`."""

    start: int
    data: int
    end: int


def inspect(content: bytes | mmap) -> None:
    """Check a whole PDF. Raises Invalid: `broken_file`, `pdf_encrypted`, `pdf_active_content`, `pdf_embedded_file`, `pdf_unreadable`."""
    _check_frame(content)
    _refuse(_EVERYWHERE, content)
    at, budget = 0, _MAX_INFLATED
    for number, stream in enumerate(_streams(content)):
        if number == _MAX_STREAMS:
            raise refusal("pdf_unreadable", found=Phrase("upload.unsafe.streams", count=_MAX_STREAMS))
        plain = content[stream.start : stream.data]
        _refuse(_IN_OBJECTS, plain)
        budget -= _inspect_stream(content[stream.data : stream.end], plain=plain, budget=budget)
        at = stream.end
    _refuse(_IN_OBJECTS, content[at:])


def _check_frame(content: bytes | mmap) -> None:
    tail = _END.search(content[-_TAIL:])
    if not _HEADER.match(content) or tail is None or int(tail[1]) >= len(content):
        raise refusal("broken_file", found="PDF")


def _names(wanted: re.Pattern[bytes], content: bytes | mmap) -> set[str]:
    """Return which of the wanted names occur, escapes resolved."""
    return {
        _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), found[1]).decode() for found in wanted.finditer(content)
    }


def _refuse(unwanted: re.Pattern[bytes], content: bytes | mmap) -> None:
    found = _names(unwanted, content)
    if _ENCRYPTION in found:
        raise refusal("pdf_encrypted")
    for code, names in (
        ("pdf_active_content", _SCRIPTS | _SHORT_SCRIPTS),
        ("pdf_embedded_file", _FILES | _SHORT_FILES),
    ):
        if found & names:
            raise refusal(code, found=", ".join(f"/{name}" for name in sorted(found & names)))


def _streams(content: bytes | mmap) -> Iterator[_Stream]:
    start = 0
    while found := _STREAM.search(content, start):
        if content[found.start() - 3 : found.start()] == b"end":
            start = found.end()
            continue
        end = content.find(_END_STREAM, found.end())
        end = len(content) if end < 0 else end
        yield _Stream(start, found.end(), end)
        start = min(end + len(_END_STREAM), len(content))


def _inspect_stream(data: bytes, *, plain: bytes, budget: int) -> int:
    """Look into one stream; return how many bytes it came to when inflated."""
    names = _names(_IN_DICTIONARIES, plain)
    declared = "ObjStm" in names or ("N" in names and _DIRECT_FIRST.search(plain) is not None)
    if declared and names & {"Predictor", *_OTHER_FILTERS}:
        raise refusal("pdf_unreadable", found="/ObjStm")
    if declared and not names & _DEFLATE:
        inflated = data
    else:
        inflated = _inflate(data, limit=min(budget, _MAX_OBJECT_STREAM), declared=declared)
    objects = _LOOKS_LIKE_OBJECTS.match(inflated[:_HEAD]) is not None
    if declared and not objects:
        raise refusal("pdf_unreadable", found="/ObjStm")
    if objects:
        _refuse(_EVERYWHERE, inflated)
    if declared:
        _refuse(_IN_OBJECTS, inflated)
    return len(inflated)


def _inflate(data: bytes, *, limit: int, declared: bool) -> bytes:
    """Inflate a stream: an object stream whole or not at all, anything else only while it looks like one."""
    engine = zlib.decompressobj()
    try:
        head = engine.decompress(data, _HEAD)
        if not declared and not _LOOKS_LIKE_OBJECTS.match(head):
            return head
        whole = head + engine.decompress(engine.unconsumed_tail, max(limit, 1))
    except zlib.error:
        if declared:
            raise refusal("pdf_unreadable", found="/ObjStm") from None
        return b""
    if declared and not engine.eof:
        raise refusal("pdf_unreadable", found="/ObjStm")
    return whole
