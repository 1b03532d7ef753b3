"""What a received file really is, told by its content and structure, and the name it is kept by."""

import mmap
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox_registry.documents.uploads import images, office_files, pdf_files
from sandbox_registry.documents.uploads.refusals import refusal

MAX_NAME = 200
_EXTENSION = re.compile(r"\.(?=[0-9]*[a-z])([a-z0-9]{1,8})$", re.IGNORECASE)
_SEPARATORS = re.compile(r"[/\\\u2044\u2215\u29f5\u29f8\uff0f\uff3c]")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type of file the registry takes. `extension` has no dot."""

    media_type: str
    extension: str


PDF = Kind(media_type="application/pdf", extension="pdf")
PNG = Kind(media_type="image/png", extension="png")
JPEG = Kind(media_type="image/jpeg", extension="jpg")
_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCX = Kind(media_type=f"{_OFFICE}.wordprocessingml.document", extension="docx")
XLSX = Kind(media_type=f"{_OFFICE}.spreadsheetml.sheet", extension="xlsx")
_TYPES = {kind.media_type: kind.extension.upper() for kind in (PDF, PNG, JPEG, DOCX, XLSX)}
_ALIASES = {"jpeg": "jpg", "jpe": "jpg"}
_MAGIC: tuple[tuple[bytes, Kind, Callable[[bytes | mmap.mmap], None]], ...] = (
    (b"%PDF-", PDF, pdf_files.inspect),
    (b"\x89PNG\r\n\x1a\n", PNG, images.inspect_png),
    (b"\xff\xd8\xff", JPEG, images.inspect_jpeg),
)


def is_accepted(media_type: str) -> bool:
    """Tell whether the registry takes files of a type at all."""
    return media_type in _TYPES


def file_type(media_type: str) -> str:
    """Name a media type as people do: PDF."""
    return _TYPES.get(media_type, media_type)


def recognise(path: Path, *, filename: str) -> Kind:
    """Tell what the file at `path` is, by magic and structure, and that the extension of `filename` agrees.

    Reads the file without unpacking it; run it in a thread. A name without an extension claims nothing.

    Raises:
        Invalid: one error of field `file`: `unknown_type`, `broken_file`, `wrong_extension`, `image_too_large`,
            `pdf_active_content`, `pdf_embedded_file`, `pdf_encrypted`, `pdf_unreadable`, `archive_unsafe`,
            `office_active_content`, `empty_file`.

    """
    kind = _inspect(path)
    claimed = _claimed_extension(filename)
    if claimed and _ALIASES.get(claimed, claimed) != kind.extension:
        raise refusal("wrong_extension", claimed=claimed, found=kind.extension)
    return kind


def clean_filename(claimed: str, *, extension: str) -> str:
    """Return a name fit for people: NFC, one line, no path, nothing invisible, at most 200 characters, ending as it should.

    Vietnamese letters stay. An empty name becomes `document.<extension>`.
    """
    last = _SEPARATORS.split(claimed)[-1]
    visible = "".join(
        " " if letter.isspace() or unicodedata.category(letter) in {"Zl", "Zp"} else letter
        for letter in last
        if letter.isspace() or unicodedata.category(letter) not in _DROPPED
    )
    name = " ".join(unicodedata.normalize("NFC", visible).split()).rstrip(". ")
    ending = f".{extension}"
    found = _EXTENSION.search(name)
    if found and _ALIASES.get(found[1].lower(), found[1].lower()) == extension:
        name, ending = name[: found.start()], found[0].lower()
    return (name.strip(". ")[: MAX_NAME - len(ending)].rstrip(". ") or "document") + ending


def _inspect(path: Path) -> Kind:
    if path.stat().st_size == 0:
        raise refusal("empty_file")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for magic, kind, inspect in _MAGIC:
            if content[: len(magic)] == magic:
                inspect(content)
                return kind
        if content[:4] == office_files.MAGIC:
            office_files.check_directory(content)
            return {"word": DOCX, "xl": XLSX}[office_files.inspect(file)]
    raise refusal("unknown_type")


def _claimed_extension(filename: str) -> str | None:
    found = _EXTENSION.search(filename.strip())
    return found[1].lower() if found else None
