"""Columns that follow from others of their row: whether they do, by kind of record."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sandbox_registry.db.core.searching import search_words
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.domain.texts import search_form

Row = dict[str, Any]

SEARCHED = frozenset({"search_text"})
"""What only finds a row: an older way of folding words may have written it, so that a difference accuses nobody."""
LONGEST = 20_000
"""Characters of a case's words that are kept to search in."""


def _has_words(row: Row) -> bool:
    """Say whether a case is found by its words. Rows do not keep the order of answers; what is very long is cut."""
    stored = str(row["search_text"])
    case: Any = SimpleNamespace(code=row["code"], title=row["title"], answers=row["answers"])
    expected = search_words(case)
    return sorted(stored.split()) == sorted(expected.split()) or len(stored) == len(expected) >= LONGEST


FOLLOWS: Mapping[str, Mapping[str, Callable[[Row], bool]]] = {
    "application": {"search": lambda row: row["search"] is True, "search_text": _has_words},
    "decision": {"year": lambda row: row["year"] == local_date(datetime.fromisoformat(row["decided_at"])).year},
    "organisation": {"search_text": lambda row: row["search_text"] == search_form(row["name"])},
    "person": {
        "email_key": lambda row: row["email_key"] is True,
        "search_text": lambda row: row["search_text"] == search_form(f"{row['full_name']} {row['email']}"),
    },
}
"""The columns of `db.auditlog.coverage.DERIVED`, but for the window of a permit's versions, whose start and end are compared.

Of what the database itself computes, the row says whether it is so.
"""


def differing(kind: str, row: Row) -> frozenset[str]:
    """Take the derived columns out of a row, and return those that do not follow from the others."""
    follows = FOLLOWS.get(kind, {})
    wrong = frozenset(name for name, check in follows.items() if not _holds(check, row))
    for name in follows:
        del row[name]
    return wrong


def _holds(check: Callable[[Row], bool], row: Row) -> bool:
    """Check a row; one that does not even have the form for it is wrong."""
    try:
        return check(row)
    except (ValueError, TypeError):
        return False
