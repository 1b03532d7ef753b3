"""DOCX and XLSX files: the package inspected without unpacking it, refused when packed to harm or holding active content.

Each XML part is read by an XML parser, so that no way of writing an attribute hides what it says; ECMA-376 Part 2 (packages),
17.16 (fields of WordprocessingML), 18.14 (external links of SpreadsheetML).
"""

import io
import posixpath
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from mmap import mmap
from typing import IO

from lxml import etree

from sandbox_registry.documents.uploads.contents.fields import Fields
from sandbox_registry.documents.uploads.contents.formulas import reaching
from sandbox_registry.documents.uploads.contents.judgement import Unacceptable, Unsafe
from sandbox_registry.documents.uploads.contents.links import is_relative_link, is_safe_link

MAGIC = b"PK\x03\x04"
MAX_ENTRIES = 4_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 200  # Over the whole package; sheets of numbers reach about 30.
_MAX_DIRECTORY = 2 * 1024 * 1024
MAX_XML = 64 * 1024 * 1024
_MAX_WORKBOOK = 16 * 1024 * 1024
_LOCAL_HEADER = 30
_END = struct.Struct("<4s4H2IH")
_ZIP64_LOCATOR = b"PK\x06\x07"
_MAX_DEPTH = 1
"""A chart keeps its figures in a workbook of its own; that one keeps no further one."""
CONTENT_TYPES = "[Content_Types].xml"
_MAIN = {"wordprocessingml.document.main+xml": "word", "spreadsheetml.sheet.main+xml": "xl"}
_ACTIVE_TYPES = ("macroenabled", "vbaproject", "activex", "ms-office.vba", "oleobject", "macrosheet")
_ACTIVE_NAMES = (
    "vbaproject",
    "vbadata",
    "activex",
    "macrosheets",
    "dialogsheets",
    "oleobject",
    "xl/connections.xml",
    "xl/querytables/",
)
_PLAIN_TYPES = (
    "application/vnd.ms-package.obfuscated-opentype",
    "application/vnd.openxmlformats-officedocument.obfuscatedfont",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.printersettings",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.printersettings",
    "application/vnd.openxmlformats-package.digital-signature-",
    "application/x-font-ttf",
    "audio/",
    "image/",
    "video/",
)
"""How the types of parts begin that no application runs; anything else must be XML, or the workbook of a chart."""
_PLAIN_NAMES = (".bmp", ".emf", ".gif", ".jpeg", ".jpg", ".odttf", ".png", ".tif", ".tiff", ".wmf")
_XML_NAMES = (".rels", ".vml", ".xml")
_RUNNING = frozenset(
    {
        "activexcontrolbinary",
        "afchunk",
        "attachedtoolbars",
        "control",
        "keymapcustomizations",
        "oleobject",
        "vbaproject",
        "wordvbadata",
        "xlintlmacrosheet",
        "xlmacrosheet",
    }
)
"""Kinds of relationships that lead to what runs, or to another document that is taken in on opening."""
_FORMULAS = frozenset(
    {"f", "calculatedColumnFormula", "definedName", "formula", "formula1", "formula2", "oldFormula", "totalsRowFormula"}
)
_REACHING_ELEMENTS = frozenset({"altChunk", "ddeLink", "oleLink", "OLEObject"})
_DRAWN = frozenset({"urn:schemas-microsoft-com:vml", "urn:schemas-microsoft-com:office:office"})
"""Old drawings name what they link in attributes of their own."""


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


def inspect(file: IO[bytes], *, depth: int = 0) -> str:
    """Check an office package and say whether it is `word` or `xl`; `depth` counts the packages it lies in.

    Raises:
        Unacceptable: `archive_unsafe`, `office_active_content`, `broken_file`, `unknown_type`.

    """
    try:
        with zipfile.ZipFile(file) as package:
            check_package(package)
            types = _Types(package)
            folder = _main_folder(package, types)
            workbooks = set[str]()
            for name in package.namelist():
                if name.lower().endswith(".rels"):
                    workbooks |= _check_relationships(package, name)
            for name in package.namelist():
                _check_part(package, name, types=types, workbooks=workbooks, depth=depth)
            return folder
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, UnicodeDecodeError, EOFError):
        raise Unacceptable("broken_file", found="ZIP") from None


def check_package(package: zipfile.ZipFile) -> None:
    """Refuse a package whose directory is made to harm; raises Unacceptable `archive_unsafe`."""
    entries = package.infolist()
    _check_entries(entries)
    _check_sizes(entries)


