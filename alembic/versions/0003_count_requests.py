"""Count requests: quotas that refill evenly, taken from in one statement by any number of processes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Several quotas are taken from together or not at all, so that a refused request costs nothing anywhere.
# A row says when its quota is full again: one timestamp is the whole state (the generic cell rate algorithm).
TAKE = """
CREATE FUNCTION take_from_limits(
    names text[], subjects bytea[], quotas integer[], windows integer[], wanted integer, at timestamptz
) RETURNS TABLE (granted integer, left_over integer, opens_in double precision, full_in double precision)
LANGUAGE plpgsql AS $$
DECLARE
    v_now timestamptz;
    v_full timestamptz[] := '{}';
    v_one timestamptz;
    v_granted integer := wanted;
    v_each double precision;
BEGIN
    FOR i IN 1 .. cardinality(names) LOOP
        LOOP
            SELECT full_at INTO v_one FROM rate_limits
            WHERE name = names[i] AND subject = subjects[i] FOR NO KEY UPDATE;
            EXIT WHEN FOUND;
            INSERT INTO rate_limits (name, subject, full_at) VALUES (names[i], subjects[i], '-infinity')
            ON CONFLICT DO NOTHING;
        END LOOP;
        v_full := v_full || v_one;
    END LOOP;
    v_now := coalesce(at, clock_timestamp());  -- Under the locks, so that no earlier instant comes later.
    FOR i IN 1 .. cardinality(names) LOOP
        v_full[i] := greatest(v_full[i], v_now);
        v_granted := least(v_granted, floor(
            (windows[i] - extract(epoch FROM v_full[i] - v_now)) * quotas[i] / windows[i] + 0.000001
        )::integer);
    END LOOP;
    v_granted := greatest(v_granted, 0);
    FOR i IN 1 .. cardinality(names) LOOP
        v_each := windows[i]::double precision / quotas[i];
        IF v_granted > 0 THEN
            v_full[i] := v_full[i] + v_granted * v_each * interval '1 second';
            UPDATE rate_limits SET full_at = v_full[i] WHERE name = names[i] AND subject = subjects[i];
        END IF;
        granted := v_granted;
        full_in := extract(epoch FROM v_full[i] - v_now);
        left_over := greatest(floor((windows[i] - full_in) / v_each + 0.000001), 0);
        opens_in := greatest(full_in + v_each - windows[i], 0);
        RETURN NEXT;
    END LOOP;
END
$$
"""


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "rate_limits",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "subject", name="pk_rate_limits"),
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": 50},
    )
    op.execute(TAKE)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO registry_app")
    op.execute("REVOKE EXECUTE ON FUNCTION take_from_limits FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION take_from_limits TO registry_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION take_from_limits")
    op.drop_table("rate_limits")
