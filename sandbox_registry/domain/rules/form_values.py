"""One answer against its field: type, length, bounds, characters; every broken rule with its path."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from math import isfinite

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.rules.form_fields import Field, FieldKind
from sandbox_registry.domain.texts import Text

_LONGEST = {
    FieldKind.TEXT: 300,
    FieldKind.LONG_TEXT: 10_000,
    FieldKind.EMAIL: 254,
    FieldKind.PHONE: 20,
    FieldKind.TAX_CODE: 14,
}
_LARGEST = {FieldKind.INTEGER: 1e12, FieldKind.DECIMAL: 1e12, FieldKind.MONEY: 1e15}
_MOST_ROWS = 100
_FORMATS = {
    FieldKind.EMAIL: re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}"),
    FieldKind.PHONE: re.compile(r"\+?[0-9][0-9 .-]{6,17}[0-9]"),
    FieldKind.TAX_CODE: re.compile(r"[0-9]{10}(-?[0-9]{3})?|[0-9]{12}"),
}
_DATE = re.compile(r"(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_INVISIBLE = re.compile("[\u200b\ufeff\u00ad\r]")
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})

MESSAGES = {
    "required": Text(vi="Hãy điền «{label}».", en="Fill in «{label}».", fr="Renseignez « {label} »."),
    "wrong_type": Text(
        vi="«{label}» phải là {vi_kind}.", en="«{label}» must be {en_kind}.", fr="« {label} » doit être {fr_kind}."
    ),
    "too_long": Text(
        vi="«{label}» dài quá {limit} ký tự.",
        en="«{label}» is longer than {limit} characters.",
        fr="« {label} » dépasse {limit} caractères.",
    ),
    "too_short": Text(
        vi="«{label}» cần ít nhất {limit} ký tự.",
        en="«{label}» needs at least {limit} characters.",
        fr="« {label} » demande au moins {limit} caractères.",
    ),
    "too_small": Text(
        vi="«{label}» không được nhỏ hơn {limit}.",
        en="«{label}» may not be less than {limit}.",
        fr="« {label} » ne peut être inférieur à {limit}.",
    ),
    "too_big": Text(
        vi="«{label}» không được lớn hơn {limit}.",
        en="«{label}» may not be more than {limit}.",
        fr="« {label} » ne peut dépasser {limit}.",
    ),
    "too_few_rows": Text(
        vi="«{label}» cần ít nhất {limit} dòng.",
        en="«{label}» needs at least {limit} row(s).",
        fr="« {label} » demande au moins {limit} ligne(s).",
    ),
    "too_many_rows": Text(
        vi="«{label}» có quá {limit} dòng.",
        en="«{label}» has more than {limit} rows.",
        fr="« {label} » dépasse {limit} lignes.",
    ),
    "not_a_choice": Text(
        vi="«{label}» phải là một trong các lựa chọn.",
        en="«{label}» must be one of the choices.",
        fr="« {label} » doit être l'un des choix proposés.",
    ),
    "repeated_choice": Text(
        vi="«{label}» có lựa chọn bị lặp lại.",
        en="«{label}» names a choice twice.",
        fr="« {label} » répète un choix.",
    ),
    "bad_characters": Text(
        vi="«{label}» có ký tự điều khiển hoặc ký tự đổi chiều chữ không được phép.",
        en="«{label}» contains control or text-direction characters, which are not allowed.",
        fr="« {label} » contient des caractères de contrôle ou de sens d'écriture interdits.",
    ),
    "bad_format": Text(
        vi="«{label}» không đúng định dạng.", en="«{label}» is not well formed.", fr="« {label} » est mal formé."
    ),
    "unknown_field": Text(
        vi="Biểu mẫu không có mục «{label}».", en="The form has no «{label}».", fr="Le formulaire n'a pas « {label} »."
    ),
}
_KINDS = {
    FieldKind.INTEGER: Text(vi="số nguyên", en="a whole number", fr="un nombre entier"),
    FieldKind.DECIMAL: Text(vi="số", en="a number", fr="un nombre"),
    FieldKind.MONEY: Text(vi="số tiền nguyên đồng", en="a whole amount in VND", fr="un montant entier en VND"),
    FieldKind.DATE: Text(
        vi="ngày có thật, dạng NNNN-TT-NN", en="a real date, YYYY-MM-DD", fr="une date réelle, AAAA-MM-JJ"
    ),
    FieldKind.BOOLEAN: Text(vi="có hoặc không", en="yes or no", fr="oui ou non"),
    FieldKind.CHOICES: Text(vi="danh sách lựa chọn", en="a list of choices", fr="une liste de choix"),
    FieldKind.COORDINATES: Text(
        vi="tọa độ gồm vĩ độ (lat) và kinh độ (lon)",
        en="coordinates with latitude (lat) and longitude (lon)",
        fr="des coordonnées avec latitude (lat) et longitude (lon)",
    ),
    FieldKind.TABLE: Text(vi="danh sách các dòng", en="a list of rows", fr="une liste de lignes"),
}
_TEXT_KIND = Text(vi="văn bản", en="text", fr="du texte")

Errors = Iterator[FieldError]


def said(message: Text, *, label: Text, **values: object) -> Text:
    """Fill a message with a label, each language with its own."""
    return Text(
        vi=message.vi.format(label=label.vi, **values),
        en=message.en.format(label=label.en, **values),
        fr=message.fr.format(label=label.fr, **values),
    )


def error(path: str, code: str, label: Text, **values: object) -> FieldError:
    """Name a broken rule at a path."""
    return FieldError(field=path, code=code, message=said(MESSAGES[code], label=label, **values))


def unknown(path: str, key: object) -> FieldError:
    """Name a key the form does not have, shortened and stripped of anything unprintable."""
    shown = "".join(letter for letter in str(key)[:60] if letter.isprintable())
    return error(f"{path}.{shown}", "unknown_field", Text(vi=shown, en=shown, fr=shown))


def clean(text: str) -> str:
    """Return the text in NFC, with plain line ends and without marks that only word processors leave."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def is_empty(value: object) -> bool:
    """Tell whether an answer says nothing: null, blank text, an empty list."""
    return (
        value is None
        or (isinstance(value, str) and not value.strip())
        or (isinstance(value, list | tuple) and not value)
    )


