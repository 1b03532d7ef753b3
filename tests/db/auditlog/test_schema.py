"""The make-up of the database: what the migrations make is written down, and whatever is planted beside it is found."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.schema import NAMED, check_schema
from sandbox_registry.db.auditlog.schema import described, shipped
from sandbox_registry.db.core.revisions import newest
from tools.schema import written

PLANTED = {
    "a trigger": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW;END'; "
        "CREATE TRIGGER t BEFORE INSERT ON votes FOR EACH ROW EXECUTE FUNCTION f()"
    ),
    "a trigger of ours asleep": "ALTER TABLE audit_leaves DISABLE TRIGGER USER",
    "every trigger asleep": "ALTER TABLE votes DISABLE TRIGGER ALL",
    "another body of a function": (
        "CREATE OR REPLACE FUNCTION erase_records(p_erasure uuid) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 0'"
    ),
    "a function in the catalogue": (
        "SET LOCAL allow_system_table_mods = on; "
        "CREATE FUNCTION pg_catalog.lower_case(text) RETURNS text LANGUAGE sql AS 'SELECT $1'"
    ),
    "a rule": "CREATE RULE r AS ON DELETE TO votes DO INSTEAD NOTHING",
    "row security": "ALTER TABLE votes ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON votes USING (false)",
    "a default": "ALTER TABLE passwords ALTER COLUMN is_given SET DEFAULT true",
    "a column": "ALTER TABLE votes ADD COLUMN colour text",
    "a column that may be empty": "ALTER TABLE votes ALTER COLUMN cast_at DROP NOT NULL",
    "a table": "CREATE TABLE other (id uuid)",
    "a table under one of ours": "CREATE TABLE other () INHERITS (votes)",
    "a constraint gone": "ALTER TABLE erasures DROP CONSTRAINT ck_erasures_four_eyes",
    "a unique rule gone": "DROP INDEX uq_erasures_open",
    "an event trigger": (
        "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; "
        "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION e()"
    ),
    "a view": "CREATE VIEW seen AS SELECT * FROM votes",
    "a right": "GRANT DELETE ON audit_leaves TO registry_app",
    "a right on a column": "GRANT UPDATE (entry) ON audit_leaves TO registry_app",
    "a right of everybody": "GRANT INSERT ON role_grants TO PUBLIC",
    "an owner": "ALTER TABLE votes OWNER TO registry_app",
    "a cast": "CREATE CAST (text AS uuid) WITH INOUT AS ASSIGNMENT",
    "an operator": (
        "CREATE FUNCTION o(text, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'; "
        "CREATE OPERATOR = (LEFTARG = text, RIGHTARG = uuid, FUNCTION = o)"
    ),
    "a setting": "ALTER ROLE registry_app SET session_replication_role = replica",
}


async def test_what_the_migrations_make_is_written_down(owner: AsyncEngine) -> None:
    """Run `python -m tools.schema` after a migration."""
    async with owner.connect() as connection:
        lines = await described(connection)
    assert written(lines) == written(shipped()[1])
    assert shipped()[0] == newest()
    assert len(lines) > 700


@pytest.mark.parametrize("name", PLANTED)
async def test_whatever_is_planted_is_found(owner: AsyncEngine, name: str) -> None:
    report = Report()
    async with owner.connect() as connection, connection.begin() as transaction:
        for statement in PLANTED[name].split("; "):
            await connection.exec_driver_sql(statement)
        await check_schema(connection, report=report)
        await transaction.rollback()
    assert {each.code for each in report.findings} == {"schema_changed"}, name
    assert len(report.findings) <= NAMED + 1


async def test_another_revision_is_not_compared_and_said_so(owner: AsyncEngine) -> None:
    report = Report()
    async with owner.connect() as connection, connection.begin() as transaction:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
        await check_schema(connection, report=report)
        await transaction.rollback()
    assert ([each.code for each in report.findings], report.is_whole) == (["schema_unchecked"], False)
