"""Keep what a unit is proposed to handle until a second person confirms it, and the two steps that recover a password."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0036"
down_revision = "0035"

_SERVICES = ("opened", "password_set")
_RECOVERIES = ("recovery_proposed", "recovery_confirmed")
_MAILS = ("confirm_email", "reset_password", "email_changed", "password_was_reset", "complaint_settled")


def _allow(table: str, column: str, values: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} IN ({', '.join(map(repr, values))})")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("organisations", sa.Column("handles_proposed", ARRAY(sa.Text()), nullable=True))
    op.add_column("organisations", sa.Column("handles_proposed_by", sa.Uuid(), nullable=True))
    _allow("account_services", "service", _SERVICES + _RECOVERIES)
    _allow("account_mails", "kind", ("recover_password", *_MAILS))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DELETE FROM account_mails WHERE kind = 'recover_password'")
    _allow("account_mails", "kind", _MAILS)
    op.execute("ALTER TABLE account_services DISABLE TRIGGER USER")
    op.execute("DELETE FROM account_services WHERE service LIKE 'recovery_%'")
    op.execute("ALTER TABLE account_services ENABLE TRIGGER USER")
    _allow("account_services", "service", _SERVICES)
    op.drop_column("organisations", "handles_proposed_by")
    op.drop_column("organisations", "handles_proposed")
