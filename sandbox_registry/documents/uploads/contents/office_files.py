"""DOCX and XLSX files: the package inspected without unpacking it, refused when packed to harm or holding active content.

Each XML part is read by an XML parser, so that no way of writing an attribute hides what it says; ECMA-376 Part 2 (packages),
17.16 (fields of WordprocessingML), 18.14 (external links of SpreadsheetML).
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from mmap import mmap
from typing import BinaryIO

from lxml import etree

from sandbox_registry.documents.uploads.contents.judgement import Unacceptable, Unsafe

MAGIC = b"PK\x03\x04"
MAX_ENTRIES = 4_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 200  # Over the whole package; sheets of numbers reach about 30.
_MAX_DIRECTORY = 2 * 1024 * 1024
_MAX_XML = 64 * 1024 * 1024
_LOCAL_HEADER = 30
_END = struct.Struct("<4s4H2IH")
_ZIP64_LOCATOR = b"PK\x06\x07"
_CONTENT_TYPES = "[Content_Types].xml"
_MAIN = {
    "word": ("word/document.xml", "wordprocessingml.document.main+xml"),
    "xl": ("xl/workbook.xml", "spreadsheetml.sheet.main+xml"),
}
_ACTIVE_NAMES = re.compile(
    r"vbaproject|vbadata|activex|macrosheets|dialogsheets|/embeddings/(?!.*\.(xlsx|docx)$)|oleobject|\.bin$|\.exe$",
    re.IGNORECASE,
)
_HARMLESS_BIN = re.compile(r"xl/printersettings/printersettings[0-9]+\.bin", re.IGNORECASE)
_FETCHING_PARTS = re.compile(r"xl/(connections\.xml|queryTables/)", re.IGNORECASE)
_ACTIVE_TYPES = re.compile(r"macroEnabled|vbaProject|activeX|ms-office\.vba|oleObject|macrosheet", re.IGNORECASE)
_RUNNING = frozenset({"vbaProject", "control", "activeXControlBinary", "oleObject", "attachedToolbars"})
_FETCHING_FIELDS = re.compile(r"\s*(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|DATABASE|LINK)\b", re.IGNORECASE)
_FETCHING_FORMULA = re.compile(r"\b(WEBSERVICE|REGISTER\.ID|CALL|EXEC)\s*\(|^\s*=?\s*'?\w+'?\|", re.IGNORECASE)
_TO_A_SHARE = re.compile(r"\s*(file:[\\/]{2}(?!/)|\\\\|smb:|javascript:|vbscript:)", re.IGNORECASE)


def check_directory(content: bytes | mmap) -> None:
    """Check the end record before any library reads the directory it points at. Raises Unacceptable `archive_unsafe`."""
    if len(content) < _END.size:
        raise Unacceptable("broken_file", found="ZIP")
    signature, *_disks, entries, size, offset, comment = _END.unpack(content[-_END.size :])
    at = len(content) - _END.size
    if signature != b"PK\x05\x06" or comment:
        raise Unacceptable("broken_file", found="ZIP")
    if content[max(at - 20, 0) : at].startswith(_ZIP64_LOCATOR) or entries > MAX_ENTRIES or size > _MAX_DIRECTORY:
        raise Unacceptable("archive_unsafe", found=Unsafe("entries", count=entries))
    if offset + size != at:
        raise Unacceptable("archive_unsafe", found=Unsafe("offset"))


def inspect(file: BinaryIO) -> str:
    """Check an office package and say whether it is `word` or `xl`.

    Raises:
        Unacceptable: `archive_unsafe`, `office_active_content`, `broken_file`, `unknown_type`.

    """
    try:
        with zipfile.ZipFile(file) as package:
            entries = package.infolist()
            _check_entries(entries)
            _check_sizes(entries)
            folder = _main_folder(package)
            for name in package.namelist():
                _check_part(package, name)
            return folder
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, UnicodeDecodeError, EOFError):
        raise Unacceptable("broken_file", found="ZIP") from None


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES or len({entry.orig_filename.lower() for entry in entries}) < len(entries):
        raise Unacceptable("archive_unsafe", found=Unsafe("entries", count=len(entries)))
    for entry in entries:
        name = entry.orig_filename
        parts = name.split("/")
        if not name or name.startswith("/") or ".." in parts or re.search(r"[\\:\x00-\x1f]", name):
            raise Unacceptable("archive_unsafe", found=Unsafe("path"))
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Unacceptable("archive_unsafe", found=Unsafe("symlink"))
        if entry.flag_bits & 0x1 or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Unacceptable("archive_unsafe", found=Unsafe("compression"))


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1):
        raise Unacceptable("archive_unsafe", found=Unsafe("bytes", count=unpacked))
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        # Entries that share bytes are how a small archive unpacks to petabytes.
        if entry.header_offset < end:
            raise Unacceptable("archive_unsafe", found=Unsafe("overlap"))
        end = entry.header_offset + _LOCAL_HEADER + entry.compress_size


def _main_folder(package: zipfile.ZipFile) -> str:
    names = set(package.namelist())
    if _CONTENT_TYPES not in names:
        raise Unacceptable("unknown_type")
    types = [str(each.get("ContentType", "")) for each in _elements(package, _CONTENT_TYPES)]
    for kind in types:
        if found := _ACTIVE_TYPES.search(kind):
            raise Unacceptable("office_active_content", found=found[0])
    for folder, (main, kind) in _MAIN.items():
        if main in names and any(kind in each for each in types):
            return folder
    raise Unacceptable("unknown_type")


def _check_part(package: zipfile.ZipFile, name: str) -> None:
    if (_ACTIVE_NAMES.search(name) and not _HARMLESS_BIN.fullmatch(name)) or _FETCHING_PARTS.match(name):
        raise Unacceptable("office_active_content", found=name.rpartition("/")[2])
    lower = name.lower()
    if lower.endswith(".rels"):
        _check_relationships(package, name)
    elif lower.startswith("word/") and lower.endswith(".xml"):
        _check_fields(package, name)
    elif lower.startswith("xl/") and lower.endswith(".xml"):
        _check_sheet(package, name)


def _check_relationships(package: zipfile.ZipFile, name: str) -> None:
    for each in _elements(package, name):
        kind = str(each.get("Type", "")).rpartition("/")[2]
        is_external = str(each.get("TargetMode", "")).strip().lower() == "external"
        if kind in _RUNNING or (
            is_external and (kind != "hyperlink" or _TO_A_SHARE.match(str(each.get("Target", ""))))
        ):
            raise Unacceptable("office_active_content", found=kind)


def _check_fields(package: zipfile.ZipFile, name: str) -> None:
    """Look at the instructions of fields; one may be cut into any number of runs."""
    instruction = ""
    for each in _elements(package, name):
        tag = _local(each)
        if tag == "instrText":
            instruction += each.text or ""
        elif tag == "fldChar":
            instruction = ""
        elif tag == "fldSimple":
            instruction = next((str(value) for key, value in each.attrib.items() if str(key).endswith("instr")), "")
        if found := _FETCHING_FIELDS.match(instruction):
            raise Unacceptable("office_active_content", found=found[1].upper())


def _check_sheet(package: zipfile.ZipFile, name: str) -> None:
    for each in _elements(package, name):
        tag = _local(each)
        if tag in {"ddeLink", "oleLink"}:
            raise Unacceptable("office_active_content", found=tag)
        if tag == "f" and (found := _FETCHING_FORMULA.search(each.text or "")):
            raise Unacceptable("office_active_content", found=found[0].strip())


def _elements(package: zipfile.ZipFile, name: str) -> Iterator[etree._Element]:
    """Read one XML part element by element; no more than the limit is ever inflated, whatever the directory claims."""
    if package.getinfo(name).file_size > _MAX_XML:
        raise Unacceptable("archive_unsafe", found="XML")
    try:
        with package.open(name) as part:
            events = etree.iterparse(part, events=("end",), resolve_entities=False, no_network=True, load_dtd=False)
            for _, element in events:
                yield element
                element.clear()
            if events.root is not None and events.root.getroottree().docinfo.doctype:
                raise Unacceptable("archive_unsafe", found="XML")
    except etree.XMLSyntaxError:
        raise Unacceptable("archive_unsafe", found="XML") from None


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
