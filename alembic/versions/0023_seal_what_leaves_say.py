"""Seal what leaves say: a public entry is a time and a commitment, and each leaf names its place among those of its case."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

COLUMNS = (
    ("statement", sa.LargeBinary()),
    ("salt", sa.LargeBinary()),
    ("place", sa.Integer()),
    ("chain", sa.LargeBinary()),
)

# Grows the tree by one entry. Nobody may call it but the functions below.
APPEND_ENTRY = r"""
CREATE FUNCTION append_entry(
    p_entry bytea, p_statement bytea, p_salt bytea, p_place integer, p_chain bytea,
    p_nonce bytea, p_record bytea, p_object_type text, p_object_id uuid, p_case_id uuid, p_at timestamptz
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_size bigint;
    v_stack bytea[];
    v_rest bigint;
    v_leaf bytea := sha256('\x00'::bytea || p_entry);
    v_node bytea := v_leaf;
BEGIN
    IF length(p_entry) > 65535 THEN
        RAISE EXCEPTION 'an entry holds at most 65535 bytes' USING ERRCODE = 'check_violation';
    END IF;
    SELECT size, hashes INTO STRICT v_size, v_stack FROM log_head FOR UPDATE;
    v_rest := v_size;
    WHILE v_rest % 2 = 1 LOOP
        v_node := sha256('\x01'::bytea || v_stack[cardinality(v_stack)] || v_node);
        v_stack := trim_array(v_stack, 1);
        v_rest := v_rest / 2;
    END LOOP;
    INSERT INTO audit_leaves (index, entry, leaf_hash, object_type, object_id, case_id, at, statement, salt, place, chain)
    VALUES (v_size, p_entry, v_leaf, p_object_type, p_object_id, p_case_id, p_at, p_statement, p_salt, p_place, p_chain);
    INSERT INTO audit_records (index, nonce, record) VALUES (v_size, p_nonce, p_record);
    UPDATE log_head SET size = v_size + 1, hashes = v_stack || v_node;
    RETURN v_size;
END
$$
"""

# Leaves of the first format: what a process of the release before appends while an upgrade is under way.
APPEND_FIRST_FORMAT = """
CREATE OR REPLACE FUNCTION append_leaf(
    p_entry bytea, p_nonce bytea, p_record bytea,
    p_object_type text, p_object_id uuid, p_case_id uuid, p_at timestamptz
) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT append_entry(
        p_entry, NULL, NULL, NULL, NULL, p_nonce, p_record, p_object_type, p_object_id, p_case_id, p_at
    )
$$
"""

# The head is locked before the chain is looked at, so that no two leaves take one place. Where the chain ends in leaves
# of the first format, which have no place, they are counted in: once for each case.
APPEND_LEAF = r"""
CREATE FUNCTION append_leaf(
    p_before bytea, p_after bytea, p_salt bytea, p_nonce bytea, p_record bytea,
    p_object_type text, p_object_id uuid, p_case_id uuid, p_at timestamptz
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_place integer;
    v_chain bytea;
    v_is_first boolean;
    v_leaf record;
    v_statement bytea;
    v_commit bytea;
BEGIN
    PERFORM 1 FROM log_head FOR UPDATE;
    IF p_case_id IS NULL THEN
        SELECT place, chain INTO v_place, v_chain FROM audit_leaves
        WHERE object_id = p_object_id AND case_id IS NULL ORDER BY index DESC LIMIT 1;
    ELSE
        SELECT place, chain INTO v_place, v_chain FROM audit_leaves
        WHERE case_id = p_case_id ORDER BY index DESC LIMIT 1;
    END IF;
    v_is_first := NOT FOUND;
    IF v_place IS NULL THEN
        v_place := 0;
        v_chain := decode(repeat('00', 32), 'hex');
    END IF;
    IF v_place = 0 AND NOT v_is_first THEN
        FOR v_leaf IN
            SELECT index, place, chain, leaf_hash FROM audit_leaves WHERE case_id = p_case_id
            UNION ALL
            SELECT index, place, chain, leaf_hash FROM audit_leaves
            WHERE p_case_id IS NULL AND case_id IS NULL AND object_id = p_object_id
            ORDER BY index
        LOOP
            v_place := coalesce(v_leaf.place, v_place + 1);
            v_chain := coalesce(v_leaf.chain, sha256('\x03'::bytea || v_chain || v_leaf.leaf_hash));
        END LOOP;
    END IF;
    v_statement := p_before || convert_to(
        format(
            '"chain":{"before":"%s","case":%s,"n":%s}',
            encode(v_chain, 'base64'), coalesce('"' || p_case_id::text || '"', 'null'), v_place + 1
        ),
        'UTF8'
    ) || p_after;
    v_commit := sha256(p_salt || v_statement);
    RETURN append_entry(
        convert_to(
            format(
                '{"commit":"%s","t":%s,"v"\:2}',
                encode(v_commit, 'base64'), floor(extract(epoch FROM p_at) * 1000)::bigint
            ),
            'UTF8'
        ),
        v_statement, p_salt, v_place + 1,
        sha256('\x03'::bytea || v_chain || sha256('\x02'::bytea || p_salt || v_commit)),
        p_nonce, p_record, p_object_type, p_object_id, p_case_id, p_at
    );
END
$$
"""

REQUIRE_SEALED_LEAF = """
CREATE OR REPLACE FUNCTION require_erasure_leaf() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_leaves
        WHERE object_id = NEW.id AND object_type = 'erasure'
          AND convert_from(coalesce(statement, entry), 'UTF8')::jsonb @> '{"act": "erasure:confirm", "result": "done"}'::jsonb
          AND convert_from(coalesce(statement, entry), 'UTF8')::jsonb -> 'erased' = to_jsonb(NEW.indexes)
    ) THEN
        RAISE EXCEPTION 'an erasure without its leaf in the log'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasures_on_record';
    END IF;
    RETURN NULL;
END
$$
"""

REQUIRE_LEAF_BEFORE = """
CREATE OR REPLACE FUNCTION require_erasure_leaf() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_leaves
        WHERE object_id = NEW.id AND object_type = 'erasure'
          AND convert_from(entry, 'UTF8')::jsonb @> '{"act": "erasure:confirm", "result": "done"}'::jsonb
          AND convert_from(entry, 'UTF8')::jsonb -> 'erased' = to_jsonb(NEW.indexes)
    ) THEN
        RAISE EXCEPTION 'an erasure without its leaf in the log'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'erasures_on_record';
    END IF;
    RETURN NULL;
