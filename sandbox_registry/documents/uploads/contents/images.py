"""Structure of PNG and JPEG files: whole, of a sane size, and nothing hidden behind the picture."""

import struct
import zlib
from mmap import mmap

from sandbox_registry.documents.uploads.contents.judgement import Unacceptable

MAX_PIXELS = 120_000_000  # Above today's telephone cameras, below what exhausts a viewer's memory.
_MAX_TRAILING = 64 * 1024  # Cameras leave small notes of their own after the picture.
_PNG_HEADER = 8
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9


def inspect_png(content: bytes | mmap) -> None:
    """Walk the chunks of a PNG with their checksums, from IHDR to IEND. Raises Unacceptable."""
    seen: list[bytes] = []
    at = _PNG_HEADER
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            raise Unacceptable("broken_file", found="PNG")
        if not seen:
            _check_png_header(kind, content[at + 8 : end - 4])
        seen.append(kind)
        at = end
        if kind == b"IEND":
            break
    if b"IDAT" not in seen or seen[-1] != b"IEND" or at != len(content):
        raise Unacceptable("broken_file", found="PNG")


def _check_png_header(kind: bytes, header: bytes) -> None:
    if kind != b"IHDR" or len(header) != 13:  # noqa: PLR2004 - IHDR is 13 bytes by the standard.
        raise Unacceptable("broken_file", found="PNG")
    _check_size(*struct.unpack_from(">II", header))


def inspect_jpeg(content: bytes | mmap) -> None:
    """Walk the segments of a JPEG up to its first scan, and find the end of the image. Raises Unacceptable."""
    at, framed = 2, False
    while at + 4 <= len(content):
        if content[at] != 0xFF:  # noqa: PLR2004 - every marker starts with this byte.
            break
        marker = content[at + 1]
        if marker == 0xFF or marker in _BARE_MARKERS:  # noqa: PLR2004 - fill byte.
            at += 1 if marker == 0xFF else 2  # noqa: PLR2004
            continue
        (length,) = struct.unpack_from(">H", content, at + 2)
        if marker in _FRAME_MARKERS and at + 9 <= len(content):
            height, width = struct.unpack_from(">HH", content, at + 5)
            _check_size(width, height)
            framed = True
        at += 2 + length
        if marker == _START_OF_SCAN:
            _check_jpeg_end(content, at, framed=framed)
            return
    raise Unacceptable("broken_file", found="JPEG")


def _check_jpeg_end(content: bytes | mmap, scan: int, *, framed: bool) -> None:
    end = content.rfind(b"\xff\xd9", scan)
    if not framed or end < 0 or len(content) - end > _MAX_TRAILING:
        raise Unacceptable("broken_file", found="JPEG")


def _check_size(width: int, height: int) -> None:
    if width == 0 or height == 0:
        raise Unacceptable("broken_file", found="0 px")
    if width * height > MAX_PIXELS:
        raise Unacceptable("image_too_large", width=width, height=height)
