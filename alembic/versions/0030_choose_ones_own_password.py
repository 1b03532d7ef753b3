"""Keep whether somebody else chose a password: offices wait until its holder has chosen their own."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Nobody knows of old ones who chose them; offices that are held go on.
    op.add_column("passwords", sa.Column("is_given", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("passwords", "is_given")
