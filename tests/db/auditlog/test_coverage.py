"""Every column of the database answers for itself: which check of the log covers it, or why none is needed."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.verifying.derived import FOLLOWS
from sandbox_registry.db import tables
from sandbox_registry.db.auditlog.coverage import DERIVED, OTHER, UNRECORDED, answer_for
from sandbox_registry.db.core.kinds import TABLES

COLUMNS = text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")


async def test_every_column_of_the_database_has_an_answer(owner: AsyncEngine) -> None:
    """A new one has: compared with the record when its kind has one; or a line in `db/auditlog/coverage.py`."""
    async with owner.connect() as connection:
        found = {(table, column) for table, column in await connection.execute(COLUMNS)}
    assert len(found) > 200
    unanswered = sorted(f"{table}.{column}" for table, column in found if answer_for(table, column) is None)
    assert unanswered == [], (
        "say what covers each, or why nothing needs to, in sandbox_registry/db/auditlog/coverage.py"
    )
    answered = {(table, column) for table, columns in OTHER.items() for column in columns}
    assert answered <= found
    stale = [
        f"{kind}.{column}"
        for answers in (DERIVED, UNRECORDED)
        for kind, columns in answers.items()
        for column in columns
        if column not in TABLES[kind].c
    ]
    assert stale == [], "no such column: take the line out of sandbox_registry/db/auditlog/coverage.py"


def test_what_nobody_answered_for_is_found() -> None:
    assert answer_for("counters", "colour") is None
    assert answer_for("a_new_table", "id") is None
    assert answer_for("applications", "colour") == "equals the last record of its object"


def test_every_derived_column_is_computed_again() -> None:
    assert {kind: frozenset(columns) for kind, columns in DERIVED.items() if kind != "permit_version"} == {
        kind: frozenset(columns) for kind, columns in FOLLOWS.items()
    }
    assert not any(set(DERIVED.get(kind, ())) & set(columns) for kind, columns in UNRECORDED.items())
    assert {table for table in OTHER if table != "alembic_version"} <= set(tables.metadata.tables)
