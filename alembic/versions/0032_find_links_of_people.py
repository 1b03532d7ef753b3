"""Find the cases that a person ever took part in, without reading everybody's."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        op.f("ix_participations_person_id_capacity"), "participations", ["person_id", "capacity", "application_id"]
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(op.f("ix_participations_person_id_capacity"), "participations")
