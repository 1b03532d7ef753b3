"""Note of which documents the bytes are gone, and find the files of an account."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("documents", sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_documents_uploaded_by"), "documents", ["uploaded_by"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(op.f("ix_documents_uploaded_by"), "documents")
    op.drop_column("documents", "forgotten_at")
