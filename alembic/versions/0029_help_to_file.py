"""Let an officer of any desk help an applicant to file: the helper is on record, the applicant's paper is attached."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

KINDS = ("agency_letter", "council_minutes", "decision", "notice", "site_minutes")
CAPACITIES = (
    *("chair", "consulted", "council_member", "decider", "editor", "filer", "focal", "intake"),
    *("recommender", "reviewer", "secretary", "supervisor"),
)


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("applications", sa.Column("assistance", JSONB(), nullable=True))
    _allow("attachments", "kind", (*KINDS, "signed_form"))
    _allow("participations", "capacity", (*CAPACITIES, "helper"))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DELETE FROM participations WHERE capacity = 'helper'")
    op.execute("DELETE FROM attachments WHERE kind = 'signed_form'")
    _allow("participations", "capacity", CAPACITIES)
    _allow("attachments", "kind", KINDS)
    op.drop_column("applications", "assistance")


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    known = ", ".join(f"'{each}'" for each in sorted(values))
    op.drop_constraint(op.f(f"ck_{table}_{column}_known"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{column}_known"), table, f"{column} IN ({known})")
