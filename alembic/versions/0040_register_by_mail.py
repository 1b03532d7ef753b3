"""Let people prove an address before they have an account: another kind of mail."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

BEFORE = (
    "confirm_email",
    "recover_password",
    "reset_password",
    "email_changed",
    "password_was_reset",
    "complaint_settled",
)
KINDS = (*BEFORE, "register")
NAME = "ck_account_mails_kind_known"


def upgrade() -> None:
    _allow(KINDS)


def downgrade() -> None:
    # Their secrets could be used by nobody.
    op.execute("DELETE FROM account_mails WHERE kind = 'register'")
    _allow(BEFORE)


def _allow(kinds: tuple[str, ...]) -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f(NAME), "account_mails", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f(NAME), "account_mails", f"kind IN ({listed})")
