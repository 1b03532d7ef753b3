"""Tables: normal form for what is queried and constrained, jsonb for what a procedure's form defines.

A column carries the name of the dataclass field it keeps; columns beside those are derived for search and scoping.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT8RANGE, JSONB, TSTZRANGE, TSVECTOR, UUID, ExcludeConstraint

from sandbox_registry.domain.cases.appraisal import Advice, Choice, Opinion, Outcome
from sandbox_registry.domain.identity.people import Capacity, MembershipKind, OrganisationKind, Role
from sandbox_registry.domain.integrations.webhooks import DeliveryState, EndpointState
from sandbox_registry.domain.privacy.erasures import ErasureKind, ErasureStatus, HoldKind
from sandbox_registry.domain.stages import APPLICATION_STAGES

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# JSON null is never kept: an absent value is SQL NULL.
Json = JSONB(none_as_null=True)
Stamp = DateTime(timezone=True)


def _id() -> Column[Any]:
    return Column("id", UUID, primary_key=True)


def _version() -> Column[Any]:
    return Column("version", Integer, nullable=False)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, UUID, ForeignKey(f"{target}.id"), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Text, nullable=nullable)


def _stamp(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Stamp, nullable=nullable)


def _one_of(column: str, values: Any) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _case() -> Column[Any]:
    return Column("application_id", UUID, ForeignKey("applications.id"), nullable=False, index=True)


organisations = Table(
    "organisations",
    metadata,
    _id(),
    _version(),
    _text("kind"),
    _text("name"),
    _text("tax_code", nullable=True),
    _text("address"),
    _text("email"),
    _text("phone"),
    _stamp("licence_end", nullable=True),
    _text("agency_code", nullable=True),
    Column("handles", ARRAY(Text), nullable=False),
    _stamp("created_at"),
    _text("search_text"),
    _one_of("kind", OrganisationKind),
    UniqueConstraint("tax_code"),
    UniqueConstraint("agency_code"),
    Index("ix_organisations_kind_id", "kind", "id"),
)

people = Table(
    "people",
    metadata,
    _id(),
    _version(),
    _text("full_name"),
    _text("email"),
    _text("phone"),
    _stamp("disabled_at", nullable=True),
    _stamp("created_at"),
    _text("search_text"),
    Column("email_key", Text, Computed("lower(email)", persisted=True), nullable=False, unique=True),
)

# Secrets stand apart from the person, so that no read of people can carry them along.
passwords = Table(
    "passwords",
    metadata,
    Column("person_id", UUID, ForeignKey("people.id"), primary_key=True),
    _text("hash"),
    _stamp("changed_at"),
)

memberships = Table(
    "memberships",
    metadata,
    _id(),
    _version(),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("person_id", UUID, ForeignKey("people.id"), nullable=False, index=True),
    _text("kind"),
    _stamp("valid_from"),
    _stamp("valid_to", nullable=True),
    _one_of("kind", MembershipKind),
    CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="window"),
)

role_grants = Table(
    "role_grants",
    metadata,
    _id(),
    _version(),
    Column("person_id", UUID, ForeignKey("people.id"), nullable=False, index=True),
    _text("role"),
    _ref("unit_id", "organisations"),
    _stamp("valid_from"),
    _stamp("valid_to", nullable=True),
    _one_of("role", Role),
    CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="window"),
)

delegations = Table(
    "delegations",
    metadata,
    _id(),
    _version(),
    _ref("from_person_id", "people"),
    Column("to_person_id", UUID, ForeignKey("people.id"), nullable=False, index=True),
    _ref("unit_id", "organisations"),
    _text("document"),
    _stamp("valid_from"),
    _stamp("valid_to"),
    _stamp("revoked_at", nullable=True),
    CheckConstraint("valid_to > valid_from", name="window"),
    CheckConstraint("from_person_id <> to_person_id", name="to_another"),
)

tokens = Table(
    "tokens",
    metadata,
    _id(),
    _version(),
    Column("person_id", UUID, ForeignKey("people.id"), nullable=False, index=True),
    _text("name"),
    _text("method"),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=True),
    Column("procedures", ARRAY(Text), nullable=True),
    Column("addresses", ARRAY(Text), nullable=True),
    _stamp("created_at"),
    _stamp("expires_at"),
    _stamp("revoked_at", nullable=True),
    _stamp("last_used_at", nullable=True),
    _stamp("last_refused_at", nullable=True),
    _stamp("told_at", nullable=True),
    CheckConstraint("addresses IS NULL OR addresses::cidr[] IS NOT NULL", name="ranges"),
)

rule_versions = Table(
    "rule_versions",
    metadata,
    _id(),
    _version(),
    _text("kind"),
    _text("code"),
    _text("checksum"),
    _text("content"),
    _text("status"),
    Column("proposed_by", UUID, ForeignKey("people.id"), nullable=True),
    _stamp("proposed_at"),
    Column("approved_by", UUID, ForeignKey("people.id"), nullable=True),
    _stamp("approved_at", nullable=True),
    _stamp("effective_from", nullable=True),
    UniqueConstraint("kind", "code", "checksum"),
    _one_of("kind", ("procedure", "calendar")),
    _one_of("status", ("proposed", "approved")),
    CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="four_eyes"),
    CheckConstraint(
        "(status = 'approved') = (approved_at IS NOT NULL AND effective_from IS NOT NULL)", name="approved"
    ),
)

applications = Table(
    "applications",
    metadata,
    _id(),
    _version(),
    _text("stage"),
    _text("procedure_code"),
    _text("procedure_version", nullable=True),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), nullable=False, index=True),
    _ref("receiving_unit_id", "organisations"),
    Column("unit_ids", ARRAY(UUID), nullable=False),
    _text("title"),
    Column("answers", Json, nullable=False),
    _ref("created_by", "people"),
    _stamp("created_at"),
    _stamp("updated_at"),
    _text("code", nullable=True),
    _text("external_code", nullable=True),
    _ref("previous_case_id", "applications", nullable=True),
    _stamp("submitted_at", nullable=True),
    _ref("submitted_by", "people", nullable=True),
    _stamp("received_at", nullable=True),
    _stamp("completeness_from", nullable=True),
    _stamp("accepted_at", nullable=True),
    _stamp("appointment_at", nullable=True),
    _text("level", nullable=True),
    _stamp("classified_at", nullable=True),
    _stamp("recommended_at", nullable=True),
    _stamp("decided_at", nullable=True),
    Column("withdrawal", Json, nullable=True),
    Column("apology", Json, nullable=True),
    Column("closing", Json, nullable=True),
    Column("delivery", Json, nullable=True),
    _stamp("next_due_at", nullable=True),
    Column("search_text", Text, nullable=False),
    Column("search", TSVECTOR, Computed("to_tsvector('simple', search_text)", persisted=True), nullable=False),
    _one_of("stage", APPLICATION_STAGES),
    UniqueConstraint("code"),
    CheckConstraint("stage IN ('draft', 'withdrawn') OR submitted_at IS NOT NULL", name="submitted_after_draft"),
    CheckConstraint("(submitted_at IS NULL) = (procedure_version IS NULL)", name="pinned"),
    Index("ix_applications_stage_id", "stage", "id"),
    Index("ix_applications_updated_at_id", "updated_at", "id"),
    Index("ix_applications_procedure_code_id", "procedure_code", "id"),
    Index("ix_applications_unit_ids", "unit_ids", postgresql_using="gin"),
    Index("ix_applications_search", "search", postgresql_using="gin"),
    Index("ix_applications_next_due_at", "next_due_at", postgresql_where=text("next_due_at IS NOT NULL")),
)

documents = Table(
    "documents",
    metadata,
    _id(),
    _version(),
    _case(),
    _text("part"),
    _text("filename"),
    _text("media_type"),
    Column("size", BigInteger, nullable=False),
    _text("sha256"),
    _ref("uploaded_by", "people"),
    _stamp("uploaded_at"),
    _stamp("removed_at", nullable=True),
    CheckConstraint("size > 0", name="not_empty"),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="digest"),
)

dossier_versions = Table(
    "dossier_versions",
    metadata,
    Column("application_id", UUID, ForeignKey("applications.id"), nullable=False),
    Column("number", Integer, nullable=False),
    _text("cause"),
    _text("title"),
    Column("answers", Json, nullable=False),
    Column("documents", Json, nullable=False),
    _ref("made_by", "people"),
    _stamp("made_at"),
    PrimaryKeyConstraint("application_id", "number"),
)

supplement_requests = Table(
    "supplement_requests",
    metadata,
    _id(),
    _version(),
    _case(),
    Column("round", SmallInteger, nullable=False),
    Column("items", Json, nullable=False),
    _text("exception_reason", nullable=True),
    _ref("requested_by", "people"),
    _stamp("requested_at"),
    _ref("answered_by", "people", nullable=True),
    _stamp("answered_at", nullable=True),
    UniqueConstraint("application_id", "round"),
    CheckConstraint("round = 1 OR exception_reason IS NOT NULL", name="exception_recorded"),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _version(),
    _case(),
    _ref("author_id", "people"),
    Column("from_applicant", Boolean, nullable=False),
    _text("body"),
    _stamp("sent_at"),
)

complaints = Table(
    "complaints",
    metadata,
    _id(),
    _version(),
    _case(),
    _ref("filed_by", "people"),
    _stamp("filed_at"),
    _text("grounds"),
)

participations = Table(
    "participations",
    metadata,
    _id(),
    _version(),
    Column("application_id", UUID, ForeignKey("applications.id"), nullable=False),
    Column("person_id", UUID, ForeignKey("people.id"), nullable=False),
    _text("capacity"),
    _ref("given_by", "people"),
    _stamp("since"),
    _stamp("until", nullable=True),
    _one_of("capacity", Capacity),
    Index("ix_participations_application_id_person_id", "application_id", "person_id"),
    Index(
        "ix_participations_held",
        "person_id",
        "application_id",
        "capacity",
        postgresql_where=text("until IS NULL"),
    ),
    Index(
        "ix_participations_held_as",
        "person_id",
        "capacity",
        "application_id",
        postgresql_where=text("until IS NULL"),
    ),
    Index(
        "uq_participations_open",
        "application_id",
        "person_id",
        "capacity",
        unique=True,
        postgresql_where=text("until IS NULL"),
    ),
)

declarations = Table(
    "declarations",
    metadata,
    _id(),
    _version(),
    Column("application_id", UUID, ForeignKey("applications.id"), nullable=False),
    _ref("person_id", "people"),
    Column("conflicted", Boolean, nullable=False),
    _text("statement"),
    _stamp("made_at"),
    UniqueConstraint("application_id", "person_id"),
)

consultations = Table(
    "consultations",
    metadata,
    _id(),
    _version(),
    _case(),
    _ref("unit_id", "organisations"),
    _text("question"),
    _ref("asked_by", "people"),
    _stamp("asked_at"),
    Column("term_value", Integer, nullable=False),
    _text("term_unit"),
    Column("remind_on", Date, nullable=True),
    Column("is_required", Boolean, nullable=False),
    _ref("answered_by", "people", nullable=True),
    _stamp("answered_at", nullable=True),
    _text("opinion", nullable=True),
    _text("text"),
    Column("is_late", Boolean, nullable=False),
    _stamp("closed_silent_at", nullable=True),
    CheckConstraint("(opinion IS NULL) = (answered_at IS NULL)", name="answered"),
    _one_of("opinion", Opinion),
    Index("ix_consultations_unit_id_application_id", "unit_id", "application_id"),
)

clarifications = Table(
    "clarifications",
    metadata,
    _id(),
    _version(),
    _case(),
    Column("round", SmallInteger, nullable=False),
    _text("question"),
    _ref("asked_by", "people"),
    _stamp("asked_at"),
    _text("answer"),
    _ref("answered_by", "people", nullable=True),
    _stamp("answered_at", nullable=True),
    UniqueConstraint("application_id", "round"),
)

reviews = Table(
    "reviews",
    metadata,
    _id(),
    _version(),
    Column("application_id", UUID, ForeignKey("applications.id"), nullable=False),
    _ref("reviewer_id", "people"),
    Column("scores", Json, nullable=False),
    _text("comment"),
    _text("advice"),
    _stamp("submitted_at"),
    UniqueConstraint("application_id", "reviewer_id"),
    _one_of("advice", Advice),
)

site_visits = Table(
    "site_visits",
    metadata,
    _id(),
    _version(),
    _case(),
    _stamp("visited_at"),
    _text("place"),
    _text("minutes"),
    Column("applicant_attended", Boolean, nullable=False),
    _ref("recorded_by", "people"),
    _stamp("recorded_at"),
)

council_sessions = Table(
    "council_sessions",
    metadata,
    _id(),
    _version(),
    _case(),
    _ref("chair_id", "people"),
    _ref("secretary_id", "people"),
    Column("member_ids", ARRAY(UUID), nullable=False),
    _stamp("scheduled_at"),
    _text("place"),
    _ref("convened_by", "people"),
    _stamp("convened_at"),
    Column("present_ids", ARRAY(UUID), nullable=False),
    _text("minutes"),
    Column("dissent", ARRAY(Text), nullable=False),
    Column("votes_for", SmallInteger, nullable=True),
    Column("votes_against", SmallInteger, nullable=True),
    Column("votes_abstain", SmallInteger, nullable=True),
    Column("is_passed", Boolean, nullable=True),
    _stamp("concluded_at", nullable=True),
    CheckConstraint("cardinality(member_ids) % 2 = 1", name="odd_members"),
    CheckConstraint("(concluded_at IS NULL) = (is_passed IS NULL)", name="concluded"),
    Index(
        "uq_council_sessions_open",
        "application_id",
        unique=True,
        postgresql_where=text("concluded_at IS NULL"),
    ),
)

votes = Table(
    "votes",
    metadata,
    _id(),
    _version(),
    _case(),
    _ref("session_id", "council_sessions"),
    _ref("member_id", "people"),
    _text("choice"),
    Column("is_written", Boolean, nullable=False),
    _text("dissent"),
    _stamp("cast_at"),
    UniqueConstraint("session_id", "member_id"),
    _one_of("choice", Choice),
)

recommendations = Table(
    "recommendations",
    metadata,
    _id(),
    _version(),
    Column("application_id", UUID, ForeignKey("applications.id"), nullable=False, unique=True),
    _text("advice"),
    _text("report"),
    Column("conditions", ARRAY(Text), nullable=False),
    _text("departure", nullable=True),
    _ref("made_by", "people"),
    _stamp("made_at"),
    _one_of("advice", Advice),
)

decisions = Table(
    "decisions",
    metadata,
    _id(),
    _version(),
    Column("application_id", UUID, ForeignKey("applications.id"), nullable=False, unique=True),
    _ref("unit_id", "organisations"),
    _text("number"),
    _text("outcome"),
    _ref("signer_id", "people"),
    _text("signer_title"),
    _ref("on_behalf_of", "people", nullable=True),
    _stamp("decided_at"),
    Column("legal_basis", ARRAY(Text), nullable=False),
    Column("reasons", Json, nullable=False),
    Column("conditions", ARRAY(Text), nullable=False),
    Column("terms", Json, nullable=True),
    Column("year", SmallInteger, nullable=False),
    # An agency numbers its decisions from 1 every year.
    UniqueConstraint("unit_id", "year", "number"),
    _one_of("outcome", Outcome),
    CheckConstraint("(outcome = 'approved') = (terms IS NOT NULL)", name="terms_when_approved"),
    CheckConstraint("outcome = 'approved' OR reasons <> '[]'::jsonb", name="reasons_when_refused"),
)

permits = Table(
    "permits",
    metadata,
    _id(),
    _version(),
    _text("number"),
    Column("application_id", UUID, ForeignKey("applications.id"), nullable=False, unique=True),
    _ref("decision_id", "decisions"),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), nullable=False, index=True),
    Column("unit_ids", ARRAY(UUID), nullable=False),
    _text("procedure_code"),
    _text("procedure_version"),
    Column("terms_version", Integer, nullable=False),
    Column("terms", Json, nullable=False),
    _ref("issued_by", "people"),
    _stamp("issued_at"),
    _stamp("suspended_at", nullable=True),
    _stamp("revoked_at", nullable=True),
    _stamp("terminated_at", nullable=True),
    _stamp("completed_at", nullable=True),
    _stamp("completion_refused_at", nullable=True),
    _stamp("transition_until", nullable=True),
    Column("serial", BigInteger, nullable=False, unique=True),
    UniqueConstraint("number"),
)

# What governs a permit when: windows of one permit never overlap, and none outlives the ceiling of its decision.
# The serial stands in a range of its own so that the exclusion needs no extension.
permit_versions = Table(
    "permit_versions",
    metadata,
    Column("permit_id", UUID, ForeignKey("permits.id"), nullable=False),
    Column("terms_version", Integer, nullable=False),
    Column("permit_serial", INT8RANGE, nullable=False),
    _ref("decision_id", "decisions"),
    Column("effective", TSTZRANGE, nullable=False),
    Column("ceiling", Stamp, nullable=True),
    Column("terms", Json, nullable=False),
    PrimaryKeyConstraint("permit_id", "terms_version"),
    ExcludeConstraint(("permit_serial", "&&"), ("effective", "&&"), using="gist", name="ex_permit_versions_overlap"),
    CheckConstraint("coalesce(isfinite(lower(effective)) AND isfinite(upper(effective)), false)", name="window"),
    CheckConstraint("lower_inc(effective) AND NOT upper_inc(effective)", name="half_open"),
    CheckConstraint("ceiling IS NULL OR upper(effective) <= ceiling", name="under_ceiling"),
)

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
    _text("route"),
    _text("key"),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    _stamp("created_at"),
    PrimaryKeyConstraint("person_id", "route", "key"),
    Index("ix_idempotency_answers_created_at", "created_at"),
)

# When each quota is full again. Unlogged: it costs no write-ahead log, and after a crash every quota is full.
rate_limits = Table(
    "rate_limits",
    metadata,
    _text("name"),
    Column("subject", LargeBinary, nullable=False),
    _stamp("full_at"),
    PrimaryKeyConstraint("name", "subject"),
    prefixes=["UNLOGGED"],
    postgresql_with={"fillfactor": 50},
)

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    _id(),
    _version(),
    Column("organisation_id", UUID, ForeignKey("organisations.id"), nullable=False, index=True),
    _text("url"),
    Column("events", ARRAY(Text), nullable=False),
    _text("description"),
    _text("state"),
    _ref("answerable_id", "people"),
    _stamp("created_at"),
    _stamp("failing_since", nullable=True),
    _one_of("state", EndpointState),
)

# Sealed with the key of the installation: a copy of the database signs nothing.
webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    _id(),
    Column("endpoint_id", UUID, ForeignKey("webhook_endpoints.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    _stamp("created_at"),
    _stamp("ends_at", nullable=True),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    _id(),
    _ref("endpoint_id", "webhook_endpoints"),
    Column("event_id", UUID, nullable=False),
    _text("type"),
    _ref("application_id", "applications", nullable=True),
    Column("data", Json, nullable=False),
    _stamp("occurred_at"),
    _text("state"),
    Column("attempts", SmallInteger, nullable=False),
    Column("budget", SmallInteger, nullable=False),
    _stamp("leased_until", nullable=True),
    _stamp("next_at", nullable=True),
    _stamp("ended_at", nullable=True),
    UniqueConstraint("endpoint_id", "event_id"),
    _one_of("state", DeliveryState),
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
    _stamp("at"),
    Column("status", SmallInteger, nullable=True),
    Column("milliseconds", Integer, nullable=False),
    _text("failure", nullable=True),
    _text("answer"),
    PrimaryKeyConstraint("delivery_id", "number"),
)

# Who asked that personal data be erased, who settled it, and which records of the log were erased.
erasures = Table(
    "erasures",
    metadata,
    _id(),
    _version(),
    _text("kind"),
    Column("target_id", UUID, nullable=False),
    _text("basis"),
    _text("reason"),
    _text("reference"),
    _text("status"),
    _ref("proposed_by", "people"),
    _text("proposed_by_name"),
    _stamp("proposed_at"),
    _ref("settled_by", "people", nullable=True),
    _text("settled_by_name"),
    _stamp("settled_at", nullable=True),
    _text("settled_because"),
    Column("indexes", ARRAY(BigInteger), nullable=False),
    _one_of("kind", ErasureKind),
    _one_of("status", ErasureStatus),
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
    _id(),
    _version(),
    _case(),
    _text("kind"),
    _text("reason"),
    _text("reference"),
    _ref("placed_by", "people"),
    _stamp("placed_at"),
    _ref("lifted_by", "people", nullable=True),
    _stamp("lifted_at", nullable=True),
    _text("lifted_because"),
    _one_of("kind", HoldKind),
    CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted"),
)

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
    Index("ix_audit_leaves_object_id_index", "object_id", "index"),
    Index("ix_audit_leaves_case_id_index", "case_id", "index"),
)

# The erasable half: what a leaf commits to, with its nonce and the person behind the pseudonym.
audit_records = Table(
    "audit_records",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("record", LargeBinary, nullable=False),
    ForeignKeyConstraint(["index"], ["audit_leaves.index"]),
)
