"""Gap-free numbers, stored responses and quotas."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import UUID

from sandbox_registry.db.tables.columns import Json, metadata, stamp_column, text_column

# Numbers in a series without gaps: the row is locked by the transaction that takes the next one.
counters = Table(
    "counters",
    metadata,
    Column("series", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

idempotency_answers = Table(
    "idempotency_answers",
    metadata,
    Column("person_id", UUID, ForeignKey("people.id"), nullable=False),
    text_column("route"),
    text_column("key"),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    stamp_column("created_at"),
    PrimaryKeyConstraint("person_id", "route", "key"),
    Index("ix_idempotency_answers_created_at", "created_at"),
)

# Logins that failed, by the account tried (all zeros: none), from the beginning of an interval until a leaf counts them.
refused_logins = Table(
    "refused_logins",
    metadata,
    stamp_column("since"),
    Column("person_id", UUID, nullable=False),
    Column("tries", BigInteger, nullable=False),
    PrimaryKeyConstraint("since", "person_id"),
)

# Stored files that are not what their digest says, until their bytes are stored again.
damaged_files = Table(
    "damaged_files",
    metadata,
    Column("sha256", Text, primary_key=True),
    stamp_column("found_at"),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="digest"),
)

# When each quota is full again. Unlogged: it costs no write-ahead log, and after a crash every quota is full.
rate_limits = Table(
    "rate_limits",
    metadata,
    text_column("name"),
    Column("subject", LargeBinary, nullable=False),
    stamp_column("full_at"),
    PrimaryKeyConstraint("name", "subject"),
    prefixes=["UNLOGGED"],
    postgresql_with={"fillfactor": 50},
)
