"""Let a council member who sent a written opinion, and came to the sitting after all, vote there."""

from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f("uq_votes_session_id_member_id"), "votes")
    op.create_unique_constraint(
        op.f("uq_votes_session_id_member_id_is_written"), "votes", ["session_id", "member_id", "is_written"]
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f("uq_votes_session_id_member_id_is_written"), "votes")
    op.create_unique_constraint(op.f("uq_votes_session_id_member_id"), "votes", ["session_id", "member_id"])
