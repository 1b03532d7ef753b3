"""What goes in and out over the wire, where several aggregates share it."""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from sandbox_registry.domain.texts import Text

T = TypeVar("T")

# Text from outside: NFC, no NUL, no control characters but tab and line ends, no characters that turn writing around.
_NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]*$"
Line = Annotated[
    str, Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+$")
]
Paragraph = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=_NO_CONTROLS)]
Remark = Annotated[str, Meta(max_length=20_000, pattern=_NO_CONTROLS)]
Code = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Moment = Annotated[datetime, Meta(tz=True)]


class In(Struct, kw_only=True, forbid_unknown_fields=True):
    """A request body: unknown fields are refused."""


class Out(Struct, kw_only=True):
    """An answer's body."""


class TextOut(Out):
    """Words in the three languages of the registry."""

    vi: str
    en: str
    fr: str

    @classmethod
    def of(cls, text: Text) -> "TextOut":
        """Take over a domain text."""
        return cls(vi=text.vi, en=text.en, fr=text.fr)


class PageOut(Out):
    """Where a list goes on: `after` is the cursor to send for the next page, null at the end."""

    after: str | None


def shown(kind: type[T]) -> Callable[[Any], T]:
    """Return a function that shows a domain object as `kind`: only the fields `kind` names leave the house."""

    def show(obj: Any) -> T:
        return msgspec.convert(obj, kind, from_attributes=True)

    return show


def normal(text: str) -> str:
    """Return text as it is kept: NFC, no blank ends."""
    return unicodedata.normalize("NFC", text).strip()
