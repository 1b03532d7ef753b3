"""What every test may ask for."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgi_lifespan import LifespanManager
from hypothesis import settings as hypothesis_settings
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from sandbox_registry.app import create_app
from sandbox_registry.db import tables
from sandbox_registry.db.core import migrations
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.domain.rules.rule_versions import RuleVersion
from sandbox_registry.runtime.settings import Settings
from tests.auditlog.ledger import Ledger, new_ledger
from tests.support.client import Client
from tests.support.world import World, new_world, shipped_rules

hypothesis_settings.register_profile("patient", deadline=None)  # A busy machine is no defect.
hypothesis_settings.load_profile("patient")


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


@pytest.fixture(scope="session")
def database_url(server_url: str) -> str:
    """Address of a migrated database, as its owner."""
    migrations.upgrade(server_url)
    return server_url


@pytest.fixture(scope="session")
async def owner(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Connections with the owner's rights: to clean up, and to do what the application must not."""
    engine = create_async_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    async with engine.begin() as connection:
        for rule in shipped_rules():
            await connection.execute(tables.rule_versions.insert(), RECORDS[RuleVersion].values(rule))
    yield engine
    await engine.dispose()


@pytest.fixture
async def world(database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[World]:
    """A settled province in an otherwise empty database; every test commits for real and is swept away before the next."""
    kept = {"alembic_version", "rule_versions", "log_head"}
    swept = [table for table in tables.metadata.sorted_tables if table.name not in kept]
    async with owner.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in swept:
            await connection.execute(table.delete())
        await connection.exec_driver_sql("UPDATE log_head SET size = 0, hashes = '{}'")
    settled = new_world(database_url, documents=tmp_path / "documents")
    await settled.settle()
    yield settled
    await settled.database.close()


@pytest.fixture
async def client(world: World, tmp_path: Path) -> AsyncIterator[Client]:
    """Speak HTTP to the application over the world's use cases, as whoever a test names."""
    settings = Settings(data_dir=tmp_path, pseudonym_key=b"k" * 32, database_url="unused")
    app: Any = create_app(settings, world.use_cases)  # Litestar types its scopes more narrowly than these libraries.
    async with LifespanManager(app):
        # The manager's own app would share one state among all requests, which no server does.
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as http:
            yield Client(http=http, world=world)


@pytest.fixture
async def ledger(database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[Ledger]:
    """A log without the use cases around it."""
    async with new_ledger(database_url, owner, tmp_path) as made:
        yield made
