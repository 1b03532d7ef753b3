"""Say of each file whether a scanner looked at it when it came in."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
TABLES = ("documents", "attachments")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        op.add_column(table, sa.Column("is_scanned", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        op.drop_column(table, "is_scanned")
