"""Words for people, in the three languages of the registry: sentences of ours by key, and texts that others gave."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from itertools import filterfalse
from types import MappingProxyType
from typing import TypeAlias

from sandbox_registry.locales import formats
from sandbox_registry.locales.catalogues import catalogue


class Language(StrEnum):
    """Languages the registry speaks; Vietnamese is the one that binds."""

    VI = "vi"
    EN = "en"
    FR = "fr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Wording that somebody gave in Vietnamese, English and French: a procedure's, a calendar's, a person's."""

    vi: str
    en: str
    fr: str

    def in_language(self, language: Language) -> str:
        """Return the wording in one language."""
        return {Language.VI: self.vi, Language.EN: self.en, Language.FR: self.fr}[language]

    def format(self, **params: "Parameter") -> "Text":
        """Return the same text with its `{placeholders}` filled, each language with its own way to write them."""
        return spell(lambda language: _fill(self.in_language(language), params, language))


@dataclass(frozen=True, slots=True, init=False)
class Phrase:
    """A sentence or label of ours: the key under which the catalogues keep it, and what is put into its placeholders.

    A parameter `count` also chooses the plural form.
    """

    key: str
    params: Mapping[str, "Parameter"] = field(hash=False)

    def __init__(self, key: str, /, **params: "Parameter") -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "params", MappingProxyType(params))

    @property
    def vi(self) -> str:
        """The sentence in Vietnamese."""
        return self.in_language(Language.VI)

    @property
    def en(self) -> str:
        """The sentence in English."""
        return self.in_language(Language.EN)

    @property
    def fr(self) -> str:
        """The sentence in French."""
        return self.in_language(Language.FR)

    def in_language(self, language: Language) -> str:
        """Return the sentence in one language, its parameters written as that language does."""
        if not self.params:
            return _plain(self.key, language)
        sentence = catalogue(language).sentence(self.key, count=self.params.get("count"))
        return _fill(sentence, self.params, language)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Several things of which one will do: "PDF, PNG or JPEG"."""

    items: tuple["Parameter", ...]


Wording: TypeAlias = Text | Phrase
"""What can be read to people in each language."""

Parameter: TypeAlias = "str | int | float | Decimal | date | datetime | Text | Phrase | AnyOf | tuple[Parameter, ...]"
"""What may stand in a placeholder. A `str` is put in as it is: a name, a code, words of a document."""


def spell(write: Callable[[Language], str]) -> Text:
    """Return the text that is written in every language by the same rule."""
    return Text(vi=write(Language.VI), en=write(Language.EN), fr=write(Language.FR))


def verbatim(words: str) -> Text:
    """Return words that are the same in every language: a name, a code, what a person wrote."""
    return Text(vi=words, en=words, fr=words)


def is_known(key: str) -> bool:
    """Tell whether the catalogues have a sentence of that key."""
    return key in catalogue(Language.VI).forms


@cache
def _plain(key: str, language: Language) -> str:
    """Return a sentence without parameters: the days of a ledger alone ask for a hundred."""
    return catalogue(language).sentence(key).format()


def _fill(template: str, params: Mapping[str, Parameter], language: Language) -> str:
    return template.format_map({name: _write(value, language) for name, value in params.items()})


def _write(value: Parameter, language: Language) -> str:
    match value:
        case Text() | Phrase():
            return value.in_language(language)
        case AnyOf(items):
            return formats.listing([_write(each, language) for each in items], language, style="or")
        case tuple():
            return formats.listing([_write(each, language) for each in value], language, style="standard")
        case str():
            return value
        case _:
            return formats.write(value, language)


def search_form(words: str) -> str:
    """Return the form under which text is searched: no diacritics, đ as d, lower case, so that "ca mau" finds "Cà Mau"."""
    spread = unicodedata.normalize("NFD", words.casefold().replace("đ", "d"))
    return "".join(filterfalse(unicodedata.combining, spread))
