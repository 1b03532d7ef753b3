"""The types of file the registry takes, and the name a file is kept by."""

import re
import unicodedata

from sandbox_registry.documents.uploads.contents.judgement import KINDS, Kind
from sandbox_registry.documents.uploads.refusals import refusal

MAX_NAME = 200
_SEPARATORS = re.compile(r"[/\\\u2044\u2215\u29f5\u29f8\uff0f\uff3c]")
_PATH = re.compile(r"[./\\]*[/\\]|[a-z]:|[^/]*\\|file:", re.IGNORECASE)
_EXTENSION = re.compile(
    r"\.(7z|apk|avi|bat|bin|bmp|cmd|com|csv|dll|dmg|doc[mx]?|dot[mx]?|eml|exe|gif|gz|hei[cf]|hta|html?|ics|iso|jar|jpe?g?|jso?n?|lnk"
    r"|m4a|mov|mp[34]|ms[gi]|od[pst]|pdf|php|png|pp[st][mx]?|ps1|py|rar|rtf|scr|sh|svg|tar|tiff?|txt|vbs|wav|web[mp]|xl[st][bmx]?|xml|zip)$",
    re.IGNORECASE,
)
"""Endings that say what a file is. Any other belongs to the name: `12.UBND` ends with an office."""
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


_TYPES = {kind.media_type: kind.extension.upper() for kind in KINDS.values()}
_ALIASES = {"jpeg": "jpg", "jpe": "jpg"}


def is_accepted(media_type: str) -> bool:
    """Tell whether the registry takes files of a type at all."""
    return media_type in _TYPES


def file_type(media_type: str) -> str:
    """Name a media type as people do: PDF."""
    return _TYPES.get(media_type, media_type)


def check_extension(filename: str, kind: Kind) -> None:
    """Refuse a name that claims another type of file than its content is; a name without an extension claims nothing.

    Raises:
        Invalid: `wrong_extension`.

    """
    claimed = _claimed_extension(filename)
    if claimed and _ALIASES.get(claimed, claimed) != kind.extension:
        raise refusal("wrong_extension", claimed=claimed, found=kind.extension)


def clean_filename(claimed: str, *, extension: str) -> str:
    """Return a name fit for people: NFC, one line, no path, nothing invisible, at most 200 characters, ending as it should.

    Vietnamese letters stay. An empty name becomes `document.<extension>`.
    """
    # A path says where a file was; any other stroke belongs to the name, as in "số 12/QĐ-UBND".
    last = _SEPARATORS.split(claimed)[-1] if _PATH.match(claimed) else _SEPARATORS.sub("-", claimed)
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


def _claimed_extension(filename: str) -> str | None:
    found = _EXTENSION.search(filename.strip())
    return found[1].lower() if found else None
