"""Tells what a file is by its first bytes, then looks at it with the parser of that kind."""

import mmap
from collections.abc import Callable
from pathlib import Path

from sandbox_registry.documents.uploads.contents import images, office_cleaning, office_files, pdf_cleaning, pdf_files
from sandbox_registry.documents.uploads.contents.judgement import DOCX, JPEG, PDF, PNG, XLSX, Kind, Unacceptable

_MAGIC: tuple[tuple[bytes, Kind, Callable[[Path, mmap.mmap], None]], ...] = (
    (b"%PDF-", PDF, pdf_files.inspect),
    (b"\x89PNG\r\n\x1a\n", PNG, lambda _path, content: images.inspect_png(content)),
    (b"\xff\xd8\xff", JPEG, lambda _path, content: images.inspect_jpeg(content)),
)
_CLEANED = frozenset({"broken_file", "office_active_content", "pdf_active_content", "pdf_encrypted", "unknown_type"})
_OFFICE_FOLDERS = {"word": DOCX, "xl": XLSX}


def recognise(path: Path) -> Kind:
    """Tell what the file at `path` is, by magic and structure.

    The file may be hostile and the parsers large: run it where it can be ended (`server`).

    Raises:
        Unacceptable: `unknown_type`, `broken_file`, `image_too_large`, `pdf_active_content`, `pdf_embedded_file`,
            `pdf_encrypted`, `archive_unsafe`, `office_active_content`, `empty_file`.

    """
    if path.stat().st_size == 0:
        raise Unacceptable("empty_file")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for magic, kind, inspect in _MAGIC:
            if content[: len(magic)] == magic:
                inspect(path, content)
                return kind
        if content[:4] == office_files.MAGIC:
            office_files.check_directory(content)
            return _OFFICE_FOLDERS[office_files.inspect(file)]
    raise Unacceptable("unknown_type")


def accept(path: Path, copy: Path) -> tuple[Kind, bool]:
    """Tell what the file at `path` is, and whether a cleaned copy of it was written that is to be shown in its place.

    The copy passes whatever a file passes that is taken as it is. Raises Unacceptable as `recognise` does.
    """
    try:
        return recognise(path), False
    except Unacceptable as refused:
        if refused.code not in _CLEANED or not _clean(path, copy):
            raise
        try:
            return recognise(copy), True
        except Unacceptable:
            raise refused from None


def _clean(path: Path, copy: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:4] == office_files.MAGIC:
            return office_cleaning.clean(file, copy)
        return pdf_cleaning.clean(content, copy)
