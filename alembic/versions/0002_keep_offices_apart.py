"""Keep offices apart: who oversees holds no office that handles cases in the same time, whoever writes the rows."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The person's row is locked first: of two grants at once, the second sees the first.
CHECK_OFFICES = """
CREATE FUNCTION check_offices_apart() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_person uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
BEGIN
    PERFORM 1 FROM people WHERE id = v_person FOR NO KEY UPDATE;
    IF EXISTS (
        WITH held AS (
            SELECT role, tstzrange(valid_from, valid_to) AS span FROM role_grants WHERE person_id = v_person
            UNION ALL
            SELECT 'decision_maker', tstzrange(valid_from, valid_to)
            FROM delegations WHERE to_person_id = v_person AND revoked_at IS NULL
        )
        SELECT FROM held AS watching JOIN held AS working ON watching.span && working.span
        WHERE watching.role IN ('hdnd_committee', 'hdnd_member', 'auditor')
          AND working.role NOT IN ('hdnd_committee', 'hdnd_member', 'auditor', 'applicant')
    ) THEN
        RAISE EXCEPTION 'an overseer holds no office that handles cases'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'offices_apart', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$
"""
TRIGGERS = {"role_grants": "person_id", "delegations": "to_person_id"}


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(CHECK_OFFICES)
    for table, column in TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER offices_apart AFTER INSERT OR UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION check_offices_apart('{column}')"
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TRIGGERS:
        op.execute(f"DROP TRIGGER offices_apart ON {table}")
    op.execute("DROP FUNCTION check_offices_apart()")
