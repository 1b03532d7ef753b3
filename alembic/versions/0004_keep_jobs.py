"""Keep jobs: the queue of Procrastinate, as its pinned version ships it, with the application's rights to it."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).parents[1] / "sql" / "procrastinate-3.10.0.sql"
TABLES = ("procrastinate_events", "procrastinate_periodic_defers", "procrastinate_jobs", "procrastinate_workers")
SEQUENCES = ("procrastinate_events_id_seq", "procrastinate_jobs_id_seq", "procrastinate_periodic_defers_id_seq")
TYPES = ("procrastinate_job_to_defer_v1", "procrastinate_job_event_type", "procrastinate_job_status")
DROP_FUNCTIONS = r"""
DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN
        SELECT oid::regprocedure FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'procrastinate\_%'
    LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', v_function);
    END LOOP;
END
$$
"""


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    # As it stands: its percent signs and colons are no placeholders of ours.
    schema = SCHEMA.read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(schema, execution_options={"no_parameters": True})
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(TABLES)} TO registry_app")
    op.execute(f"GRANT USAGE ON SEQUENCE {', '.join(SEQUENCES)} TO registry_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Functions speak of the tables and triggers call the functions, so they go first and take the triggers along.
    op.get_bind().exec_driver_sql(DROP_FUNCTIONS, execution_options={"no_parameters": True})
    op.execute(f"DROP TABLE {', '.join(TABLES)}")
    op.execute(f"DROP TYPE {', '.join(TYPES)}")
