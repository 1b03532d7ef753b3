"""Find people and organisations without diacritics, as cases are found: their names are stored folded as well."""

import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SEARCHED = {"people": ("full_name", "email"), "organisations": ("name",)}
BATCH = 5000


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, columns in SEARCHED.items():
        op.add_column(name, sa.Column("search_text", sa.Text(), nullable=True))
        _fill(name, columns)
        op.alter_column(name, "search_text", nullable=False)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in SEARCHED:
        op.drop_column(name, "search_text")


def _fill(name: str, columns: tuple[str, ...]) -> None:
    """Fold in Python, as the application does: what lower() does in SQL depends on the server's locale."""
    rows = sa.table(name, sa.column("id", sa.Uuid()), sa.column("search_text"), *map(sa.column, columns))
    given = (
        sa.func.unnest(
            sa.bindparam("ids", type_=postgresql.ARRAY(sa.Uuid())),
            sa.bindparam("texts", type_=postgresql.ARRAY(sa.Text())),
        )
        .table_valued(sa.column("id", sa.Uuid()), "text", name="given")
        .render_derived()
    )
    fill = sa.update(rows).where(rows.c.id == given.c.id).values(search_text=given.c.text)
    connection = op.get_bind()
    found = connection.execute(sa.select(rows.c.id, *(rows.c[column] for column in columns)))
    for batch in found.partitions(BATCH):
        texts = [_folded(" ".join(words)) for _, *words in batch]
        connection.execute(fill, {"ids": [row.id for row in batch], "texts": texts})


def _folded(words: str) -> str:
    """Fold as the application did when this migration was written."""
    spread = unicodedata.normalize("NFD", words.casefold().replace("đ", "d"))
    return "".join(letter for letter in spread if not unicodedata.combining(letter))
