"""Keep the digest a filing is named by, and why items of a supplement were filed unchanged."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ERASE = "answers = '{}'::jsonb, documents = ("
"""Where `erase_records` of migration 0008 empties the versions of a dossier."""


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("dossier_versions", sa.Column("digest", sa.Text(), nullable=True))
    op.add_column(
        "supplement_requests",
        sa.Column("unchanged", JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb")),
    )
    # The digest of what was erased would confirm a right guess at the answers.
    _rewrite(ERASE, "digest = NULL, " + ERASE)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _rewrite("digest = NULL, " + ERASE, ERASE)
    op.drop_column("supplement_requests", "unchanged")
    op.drop_column("dossier_versions", "digest")


def _rewrite(before: str, after: str) -> None:
    """Change one place of the function that erases, which keeps its owner and its grants."""
    connection = op.get_bind()
    body = connection.execute(sa.text("SELECT pg_get_functiondef('erase_records'::regproc)")).scalar_one()
    if body.count(before) != 1:
        message = "erase_records is not the function that this migration knows"
        raise RuntimeError(message)
    connection.exec_driver_sql(body.replace(before, after).replace("%", "%%"))
