"""Webhooks: where to, sealed with what, and every attempt."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from sandbox_registry.db.tables.columns import (
    Json,
    id_column,
    metadata,
    one_of,
    reference,
    stamp_column,
    text_column,
    version_column,
)
from sandbox_registry.domain.integrations.webhooks import DeliveryState, EndpointState

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    id_column(),
    version_column(),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), nullable=False, index=True),
    text_column("url"),
    Column("events", ARRAY(Text), nullable=False),
    text_column("description"),
    text_column("state"),
    reference("answerable_id", "people"),
    stamp_column("created_at"),
    stamp_column("failing_since", nullable=True),
    one_of("state", EndpointState),
)

# Sealed with the key of the installation: a copy of the database signs nothing.
webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    id_column(),
    Column("endpoint_id", UUID, ForeignKey("webhook_endpoints.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    stamp_column("created_at"),
    stamp_column("ends_at", nullable=True),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    id_column(),
    reference("endpoint_id", "webhook_endpoints"),
    Column("event_id", UUID, nullable=False),
    text_column("type"),
    reference("application_id", "applications", nullable=True),
    Column("data", Json, nullable=False),
    stamp_column("occurred_at"),
    text_column("state"),
    Column("attempts", SmallInteger, nullable=False),
    Column("budget", SmallInteger, nullable=False),
    stamp_column("leased_until", nullable=True),
    stamp_column("next_at", nullable=True),
    stamp_column("ended_at", nullable=True),
    UniqueConstraint("endpoint_id", "event_id"),
    one_of("state", DeliveryState),
    Index("ix_webhook_deliveries_endpoint_id_id", "endpoint_id", "id"),
    Index("ix_webhook_deliveries_pending", "next_at", postgresql_where=text("state = 'pending'")),
    Index("ix_webhook_deliveries_application_id", "application_id"),
    Index("ix_webhook_deliveries_ended_at", "ended_at"),
)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("delivery_id", UUID, ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), nullable=False),
    Column("number", SmallInteger, nullable=False),
    stamp_column("at"),
    Column("status", SmallInteger, nullable=True),
    Column("milliseconds", Integer, nullable=False),
    text_column("failure", nullable=True),
    text_column("answer"),
    PrimaryKeyConstraint("delivery_id", "number"),
)
