"""Tables: normal form for what is queried and constrained, jsonb for what a procedure's form defines.

A column carries the name of the dataclass field it keeps; columns beside those are derived for search and scoping.
`tables.permits` is the table: it takes the name of its module, as every other table stands here under its own.
"""

from sandbox_registry.db.tables.auditlog import audit_leaves, audit_records, log_head
from sandbox_registry.db.tables.cases import (
    applications,
    attachments,
    clarifications,
    complaints,
    consultations,
    council_sessions,
    decisions,
    declarations,
    documents,
    dossier_versions,
    file_returns,
    messages,
    participations,
    promises,
    recommendations,
    reviews,
    site_visits,
    supplement_requests,
    votes,
)
from sandbox_registry.db.tables.columns import Json, Stamp, metadata
from sandbox_registry.db.tables.identity import (
    account_mails,
    account_services,
    browser_sessions,
    delegations,
    memberships,
    organisations,
    passwords,
    people,
    role_grants,
    second_factors,
    tokens,
)
from sandbox_registry.db.tables.integrations import (
    webhook_attempts,
    webhook_deliveries,
    webhook_endpoints,
    webhook_secrets,
)
from sandbox_registry.db.tables.operations import (
    counters,
    damaged_files,
    idempotency_answers,
    rate_limits,
    refused_logins,
)
from sandbox_registry.db.tables.permits import permit_versions, permits
from sandbox_registry.db.tables.privacy import erasures, legal_holds
from sandbox_registry.db.tables.rules import rule_versions

__all__ = [
    "Json",
    "Stamp",
    "account_mails",
    "account_services",
    "applications",
    "attachments",
    "audit_leaves",
    "audit_records",
    "browser_sessions",
    "clarifications",
    "complaints",
    "consultations",
    "council_sessions",
    "counters",
    "damaged_files",
    "decisions",
    "declarations",
    "delegations",
    "documents",
    "dossier_versions",
    "erasures",
    "file_returns",
    "idempotency_answers",
    "legal_holds",
    "log_head",
    "memberships",
    "messages",
    "metadata",
    "organisations",
    "participations",
    "passwords",
    "people",
    "permit_versions",
    "permits",
    "promises",
    "rate_limits",
    "recommendations",
    "refused_logins",
    "reviews",
    "role_grants",
    "rule_versions",
    "second_factors",
    "site_visits",
    "supplement_requests",
    "tokens",
    "votes",
    "webhook_attempts",
    "webhook_deliveries",
    "webhook_endpoints",
    "webhook_secrets",
]