END
$$
"""

GRANTS = """
REVOKE EXECUTE ON FUNCTION
    append_entry(bytea, bytea, bytea, integer, bytea, bytea, bytea, text, uuid, uuid, timestamptz),
    append_leaf(bytea, bytea, bytea, bytea, bytea, text, uuid, uuid, timestamptz)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_leaf(bytea, bytea, bytea, bytea, bytea, text, uuid, uuid, timestamptz) TO registry_app
"""


def upgrade() -> None:
    # Rather fail than queue every request behind a lock we cannot get.
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, kind in COLUMNS:
        op.add_column("audit_leaves", sa.Column(name, kind, nullable=True))
    op.create_check_constraint(
        op.f("ck_audit_leaves_sealed"), "audit_leaves", "num_nulls(statement, salt, place, chain) IN (0, 4)"
    )
    op.create_table(
        "refused_logins",
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("since", "person_id", name=op.f("pk_refused_logins")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON refused_logins TO registry_app")
    op.execute(APPEND_ENTRY)
    op.execute(APPEND_FIRST_FORMAT)
    op.execute(APPEND_LEAF)
    op.execute(REQUIRE_SEALED_LEAF)
    op.execute(GRANTS)


def downgrade() -> None:
    """Go back only while no leaf is sealed: what a sealed one says would be lost."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM audit_leaves WHERE statement IS NOT NULL) THEN "
        "RAISE EXCEPTION 'the log holds sealed leaves, which the release before cannot read'; END IF; END $$"
    )
    op.execute("DROP FUNCTION append_leaf(bytea, bytea, bytea, bytea, bytea, text, uuid, uuid, timestamptz)")
    op.execute(REQUIRE_LEAF_BEFORE)
    op.execute(APPEND_BEFORE)
    op.execute(
        "DROP FUNCTION append_entry(bytea, bytea, bytea, integer, bytea, bytea, bytea, text, uuid, uuid, timestamptz)"
    )
    op.drop_table("refused_logins")
    op.drop_constraint(op.f("ck_audit_leaves_sealed"), "audit_leaves")
    for name, _ in COLUMNS:
        op.drop_column("audit_leaves", name)


APPEND_BEFORE = r"""
CREATE OR REPLACE FUNCTION append_leaf(
    p_entry bytea, p_nonce bytea, p_record bytea,
    p_object_type text, p_object_id uuid, p_case_id uuid, p_at timestamptz
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_size bigint;
    v_stack bytea[];
    v_rest bigint;
    v_leaf bytea := sha256('\x00'::bytea || p_entry);
    v_node bytea := v_leaf;
BEGIN
    IF length(p_entry) > 65535 THEN
        RAISE EXCEPTION 'an entry holds at most 65535 bytes' USING ERRCODE = 'check_violation';
    END IF;
    SELECT size, hashes INTO STRICT v_size, v_stack FROM log_head FOR UPDATE;
    v_rest := v_size;
    WHILE v_rest % 2 = 1 LOOP
        v_node := sha256('\x01'::bytea || v_stack[cardinality(v_stack)] || v_node);
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
