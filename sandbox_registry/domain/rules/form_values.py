"""One answer against its field: type, length, bounds, characters; every broken rule with its path."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from math import isfinite

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.identity.contacts import EMAIL
from sandbox_registry.domain.rules.form_fields import Field, FieldKind
from sandbox_registry.domain.texts import Parameter, Phrase, Wording, verbatim

LONGEST = {
    FieldKind.TEXT: 300,
    FieldKind.LONG_TEXT: 10_000,
    FieldKind.EMAIL: 254,
    FieldKind.PHONE: 20,
    FieldKind.TAX_CODE: 14,
}
_LARGEST = {FieldKind.INTEGER: 1e12, FieldKind.DECIMAL: 1e12, FieldKind.MONEY: 1e15}
MOST_ROWS = 100
MOST_UNKNOWN = 20
_FORMATS = {
    FieldKind.EMAIL: EMAIL,
    FieldKind.PHONE: re.compile(r"\+?[0-9][0-9 .-]{6,17}[0-9]"),
    FieldKind.TAX_CODE: re.compile(r"[0-9]{10}(-?[0-9]{3})?|[0-9]{12}"),
}
_DATE = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
# What word processors put between words and into lines, as people would type it; their marks that nobody sees are dropped.
_TYPED = str.maketrans(
    dict.fromkeys("\u200b\u200c\u200d\u2060\u200e\u200f\ufeff\u00ad\x1f\x07\r", "")
    | dict.fromkeys("\x0b\x0c\x85\u2028\u2029", "\n")
    | dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B))), " ")
    # The hyphen that does not break, and bullets of the fonts Symbol and Wingdings.
    | {"\x1e": "-", "\u2011": "-", "\uf0b7": "•", "\uf0a7": "▪", "\uf0d8": "➢", "\uf0fc": "✓"}
)
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")
"""What no database keeps, so that not even a draft may hold it."""

Errors = Iterator[FieldError]


def error(path: str, code: str, label: Wording, **params: Parameter) -> FieldError:
    """Name a broken rule at a path."""
    return FieldError(field=path, code=code, message=Phrase(f"form.{code}", label=label, **params))


def unknown(path: str, keys: Iterable[object], *, known: Collection[object]) -> Errors:
    """Name the first keys that the form does not have: whoever sent thousands learns no more from all of them."""
    yield from (_unknown(path, key) for key in islice((key for key in keys if key not in known), MOST_UNKNOWN))


def few_unknown(errors: Errors) -> Errors:
    """Pass errors on, but of unknown keys the first ones of the whole form only."""
    named = 0
    for each in errors:
        named += each.code == "unknown_field"
        if each.code != "unknown_field" or named <= MOST_UNKNOWN:
            yield each


def _unknown(path: str, key: object) -> FieldError:
    """Name a key shortened and stripped of anything unprintable."""
    shown = "".join(letter for letter in str(key)[:60] if letter.isprintable())
    return error(f"{path}.{shown}", "unknown_field", verbatim(shown))


def clean(text: str) -> str:
    """Return the text in NFC, with plain spaces and line ends and without marks that only word processors leave."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_TYPED))


def is_empty(value: object) -> bool:
    """Tell whether an answer says nothing: null, blank text, an empty list."""
    return (
        value is None
        or (isinstance(value, str) and not value.strip())
        or (isinstance(value, list | tuple) and not value)
    )


def check(field: Field, value: object, *, path: str, complete: bool) -> Errors:
    """Check one answer.

    A draft (`complete` false) may be too short, malformed as an address, have few rows, or letters that cannot be filed.
    """
    if is_empty(value) and (value is None or isinstance(value, str | list | tuple)):
        return
    yield from _CHECKS[field.kind](field, value, path, complete)


def _wrong_type(field: Field, path: str) -> FieldError:
    return error(path, "wrong_type", field.label, kind=Phrase(f"answer_kind.{field.kind}"))


def _check_text(field: Field, value: object, path: str, complete: bool) -> Errors:  # noqa: FBT001 - called by table.
    if not isinstance(value, str):
        yield _wrong_type(field, path)
        return
    longest = field.max_length or LONGEST[field.kind]
    if len(value) > longest * 2 or len(text := clean(value)) > longest:
        yield error(path, "too_long", field.label, count=longest)
        return
    if complete and len(text.strip()) < field.min_length:
        yield error(path, "too_short", field.label, count=field.min_length)
    allowed = "\n\t" if field.kind is FieldKind.LONG_TEXT else ""
    if text.isprintable():
        is_bad = False
    elif complete:
        is_bad = any(_is_refused(letter) and letter not in allowed for letter in text)
    else:
        is_bad = _NOT_KEPT.search(text) is not None
    if is_bad:
        yield error(path, "bad_characters", field.label)
    elif complete and field.kind in _FORMATS and not _FORMATS[field.kind].fullmatch(text.strip()):
        yield error(path, "bad_format", field.label)


