"""What every test may ask for."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
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
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.documents.uploads.store import Store
from sandbox_registry.domain.rules.rule_versions import RuleVersion
from sandbox_registry.runtime.settings import Settings
from tests.support.browser import Browser, opened_browser
from tests.support.client import Client
from tests.support.inspection import INSPECTOR
from tests.support.ledger import Ledger, new_ledger
from tests.support.snapshots import Snapshots
from tests.support.world import START, World, new_world, shipped_rules
from tools import assets

SETTLED, ANNOUNCED = "settled", "settled and announced"

hypothesis_settings.register_profile("patient", deadline=None)  # A busy machine is no defect.
hypothesis_settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    """Build the portal's styles and scripts when they are stale, once for all processes of this run."""
    if not hasattr(config, "workerinput"):
        assets.build()


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where the packages are that the portal is built from, and checked with."""
    return assets.packages()


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


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the application of this run keeps its files: a link to the directory of the test that runs."""
    directory = tmp_path_factory.mktemp("data")
    link = directory / "of_the_test"
    link.symlink_to(directory)
    return link


@pytest.fixture
def empty_data_dir(data_dir: Path, tmp_path: Path) -> Path:
    """Let the application keep its files in the directory of this test."""
    data_dir.unlink()
    data_dir.symlink_to(tmp_path)
    Store(data_dir / "documents")  # It makes its directories.
    return data_dir


@pytest.fixture(scope="session")
async def settled_world(database_url: str, owner: AsyncEngine, data_dir: Path) -> AsyncIterator[World]:
    """A settled province, made once; tests get it from `world`. What tests without a province left goes first."""
    kept = {"alembic_version", "rule_versions", "log_head"}
    async with owner.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in tables.metadata.sorted_tables:
            if table.name not in kept:
                await connection.execute(table.delete())
        await connection.exec_driver_sql("UPDATE log_head SET size = 0, hashes = '{}'")
    database = Database(database_url, turn_timeout=600)  # A busy machine is no defect.
    settled = new_world(database, snapshots=Snapshots(owner), documents=data_dir / "documents")
    await settled.settle()
    await settled.snapshots.take(SETTLED)
    yield settled
    await database.close()
    await INSPECTOR.end()


@pytest.fixture
async def world(settled_world: World, empty_data_dir: Path) -> World:  # noqa: ARG001 - its files are gone too.
    """A settled province in an otherwise empty database; what a test commits is gone before the next."""
    await settled_world.snapshots.put_back(SETTLED, is_base=True)
    settled_world.clock.at = START
    settled_world.forget()
    return replace(settled_world, units=dict(settled_world.units), people=dict(settled_world.people))


@pytest.fixture(scope="session")
def app(settled_world: World, data_dir: Path) -> Any:
    """The application over the world's use cases, built once."""
    settings = Settings(data_dir=data_dir, pseudonym_key=b"k" * 32, database_url="unused")
    return create_app(settings, settled_world.use_cases)


@pytest.fixture
async def client(app: Any, world: World) -> AsyncIterator[Client]:
    """Speak HTTP to the application over the world's use cases, as the person a test names."""
    async with LifespanManager(app):
        if ANNOUNCED not in world.snapshots:
            await world.snapshots.take(ANNOUNCED)
        await world.snapshots.put_back(ANNOUNCED, is_base=True)
        # The manager's own app would share one state among all requests, which no server does.
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as http:
            yield Client(http=http, world=world)


@pytest.fixture
async def ledger(database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[Ledger]:
    """An empty log and a signer for it."""
    async with new_ledger(database_url, owner, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    with opened_browser() as opened:
        yield opened
