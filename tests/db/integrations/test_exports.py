"""An export holds what the kinds of records declare to be exported, and no other field of theirs."""

import pytest
from sqlalchemy import func, select

from sandbox_registry.db import tables
from sandbox_registry.db.integrations.exports import declared_only


def test_field_that_its_kind_does_not_declare_leaves_in_no_export() -> None:
    cases, reviews = tables.applications.c, tables.reviews.c
    for column in (cases.answers, cases.answers.label("title"), reviews.comment, tables.people.c.phone):
        with pytest.raises(LookupError, match="does not declare"):
            declared_only(select(cases.id, column))
    query = select(cases.id, cases.title.label("name"), cases.next_due_at, func.count())
    assert declared_only(query) is query
