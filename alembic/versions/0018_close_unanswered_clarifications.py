"""Let the authority stop waiting for an answer to a clarification, and mark an answer that comes late."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("clarifications", sa.Column("is_late", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("clarifications", "is_late", server_default=None)
    op.add_column(
        "clarifications",
        sa.Column(
            "closed_by", sa.Uuid(), sa.ForeignKey("people.id", name=op.f("fk_clarifications_closed_by")), nullable=True
        ),
    )
    op.add_column("clarifications", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("clarifications", sa.Column("closing_reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_clarifications_closed"), "clarifications", "(closed_by IS NULL) = (closed_at IS NULL)"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in ("closing_reason", "closed_at", "closed_by", "is_late"):
        op.drop_column("clarifications", name)
