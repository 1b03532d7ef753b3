"""What the signer may read: the log, and not what only the application needs."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from sandbox_registry.cli.environment import with_embedded
from sandbox_registry.db.auditlog.tree import LogHead, log_reader
from sandbox_registry.db.core import migrations
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.runtime.settings import Settings


@pytest.fixture
def served() -> Iterator[Settings]:
    """Give the settings that `serve` hands on with an embedded database of its own."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as made:
        directory = Path(made)
        directory.chmod(0o711)
        with EmbeddedServer(directory, fsync=False) as server:
            migrations.upgrade(server.url())
            with_embedded(Settings(data_dir=directory, pseudonym_key=b"k" * 32), server)
            yield with_embedded(Settings(data_dir=directory, pseudonym_key=b"k" * 32), server)


async def test_the_signer_beside_the_application_reads_with_fewer_rights_than_it(served: Settings) -> None:
    assert served.database_url is not None
    assert "registry_app@" in served.database_url
    reader = await log_reader(served.database_url)
    try:
        assert await reader.head() == LogHead(size=0, hashes=())
        async with reader.database.replica() as connection:
            assert (await connection.execute(text("SELECT current_user"))).scalar_one() == "registry_read"
            with pytest.raises(ProgrammingError, match="permission denied for table tokens"):
                await connection.execute(text("SELECT * FROM tokens"))
        async with reader.database.replica() as connection:
            with pytest.raises(ProgrammingError, match="permission denied"):
                await connection.execute(text("INSERT INTO counters VALUES ('x', 1)"))
    finally:
        await reader.close()