def check(field: Field, value: object, *, path: str, complete: bool) -> Errors:
    """Check one answer. A draft (`complete` false) may be too short, malformed as an address, or have few rows."""
    if is_empty(value) and (value is None or isinstance(value, str | list | tuple)):
        return
    yield from _CHECKS[field.kind](field, value, path, complete)


def _wrong_type(field: Field, path: str) -> FieldError:
    kind = _KINDS.get(field.kind, _TEXT_KIND)
    return error(path, "wrong_type", field.label, vi_kind=kind.vi, en_kind=kind.en, fr_kind=kind.fr)


def _check_text(field: Field, value: object, path: str, complete: bool) -> Errors:  # noqa: FBT001 - called by table.
    if not isinstance(value, str):
        yield _wrong_type(field, path)
        return
    longest = field.max_length or _LONGEST[field.kind]
    if len(value) > longest * 2 or len(text := clean(value)) > longest:
        yield error(path, "too_long", field.label, limit=longest)
        return
    if complete and len(text.strip()) < field.min_length:
        yield error(path, "too_short", field.label, limit=field.min_length)
    allowed = "\n\t" if field.kind is FieldKind.LONG_TEXT else ""
    if not text.isprintable() and any(_is_refused(letter) and letter not in allowed for letter in text):
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
        yield error(path, "too_small", field.label, limit=f"{lowest:.15g}")
    if value > highest:
        yield error(path, "too_big", field.label, limit=f"{highest:.15g}")


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
    most = int(field.maximum) if field.maximum is not None else _MOST_ROWS
    least = int(field.minimum or 0)
    if complete and len(value) < least:
        yield error(path, "too_few_rows", field.label, limit=least)
    if len(value) > most:
        yield error(path, "too_many_rows", field.label, limit=most)
        return
    for index, row in enumerate(value):
        yield from _check_row(field, row, f"{path}.{index}", complete=complete)


def _check_row(field: Field, row: object, path: str, *, complete: bool) -> Errors:
    if not isinstance(row, Mapping):
        yield _wrong_type(field, path)
        return
    columns = {column.key: column for column in field.columns}
    yield from (unknown(path, key) for key in row if key not in columns)
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
