"""The drill, column by column: whatever a superuser changes in a row is found, or is answered for as not compared.

Attacks follow from the tables: a new column is attacked without anybody writing one.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import INT8RANGE, JSONB, TSTZRANGE, TSVECTOR, UUID
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.verifying.database import Evidence, authorities_in, check_database, check_rows
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.history import History
from sandbox_registry.db import tables
from sandbox_registry.db.auditlog.coverage import DERIVED, UNRECORDED
from sandbox_registry.db.core.kinds import TABLES
from sandbox_registry.domain.identity.sessions import DEFAULT_LIMITS
from sandbox_registry.usecases.identity.people import People
from sandbox_registry.usecases.identity.sessions import Sessions
from sandbox_registry.usecases.identity.tokens import Tokens
from sandbox_registry.usecases.integrations.webhooks import Webhooks
from tests.support.decided import issued
from tests.support.passwords import CHEAP
from tests.support.stages import FOCAL, OWNER, under_appraisal
from tests.support.verifying import AUTHORITY, record_settled
from tests.support.world import ANYBODY, World

FORGED = {
    Text: "coalesce({0}, '') || 'x'",
    UUID: "gen_random_uuid()",
    Boolean: "NOT coalesce({0}, false)",
    BigInteger: "coalesce({0}, 0) + 1",
    SmallInteger: "coalesce({0}, 0) + 1",
    Integer: "coalesce({0}, 0) + 1",
    DateTime: "coalesce({0}, now()) + interval '1 day'",
    Date: "coalesce({0}, current_date) + 1",
    JSONB: "'{{\"forged\": true}}'::jsonb",
    LargeBinary: "sha256({0})",
    TSTZRANGE: "tstzrange(lower({0}) - interval '1 day', upper({0}))",
    INT8RANGE: "int8range(lower({0}) + 1, upper({0}) + 1)",
}
"""Another value than the one that is there, by the type of the column."""
CHOSEN = {
    "applications": "WHERE stage NOT IN ('draft', 'supplement_requested')",
    "dossier_versions": "WHERE cause = 'submitted'",
    "documents": "WHERE removed_at IS NULL",
}
"""Which rows are attacked; else any one."""


def forged(column: Column[object]) -> str | None:
    """Write another value for a column; null for what the database computes itself."""
    if column.computed is not None or isinstance(column.type, TSVECTOR):
        return None
    name = f'"{column.name}"'
    if isinstance(column.type, ARRAY):
        added = "gen_random_uuid()" if isinstance(column.type.item_type, UUID) else "1" if _is_number(column) else "'x'"
        return f"array_append({name}, {added})"
    return next(words.format(name) for kind, words in FORGED.items() if isinstance(column.type, kind))


def _is_number(column: Column[object]) -> bool:
    return isinstance(column.type, ARRAY) and isinstance(column.type.item_type, Integer)


def attacks() -> Iterator[tuple[str, Table, Column[object], str]]:
    secrets = {"password": tables.passwords}
    for kind, table in {**TABLES, **secrets}.items():
        for column in table.c:
            if (value := forged(column)) is not None:
                yield kind, table, column, value


@pytest.fixture
async def history(world: World) -> History:
    """Everything there can be in a province at work, and what its log says."""
    await record_settled(world)
    admin, tokens = world.context("quan_tri"), Tokens(world.transactions, CHEAP, world.use_cases.rate_limits)
    accounts = People(world.transactions, CHEAP)
    await accounts.register(
        admin, full_name="Trần Văn Mới", email="moi@camau.example", password="tôm sú lội ngược dòng"
    )
    await tokens.log_in(
        ANYBODY, email="moi@camau.example", password="tôm sú lội ngược dòng", name="n", lifetime=timedelta(hours=1)
    )
    browsers = Sessions(world.transactions, CHEAP, world.use_cases.rate_limits, limits=DEFAULT_LIMITS)
    await browsers.log_in(ANYBODY, email="moi@camau.example", password="tôm sú lội ngược dòng", user_agent="")
    await Webhooks(world.transactions, to_loopback=True).create(
        world.context(OWNER), organisation_id=world.startup, url="http://127.0.0.1:2000/", events=["*"], description=""
    )
    case = await under_appraisal(world)
    await world.use_cases.clarifications.ask(world.context(FOCAL), case.id, question="Dữ liệu ở đâu?")
    await world.use_cases.messages.send(world.context(FOCAL), case.id, body="Xin trả lời.")
    await issued(world)
    report = Report()
    found = await check_database(world.database, Evidence(authorities=authorities_in((AUTHORITY,))), report=report)
    assert report.findings == []
    return found


async def test_whatever_is_changed_in_a_row_is_found_or_answered_for(history: History, owner: AsyncEngine) -> None:
    silent, refused, empty, tried = set[str](), set[str](), set[str](), 0
    async with owner.connect() as connection:
        for kind, table, column, value in attacks():
            name = f"{kind}.{column.name}"
            where = f"ctid = (SELECT ctid FROM {table.name} {CHOSEN.get(table.name, '')} LIMIT 1)"  # noqa: S608 - Our names.
            row = f'{table.name} SET "{column.name}"'
            transaction = await connection.begin()
            await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            try:
                done = await connection.exec_driver_sql(f"UPDATE {row} = {value} WHERE {where}")
            except DBAPIError:
                refused.add(name)
            else:
                report, tried = Report(), tried + done.rowcount
                await check_rows(connection, history, report=report)
                if done.rowcount == 0:
                    empty.add(kind)
                elif not any(each.is_bad for each in report.findings):
                    silent.add(name)
            await transaction.rollback()
    answered = {f"{kind}.{column}" for kind, columns in UNRECORDED.items() for column in columns}
    noted = {f"{kind}.search_text" for kind, columns in DERIVED.items() if "search_text" in columns}
    assert silent - answered - noted == set()
    assert silent & noted == noted
    assert "token.hash" not in silent
    assert "password.hash" not in silent
    assert tried > 150
    assert len(empty) < len(TABLES) / 2, empty
    assert len(refused) < tried / 2, refused
