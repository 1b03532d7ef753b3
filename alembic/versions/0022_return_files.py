"""Let files be returned to be completed, levels be put right, and disagreeing agencies be answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON file_returns TO registry_app;
GRANT SELECT ON file_returns TO registry_read
"""
LIVE = sa.text("superseded_at IS NULL")


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "file_returns",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recommendation_id", sa.UUID(), nullable=True),
        sa.Column("returned_by", sa.UUID(), nullable=False),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.UUID(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("recipient IN ('head', 'officer')", name=op.f("ck_file_returns_recipient_known")),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_file_returns_answered_by")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_file_returns_application_id")),
        sa.ForeignKeyConstraint(
            ["recommendation_id"], ["recommendations.id"], name=op.f("fk_file_returns_recommendation_id")
        ),
        sa.ForeignKeyConstraint(["returned_by"], ["people.id"], name=op.f("fk_file_returns_returned_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_returns")),
        sa.UniqueConstraint("application_id", "number", name=op.f("uq_file_returns_application_id_number")),
    )
    op.create_index(op.f("ix_file_returns_application_id"), "file_returns", ["application_id"], unique=False)
    for statement in GRANTS.split(";"):
        op.execute(statement)
    for table, name, kind, start in (
        ("applications", "level_corrections", JSONB(), "[]"),
        ("applications", "returns", sa.SmallInteger(), "0"),
        ("recommendations", "disagreements", JSONB(), "[]"),
    ):
        op.add_column(table, sa.Column(name, kind, nullable=False, server_default=start))
        op.alter_column(table, name, server_default=None)
    op.add_column("recommendations", sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("uq_recommendations_application_id"), "recommendations", type_="unique")
    op.create_index(op.f("ix_recommendations_application_id"), "recommendations", ["application_id"], unique=False)
    op.create_index(
        "uq_recommendations_live", "recommendations", ["application_id"], unique=True, postgresql_where=LIVE
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(op.f("ix_file_returns_application_id"), table_name="file_returns")
    op.drop_table("file_returns")
    op.drop_index("uq_recommendations_live", table_name="recommendations", postgresql_where=LIVE)
    op.drop_index(op.f("ix_recommendations_application_id"), table_name="recommendations")
    op.execute("DELETE FROM recommendations WHERE superseded_at IS NOT NULL")
    op.create_unique_constraint(op.f("uq_recommendations_application_id"), "recommendations", ["application_id"])
    for table, name in (
        ("recommendations", "superseded_at"),
        ("recommendations", "disagreements"),
        ("applications", "returns"),
        ("applications", "level_corrections"),
    ):
        op.drop_column(table, name)
