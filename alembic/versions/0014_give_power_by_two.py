"""Give power by two: an office that holds it is proposed and confirmed, and who did what to whose account is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Who opened which account stands in the log; so that nobody has to be asked, it is read from there.
OPENED = """
INSERT INTO account_services (id, version, account_id, by_person_id, service, at)
SELECT gen_random_uuid(), 1, leaf.object_id, (convert_from(kept.record, 'UTF8')::jsonb ->> 'actor')::uuid, 'opened', leaf.at
FROM audit_leaves AS leaf
JOIN audit_records AS kept USING (index)
JOIN people ON people.id = leaf.object_id
WHERE leaf.object_type = 'person'
  AND convert_from(leaf.entry, 'UTF8')::jsonb ->> 'act' = 'person:create'
  AND convert_from(leaf.entry, 'UTF8')::jsonb ->> 'result' = 'done'
"""
CHECKS = {
    "four_eyes": "confirmed_by NOT IN (proposed_by, person_id)",
    "confirmed": "NOT awaits_confirmation OR confirmed_by IS NULL",
}


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "account_services",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("by_person_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("service IN ('opened', 'password_set')", name=op.f("ck_account_services_service_known")),
        sa.ForeignKeyConstraint(["account_id"], ["people.id"], name=op.f("fk_account_services_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_services")),
    )
    for column in ("account_id", "by_person_id"):
        op.create_index(op.f(f"ix_account_services_{column}"), "account_services", [column])
    op.add_column("role_grants", sa.Column("proposed_by", sa.Uuid(), nullable=True))
    op.add_column("role_grants", sa.Column("confirmed_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_role_grants_confirmed_by"), "role_grants", "people", ["confirmed_by"], ["id"])
    op.add_column(
        "role_grants", sa.Column("awaits_confirmation", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_role_grants_{name}"), "role_grants", condition)
    op.execute(OPENED)
    op.execute("GRANT SELECT, INSERT ON account_services TO registry_app")
    op.execute("GRANT SELECT ON account_services TO registry_read")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # What was never confirmed was never an office.
    op.execute("DELETE FROM role_grants WHERE awaits_confirmation")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_role_grants_{name}"), "role_grants")
    for column in ("awaits_confirmation", "confirmed_by", "proposed_by"):
        op.drop_column("role_grants", column)
    op.drop_table("account_services")
