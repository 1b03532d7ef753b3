"""Let a consultation say which rule of its procedure demands it; those asked before say none."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("consultations", sa.Column("demanded_by", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_consultations_demanded"), "consultations", "demanded_by IS NULL OR is_required")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_consultations_demanded"), "consultations")
    op.drop_column("consultations", "demanded_by")
