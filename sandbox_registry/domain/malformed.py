"""What is wrong with the form of a body or parameter, in the reader's language.

msgspec says it in English, in a handful of sentences. Each is matched here and said again in three languages; one that
a later msgspec adds is passed on as it is in English alone.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.texts import AnyOf, Parameter, Phrase, Wording, spell, verbatim

CODE = "malformed"


def field_error(field: str, words: str | Phrase) -> FieldError:
    """Return the error of a field; `words` are msgspec's, or a phrase of our own."""
    if isinstance(words, Phrase):
        return FieldError(field=field, code=CODE, message=words)
    for pattern, key in _SENTENCES:
        if match := pattern.fullmatch(words):
            named = match.groupdict()
            path = ".".join(filter(None, (field, named.pop("field", None))))
            params = {name: _READ.get(name, str)(value) for name, value in named.items()}
            return FieldError(field=path, code=CODE, message=Phrase(key, **params))
    return FieldError(field=field, code=CODE, message=replace(spell(Phrase("http.malformed").in_language), en=words))


def _any_of(kinds: str) -> AnyOf:
    return AnyOf(tuple(_json_kind(kind) for kind in kinds.split(" | ")))


def _json_kind(kind: str) -> Wording:
    return Phrase(f"json_kind.{kind}") if kind in _JSON_KINDS else verbatim(kind)


_JSON_KINDS = frozenset({"array", "bool", "date", "datetime", "float", "int", "null", "object", "str", "time", "uuid"})
_READ: Mapping[str, Callable[[str], Parameter]] = {"count": int, "kind": _any_of, "number": Decimal}
NO_ZONE = Phrase("malformed.moment")
NOT_A_DAY = Phrase("malformed.not_a_day")
NOT_A_CURSOR = Phrase("malformed.not_a_cursor")
NOT_A_VERSION = Phrase("malformed.not_a_version")
NOT_A_KEY = Phrase("malformed.not_a_key")
NOT_UTF8 = Phrase("malformed.not_utf8")
UNKNOWN_PARAMETER = Phrase("malformed.unknown_parameter")
REPEATED_PARAMETER = Phrase("malformed.repeated_parameter")
_SENTENCES = tuple(
    (re.compile(pattern, re.DOTALL), key)
    for pattern, key in (
        ("Object missing required field `(?P<field>.*)`", "malformed.missing_field"),
        ("Object contains unknown field `(?P<field>.*)`", "malformed.unknown_field"),
        (r"Expected `(?P<kind>[a-z |]+)`, got `[a-z |]+`", "malformed.wrong_kind"),
        (r"Expected `str` of length >= (?P<count>\d+)", "malformed.text_too_short"),
        (r"Expected `str` of length <= (?P<count>\d+)", "malformed.text_too_long"),
        (r"Expected `(?:array|object)` of length >= (?P<count>\d+)", "malformed.too_few_items"),
        (r"Expected `(?:array|object)` of length <= (?P<count>\d+)", "malformed.too_many_items"),
        (r"Expected `(?:int|float)` >= (?P<number>\S+)", "malformed.too_small"),
        (r"Expected `(?:int|float)` <= (?P<number>\S+)", "malformed.too_large"),
        ("(?:Integer value|Number) out of range", "malformed.out_of_range"),
        (r"Expected `str` matching regex '\^\(\?=.*", "malformed.blank_or_control_characters"),
        (r"Expected `str` matching regex '\^\[\^.*", "malformed.control_characters"),
        (r"Expected `str` matching regex '.*'", "malformed.wrong_pattern"),
        (r"Expected a year from (?P<first>\d+) to (?P<last>\d+)", "malformed.wrong_year"),
        ("Invalid RFC3339 encoded datetime|Expected `datetime` with a timezone component", "malformed.moment"),
        ("Invalid RFC3339 encoded date", "malformed.not_a_date"),
        ("Invalid RFC3339 encoded time|Expected `time` with no timezone component", "malformed.not_a_time"),
        ("Invalid UUID", "malformed.not_a_uuid"),
        ("Invalid enum value .*", "malformed.unknown_value"),
        (r"JSON is malformed: .*\(byte (?P<number>\d+)\)", "malformed.not_json"),
        ("Input data was truncated", "malformed.truncated"),
    )
)
