"""Keep permits apart by their numbers and windows by their permits, so that no number is ever read back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0044"
down_revision = "0043"

# A format that only repeats the registry's own, or only pads the number, takes from the same series.
_ONE_COUNTER_PER_SERIES = r"""
INSERT INTO counters (series, last)
SELECT named, max(last) FROM (
    SELECT last, regexp_replace(
        regexp_replace(series, '\{n:\d+\}', '{n}'),
        '^(permit \d+) \{n\}/\{year\}/GPTN(?=$|-MẪU$)|^(decision \S+ \d+) \{n\}/QĐ-UBND(?=$|-MẪU$)', '\1\2'
    ) AS named FROM counters
) AS counted GROUP BY named
ON CONFLICT (series) DO UPDATE SET last = greatest(counters.last, excluded.last)
"""
_RENUMBER = """
UPDATE permits SET serial = counted.serial
FROM (SELECT id, row_number() OVER (ORDER BY id) AS serial FROM permits) AS counted WHERE counted.id = permits.id
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("CREATE TYPE uuid_range AS RANGE (subtype = uuid)")
    op.drop_constraint("ex_permit_versions_overlap", "permit_versions")
    op.drop_column("permit_versions", "permit_serial")
    op.execute(
        "ALTER TABLE permit_versions ADD CONSTRAINT ex_permit_versions_overlap "
        "EXCLUDE USING gist (uuid_range(permit_id, permit_id, '[]') WITH &&, effective WITH &&)"
    )
    op.drop_constraint("uq_permits_serial", "permits")
    op.drop_column("permits", "serial")
    op.execute(_ONE_COUNTER_PER_SERIES)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("permits", sa.Column("serial", sa.BigInteger(), nullable=True))
    op.execute(_RENUMBER)
    op.alter_column("permits", "serial", nullable=False)
    op.create_unique_constraint("uq_permits_serial", "permits", ["serial"])
    op.drop_constraint("ex_permit_versions_overlap", "permit_versions")
    op.add_column("permit_versions", sa.Column("permit_serial", postgresql.INT8RANGE(), nullable=True))
    op.execute(
        "UPDATE permit_versions SET permit_serial = int8range(serial, serial, '[]') "
        "FROM permits WHERE permits.id = permit_id"
    )
    op.alter_column("permit_versions", "permit_serial", nullable=False)
    op.create_exclude_constraint(
        "ex_permit_versions_overlap",
        "permit_versions",
        (sa.column("permit_serial"), "&&"),
        (sa.column("effective"), "&&"),
        using="gist",
    )
    op.execute("DROP TYPE uuid_range")
