"""Keep what was sent beside the cleaned copy that is shown in its place."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("documents", "attachments"):
        op.add_column(table, sa.Column("original", postgresql.JSONB(none_as_null=True), nullable=True))
    op.create_index(op.f("ix_documents_sha256"), "documents", ["sha256"])
    op.create_index(
        op.f("ix_documents_original"),
        "documents",
        [sa.text("(original ->> 'sha256')")],
        postgresql_where=sa.text("original IS NOT NULL"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(op.f("ix_documents_original"), "documents")
    op.drop_index(op.f("ix_documents_sha256"), "documents")
    for table in ("attachments", "documents"):
        op.drop_column(table, "original")
