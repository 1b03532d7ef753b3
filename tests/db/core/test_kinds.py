"""The database grants what the kinds of records declare, table by table."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.db import tables
from sandbox_registry.db.core.kinds import RECORDS, TABLES, tables_of
from sandbox_registry.domain.kinds.every import BY_NAME
from sandbox_registry.domain.kinds.kind import Rows

ALL, READ_ONLY, NOTHING = Rows.CHANGED_AND_DELETED.value, "SELECT", ""
NO_KIND = {
    # What is no kind of record, for the log does not account for it: rights of the application, and of who only reads.
    "account_mails": (ALL, NOTHING),
    "audit_leaves": (READ_ONLY, READ_ONLY),
    "audit_records": (READ_ONLY, READ_ONLY),
    "counters": (ALL, READ_ONLY),
    "damaged_files": (ALL, NOTHING),
    "idempotency_answers": (ALL, NOTHING),
    "log_head": (READ_ONLY, READ_ONLY),
    "passwords": (ALL, NOTHING),
    "rate_limits": (ALL, NOTHING),
    "refused_logins": (ALL, NOTHING),
    "second_factors": (ALL, NOTHING),
    "webhook_attempts": (ALL, NOTHING),
    "webhook_deliveries": (ALL, NOTHING),
    "webhook_secrets": (ALL, NOTHING),
}
GRANTS = """
    SELECT table_name, grantee, string_agg(privilege_type, ', ') FROM information_schema.table_privileges
    WHERE table_schema = 'public' AND grantee IN ('registry_app', 'registry_read') GROUP BY 1, 2
"""


def declared() -> dict[tuple[str, str], frozenset[str]]:
    rights = dict(NO_KIND)
    for name, table in TABLES.items():
        kind = BY_NAME[name]
        assert kind.rows is not None
        rights[table.name] = (kind.rows, READ_ONLY if kind.for_analysts else NOTHING)
    return {
        (table, role): frozenset(words.split(", ")) - {""}
        for table, both in rights.items()
        for role, words in zip(("registry_app", "registry_read"), both, strict=True)
    }


async def test_every_table_grants_what_its_kind_declares(owner: AsyncEngine) -> None:
    async with owner.connect() as connection:
        rows = await connection.execute(text(GRANTS))
        granted = {(table, role): frozenset(words.split(", ")) for table, role, words in rows}
    expected = declared()
    assert {table for table, _ in expected} == set(tables.metadata.tables)
    found = {(table, role): granted.get((table, role), frozenset()) for table, role in expected}
    assert found == expected


def test_kind_without_a_table_and_table_without_a_kind_do_not_start() -> None:
    known = {BY_NAME[name].of: table for name, table in TABLES.items()}
    kind = next(iter(RECORDS))
    for found in ({each: table for each, table in known.items() if each is not kind}, {**known, str: tables.people}):
        with pytest.raises(ValueError, match=f"{kind.__name__}|str"):
            tables_of(found)  # type: ignore[arg-type]  # A class that nobody declared is the point.
