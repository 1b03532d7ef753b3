"""What an inspection says: the kind of a file, or why it is not taken."""

from dataclasses import dataclass


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
KINDS = {kind.extension: kind for kind in (PDF, PNG, JPEG, DOCX, XLSX)}


@dataclass(frozen=True, slots=True)
class Unsafe:
    """A cause that is told in words: the end of its key, and what it counts."""

    key: str
    count: int = 0


class Unacceptable(Exception):
    """The file is not taken, for the reason of this code; `params` fill the sentence."""

    def __init__(self, code: str, **params: "str | int | Unsafe") -> None:
        super().__init__(code)
        self.code = code
        self.params = params
