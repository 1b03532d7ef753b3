"""Keep when the holder of a token was told of its end, so that they are told once."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("tokens", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("tokens", "told_at")
