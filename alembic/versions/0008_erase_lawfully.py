"""Erase lawfully: requests that two persons settle, holds that stop them, and the one way a record leaves the log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STAMP = sa.DateTime(timezone=True)

# Whoever wrote on a case, filed it or worked on it is part of its file; an individual's own applicant is that person.
CASES_OF_PERSON = """
CREATE FUNCTION cases_of_person(p_person uuid) RETURNS SETOF uuid LANGUAGE sql STABLE
SET search_path = public, pg_temp AS $$
    SELECT application_id FROM participations WHERE person_id = p_person
    UNION
    SELECT id FROM applications WHERE created_by = p_person OR submitted_by = p_person
    UNION
    SELECT applications.id FROM applications
    JOIN organisations ON organisations.id = applications.organisation_id AND organisations.kind = 'individual'
    JOIN memberships ON memberships.organisation_id = organisations.id AND memberships.person_id = p_person
$$
"""

# The rows of a case are locked before its holds are looked at: of a hold and an erasure at once, the second sees the first.
ERASE_RECORDS = """
CREATE FUNCTION erase_records(p_erasure uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    v erasures;
    v_cases uuid[];
    v_meant uuid[];
    v_erased bigint;
BEGIN
    SELECT * INTO STRICT v FROM erasures WHERE id = p_erasure FOR UPDATE;
    IF v.status <> 'confirmed' OR v.settled_by IS NULL OR v.settled_by = v.proposed_by THEN
        RAISE EXCEPTION 'an erasure needs two persons'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasures_two_persons';
    END IF;
    IF v.kind = 'case' THEN
        v_cases := ARRAY[v.target_id];
    ELSE
        v_cases := ARRAY(SELECT cases_of_person(v.target_id));
        v_meant := v.target_id || ARRAY(SELECT organisation_id FROM memberships WHERE person_id = v.target_id);
    END IF;
    PERFORM 1 FROM applications WHERE id = ANY (v_cases) ORDER BY id FOR UPDATE;
    IF EXISTS (SELECT FROM legal_holds WHERE application_id = ANY (v_cases) AND lifted_at IS NULL) THEN
        RAISE EXCEPTION 'a legal hold keeps these records'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasures_legal_hold';
    END IF;
    IF EXISTS (
        SELECT FROM unnest(v.indexes) AS named (index)
        LEFT JOIN audit_leaves ON audit_leaves.index = named.index
        LEFT JOIN audit_records ON audit_records.index = named.index
        WHERE audit_records.index IS NULL
           OR audit_leaves.object_type IN ('erasure', 'legal_hold')
           OR (v.kind = 'case' AND audit_leaves.case_id IS DISTINCT FROM v.target_id)
           OR (v.kind = 'account' AND NOT EXISTS (
                SELECT FROM unnest(v_meant) AS meant (id)
                WHERE position(meant.id::text IN convert_from(audit_records.record, 'UTF8')) > 0
           ))
    ) THEN
        RAISE EXCEPTION 'an erasure names records that are not of its object'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasures_of_object';
    END IF;
    DELETE FROM audit_records WHERE index = ANY (v.indexes);
    GET DIAGNOSTICS v_erased = ROW_COUNT;
    IF v.kind = 'case' THEN
        UPDATE dossier_versions SET title = '[đã xóa]', answers = '{}'::jsonb, documents = (
            SELECT coalesce(jsonb_agg(each || '{"filename": "[đã xóa]"}'::jsonb ORDER BY place), '[]'::jsonb)
            FROM jsonb_array_elements(documents) WITH ORDINALITY AS listed (each, place)
        ) WHERE application_id = v.target_id;
    END IF;
    RETURN v_erased;
END
$$
"""

REFUSE_UNNAMED = """
CREATE FUNCTION refuse_unnamed_erasure() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM erasures WHERE status = 'confirmed' AND OLD.index = ANY (indexes)) THEN
        RAISE EXCEPTION 'the log is append-only: no confirmed erasure names record %', OLD.index
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END
$$
"""

# Looked at when the transaction commits, for the leaf is its last statement.
REQUIRE_LEAF = """
CREATE FUNCTION require_erasure_leaf() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_leaves
        WHERE object_id = NEW.id AND object_type = 'erasure'
          AND convert_from(entry, 'UTF8')::jsonb @> '{"act": "erasure:confirm", "result": "done"}'::jsonb
          AND convert_from(entry, 'UTF8')::jsonb -> 'erased' = to_jsonb(NEW.indexes)
    ) THEN
        RAISE EXCEPTION 'an erasure without its leaf in the log'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasures_on_record';
    END IF;
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "erasures",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.UUID(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.UUID(), nullable=False),
        sa.Column("proposed_by_name", sa.Text(), nullable=False),
        sa.Column("proposed_at", STAMP, nullable=False),
        sa.Column("settled_by", sa.UUID(), nullable=True),
        sa.Column("settled_by_name", sa.Text(), nullable=False),
        sa.Column("settled_at", STAMP, nullable=True),
        sa.Column("settled_because", sa.Text(), nullable=False),
        sa.Column("indexes", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.CheckConstraint("kind IN ('account', 'case')", name=op.f("ck_erasures_kind_known")),
        sa.CheckConstraint(
            "status IN ('confirmed', 'proposed', 'refused', 'withdrawn')", name=op.f("ck_erasures_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('confirmed', 'refused') OR settled_by <> proposed_by", name=op.f("ck_erasures_four_eyes")
        ),
        sa.CheckConstraint(
            "(status = 'proposed') = (settled_at IS NULL) AND (settled_at IS NULL) = (settled_by IS NULL)",
            name=op.f("ck_erasures_settled"),
        ),
        sa.CheckConstraint("(status = 'confirmed') = (cardinality(indexes) > 0)", name=op.f("ck_erasures_named")),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name=op.f("fk_erasures_proposed_by")),
        sa.ForeignKeyConstraint(["settled_by"], ["people.id"], name=op.f("fk_erasures_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index(
        "uq_erasures_open", "erasures", ["target_id"], unique=True, postgresql_where=sa.text("status = 'proposed'")
    )
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.UUID(), nullable=False),
        sa.Column("placed_at", STAMP, nullable=False),
        sa.Column("lifted_by", sa.UUID(), nullable=True),
        sa.Column("lifted_at", STAMP, nullable=True),
        sa.Column("lifted_because", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('audit', 'complaint', 'dispute', 'inspection')", name=op.f("ck_legal_holds_kind_known")
        ),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_legal_holds_lifted")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_legal_holds_application_id")),
        sa.ForeignKeyConstraint(["lifted_by"], ["people.id"], name=op.f("fk_legal_holds_lifted_by")),
        sa.ForeignKeyConstraint(["placed_by"], ["people.id"], name=op.f("fk_legal_holds_placed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    op.create_index(op.f("ix_legal_holds_application_id"), "legal_holds", ["application_id"])
    for function in (CASES_OF_PERSON, ERASE_RECORDS, REFUSE_UNNAMED, REQUIRE_LEAF):
        op.execute(function)
    op.execute("DROP TRIGGER refuse_change ON audit_records")
    op.execute(
        "CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON audit_records "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER refuse_unnamed_erasure BEFORE DELETE ON audit_records "
        "FOR EACH ROW EXECUTE FUNCTION refuse_unnamed_erasure()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER require_leaf AFTER INSERT OR UPDATE ON erasures DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (NEW.status = 'confirmed') EXECUTE FUNCTION require_erasure_leaf()"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON erasures, legal_holds TO registry_app")
    op.execute("GRANT SELECT ON erasures, legal_holds TO registry_read")
    op.execute("REVOKE EXECUTE ON FUNCTION erase_records(uuid), cases_of_person(uuid) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION erase_records(uuid), cases_of_person(uuid) TO registry_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for trigger in ("refuse_unnamed_erasure", "refuse_change"):
        op.execute(f"DROP TRIGGER {trigger} ON audit_records")
    op.execute(
        "CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_records "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("DROP FUNCTION erase_records(uuid)")
    op.drop_table("legal_holds")
    op.drop_table("erasures")
    op.execute("DROP FUNCTION require_erasure_leaf()")
    op.execute("DROP FUNCTION refuse_unnamed_erasure()")
    op.execute("DROP FUNCTION cases_of_person(uuid)")
