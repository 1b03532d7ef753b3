"""Words for people, in the three languages of the registry."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from itertools import filterfalse


class Language(StrEnum):
    """Languages the registry speaks; Vietnamese is the one that binds."""

    VI = "vi"
    EN = "en"
    FR = "fr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One sentence or label in Vietnamese, English and French."""

    vi: str
    en: str
    fr: str

    def in_language(self, language: Language) -> str:
        """Return the wording in one language."""
        return {Language.VI: self.vi, Language.EN: self.en, Language.FR: self.fr}[language]

    def format(self, **values: object) -> "Text":
        """Return the same text with its `{placeholders}` filled in all three languages."""
        return Text(vi=self.vi.format(**values), en=self.en.format(**values), fr=self.fr.format(**values))


def search_form(words: str) -> str:
    """Return the form under which text is searched: no diacritics, đ as d, lower case, so that "ca mau" finds "Cà Mau"."""
    spread = unicodedata.normalize("NFD", words.casefold().replace("đ", "d"))
    return "".join(filterfalse(unicodedata.combining, spread))
