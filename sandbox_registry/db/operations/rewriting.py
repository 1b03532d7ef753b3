"""Rewriting the tables that an erasure emptied: their old rows stay on the disk as free space, and in the WAL, until then."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from sandbox_registry.runtime.failures import Failure

TABLES = (
    "account_mails",
    "applications",
    "audit_records",
    "clarifications",
    "complaints",
    "documents",
    "dossier_versions",
    "idempotency_answers",
    "messages",
    "organisations",
    "passwords",
    "people",
    "procrastinate_jobs",
    "supplement_requests",
    "tokens",
    "webhook_attempts",
    "webhook_deliveries",
    "webhook_endpoints",
)
"""Where personal data is taken out of rows, or rows with it are deleted."""
STATISTICS = "pg_catalog.pg_statistic"
_ERASED = "SELECT id::text FROM erasures WHERE status = 'confirmed' ORDER BY id"
_IS_SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"


class RewriteFailed(Failure):
    """The tables could not be rewritten; the message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What was rewritten: the tables, the erasures confirmed before, and up to which WAL file nothing is needed any more."""

    tables: tuple[str, ...]
    erasures: tuple[str, ...]
    wal_until: str


def rewrite(owner_url: str) -> Rewritten:
    """Write each table anew with its indexes and statistics, leave the old files, and begin another WAL file.

    Each table is locked while it is written; acts on it wait. Statistics of the old rows go only for a superuser.

    Raises:
        RewriteFailed: the database does not answer, or a table stayed locked for half a minute.

    """
    try:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '30s'")
            erasures = tuple(str(row[0]) for row in connection.execute(_ERASED))
            is_superuser = (connection.execute(_IS_SUPERUSER).fetchone() or (False,))[0]
            for table in TABLES:
                connection.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(sql.Identifier(table)))
            if is_superuser:
                connection.execute(f"VACUUM (FULL) {STATISTICS}")
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
            connection.execute("CHECKPOINT")
    except psycopg.Error as error:
        raise RewriteFailed(" ".join(str(error).split())) from error
    return Rewritten(
        tables=(*TABLES, STATISTICS) if is_superuser else TABLES, erasures=erasures, wal_until=str((row or ("",))[0])
    )
