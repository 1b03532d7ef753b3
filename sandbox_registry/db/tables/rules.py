"""Versions of procedures and calendars."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import UUID

from sandbox_registry.db.tables.columns import id_column, metadata, one_of, stamp_column, text_column, version_column

rule_versions = Table(
    "rule_versions",
    metadata,
    id_column(),
    version_column(),
    text_column("kind"),
    text_column("code"),
    text_column("checksum"),
    text_column("content"),
    text_column("status"),
    Column("proposed_by", UUID, ForeignKey("people.id"), nullable=True),
    stamp_column("proposed_at"),
    Column("approved_by", UUID, ForeignKey("people.id"), nullable=True),
    stamp_column("approved_at", nullable=True),
    stamp_column("effective_from", nullable=True),
    Column("closed_by", UUID, ForeignKey("people.id"), nullable=True),
    stamp_column("closed_at", nullable=True),
    text_column("closing_reason", nullable=True),
    text_column("warnings_accepted", nullable=True),
    Index(
        "uq_rule_versions_kind_code_checksum",
        "kind",
        "code",
        "checksum",
        unique=True,
        postgresql_where=text("status IN ('proposed', 'approved')"),
    ),
    one_of("kind", ("procedure", "calendar")),
    one_of("status", ("proposed", "approved", "rejected", "withdrawn")),
    CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="four_eyes"),
    CheckConstraint(
        "(status = 'approved') = (approved_at IS NOT NULL AND effective_from IS NOT NULL)", name="approved"
    ),
    CheckConstraint(
        "(status IN ('rejected', 'withdrawn'))"
        " = (closed_by IS NOT NULL AND closed_at IS NOT NULL AND closing_reason IS NOT NULL)",
        name="closed",
    ),
)
