"""Limit tokens to procedures and to ranges of addresses, and keep when one was last tried in vain."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("tokens", sa.Column("procedures", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("tokens", sa.Column("addresses", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("tokens", sa.Column("last_refused_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_tokens_ranges"), "tokens", "addresses IS NULL OR addresses::cidr[] IS NOT NULL")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # A token that was limited would come back without its limits: it ends instead.
    op.execute(
        "UPDATE tokens SET revoked_at = now(), version = version + 1 "
        "WHERE revoked_at IS NULL AND (procedures IS NOT NULL OR addresses IS NOT NULL)"
    )
    op.drop_column("tokens", "last_refused_at")
    op.drop_column("tokens", "addresses")
    op.drop_column("tokens", "procedures")
