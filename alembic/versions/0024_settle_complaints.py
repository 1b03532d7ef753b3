"""Keep whether a complaint came late and how it ended, and let somebody hold the office that records it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BEFORE = (
    "applicant",
    "auditor",
    "consulted_officer",
    "council_expert",
    "decision_maker",
    "focal_head",
    "focal_officer",
    "hdnd_committee",
    "hdnd_member",
    "one_stop_officer",
    "records_officer",
    "reviewer",
    "supervisor",
    "system_admin",
)


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("complaints", sa.Column("is_late", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("complaints", sa.Column("settlement", JSONB(), nullable=True))
    _know((*BEFORE, "complaints_officer"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DELETE FROM role_grants WHERE role = 'complaints_officer'")
    _know(BEFORE)
    op.drop_column("complaints", "settlement")
    op.drop_column("complaints", "is_late")


def _know(offices: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{office}'" for office in sorted(offices))
    op.drop_constraint(op.f("ck_role_grants_role_known"), "role_grants")
    op.create_check_constraint(op.f("ck_role_grants_role_known"), "role_grants", f"role IN ({listed})")
