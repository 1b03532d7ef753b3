"""Find the cases somebody holds: an index of parts held now, newest case first, that answers without the table."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        "ix_participations_held",
        "participations",
        ["person_id", "application_id", "capacity"],
        postgresql_where="until IS NULL",
    )
    op.drop_index("ix_participations_person_id_application_id", "participations")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index("ix_participations_person_id_application_id", "participations", ["person_id", "application_id"])
    op.drop_index("ix_participations_held", "participations")
