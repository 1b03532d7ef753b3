"""Search without diacritics: the folded text a row is found by, and the words looked for in it."""

from sqlalchemy import ColumnElement, and_

from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.texts import search_form


def contains_words(search_text: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Match the rows whose folded text contains every word of `text`, in any order, also as part of a longer word.

    No index serves this: PostgreSQL has none for substrings without an extension, and reading 100,000 folded names
    takes a few hundredths of a second.
    """
    return and_(True, *(search_text.contains(word, autoescape=True) for word in search_form(text).split()))  # noqa: FBT003 - SQL's.


def search_words(application: Application) -> str:
    """Return the folded text under which a case is found: its code, title and the words of its form."""
    words = [application.code or "", application.title, *_strings(application.answers)]
    return search_form(" ".join(words))[:20_000]


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [word for child in value.values() for word in _strings(child)]
    if isinstance(value, list | tuple):
        return [word for child in value for word in _strings(child)]
    return []
