"""Keep the dates that cases were given, so that a calendar approved later moves none of them to anybody's harm."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

GRANTS = """
GRANT SELECT, INSERT ON promises TO registry_app;
GRANT SELECT ON promises TO registry_read
"""


def upgrade() -> None:
    op.create_table(
        "promises",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("calendar_version", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_promises_application_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    op.create_index(op.f("ix_promises_application_id"), "promises", ["application_id"], unique=False)
    for statement in GRANTS.split(";"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index(op.f("ix_promises_application_id"), table_name="promises")
    op.drop_table("promises")
