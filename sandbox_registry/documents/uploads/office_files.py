"""DOCX and XLSX files: the package inspected without unpacking it, refused when packed to harm or holding active content."""

import re
import stat
import struct
import zipfile
import zlib
from mmap import mmap
from typing import BinaryIO

from sandbox_registry.documents.uploads.refusals import refusal
from sandbox_registry.domain.texts import Phrase

MAGIC = b"PK\x03\x04"
MAX_ENTRIES = 4_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 200  # Over the whole package; sheets of numbers reach about 30.
_MAX_DIRECTORY = 2 * 1024 * 1024
_MAX_XML = 4 * 1024 * 1024
_LOCAL_HEADER = 30
_END = struct.Struct("<4s4H2IH")
_ZIP64_LOCATOR = b"PK\x06\x07"
_CONTENT_TYPES = "[Content_Types].xml"
_MAIN = {
    "word": ("word/document.xml", b"wordprocessingml.document.main+xml"),
    "xl": ("xl/workbook.xml", b"spreadsheetml.sheet.main+xml"),
}
_ACTIVE_NAMES = re.compile(
    r"vbaproject|vbadata|activex|macrosheets|/embeddings/(?!.*\.xlsx$)|oleobject|\.bin$|\.exe$", re.IGNORECASE
)
_HARMLESS_BIN = re.compile(r"xl/printersettings/printersettings[0-9]+\.bin", re.IGNORECASE)
_ACTIVE_TYPES = re.compile(rb"macroEnabled|vbaProject|activeX|ms-office\.vba", re.IGNORECASE)
_RELATIONSHIP = re.compile(rb"<(?:[A-Za-z0-9]+:)?Relationship\s[^>]*>")
_FETCHED = re.compile(rb"/(attachedTemplate|oleObject|frame|subDocument|vbaProject|control)[\"']")
_EXTERNAL = re.compile(rb"TargetMode\s*=\s*[\"']External[\"']")


def check_directory(content: bytes | mmap) -> None:
    """Check the end record before any library reads the directory it points at. Raises Invalid `archive_unsafe`."""
    if len(content) < _END.size:
        raise refusal("broken_file", found="ZIP")
    signature, *_disks, entries, size, offset, comment = _END.unpack(content[-_END.size :])
    at = len(content) - _END.size
    if signature != b"PK\x05\x06" or comment:
        raise refusal("broken_file", found="ZIP")
    if content[max(at - 20, 0) : at].startswith(_ZIP64_LOCATOR) or entries > MAX_ENTRIES or size > _MAX_DIRECTORY:
        raise refusal("archive_unsafe", found=Phrase("upload.unsafe.entries", count=entries))
    if offset + size != at:
        raise refusal("archive_unsafe", found=Phrase("upload.unsafe.offset"))


def inspect(file: BinaryIO) -> str:
    """Check an office package and say whether it is `word` or `xl`.

    Raises:
        Invalid: `archive_unsafe`, `office_active_content`, `broken_file`, `unknown_type`.

    """
    try:
        with zipfile.ZipFile(file) as package:
            entries = package.infolist()
            _check_entries(entries)
            _check_sizes(entries)
            folder = _main_folder(package)
            _check_active(package)
            return folder
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, UnicodeDecodeError, EOFError) as error:
        raise refusal("broken_file", found="ZIP") from error


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES or len({entry.orig_filename.lower() for entry in entries}) < len(entries):
        raise refusal("archive_unsafe", found=Phrase("upload.unsafe.entries", count=len(entries)))
    for entry in entries:
        name = entry.orig_filename
        parts = name.split("/")
        if not name or name.startswith("/") or ".." in parts or re.search(r"[\\:\x00-\x1f]", name):
            raise refusal("archive_unsafe", found=Phrase("upload.unsafe.path"))
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise refusal("archive_unsafe", found=Phrase("upload.unsafe.symlink"))
        if entry.flag_bits & 0x1 or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise refusal("archive_unsafe", found=Phrase("upload.unsafe.compression"))


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1):
        raise refusal("archive_unsafe", found=Phrase("upload.unsafe.bytes", count=unpacked))
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        # Entries that share bytes are how a small archive unpacks to petabytes.
        if entry.header_offset < end:
            raise refusal("archive_unsafe", found=Phrase("upload.unsafe.overlap"))
        end = entry.header_offset + _LOCAL_HEADER + entry.compress_size


def _main_folder(package: zipfile.ZipFile) -> str:
    names = set(package.namelist())
    if _CONTENT_TYPES not in names:
        raise refusal("unknown_type")
    types = _read(package, _CONTENT_TYPES)
    if found := _ACTIVE_TYPES.search(types):
        raise refusal("office_active_content", found=found[0].decode())
    for folder, (main, kind) in _MAIN.items():
        if main in names and kind in types:
            return folder
    raise refusal("unknown_type")


def _check_active(package: zipfile.ZipFile) -> None:
    for name in package.namelist():
        if _ACTIVE_NAMES.search(name) and not _HARMLESS_BIN.fullmatch(name):
            raise refusal("office_active_content", found=name.rpartition("/")[2])
        if name.lower().endswith(".rels"):
            for relationship in _RELATIONSHIP.findall(_read(package, name)):
                fetched = _FETCHED.search(relationship)
                if fetched and (_EXTERNAL.search(relationship) or fetched[1] in {b"vbaProject", b"control"}):
                    raise refusal("office_active_content", found=fetched[1].decode())


def _read(package: zipfile.ZipFile, name: str) -> bytes:
    """Read one small XML part; no more than the limit is ever inflated, whatever the directory claims."""
    with package.open(name) as part:
        content = part.read(_MAX_XML + 1)
    if len(content) > _MAX_XML or b"\x00" in content or b"<!" in content.replace(b"<!--", b""):
        raise refusal("archive_unsafe", found="XML")
    content.decode("utf-8")
    return content
