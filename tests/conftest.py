"""What every test may ask for."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_registry.db.embedded import EmbeddedServer


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """Address of an empty database as its owner: the one in TEST_DATABASE_URL, or an embedded server of this run."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Not tmp_path: pytest closes its parent to others, and root's server runs as a user of its own.
    with tempfile.TemporaryDirectory(prefix="sandbox-") as directory:
        Path(directory).chmod(0o711)
        with EmbeddedServer(Path(directory), fsync=False) as server:
            yield server.url()
