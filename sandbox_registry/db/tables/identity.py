"""People, their organisations, offices and ways in."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from sandbox_registry.db.tables.columns import (
    id_column,
    metadata,
    one_of,
    reference,
    stamp_column,
    text_column,
    version_column,
)
from sandbox_registry.domain.identity.people import MembershipKind, OrganisationKind, Role, Service
from sandbox_registry.domain.operations.account_mails import AccountMailKind
from sandbox_registry.domain.texts import Language

organisations = Table(
    "organisations",
    metadata,
    id_column(),
    version_column(),
    text_column("kind"),
    text_column("name"),
    text_column("tax_code", nullable=True),
    text_column("address"),
    text_column("email"),
    text_column("phone"),
    stamp_column("licence_end", nullable=True),
    text_column("agency_code", nullable=True),
    Column("handles", ARRAY(Text), nullable=False),
    Column("handles_proposed", ARRAY(Text), nullable=True),
    Column("handles_proposed_by", UUID, nullable=True),
    stamp_column("created_at"),
    text_column("search_text"),
    one_of("kind", OrganisationKind),
    UniqueConstraint("tax_code"),
    UniqueConstraint("agency_code"),
    Index("ix_organisations_kind_id", "kind", "id"),
)

people = Table(
    "people",
    metadata,
    id_column(),
    version_column(),
    text_column("full_name"),
    text_column("email"),
    text_column("phone"),
    stamp_column("disabled_at", nullable=True),
    stamp_column("created_at"),
    text_column("language", nullable=True),
    text_column("search_text"),
    Column("email_key", Text, Computed("lower(email)", persisted=True), nullable=False, unique=True),
    one_of("language", Language),
)

account_mails = Table(
    "account_mails",
    metadata,
    Column("id", UUID, primary_key=True),
    text_column("kind"),
    text_column("email", nullable=True),
    Column("person_id", UUID, ForeignKey("people.id"), nullable=True, index=True),
    stamp_column("requested_at"),
    stamp_column("expires_at"),
    text_column("about"),
    Column("hash", LargeBinary, nullable=True, unique=True),
    Column("seal", LargeBinary, nullable=True),
    one_of("kind", AccountMailKind),
)

# A sealed secret, and digests of codes that are used up: like passwords, in no record.
second_factors = Table(
    "second_factors",
    metadata,
    Column("person_id", UUID, ForeignKey("people.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    stamp_column("since"),
    Column("last_step", BigInteger, nullable=False),
    Column("codes", ARRAY(LargeBinary), nullable=False),
)

# Secrets stand apart from the person, so that no read of people can carry them along.
passwords = Table(
    "passwords",
    metadata,
    Column("person_id", UUID, ForeignKey("people.id"), primary_key=True),
    text_column("hash"),
    stamp_column("changed_at"),
    # Somebody else chose it: its holder has no office until they choose their own.
    Column("is_given", Boolean, server_default=false(), nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    id_column(),
    version_column(),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("person_id", UUID, ForeignKey("people.id"), nullable=False, index=True),
    text_column("kind"),
    stamp_column("valid_from"),
    stamp_column("valid_to", nullable=True),
    one_of("kind", MembershipKind),
    CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="window"),
)

account_services = Table(
    "account_services",
    metadata,
    id_column(),
    version_column(),
    Column("account_id", UUID, ForeignKey("people.id"), nullable=False, index=True),
    # No reference: the operator is nobody with an account.
    Column("by_person_id", UUID, nullable=False, index=True),
    text_column("service"),
    stamp_column("at"),
    one_of("service", Service),
)

role_grants = Table(
    "role_grants",
    metadata,
    id_column(),
    version_column(),
    Column("person_id", UUID, ForeignKey("people.id"), nullable=False, index=True),
    text_column("role"),
    reference("unit_id", "organisations"),
    stamp_column("valid_from"),
    stamp_column("valid_to", nullable=True),
    Column("proposed_by", UUID, nullable=True),
    reference("confirmed_by", "people", nullable=True),
    Column("awaits_confirmation", Boolean, nullable=False, server_default=false()),
    text_column("title"),
    one_of("role", Role),
    CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="window"),
    CheckConstraint("confirmed_by NOT IN (proposed_by, person_id)", name="four_eyes"),
    CheckConstraint("NOT awaits_confirmation OR confirmed_by IS NULL", name="confirmed"),
)

delegations = Table(
    "delegations",
    metadata,
    id_column(),
    version_column(),
    reference("from_person_id", "people"),
    Column("to_person_id", UUID, ForeignKey("people.id"), nullable=False, index=True),
    reference("unit_id", "organisations"),
    text_column("document"),
    stamp_column("valid_from"),
    stamp_column("valid_to"),
    stamp_column("revoked_at", nullable=True),
    text_column("title"),
    CheckConstraint("valid_to > valid_from", name="window"),
    CheckConstraint("from_person_id <> to_person_id", name="to_another"),
)

tokens = Table(
    "tokens",
    metadata,
    id_column(),
    version_column(),
    Column("person_id", UUID, ForeignKey("people.id"), nullable=False, index=True),
    text_column("name"),
    text_column("method"),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=True),
    Column("procedures", ARRAY(Text), nullable=True),
    Column("addresses", ARRAY(Text), nullable=True),
    stamp_column("created_at"),
    stamp_column("expires_at"),
    stamp_column("revoked_at", nullable=True),
    stamp_column("last_used_at", nullable=True),
    stamp_column("last_refused_at", nullable=True),
    stamp_column("told_at", nullable=True),
    CheckConstraint("addresses IS NULL OR addresses::cidr[] IS NOT NULL", name="ranges"),
)

browser_sessions = Table(
    "browser_sessions",
    metadata,
    id_column(),
    version_column(),
    Column("person_id", UUID, ForeignKey("people.id"), nullable=False, index=True),
    text_column("method"),
    Column("hash", LargeBinary, nullable=False, unique=True),
    # What counted for the person when the session began: when something else does, it is over.
    text_column("power"),
    stamp_column("created_at"),
    stamp_column("expires_at"),
    stamp_column("proved_at"),
    stamp_column("ended_at", nullable=True),
    stamp_column("last_seen_at"),
    text_column("address", nullable=True),
    text_column("browser", nullable=True),
)
