"""Keep mail about accounts until it is sent or its secret used, and the language in which somebody is written to."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KINDS = ("confirm_email", "reset_password", "email_changed", "password_was_reset", "complaint_settled")
LANGUAGES = ("vi", "en", "fr")


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("people", sa.Column("language", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_people_language_known"), "people", f"language IN ({_listed(LANGUAGES)})")
    op.create_table(
        "account_mails",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("person_id", sa.UUID(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(f"kind IN ({_listed(KINDS)})", name=op.f("ck_account_mails_kind_known")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_account_mails_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_mails")),
        sa.UniqueConstraint("hash", name=op.f("uq_account_mails_hash")),
    )
    op.create_index(op.f("ix_account_mails_person_id"), "account_mails", ["person_id"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON account_mails TO registry_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("account_mails")
    op.drop_column("people", "language")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)
