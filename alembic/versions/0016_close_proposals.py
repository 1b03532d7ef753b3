"""Close proposals of rules: rejected or withdrawn, with who, when and why; the same text may be proposed again."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

PLAIN, ALL = "status IN ('proposed', 'approved')", "status IN ('proposed', 'approved', 'rejected', 'withdrawn')"
CLOSED = (
    "(status IN ('rejected', 'withdrawn'))"
    " = (closed_by IS NOT NULL AND closed_at IS NOT NULL AND closing_reason IS NOT NULL)"
)


def upgrade() -> None:
    op.add_column("rule_versions", sa.Column("closed_by", sa.UUID(), nullable=True))
    op.add_column("rule_versions", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("rule_versions", sa.Column("closing_reason", sa.Text(), nullable=True))
    op.create_foreign_key(op.f("fk_rule_versions_closed_by"), "rule_versions", "people", ["closed_by"], ["id"])
    op.drop_constraint(op.f("ck_rule_versions_status_known"), "rule_versions")
    op.create_check_constraint(op.f("ck_rule_versions_status_known"), "rule_versions", ALL)
    op.create_check_constraint(op.f("ck_rule_versions_closed"), "rule_versions", CLOSED)
    op.drop_constraint(op.f("uq_rule_versions_kind_code_checksum"), "rule_versions")
    op.create_index(
        "uq_rule_versions_kind_code_checksum",
        "rule_versions",
        ["kind", "code", "checksum"],
        unique=True,
        postgresql_where=sa.text(PLAIN),
    )


def downgrade() -> None:
    # The schema before knows no closed proposal; the log still holds each of them.
    op.execute("DELETE FROM rule_versions WHERE status IN ('rejected', 'withdrawn')")
    op.drop_index("uq_rule_versions_kind_code_checksum", table_name="rule_versions")
    op.create_unique_constraint(
        op.f("uq_rule_versions_kind_code_checksum"), "rule_versions", ["kind", "code", "checksum"]
    )
    op.drop_constraint(op.f("ck_rule_versions_closed"), "rule_versions")
    op.drop_constraint(op.f("ck_rule_versions_status_known"), "rule_versions")
    op.create_check_constraint(op.f("ck_rule_versions_status_known"), "rule_versions", PLAIN)
    op.drop_constraint(op.f("fk_rule_versions_closed_by"), "rule_versions")
    for name in ("closing_reason", "closed_at", "closed_by"):
        op.drop_column("rule_versions", name)
