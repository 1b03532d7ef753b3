"""What a reader of Vietnamese or French should not have to read."""

import re
from collections.abc import Iterator

from sandbox_registry.domain.texts import Language, Wording
from sandbox_registry.locales.catalogues import catalogue

KEYS = frozenset(catalogue(Language.VI).forms)
ENGLISH = re.compile(r"\b(the|of|is|was|must|and|this|with|by|may|which|only|cannot)\b", re.IGNORECASE)
CODE = re.compile(r"[a-z]+_[a-z_]+|[a-z]+:[a-z]+|\d[eE]\+?\d|\d \(?(y|mo|wd|cd|h)\)")
DOTTED = re.compile(r"[a-z_]+(?:[.:][a-z_]+)+")
QUOTED = re.compile("«[^»]*»")


def leaks(wording: Wording, *, quotes_files: bool = False) -> Iterator[str]:
    """Yield a sentence with a code, an English word or an empty place in it.

    What stands in quotes is not looked at where a sentence quotes the words of a file (`quotes_files`).
    """
    for language in (Language.VI, Language.FR):
        words = QUOTED.sub("", wording.in_language(language)) if quotes_files else wording.in_language(language)
        keys = KEYS.intersection(DOTTED.findall(words))
        if "{" in words or CODE.search(words) or ENGLISH.search(words) or keys:
            yield words
    if wording.vi.isascii() and re.search("[a-z]", wording.vi) and wording.vi != "null":
        yield wording.vi
