"""Writes down what the migrations make, for `log verify` to hold a database against.

    python -m tools.schema

Run it after adding a migration; a test says when the file is stale.
"""

import asyncio
import tempfile
from pathlib import Path

from sandbox_registry.db.auditlog.schema import SHIPPED, described
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.migrations import upgrade
from sandbox_registry.db.core.revisions import newest
from sandbox_registry.db.embedded.server import EmbeddedServer


def written(lines: frozenset[str]) -> str:
    """Write the description of the newest revision as it is kept."""
    return "\n".join([newest(), *sorted(lines)]) + "\n"


async def _described(url: str) -> frozenset[str]:
    database = Database(url)
    try:
        async with database.primary() as connection:
            return await described(connection)
    finally:
        await database.close()


def main() -> None:
    """Migrate an empty database, and write what it is made of."""
    with tempfile.TemporaryDirectory(prefix="schema-") as directory:
        home = Path(directory)
        home.chmod(0o711)
        with EmbeddedServer(home / "database", fsync=False) as server:
            upgrade(server.url())
            SHIPPED.write_text(written(asyncio.run(_described(server.url()))), encoding="utf-8")


if __name__ == "__main__":
    main()
