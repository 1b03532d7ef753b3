"""What the code says of tables stands in the migrated database, word for word, and the database holds to it."""

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Connection, Dialect, MetaData, UniqueConstraint, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.schema import CreateTable

from sandbox_registry.db import tables
from tests.support.stages import received
from tests.support.world import World

DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it open.
# The queue of jobs brings tables of its own.
OURS = {table.name for table in tables.metadata.sorted_tables}
MIRROR = "constraints_as_the_code_says"
_DEFINITIONS = text(
    "SELECT c.conrelid::regclass::text AS owner, c.conname, pg_get_constraintdef(c.oid) AS said "
    "FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = :schema AND c.contype <> 't'"
)
_INDEXES = text("SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = :schema")


def mirrored(connection: Connection) -> None:
    """Create the code's own tables in a schema beside the migrated one."""
    connection.exec_driver_sql(f"CREATE SCHEMA {MIRROR}")
    there = MetaData(schema=MIRROR, naming_convention=tables.metadata.naming_convention)
    for table in tables.metadata.sorted_tables:
        table.to_metadata(there, schema=MIRROR, referred_schema_fn=lambda *_: MIRROR)
    there.create_all(connection)


def said(connection: Connection, schema: str) -> dict[tuple[str, str], str]:
    rows = connection.execute(_DEFINITIONS, {"schema": schema}).all()
    found = {(owner, name): definition for owner, name, definition in rows}
    found |= {(owner, name): definition for owner, name, definition in connection.execute(_INDEXES, {"schema": schema})}
    plain = {(owner.removeprefix(f"{schema}."), name): text_ for (owner, name), text_ in found.items()}
    return {key: re.sub(rf"\b({MIRROR}|public)\.", "", text_) for key, text_ in plain.items() if key[0] in OURS}


async def test_every_constraint_and_index_is_migrated_as_the_code_says(owner: AsyncEngine) -> None:
    async with owner.connect() as connection:
        migrated = await connection.run_sync(lambda plain: said(plain, "public"))
        await connection.run_sync(mirrored)
        coded = await connection.run_sync(lambda plain: said(plain, MIRROR))
        await connection.rollback()
    # Names of constraints that carry the schema's name nowhere are alike; compare whole definitions.
    assert migrated == coded


def test_every_check_and_unique_rule_has_a_name() -> None:
    for table in tables.metadata.sorted_tables:
        ddl = str(CreateTable(table).compile(dialect=DIALECT))
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint | UniqueConstraint):
                assert f"CONSTRAINT {constraint.name}" in ddl


REFUSED = {
    "applications_stage_known": "UPDATE applications SET stage = 'nowhere'",
    "applications_pinned": "UPDATE applications SET procedure_version = NULL",
    "applications_submitted_after_draft": "UPDATE applications SET submitted_at = NULL, procedure_version = NULL",
    "documents_not_empty": "UPDATE documents SET size = 0",
    "documents_digest": "UPDATE documents SET sha256 = upper(sha256)",
    "participations_open": "INSERT INTO participations SELECT gen_random_uuid(), version, application_id, person_id, "
    "capacity, given_by, since, until FROM participations",
    "participations_capacity_known": "UPDATE participations SET capacity = 'king'",
    "memberships_window": "UPDATE memberships SET valid_to = valid_from - interval '1 second'",
    "role_grants_role_known": "UPDATE role_grants SET role = 'king'",
    "organisations_tax_code": "UPDATE organisations SET tax_code = '1'",
    "organisations_agency_code": "UPDATE organisations SET agency_code = 'H12'",
    "people_email_key": "UPDATE people SET email = CASE WHEN random() < 0.5 THEN 'a@b.vn' ELSE 'A@B.VN' END",
    "rule_versions_approved": "UPDATE rule_versions SET approved_at = NULL",
    "rule_versions_four_eyes": "UPDATE rule_versions SET proposed_by = p.id, approved_by = p.id FROM "
    "(SELECT id FROM people LIMIT 1) p",
    "log_head_single": "INSERT INTO log_head VALUES (false, 0, '{}')",
    "supplement_requests_exception_recorded": "INSERT INTO supplement_requests SELECT gen_random_uuid(), 1, id, 2, "
    "'[]', NULL, created_by, created_at FROM applications",
    "declarations_application_id_person_id": "INSERT INTO declarations SELECT gen_random_uuid(), 1, a.id, a.created_by, false, "
    "'', a.created_at FROM applications a, generate_series(1, 2)",
    "decisions_terms_when_approved": "INSERT INTO decisions (id, version, application_id, unit_id, number, outcome, "
    "signer_id, signer_title, decided_at, legal_basis, reasons, conditions, year) SELECT gen_random_uuid(), 1, id, "
    "receiving_unit_id, '1', 'approved', created_by, '', created_at, '{}', '[]', '{}', 2026 FROM applications",
    "decisions_reasons_when_refused": "INSERT INTO decisions (id, version, application_id, unit_id, number, outcome, "
    "signer_id, signer_title, decided_at, legal_basis, reasons, conditions, year) SELECT gen_random_uuid(), 1, id, "
    "receiving_unit_id, '1', 'refused', created_by, '', created_at, '{}', '[]', '{}', 2026 FROM applications",
    "council_sessions_members": "INSERT INTO council_sessions (id, version, application_id, chair_id, secretary_id, "
    "member_ids, scheduled_at, place, convened_by, convened_at, present_ids, minutes, dissent, earlier) SELECT "
    "gen_random_uuid(), 1, id, created_by, created_by, '{}', created_at, '', created_by, "
    "created_at, '{}', '', '{}', '[]' FROM applications",
    "council_sessions_four_eyes": "INSERT INTO council_sessions (id, version, application_id, chair_id, secretary_id, "
    "member_ids, scheduled_at, place, convened_by, convened_at, present_ids, minutes, dissent, earlier, is_passed, concluded_by, "
    "concluded_at, confirmed_by, confirmed_at) SELECT gen_random_uuid(), 1, id, created_by, created_by, "
    "ARRAY[created_by], created_at, '', created_by, created_at, '{}', '', '{}', '[]', true, created_by, created_at, "
    "created_by, created_at FROM applications",
}


async def test_database_refuses_what_must_never_stand_in_it(world: World, owner: AsyncEngine) -> None:
    await received(world)
    for rule, statement in REFUSED.items():
        with pytest.raises(IntegrityError) as caught:
            async with owner.begin() as connection:
                await connection.exec_driver_sql(statement)
        diagnostics: Any = caught.value.orig
        assert diagnostics.diag.constraint_name.partition("_")[2] == rule, statement


async def test_code_of_a_dossier_is_given_once(world: World) -> None:
    case = await received(world)
    other = await world.draft()
    with pytest.raises(Exception, match="application_code"):
        async with world.database.transaction() as work:
            await work.save(replace(other, version=other.version + 1, code=case.code))
