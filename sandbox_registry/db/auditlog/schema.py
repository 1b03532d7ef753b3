"""What a database is made of, line by line: held against what the migrations make (`schema.txt`, by `python -m tools.schema`).

A trigger, a rule, a function or a default that somebody planted decides what later acts do, and stands in no row.
"""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db.core.statements import Statement

SHIPPED = Path(__file__).with_name("schema.txt")

_DESCRIBED = Statement(
    text("""
WITH ours AS (
    SELECT c.oid, c.relname, c.relkind, c.relacl, c.relrowsecurity, c.relforcerowsecurity, c.relowner
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
), its_own AS (
    SELECT objid FROM pg_depend WHERE deptype = 'e'
)
SELECT 'relation ' || relname || ': ' || relkind::text || CASE WHEN relrowsecurity THEN ' row security' ELSE '' END
    || CASE WHEN relforcerowsecurity THEN ' forced' ELSE '' END
    || CASE WHEN pg_get_userbyid(relowner) IN ('registry_app', 'registry_read') THEN ' owned by the program' ELSE '' END
FROM ours WHERE relkind NOT IN ('i', 'I')
UNION ALL
SELECT 'column ' || relname || '.' || attname || ': ' || format_type(atttypid, atttypmod)
    || CASE WHEN attnotnull THEN ' not null' ELSE '' END
    || CASE WHEN attgenerated <> '' THEN ' generated' WHEN attidentity <> '' THEN ' identity' ELSE '' END
    || coalesce(' ' || pg_get_expr(adbin, adrelid), '')
FROM ours JOIN pg_attribute ON attrelid = ours.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'index ' || c.relname || ': ' || pg_get_indexdef(indexrelid) || CASE WHEN indisvalid THEN '' ELSE ' invalid' END
FROM ours JOIN pg_index ON indrelid = ours.oid JOIN pg_class c ON c.oid = indexrelid
WHERE indisunique OR indisexclusion OR indexprs IS NOT NULL OR indpred IS NOT NULL
UNION ALL
SELECT 'constraint ' || relname || '.' || conname || ': ' || pg_get_constraintdef(pg_constraint.oid)
FROM ours JOIN pg_constraint ON conrelid = ours.oid WHERE contype <> 'n'
UNION ALL
SELECT 'trigger ' || relname || '.' || CASE WHEN tgisinternal THEN 'of a constraint' ELSE tgname END || ': '
    || CASE WHEN tgisinternal THEN '' ELSE pg_get_triggerdef(pg_trigger.oid) END || ' ' || tgenabled::text
FROM ours JOIN pg_trigger ON tgrelid = ours.oid WHERE NOT tgisinternal OR tgenabled <> 'O'
UNION ALL
SELECT 'rule ' || relname || '.' || rulename || ': ' || pg_get_ruledef(pg_rewrite.oid) || ' ' || ev_enabled::text
FROM ours JOIN pg_rewrite ON ev_class = ours.oid
UNION ALL
SELECT 'policy ' || relname || '.' || polname || ': ' || polcmd::text || coalesce(' ' || pg_get_expr(polqual, polrelid), '')
FROM ours JOIN pg_policy ON polrelid = ours.oid
UNION ALL
SELECT 'inheritance ' || relname || ': ' || inhparent::regclass::text
FROM ours JOIN pg_inherits ON inhrelid = ours.oid WHERE relkind NOT IN ('i', 'I')
UNION ALL
SELECT DISTINCT 'grant ' || relname || ': ' || lower(privilege_type) || ' to '
    || CASE WHEN grantee = 0 THEN 'everybody' ELSE pg_get_userbyid(grantee)::text END
FROM ours, aclexplode(relacl) WHERE grantee <> relowner AND privilege_type <> 'SELECT'
UNION ALL
SELECT DISTINCT 'grant ' || relname || '.' || attname || ': ' || lower(privilege_type) || ' to '
    || CASE WHEN grantee = 0 THEN 'everybody' ELSE pg_get_userbyid(grantee)::text END
FROM ours JOIN pg_attribute ON attrelid = ours.oid, aclexplode(attacl)
WHERE grantee <> relowner AND privilege_type <> 'SELECT'
UNION ALL
SELECT 'function ' || p.oid::regprocedure::text || ': ' || encode(sha256(convert_to(prosrc, 'UTF8')), 'hex') || ' '
    || prokind::text || ' ' || lanname || CASE WHEN prosecdef THEN ' definer' ELSE '' END
    || coalesce(' ' || array_to_string(proconfig, ' '), '')
    || coalesce((SELECT ' ' || string_agg('execute to ' || CASE WHEN grantee = 0 THEN 'everybody'
         ELSE pg_get_userbyid(grantee)::text END, ' ' ORDER BY pg_get_userbyid(grantee)::text)
       FROM aclexplode(proacl) WHERE grantee <> proowner), '')
FROM pg_proc p JOIN pg_language l ON l.oid = prolang
WHERE (pronamespace = 'public'::regnamespace OR pronamespace = 'pg_catalog'::regnamespace AND p.oid >= 16384)
    AND p.oid NOT IN (SELECT objid FROM its_own)
UNION ALL
SELECT 'type ' || typname || ': ' || typtype::text || coalesce(' ' || (
    SELECT string_agg(enumlabel, ', ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid), '')
FROM pg_type t WHERE typnamespace = 'public'::regnamespace AND typtype IN ('d', 'e', 'r') AND t.oid NOT IN (SELECT objid FROM its_own)
UNION ALL
SELECT 'event trigger ' || evtname || ': ' || evtevent || ' ' || evtfoid::regproc::text || ' ' || evtenabled::text
FROM pg_event_trigger
UNION ALL
SELECT 'operator ' || oprname || ': ' || oprcode::text FROM pg_operator
WHERE (oprnamespace = 'public'::regnamespace OR oid >= 16384 AND oprnamespace = 'pg_catalog'::regnamespace)
    AND oid NOT IN (SELECT objid FROM its_own)
UNION ALL
SELECT 'cast ' || castsource::regtype::text || ': ' || casttarget::regtype::text FROM pg_cast
WHERE oid >= 16384 AND oid NOT IN (SELECT objid FROM its_own)
UNION ALL
SELECT 'setting ' || coalesce(rolname, 'of the database') || ': ' || each
FROM pg_db_role_setting LEFT JOIN pg_roles ON pg_roles.oid = setrole, unnest(setconfig) AS each
WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    AND split_part(each, '=', 1) IN
        ('local_preload_libraries', 'role', 'row_security', 'search_path', 'session_preload_libraries',
         'session_replication_role')
""")
)
_REVISION = Statement(text("SELECT version_num FROM alembic_version"))


async def described(connection: AsyncConnection) -> frozenset[str]:
    """Describe everything that decides what happens to rows: `<what> <name>: <definition>`."""
    return frozenset(" ".join(line.split()) for (line,) in await _DESCRIBED.rows(connection))


async def revision_of(connection: AsyncConnection) -> str:
    """Return the revision that a database says it has."""
    return str(await _REVISION.value(connection))


def shipped() -> tuple[str, frozenset[str]]:
    """Return the newest revision, and what the migrations make up to it."""
    first, *lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    return first, frozenset(lines)
