"""What is there already when a unique rule of the schema refuses a row, by the name of the rule."""

from collections.abc import Mapping

from sqlalchemy.exc import IntegrityError

from sandbox_registry.domain.errors import Duplicate

UNIQUE_RULES: Mapping[str, str] = {
    "ex_permit_versions_overlap": "terms_in_force",
    "uq_account_mails_hash": "token",
    "uq_applications_code": "application_code",
    "uq_attachments_application_id_kind_sha256": "attachment",
    "uq_browser_sessions_hash": "token",
    "uq_clarifications_application_id_round": "clarification",
    "uq_council_sessions_open": "council_session",
    "uq_decisions_application_id": "decision",
    "uq_decisions_unit_id_year_number": "decision_number",
    "uq_declarations_application_id_person_id": "declaration",
    "uq_erasures_open": "open_erasure",
    "uq_file_returns_application_id_number": "file_return",
    "uq_organisations_agency_code": "agency_code",
    "uq_organisations_tax_code": "tax_code",
    "uq_participations_open": "assignment",
    "uq_people_email_key": "email",
    "uq_permits_application_id": "permit",
    "uq_permits_number": "permit_number",
    "uq_recommendations_live": "recommendation",
    "uq_reviews_application_id_reviewer_id": "review",
    "uq_rule_versions_kind_code_checksum": "rule_version",
    "uq_supplement_requests_application_id_round": "supplement_request",
    "uq_tokens_hash": "token",
    "uq_votes_session_id_member_id_is_written": "vote",
    "uq_webhook_deliveries_endpoint_id_event_id": "webhook_delivery",
}
_VIOLATIONS = frozenset({"23505", "23P01"})
"""Unique and exclusion violations."""


def duplicate_or_same(error: IntegrityError) -> Exception:
    """Turn a broken unique rule into a `Duplicate` that names what it keeps unique; leave every other error as it is."""
    diagnostics = getattr(error.orig, "diag", None)
    if getattr(error.orig, "sqlstate", None) not in _VIOLATIONS or diagnostics is None:
        return error
    return Duplicate(what=UNIQUE_RULES.get(str(diagnostics.constraint_name), "record"))
