"""Erasures, and the holds that stop them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from sandbox_registry.db.tables.columns import (
    case_column,
    id_column,
    metadata,
    one_of,
    reference,
    stamp_column,
    text_column,
    version_column,
)
from sandbox_registry.domain.privacy.erasures import ErasureKind, ErasureStatus, HoldKind

# Who asked that personal data be erased, who settled it, and which records of the log were erased.
erasures = Table(
    "erasures",
    metadata,
    id_column(),
    version_column(),
    text_column("kind"),
    Column("target_id", UUID, nullable=False),
    text_column("basis"),
    text_column("reason"),
    text_column("reference"),
    text_column("status"),
    reference("proposed_by", "people"),
    text_column("proposed_by_name"),
    stamp_column("proposed_at"),
    reference("settled_by", "people", nullable=True),
    text_column("settled_by_name"),
    stamp_column("settled_at", nullable=True),
    text_column("settled_because"),
    Column("indexes", ARRAY(BigInteger), nullable=False),
    one_of("kind", ErasureKind),
    one_of("status", ErasureStatus),
    CheckConstraint("status NOT IN ('confirmed', 'refused') OR settled_by <> proposed_by", name="four_eyes"),
    CheckConstraint(
        "(status = 'proposed') = (settled_at IS NULL) AND (settled_at IS NULL) = (settled_by IS NULL)", name="settled"
    ),
    CheckConstraint("(status = 'confirmed') = (cardinality(indexes) > 0)", name="named"),
    Index("uq_erasures_open", "target_id", unique=True, postgresql_where=text("status = 'proposed'")),
)

# What stops every erasure in a case until it is lifted.
legal_holds = Table(
    "legal_holds",
    metadata,
    id_column(),
    version_column(),
    case_column(),
    text_column("kind"),
    text_column("reason"),
    text_column("reference"),
    reference("placed_by", "people"),
    stamp_column("placed_at"),
    reference("lifted_by", "people", nullable=True),
    stamp_column("lifted_at", nullable=True),
    text_column("lifted_because"),
    one_of("kind", HoldKind),
    CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
)
