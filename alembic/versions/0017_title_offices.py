"""Let an office and a delegation say under which title their holder signs; those given before say none."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TITLED = ("role_grants", "delegations")


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in TITLED:
        op.add_column(name, sa.Column("title", sa.Text(), nullable=False, server_default=""))
        op.alter_column(name, "title", server_default=None)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in TITLED:
        op.drop_column(name, "title")