def _is_refused(letter: str) -> bool:
    return unicodedata.category(letter) in _REFUSED_CATEGORIES


def _check_number(field: Field, value: object, path: str, _complete: bool) -> Errors:  # noqa: FBT001 - called by table.
    accepted = (int, float) if field.kind is FieldKind.DECIMAL else (int,)
    if isinstance(value, bool) or not isinstance(value, accepted) or (isinstance(value, float) and not isfinite(value)):
        yield _wrong_type(field, path)
        return
    largest = _LARGEST[field.kind]
    lowest = field.minimum if field.minimum is not None else (0 if field.kind is FieldKind.MONEY else -largest)
    highest = field.maximum if field.maximum is not None else largest
    if value < lowest:
        yield error(path, "too_small", field.label, limit=_amount(field, lowest))
    if value > highest:
        yield error(path, "too_big", field.label, limit=_amount(field, highest))


def _amount(field: Field, bound: float) -> Parameter:
    return Phrase("format.money", amount=bound) if field.kind is FieldKind.MONEY else bound


def _check_date(field: Field, value: object, path: str, _complete: bool) -> Errors:  # noqa: FBT001 - called by table.
    if read_date(value) is None:
        yield _wrong_type(field, path)


def read_date(value: object) -> date | None:
    """Return the date of a `YYYY-MM-DD` answer between 1900 and 2199; null for anything else."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _check_boolean(field: Field, value: object, path: str, _complete: bool) -> Errors:  # noqa: FBT001 - called by table.
    if not isinstance(value, bool):
        yield _wrong_type(field, path)


def _check_choice(field: Field, value: object, path: str, _complete: bool) -> Errors:  # noqa: FBT001 - called by table.
    if not isinstance(value, str) or value not in {choice.value for choice in field.choices}:
        yield error(path, "not_a_choice", field.label)


def _check_choices(field: Field, value: object, path: str, _complete: bool) -> Errors:  # noqa: FBT001 - called by table.
    if not isinstance(value, list | tuple):
        yield _wrong_type(field, path)
    elif not all(isinstance(item, str) for item in value) or not set(value) <= {
        choice.value for choice in field.choices
    }:
        yield error(path, "not_a_choice", field.label)
    elif len(set(value)) < len(value):
        yield error(path, "repeated_choice", field.label)


def _check_coordinates(field: Field, value: object, path: str, _complete: bool) -> Errors:  # noqa: FBT001 - called by table.
    if not isinstance(value, Mapping) or set(value) != {"lat", "lon"}:
        yield _wrong_type(field, path)
        return
    for key, limit in (("lat", 90), ("lon", 180)):
        number = value[key]
        if isinstance(number, bool) or not isinstance(number, int | float) or not -limit <= number <= limit:
            yield _wrong_type(field, f"{path}.{key}")


def _check_table(field: Field, value: object, path: str, complete: bool) -> Errors:  # noqa: FBT001 - called by table.
    if not isinstance(value, list | tuple):
        yield _wrong_type(field, path)
        return
    most = int(field.maximum) if field.maximum is not None else MOST_ROWS
    least = int(field.minimum or 0)
    if complete and len(value) < least:
        yield error(path, "too_few_rows", field.label, count=least)
    if len(value) > most:
        yield error(path, "too_many_rows", field.label, count=most)
        return
    for index, row in enumerate(value):
        yield from _check_row(field, row, f"{path}.{index}", complete=complete)


def _check_row(field: Field, row: object, path: str, *, complete: bool) -> Errors:
    if not isinstance(row, Mapping):
        yield _wrong_type(field, path)
        return
    columns = {column.key: column for column in field.columns}
    yield from unknown(path, row, known=columns)
    for key, column in columns.items():
        value = row.get(key)
        if complete and column.required and is_empty(value):
            yield error(f"{path}.{key}", "required", column.label)
        else:
            yield from check(column, value, path=f"{path}.{key}", complete=complete)


_CHECKS: dict[FieldKind, Callable[[Field, object, str, bool], Errors]] = {
    **dict.fromkeys(
        (FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.EMAIL, FieldKind.PHONE, FieldKind.TAX_CODE), _check_text
    ),
    **dict.fromkeys((FieldKind.INTEGER, FieldKind.DECIMAL, FieldKind.MONEY), _check_number),
    FieldKind.DATE: _check_date,
    FieldKind.BOOLEAN: _check_boolean,
    FieldKind.CHOICE: _check_choice,
    FieldKind.CHOICES: _check_choices,
    FieldKind.COORDINATES: _check_coordinates,
    FieldKind.TABLE: _check_table,
}
