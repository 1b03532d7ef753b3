"""The search of names: without diacritics, word by word, over a column that keeps the folded text."""

from sqlalchemy import ColumnElement, and_

from sandbox_registry.domain.texts import folded


def contains_words(search_text: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Match the rows whose folded text contains every word of `text`, in any order, also as part of a longer word.

    No index serves this: PostgreSQL has none for substrings without an extension, and reading 100,000 folded names
    takes a few hundredths of a second.
    """
    return and_(True, *(search_text.contains(word, autoescape=True) for word in folded(text).split()))  # noqa: FBT003 - SQL's.
