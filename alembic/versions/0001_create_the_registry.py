"""Create the registry: people, rules, cases, permits, and the log with its three roles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_LEAF = """
CREATE FUNCTION append_leaf(
    p_entry bytea, p_nonce bytea, p_record bytea,
    p_object_type text, p_object_id uuid, p_case_id uuid, p_at timestamptz
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_size bigint;
    v_stack bytea[];
    v_rest bigint;
    v_leaf bytea := sha256('\\x00'::bytea || p_entry);
    v_node bytea := v_leaf;
BEGIN
    IF length(p_entry) > 65535 THEN
        RAISE EXCEPTION 'an entry holds at most 65535 bytes' USING ERRCODE = 'check_violation';
    END IF;
    SELECT size, hashes INTO STRICT v_size, v_stack FROM log_head FOR UPDATE;
    v_rest := v_size;
    WHILE v_rest % 2 = 1 LOOP
        v_node := sha256('\\x01'::bytea || v_stack[cardinality(v_stack)] || v_node);
        v_stack := trim_array(v_stack, 1);
        v_rest := v_rest / 2;
    END LOOP;
    INSERT INTO audit_leaves (index, entry, leaf_hash, object_type, object_id, case_id, at)
    VALUES (v_size, p_entry, v_leaf, p_object_type, p_object_id, p_case_id, p_at);
    INSERT INTO audit_records (index, nonce, record) VALUES (v_size, p_nonce, p_record);
    UPDATE log_head SET size = v_size + 1, hashes = v_stack || v_node;
    RETURN v_size;
END
$$
"""

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""

# Roles belong to the whole server: another database of it may hold them already.
ROLES = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'registry_app') THEN
        CREATE ROLE registry_app NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'registry_read') THEN
        CREATE ROLE registry_read NOLOGIN;
    END IF;
    EXECUTE format('GRANT registry_app, registry_read TO %I', current_user);
END
$$
"""

GRANTS = """
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO registry_app, registry_read;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO registry_app;
REVOKE INSERT, UPDATE, DELETE ON audit_leaves, audit_records, log_head FROM registry_app;
REVOKE UPDATE, DELETE ON dossier_versions, permit_versions, decisions, votes FROM registry_app;
REVOKE DELETE ON applications, permits, people, organisations, rule_versions FROM registry_app;
REVOKE ALL ON alembic_version FROM registry_app;
GRANT SELECT ON alembic_version TO registry_app;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO registry_read;
REVOKE SELECT ON passwords, tokens, idempotency_answers FROM registry_read;
REVOKE EXECUTE ON FUNCTION append_leaf(bytea, bytea, bytea, text, uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_leaf(bytea, bytea, bytea, text, uuid, uuid, timestamptz) TO registry_app
"""


def upgrade() -> None:
    op.create_table(
        "audit_leaves",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_id", sa.UUID(), nullable=False),
        sa.Column("case_id", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_audit_leaves")),
    )
    op.create_index("ix_audit_leaves_case_id_index", "audit_leaves", ["case_id", "index"], unique=False)
    op.create_index("ix_audit_leaves_object_id_index", "audit_leaves", ["object_id", "index"], unique=False)
    op.create_table(
        "counters",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_counters")),
    )
    op.create_table(
        "log_head",
        sa.Column("one_row", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("hashes", postgresql.ARRAY(sa.LargeBinary()), nullable=False),
        sa.CheckConstraint("one_row", name=op.f("ck_log_head_single")),
        sa.PrimaryKeyConstraint("one_row", name=op.f("pk_log_head")),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("licence_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agency_code", sa.Text(), nullable=True),
        sa.Column("handles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('enterprise', 'individual', 'organisation', 'state_unit')",
            name=op.f("ck_organisations_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("agency_code", name=op.f("uq_organisations_agency_code")),
        sa.UniqueConstraint("tax_code", name=op.f("uq_organisations_tax_code")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email_key", sa.Text(), sa.Computed("lower(email)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email_key", name=op.f("uq_people_email_key")),
    )
    op.create_table(
        "applications",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("procedure_version", sa.Text(), nullable=True),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("receiving_unit_id", sa.UUID(), nullable=False),
        sa.Column("unit_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("external_code", sa.Text(), nullable=True),
        sa.Column("previous_case_id", sa.UUID(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.UUID(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completeness_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appointment_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("classified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recommended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal", postgresql.JSONB(), nullable=True),
        sa.Column("apology", postgresql.JSONB(), nullable=True),
        sa.Column("closing", postgresql.JSONB(), nullable=True),
        sa.Column("delivery", postgresql.JSONB(), nullable=True),
        sa.Column("next_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('simple', search_text)", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint(
            "stage IN ('draft', 'withdrawn') OR submitted_at IS NOT NULL",
            name=op.f("ck_applications_submitted_after_draft"),
        ),
        sa.CheckConstraint("(submitted_at IS NULL) = (procedure_version IS NULL)", name=op.f("ck_applications_pinned")),
        sa.CheckConstraint(
            "stage IN ('draft', 'submitted', 'supplement_requested', 'accepted', 'under_appraisal', 'awaiting_decision', 'approved', 'refused', 'withdrawn', 'lapsed', 'intake_refused', 'referred')",
            name=op.f("ck_applications_stage_known"),
        ),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_applications_created_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_applications_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["previous_case_id"], ["applications.id"], name=op.f("fk_applications_previous_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["receiving_unit_id"], ["organisations.id"], name=op.f("fk_applications_receiving_unit_id")
        ),
        sa.ForeignKeyConstraint(["submitted_by"], ["people.id"], name=op.f("fk_applications_submitted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("code", name=op.f("uq_applications_code")),
    )
    op.create_index(
        "ix_applications_next_due_at",
        "applications",
        ["next_due_at"],
        unique=False,
        postgresql_where=sa.text("next_due_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_applications_organisation_id"), "applications", ["organisation_id"], unique=False)
    op.create_index("ix_applications_procedure_code_id", "applications", ["procedure_code", "id"], unique=False)
    op.create_index("ix_applications_search", "applications", ["search"], unique=False, postgresql_using="gin")
    op.create_index("ix_applications_stage_id", "applications", ["stage", "id"], unique=False)
    op.create_index("ix_applications_unit_ids", "applications", ["unit_ids"], unique=False, postgresql_using="gin")
    op.create_index("ix_applications_updated_at_id", "applications", ["updated_at", "id"], unique=False)
    op.create_table(
        "audit_records",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["index"], ["audit_leaves.index"], name=op.f("fk_audit_records_index")),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_audit_records")),
    )
    op.create_table(
        "delegations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_person_id", sa.UUID(), nullable=False),
        sa.Column("to_person_id", sa.UUID(), nullable=False),
        sa.Column("unit_id", sa.UUID(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("from_person_id <> to_person_id", name=op.f("ck_delegations_to_another")),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_delegations_window")),
        sa.ForeignKeyConstraint(["from_person_id"], ["people.id"], name=op.f("fk_delegations_from_person_id")),
        sa.ForeignKeyConstraint(["to_person_id"], ["people.id"], name=op.f("fk_delegations_to_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["organisations.id"], name=op.f("fk_delegations_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index(op.f("ix_delegations_to_person_id"), "delegations", ["to_person_id"], unique=False)
    op.create_table(
        "idempotency_answers",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", postgresql.JSONB(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_idempotency_answers_person_id")),
        sa.PrimaryKeyConstraint("person_id", "route", "key", name=op.f("pk_idempotency_answers")),
    )
    op.create_index("ix_idempotency_answers_created_at", "idempotency_answers", ["created_at"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('legal_representative', 'authorised_signatory', 'editor')", name=op.f("ck_memberships_kind_known")
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_memberships_window")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_memberships_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_memberships_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_organisation_id"), "memberships", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_memberships_person_id"), "memberships", ["person_id"], unique=False)
    op.create_table(
        "passwords",
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_passwords_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_passwords")),
    )
    op.create_table(
        "role_grants",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.UUID(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('applicant', 'auditor', 'consulted_officer', 'council_expert', 'decision_maker', 'focal_head', 'focal_officer', 'hdnd_committee', 'hdnd_member', 'one_stop_officer', 'records_officer', 'reviewer', 'supervisor', 'system_admin')",
            name=op.f("ck_role_grants_role_known"),
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_role_grants_window")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_role_grants_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["organisations.id"], name=op.f("fk_role_grants_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
    )
    op.create_index(op.f("ix_role_grants_person_id"), "role_grants", ["person_id"], unique=False)
    op.create_table(
        "rule_versions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.UUID(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.UUID(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'approved') = (approved_at IS NOT NULL AND effective_from IS NOT NULL)",
            name=op.f("ck_rule_versions_approved"),
        ),
        sa.CheckConstraint("kind IN ('procedure', 'calendar')", name=op.f("ck_rule_versions_kind_known")),
        sa.CheckConstraint("status IN ('proposed', 'approved')", name=op.f("ck_rule_versions_status_known")),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> proposed_by", name=op.f("ck_rule_versions_four_eyes")
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["people.id"], name=op.f("fk_rule_versions_approved_by")),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name=op.f("fk_rule_versions_proposed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_versions")),
        sa.UniqueConstraint("kind", "code", "checksum", name=op.f("uq_rule_versions_kind_code_checksum")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_tokens_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_tokens_hash")),
    )
    op.create_index(op.f("ix_tokens_person_id"), "tokens", ["person_id"], unique=False)
    op.create_table(
        "clarifications",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.UUID(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.UUID(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_clarifications_answered_by")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_clarifications_application_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_clarifications_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clarifications")),
        sa.UniqueConstraint("application_id", "round", name=op.f("uq_clarifications_application_id_round")),
    )
    op.create_index(op.f("ix_clarifications_application_id"), "clarifications", ["application_id"], unique=False)
    op.create_table(
        "complaints",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("filed_by", sa.UUID(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_complaints_application_id")),
        sa.ForeignKeyConstraint(["filed_by"], ["people.id"], name=op.f("fk_complaints_filed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
    )
    op.create_index(op.f("ix_complaints_application_id"), "complaints", ["application_id"], unique=False)
    op.create_table(
        "consultations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("unit_id", sa.UUID(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.UUID(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("term_value", sa.Integer(), nullable=False),
        sa.Column("term_unit", sa.Text(), nullable=False),
        sa.Column("remind_on", sa.Date(), nullable=True),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("answered_by", sa.UUID(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("closed_silent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "opinion IN ('agree', 'agree_with_conditions', 'disagree')", name=op.f("ck_consultations_opinion_known")
        ),
        sa.CheckConstraint("(opinion IS NULL) = (answered_at IS NULL)", name=op.f("ck_consultations_answered")),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_consultations_answered_by")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_consultations_application_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_consultations_asked_by")),
        sa.ForeignKeyConstraint(["unit_id"], ["organisations.id"], name=op.f("fk_consultations_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations")),
    )
    op.create_index(op.f("ix_consultations_application_id"), "consultations", ["application_id"], unique=False)
    op.create_index(
        "ix_consultations_unit_id_application_id", "consultations", ["unit_id", "application_id"], unique=False
    )
    op.create_table(
        "council_sessions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("chair_id", sa.UUID(), nullable=False),
        sa.Column("secretary_id", sa.UUID(), nullable=False),
        sa.Column("member_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("convened_by", sa.UUID(), nullable=False),
        sa.Column("convened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("present_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("minutes", sa.Text(), nullable=False),
        sa.Column("dissent", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("votes_for", sa.SmallInteger(), nullable=True),
        sa.Column("votes_against", sa.SmallInteger(), nullable=True),
        sa.Column("votes_abstain", sa.SmallInteger(), nullable=True),
        sa.Column("is_passed", sa.Boolean(), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(concluded_at IS NULL) = (is_passed IS NULL)", name=op.f("ck_council_sessions_concluded")),
        sa.CheckConstraint("cardinality(member_ids) % 2 = 1", name=op.f("ck_council_sessions_odd_members")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_council_sessions_application_id")
        ),
        sa.ForeignKeyConstraint(["chair_id"], ["people.id"], name=op.f("fk_council_sessions_chair_id")),
        sa.ForeignKeyConstraint(["convened_by"], ["people.id"], name=op.f("fk_council_sessions_convened_by")),
        sa.ForeignKeyConstraint(["secretary_id"], ["people.id"], name=op.f("fk_council_sessions_secretary_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_council_sessions")),
    )
    op.create_index(op.f("ix_council_sessions_application_id"), "council_sessions", ["application_id"], unique=False)
    op.create_index(
        "uq_council_sessions_open",
        "council_sessions",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("concluded_at IS NULL"),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("unit_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("signer_id", sa.UUID(), nullable=False),
        sa.Column("signer_title", sa.Text(), nullable=False),
        sa.Column("on_behalf_of", sa.UUID(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("legal_basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("conditions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=True),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'approved') = (terms IS NOT NULL)", name=op.f("ck_decisions_terms_when_approved")
        ),
        sa.CheckConstraint(
            "outcome = 'approved' OR reasons <> '[]'::jsonb", name=op.f("ck_decisions_reasons_when_refused")
        ),
        sa.CheckConstraint("outcome IN ('approved', 'refused')", name=op.f("ck_decisions_outcome_known")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_decisions_application_id")),
        sa.ForeignKeyConstraint(["on_behalf_of"], ["people.id"], name=op.f("fk_decisions_on_behalf_of")),
        sa.ForeignKeyConstraint(["signer_id"], ["people.id"], name=op.f("fk_decisions_signer_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["organisations.id"], name=op.f("fk_decisions_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("application_id", name=op.f("uq_decisions_application_id")),
        sa.UniqueConstraint("unit_id", "year", "number", name=op.f("uq_decisions_unit_id_year_number")),
    )
    op.create_table(
        "declarations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("conflicted", sa.Boolean(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_declarations_application_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_declarations_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declarations")),
        sa.UniqueConstraint("application_id", "person_id", name=op.f("uq_declarations_application_id_person_id")),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.UUID(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_documents_digest")),
        sa.CheckConstraint("size > 0", name=op.f("ck_documents_not_empty")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_documents_application_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["people.id"], name=op.f("fk_documents_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_application_id"), "documents", ["application_id"], unique=False)
    op.create_table(
        "dossier_versions",
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("documents", postgresql.JSONB(), nullable=False),
        sa.Column("made_by", sa.UUID(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_dossier_versions_application_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_dossier_versions_made_by")),
        sa.PrimaryKeyConstraint("application_id", "number", name=op.f("pk_dossier_versions")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("author_id", sa.UUID(), nullable=False),
        sa.Column("from_applicant", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_messages_application_id")),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_messages_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_application_id"), "messages", ["application_id"], unique=False)
    op.create_table(
        "participations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("given_by", sa.UUID(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "capacity IN ('chair', 'consulted', 'council_member', 'decider', 'editor', 'filer', 'focal', 'intake', 'recommender', 'reviewer', 'secretary', 'supervisor')",
            name=op.f("ck_participations_capacity_known"),
        ),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_participations_application_id")),
        sa.ForeignKeyConstraint(["given_by"], ["people.id"], name=op.f("fk_participations_given_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_participations_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participations")),
    )
    op.create_index(
        "ix_participations_application_id_person_id", "participations", ["application_id", "person_id"], unique=False
    )
    op.create_index(
        "ix_participations_person_id_application_id", "participations", ["person_id", "application_id"], unique=False
    )
    op.create_index(
        "uq_participations_open",
        "participations",
        ["application_id", "person_id", "capacity"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "recommendations",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("conditions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("departure", sa.Text(), nullable=True),
        sa.Column("made_by", sa.UUID(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "advice IN ('approve', 'approve_with_conditions', 'refuse')", name=op.f("ck_recommendations_advice_known")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_recommendations_application_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_recommendations_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendations")),
        sa.UniqueConstraint("application_id", name=op.f("uq_recommendations_application_id")),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("reviewer_id", sa.UUID(), nullable=False),
        sa.Column("scores", postgresql.JSONB(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "advice IN ('approve', 'approve_with_conditions', 'refuse')", name=op.f("ck_reviews_advice_known")
        ),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_reviews_application_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["people.id"], name=op.f("fk_reviews_reviewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("application_id", "reviewer_id", name=op.f("uq_reviews_application_id_reviewer_id")),
    )
    op.create_table(
        "site_visits",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Text(), nullable=False),
        sa.Column("applicant_attended", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.UUID(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_site_visits_application_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["people.id"], name=op.f("fk_site_visits_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_visits")),
    )
    op.create_index(op.f("ix_site_visits_application_id"), "site_visits", ["application_id"], unique=False)
    op.create_table(
        "supplement_requests",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("exception_reason", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.UUID(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.UUID(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "round = 1 OR exception_reason IS NOT NULL", name=op.f("ck_supplement_requests_exception_recorded")
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["people.id"], name=op.f("fk_supplement_requests_answered_by")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_supplement_requests_application_id")
        ),
        sa.ForeignKeyConstraint(["requested_by"], ["people.id"], name=op.f("fk_supplement_requests_requested_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplement_requests")),
        sa.UniqueConstraint("application_id", "round", name=op.f("uq_supplement_requests_application_id_round")),
    )
    op.create_index(
        op.f("ix_supplement_requests_application_id"), "supplement_requests", ["application_id"], unique=False
    )
    op.create_table(
        "permits",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("decision_id", sa.UUID(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("unit_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("procedure_code", sa.Text(), nullable=False),
        sa.Column("procedure_version", sa.Text(), nullable=False),
        sa.Column("terms_version", sa.Integer(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("issued_by", sa.UUID(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terminated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completion_refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("transition_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_permits_application_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_permits_decision_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["people.id"], name=op.f("fk_permits_issued_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_permits_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_permits")),
        sa.UniqueConstraint("application_id", name=op.f("uq_permits_application_id")),
        sa.UniqueConstraint("number", name=op.f("uq_permits_number")),
        sa.UniqueConstraint("serial", name=op.f("uq_permits_serial")),
    )
    op.create_index(op.f("ix_permits_organisation_id"), "permits", ["organisation_id"], unique=False)
    op.create_table(
        "votes",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.UUID(), nullable=False),
        sa.Column("session_id", sa.UUID(), nullable=False),
        sa.Column("member_id", sa.UUID(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("is_written", sa.Boolean(), nullable=False),
        sa.Column("dissent", sa.Text(), nullable=False),
        sa.Column("cast_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("choice IN ('for', 'against', 'abstain')", name=op.f("ck_votes_choice_known")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_votes_application_id")),
        sa.ForeignKeyConstraint(["member_id"], ["people.id"], name=op.f("fk_votes_member_id")),
        sa.ForeignKeyConstraint(["session_id"], ["council_sessions.id"], name=op.f("fk_votes_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_votes")),
        sa.UniqueConstraint("session_id", "member_id", name=op.f("uq_votes_session_id_member_id")),
    )
    op.create_index(op.f("ix_votes_application_id"), "votes", ["application_id"], unique=False)
    op.create_table(
        "permit_versions",
        sa.Column("permit_id", sa.UUID(), nullable=False),
        sa.Column("terms_version", sa.Integer(), nullable=False),
        sa.Column("permit_serial", postgresql.INT8RANGE(), nullable=False),
        sa.Column("decision_id", sa.UUID(), nullable=False),
        sa.Column("effective", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("ceiling", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("permit_serial"), "&&"),
            (sa.column("effective"), "&&"),
            using="gist",
            name="ex_permit_versions_overlap",
        ),
        sa.CheckConstraint(
            "coalesce(isfinite(lower(effective)) AND isfinite(upper(effective)), false)",
            name=op.f("ck_permit_versions_window"),
        ),
        sa.CheckConstraint(
            "ceiling IS NULL OR upper(effective) <= ceiling", name=op.f("ck_permit_versions_under_ceiling")
        ),
        sa.CheckConstraint(
            "lower_inc(effective) AND NOT upper_inc(effective)", name=op.f("ck_permit_versions_half_open")
        ),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_permit_versions_decision_id")),
        sa.ForeignKeyConstraint(["permit_id"], ["permits.id"], name=op.f("fk_permit_versions_permit_id")),
        sa.PrimaryKeyConstraint("permit_id", "terms_version", name=op.f("pk_permit_versions")),
    )
    op.execute("INSERT INTO log_head (size, hashes) VALUES (0, '{}')")
    op.execute(APPEND_LEAF)
    op.execute(REFUSE_CHANGE)
    for table in ("audit_leaves", "audit_records"):
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(ROLES)
    for statement in GRANTS.split(";"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP OWNED BY registry_app, registry_read")
    op.execute("DROP FUNCTION append_leaf(bytea, bytea, bytea, text, uuid, uuid, timestamptz)")
    op.drop_table("permit_versions")
    op.drop_index(op.f("ix_votes_application_id"), table_name="votes")
    op.drop_table("votes")
    op.drop_index(op.f("ix_permits_organisation_id"), table_name="permits")
    op.drop_table("permits")
    op.drop_index(op.f("ix_supplement_requests_application_id"), table_name="supplement_requests")
    op.drop_table("supplement_requests")
    op.drop_index(op.f("ix_site_visits_application_id"), table_name="site_visits")
    op.drop_table("site_visits")
    op.drop_table("reviews")
    op.drop_table("recommendations")
    op.drop_index("uq_participations_open", table_name="participations", postgresql_where=sa.text("until IS NULL"))
    op.drop_index("ix_participations_person_id_application_id", table_name="participations")
    op.drop_index("ix_participations_application_id_person_id", table_name="participations")
    op.drop_table("participations")
    op.drop_index(op.f("ix_messages_application_id"), table_name="messages")
    op.drop_table("messages")
    op.drop_table("dossier_versions")
    op.drop_index(op.f("ix_documents_application_id"), table_name="documents")
    op.drop_table("documents")
    op.drop_table("declarations")
    op.drop_table("decisions")
    op.drop_index(
        "uq_council_sessions_open", table_name="council_sessions", postgresql_where=sa.text("concluded_at IS NULL")
    )
    op.drop_index(op.f("ix_council_sessions_application_id"), table_name="council_sessions")
    op.drop_table("council_sessions")
    op.drop_index("ix_consultations_unit_id_application_id", table_name="consultations")
    op.drop_index(op.f("ix_consultations_application_id"), table_name="consultations")
    op.drop_table("consultations")
    op.drop_index(op.f("ix_complaints_application_id"), table_name="complaints")
    op.drop_table("complaints")
    op.drop_index(op.f("ix_clarifications_application_id"), table_name="clarifications")
    op.drop_table("clarifications")
    op.drop_index(op.f("ix_tokens_person_id"), table_name="tokens")
    op.drop_table("tokens")
    op.drop_table("rule_versions")
    op.drop_index(op.f("ix_role_grants_person_id"), table_name="role_grants")
    op.drop_table("role_grants")
    op.drop_table("passwords")
    op.drop_index(op.f("ix_memberships_person_id"), table_name="memberships")
    op.drop_index(op.f("ix_memberships_organisation_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_index("ix_idempotency_answers_created_at", table_name="idempotency_answers")
    op.drop_table("idempotency_answers")
    op.drop_index(op.f("ix_delegations_to_person_id"), table_name="delegations")
    op.drop_table("delegations")
    op.drop_table("audit_records")
    op.drop_index("ix_applications_updated_at_id", table_name="applications")
    op.drop_index("ix_applications_unit_ids", table_name="applications", postgresql_using="gin")
    op.drop_index("ix_applications_stage_id", table_name="applications")
    op.drop_index("ix_applications_search", table_name="applications", postgresql_using="gin")
    op.drop_index("ix_applications_procedure_code_id", table_name="applications")
    op.drop_index(op.f("ix_applications_organisation_id"), table_name="applications")
    op.drop_index(
        "ix_applications_next_due_at", table_name="applications", postgresql_where=sa.text("next_due_at IS NOT NULL")
    )
    op.drop_table("applications")
    op.drop_table("people")
    op.drop_table("organisations")
    op.drop_table("log_head")
    op.drop_table("counters")
    op.drop_index("ix_audit_leaves_object_id_index", table_name="audit_leaves")
    op.drop_index("ix_audit_leaves_case_id_index", table_name="audit_leaves")
    op.drop_table("audit_leaves")
    op.execute("DROP FUNCTION refuse_change()")
