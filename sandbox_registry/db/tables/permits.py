"""Permits, and what governs each of them when."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, UUID, ExcludeConstraint

from sandbox_registry.db.tables.columns import (
    Json,
    Stamp,
    id_column,
    metadata,
    reference,
    stamp_column,
    text_column,
    version_column,
)

permits = Table(
    "permits",
    metadata,
    id_column(),
    version_column(),
    text_column("number"),
    Column("application_id", UUID, ForeignKey("applications.id"), nullable=False, unique=True),
    reference("decision_id", "decisions"),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("unit_ids", ARRAY(UUID), nullable=False),
    text_column("procedure_code"),
    text_column("procedure_version"),
    Column("terms_version", Integer, nullable=False),
    Column("terms", Json, nullable=False),
    reference("issued_by", "people"),
    stamp_column("issued_at"),
    stamp_column("suspended_at", nullable=True),
    stamp_column("revoked_at", nullable=True),
    stamp_column("terminated_at", nullable=True),
    stamp_column("completed_at", nullable=True),
    stamp_column("completion_refused_at", nullable=True),
    stamp_column("transition_until", nullable=True),
    UniqueConstraint("number"),
)

# What governs a permit when: windows of one permit never overlap, and none outlives the ceiling of its decision.
# The permit stands in a range of its own (`uuid_range`) so that the exclusion needs no extension.
permit_versions = Table(
    "permit_versions",
    metadata,
    Column("permit_id", UUID, ForeignKey("permits.id"), nullable=False),
    Column("terms_version", Integer, nullable=False),
    reference("decision_id", "decisions"),
    Column("effective", TSTZRANGE, nullable=False),
    Column("ceiling", Stamp, nullable=True),
    Column("terms", Json, nullable=False),
    PrimaryKeyConstraint("permit_id", "terms_version"),
    ExcludeConstraint(
        (text("uuid_range(permit_id, permit_id, '[]')"), "&&"),
        ("effective", "&&"),
        using="gist",
        name="ex_permit_versions_overlap",
    ),
    CheckConstraint("coalesce(isfinite(lower(effective)) AND isfinite(upper(effective)), false)", name="window"),
    CheckConstraint("lower_inc(effective) AND NOT upper_inc(effective)", name="half_open"),
    CheckConstraint("ceiling IS NULL OR upper(effective) <= ceiling", name="under_ceiling"),
)
