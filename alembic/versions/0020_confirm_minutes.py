"""Have the minutes of a council confirmed by a second person, and let councils of an even number sit."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

CHECKS = {
    "members": "cardinality(member_ids) > 0",
    "concluded_by": "concluded_by IS NULL OR concluded_at IS NOT NULL",
    "confirmed": "(confirmed_by IS NULL) = (confirmed_at IS NULL)",
    "four_eyes": "confirmed_by IS NULL OR (concluded_by IS NOT NULL AND confirmed_by <> concluded_by)",
}


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in ("concluded_by", "confirmed_by"):
        op.add_column("council_sessions", sa.Column(column, sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f"fk_council_sessions_{column}"), "council_sessions", "people", [column], ["id"])
    op.add_column("council_sessions", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    # A procedure may have an even council: `council.even_allowed`.
    op.drop_constraint(op.f("ck_council_sessions_odd_members"), "council_sessions")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_council_sessions_{name}"), "council_sessions", condition)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_council_sessions_{name}"), "council_sessions")
    # Even councils that sat meanwhile stay as they are.
    op.execute(
        "ALTER TABLE council_sessions ADD CONSTRAINT ck_council_sessions_odd_members "
        "CHECK (cardinality(member_ids) % 2 = 1) NOT VALID"
    )
    for column in ("confirmed_at", "confirmed_by", "concluded_by"):
        op.drop_column("council_sessions", column)
