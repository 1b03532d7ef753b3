"""Let officials attach papers to a case: signed minutes, letters of agencies, notices, the signed decision."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("attached_by", sa.Uuid(), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('agency_letter', 'council_minutes', 'decision', 'notice', 'site_minutes')",
            name=op.f("ck_attachments_kind_known"),
        ),
        sa.CheckConstraint("size > 0", name=op.f("ck_attachments_not_empty")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_attachments_digest")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_attachments_application_id")),
        sa.ForeignKeyConstraint(["attached_by"], ["people.id"], name=op.f("fk_attachments_attached_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        sa.UniqueConstraint("application_id", "kind", "sha256", name=op.f("uq_attachments_application_id_kind_sha256")),
    )
    op.execute("GRANT SELECT, INSERT ON attachments TO registry_app")
    op.execute("GRANT SELECT ON attachments TO registry_read")


def downgrade() -> None:
    op.drop_table("attachments")
