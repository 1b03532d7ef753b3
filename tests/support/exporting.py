"""Many copies of a case to export, and the transactions still under way."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

# Copies of one filed case, as many as wanted; the rest of the row stays as it is.
COPIES = text(
    "INSERT INTO applications (id, version, stage, procedure_code, procedure_version, organisation_id,"
    " receiving_unit_id, unit_ids, title, answers, created_by, created_at, updated_at, code, submitted_at,"
    " submitted_by, level_corrections, returns, search_text)"
    " SELECT gen_random_uuid(), version, stage, procedure_code, procedure_version, organisation_id,"
    " receiving_unit_id, unit_ids, title || ' ' || n, '{}', created_by, created_at, updated_at, 'C' || n,"
    " submitted_at, submitted_by, level_corrections, returns, search_text FROM applications, generate_series(1, :copies) AS n WHERE id = :id"
)


async def under_way(owner: AsyncEngine) -> list[tuple[str, bool]]:
    """The state of every connection that holds a snapshot or a cursor, and whether it last fetched from one."""
    query = text(
        "SELECT state, query LIKE 'FETCH FORWARD%' FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
    )
    async with owner.connect() as connection:
        return [(row[0], row[1]) for row in await connection.execute(query)]
