"""The log: its head, its leaves and the records they commit to."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from sandbox_registry.db.tables.columns import Stamp, metadata

log_head = Table(
    "log_head",
    metadata,
    Column("one_row", Boolean, primary_key=True, server_default=text("true")),
    Column("size", BigInteger, nullable=False),
    Column("hashes", ARRAY(LargeBinary), nullable=False),
    CheckConstraint("one_row", name="single"),
)

audit_leaves = Table(
    "audit_leaves",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("object_type", Text, nullable=False),
    Column("object_id", UUID, nullable=False),
    Column("case_id", UUID, nullable=True),
    Column("at", Stamp, nullable=False),
    # Leaves of the second format: what the entry commits to, by which salt; the place among the leaves of its case (of
    # its object, where it is on no case), and the digest of that list up to here.
    Column("statement", LargeBinary, nullable=True),
    Column("salt", LargeBinary, nullable=True),
    Column("place", Integer, nullable=True),
    Column("chain", LargeBinary, nullable=True),
    CheckConstraint("num_nulls(statement, salt, place, chain) IN (0, 4)", name="sealed"),
    Index("ix_audit_leaves_object_id_index", "object_id", "index"),
    Index("ix_audit_leaves_case_id_index", "case_id", "index"),
)

# The erasable half: what a leaf's statement commits to, with its nonce and the person behind the pseudonym.
audit_records = Table(
    "audit_records",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("record", LargeBinary, nullable=False),
    ForeignKeyConstraint(["index"], ["audit_leaves.index"]),
)
