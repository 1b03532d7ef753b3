"""Note which stored files were found damaged."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        "damaged_files",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_damaged_files")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_damaged_files_digest")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON damaged_files TO registry_app")


def downgrade() -> None:
    op.drop_table("damaged_files")