class _Types:
    """The types that a package says its parts have, in small letters."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._by_name: dict[str, str] = {}
        self._by_ending: dict[str, str] = {}
        if CONTENT_TYPES not in package.namelist():
            raise Unacceptable("unknown_type")
        for each in _elements(package, CONTENT_TYPES):
            kind = str(each.get("ContentType", "")).lower().strip()
            if found := next((active for active in _ACTIVE_TYPES if active in kind), None):
                raise Unacceptable("office_active_content", found=found)
            self._by_name[str(each.get("PartName", "")).lower().lstrip("/")] = kind
            self._by_ending[str(each.get("Extension", "")).lower()] = kind

    def of(self, name: str) -> str:
        """Return the type of a part, or nothing when none is said."""
        return self._by_name.get(name.lower()) or self._by_ending.get(name.lower().rpartition(".")[2], "")


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


def _main_folder(package: zipfile.ZipFile, types: _Types) -> str:
    """Tell what a package is by the one part that it says is its document, wherever that lies."""
    names = {name.lower() for name in package.namelist()}
    if "_rels/.rels" not in names:
        raise Unacceptable("unknown_type")
    start = next(name for name in package.namelist() if name.lower() == "_rels/.rels")
    main = [target_of(start, each) for each in _elements(package, start) if kind_of(each) == "officedocument"]
    found = [folder for ending, folder in _MAIN.items() if main and ending in types.of(main[0])]
    if len(main) != 1 or main[0] not in names or not found:
        raise Unacceptable("unknown_type")
    return found[0]


def _check_part(package: zipfile.ZipFile, name: str, *, types: _Types, workbooks: set[str], depth: int) -> None:
    lower, kind = name.lower(), types.of(name)
    if any(each in lower for each in _ACTIVE_NAMES):
        raise Unacceptable("office_active_content", found=name.rpartition("/")[2])
    if kind.endswith(("+xml", "/xml")) or lower.endswith(_XML_NAMES):
        _check_xml(package, name)
    elif lower in workbooks and depth < _MAX_DEPTH:
        if package.getinfo(name).file_size > _MAX_WORKBOOK:
            raise Unacceptable("archive_unsafe", found=Unsafe("bytes", count=package.getinfo(name).file_size))
        inspect(io.BytesIO(package.read(name)), depth=depth + 1)
    elif not (kind.startswith(_PLAIN_TYPES) or (not kind and lower.endswith(_PLAIN_NAMES)) or _is_harmless(lower)):
        raise Unacceptable("office_active_content", found=name.rpartition("/")[2])


def _is_harmless(name: str) -> bool:
    return name.endswith("/") or (name.startswith("xl/printersettings/") and name.endswith(".bin"))


def _check_relationships(package: zipfile.ZipFile, name: str) -> set[str]:
    """Look at the relationships of a part; return the workbooks of charts among what they lead to."""
    workbooks = set[str]()
    for each in _elements(package, name):
        kind, target = kind_of(each), str(each.get("Target", ""))
        # That the place of a workbook is not known is what the last of these says.
        is_harmless = (kind == "hyperlink" and is_safe_link(target)) or (
            kind == "xlpathmissing" and is_relative_link(target)
        )
        if kind in _RUNNING or (is_external(each) and not is_harmless):
            raise Unacceptable("office_active_content", found=kind)
        if kind == "package" and "/charts/" in name.lower():
            workbooks.add(target_of(name, each))
    return workbooks


def is_external(relationship: etree._Element) -> bool:
    """Tell whether a relationship leads out of the package, whether it says so or not."""
    mode = str(relationship.get("TargetMode", "")).strip().lower()
    return mode == "external" or not is_relative_link(str(relationship.get("Target", "")))


def kind_of(relationship: etree._Element) -> str:
    """Return the last word of the type of a relationship, in small letters."""
    return str(relationship.get("Type", "")).strip("/ \t\r\n").rpartition("/")[2].strip().lower()


def target_of(rels: str, relationship: etree._Element) -> str:
    """Return the part that a relationship leads to, in small letters."""
    folder = posixpath.dirname(posixpath.dirname(rels))
    return posixpath.normpath(posixpath.join("/", folder, str(relationship.get("Target", "")))).lstrip("/").lower()


def _check_xml(package: zipfile.ZipFile, name: str) -> None:
    """Look at the elements of a part for what either application carries out; a part may be of any name."""
    fields = Fields()
    for each in _elements(package, name):
        tag = _local(each)
        found = tag if tag in _REACHING_ELEMENTS else fields.read(tag, each)
        if tag in _FORMULAS:
            found = found or reaching(each.text or "")
        for key, value in each.attrib.items():
            if str(key) == "formula":
                found = found or reaching(str(value))
        if _namespace(each) in _DRAWN:
            found = found or _linked(each)
        if found:
            raise Unacceptable("office_active_content", found=found)
    if found := fields.end():
        raise Unacceptable("office_active_content", found=found)


def _linked(drawn: etree._Element) -> str | None:
    """Return the attribute by which an old drawing takes in or leads to what it should not."""
    for key, value in drawn.attrib.items():
        local = str(etree.QName(str(key)).localname)
        if (local == "src" and not is_relative_link(str(value))) or (
            local in {"althref", "href"} and not is_safe_link(str(value))
        ):
            return local
    return None


def _elements(package: zipfile.ZipFile, name: str) -> Iterator[etree._Element]:
    """Read one XML part element by element; no more than the limit is ever inflated, whatever the directory claims."""
    if package.getinfo(name).file_size > MAX_XML:
        raise Unacceptable("archive_unsafe", found="XML")
    try:
        with package.open(name) as part:
            events = etree.iterparse(part, events=("end",), resolve_entities=False, no_network=True, load_dtd=False)
            for _, element in events:
                yield element
                element.clear()
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
            if events.root is not None and events.root.getroottree().docinfo.doctype:
                raise Unacceptable("archive_unsafe", found="XML")
    except etree.XMLSyntaxError:
        raise Unacceptable("archive_unsafe", found="XML") from None


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _namespace(element: etree._Element) -> str | None:
    return etree.QName(element).namespace if isinstance(element.tag, str) else None
