"""Find the parts somebody holds by what they are: a list asks of each person only for some, however many they hold."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        "ix_participations_held_as",
        "participations",
        ["person_id", "capacity", "application_id"],
        postgresql_where="until IS NULL",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_participations_held_as", "participations")
