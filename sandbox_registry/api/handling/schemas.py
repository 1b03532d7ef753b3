"""What goes in and out over the wire, where several aggregates share it."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from sandbox_registry.domain.rules.form_values import clean
from sandbox_registry.domain.texts import Wording

T = TypeVar("T")

# Text from outside: NFC, no NUL, no control characters but tab and line ends, no characters that turn writing around.
_TURNING = r"\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"
_NO_CONTROLS = rf"^[^\x00-\x08\x0b\x0c\x0e-\x1f{_TURNING}]*$"
_NOT_BLANK = r"^(?=[\s\S]*[^\s\u200b\ufeff\u00ad])"
ONE_LINE = rf"^[^\x00-\x1f{_TURNING}]*$"
Line = Annotated[str, Meta(min_length=1, max_length=300, pattern=_NOT_BLANK + ONE_LINE[1:])]
Paragraph = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=_NOT_BLANK + _NO_CONTROLS[1:])]
Remark = Annotated[str, Meta(max_length=20_000, pattern=_NO_CONTROLS)]
Code = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
FIRST_YEAR, LAST_YEAR = 2000, 2099  # Those of the calendar of a registry that began in 2026, with room.
YEARS = "^20[0-9]{2}-"
_YEARS = {"pattern": YEARS}
Day = Annotated[date, Meta(extra_json_schema=_YEARS)]
Moment = Annotated[datetime, Meta(tz=True, extra_json_schema=_YEARS)]
Instant = Annotated[datetime, Meta(tz=True)]
"""A moment that goes out: without its zone, the contract could not call it a date-time."""


class In(Struct, kw_only=True, forbid_unknown_fields=True):
    """A request body: unknown fields are refused, and text is kept in NFC without blank ends (passwords as typed).

    Days and moments lie in years that can be computed with.
    """

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            # An enumeration is a string too, and must stay one of its own.
            if type(value) is str and "password" not in name:
                setattr(self, name, normal(value))
            elif isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
                message = f"Expected a year from {FIRST_YEAR} to {LAST_YEAR} - at `$.{name}`"
                raise ValueError(message)
            elif isinstance(value, tuple):
                setattr(self, name, tuple(normal(each) if type(each) is str else each for each in value))


class Out(Struct, kw_only=True):
    """An answer's body."""


class TextOut(Out):
    """Words in the three languages of the registry."""

    vi: str
    en: str
    fr: str

    @classmethod
    def of(cls, text: Wording) -> "TextOut":
        """Show what can be read in every language."""
        return cls(vi=text.vi, en=text.en, fr=text.fr)


class PageOut(Out):
    """Where a list goes on."""

    after: Annotated[str | None, Meta(description="The cursor to send as `after` for the next page; null at the end.")]


def shown(kind: type[T]) -> Callable[[Any], T]:
    """Return a function that shows a domain object as `kind`: only the fields `kind` names leave the house."""

    def show(obj: Any) -> T:
        return msgspec.convert(obj, kind, from_attributes=True)

    return show


def normal(text: str) -> str:
    """Return text as it is kept: NFC, plain line ends, nothing invisible, no blank ends."""
    return clean(text).strip()


def check_depth(value: object, *, deepest: int = 12) -> None:
    """Refuse JSON nested deeper than any form asks for (a table's row holds coordinates: five); raises `ValueError`."""
    below = [value]
    for _ in range(deepest):
        below = [child for each in below for child in _children(each)]
        if not below:
            return
    message = f"nested more than {deepest} levels deep"
    raise ValueError(message)


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
