"""The sentences by key, read once for each language from the gettext catalogue that keeps them.

`registry` keeps what the program says, by key. `api_docs` keeps what the documentation of the API says, by its English
words: those are the docstrings and descriptions beside the handlers, so there is no English catalogue of it.

The catalogues are read as they are written: a compiled form beside them could fall behind, and would save 15 ms of the
first sentence in a language.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from gettext import c2py
from importlib.resources import files

from babel.messages.pofile import read_po


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The sentences of one language: `forms` by key, several where the number counted changes the words."""

    forms: Mapping[str, tuple[str, ...]]
    plural: Callable[[int], int]

    def sentence(self, key: str, *, count: object = None) -> str:
        """Return the sentence of a key, with its `{placeholders}`, in the form for a number.

        Raises:
            KeyError: there is no such key.

        """
        forms = self.forms[key]
        return forms[self.plural(count)] if len(forms) > 1 and isinstance(count, int) else forms[0]


@cache
def catalogue(language: str, *, domain: str = "registry") -> Catalogue:
    """Return the catalogue of a language by its code: vi, en or fr."""
    path = files(__package__) / language / "LC_MESSAGES" / f"{domain}.po"
    with path.open("rb") as file:
        read = read_po(file, locale=language)
    forms = {str(each.id[0] if each.pluralizable else each.id): _forms_of(each.string) for each in read if each.id}
    return Catalogue(forms=forms, plural=c2py(read.plural_expr))


def _forms_of(string: object) -> tuple[str, ...]:
    return tuple(map(str, string)) if isinstance(string, tuple) else (str(string),)
