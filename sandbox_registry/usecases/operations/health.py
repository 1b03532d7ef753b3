"""Whether the registry can work: the database answers, at the revision this program needs."""

from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.revisions import newest


async def is_ready(database: Database) -> bool:
    """Tell whether the database answers and has the schema this program was written for."""
    return await database.revision() == newest()
