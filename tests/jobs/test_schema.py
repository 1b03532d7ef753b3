"""The queue's tables: those of the installed version, the application's to use, and gone when taken back."""

import psycopg
import pytest
from procrastinate.schema import SchemaManager
from psycopg.conninfo import conninfo_to_dict

from sandbox_registry.db.core import migrations
from sandbox_registry.runtime.shipped import shipped
from tests.support import migrating

NAME = "jobs_test"
LEFT = b"""
SELECT relname::text FROM pg_class WHERE relname LIKE 'procrastinate%'
UNION SELECT proname FROM pg_proc WHERE proname LIKE 'procrastinate%'
UNION SELECT typname FROM pg_type WHERE typname LIKE 'procrastinate%'
"""


@pytest.fixture
def empty_url(server_url: str) -> str:
    """Address of an empty database of this test's own."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {NAME}".encode())
    parts = conninfo_to_dict(server_url)
    return server_url.replace(f"/{parts['dbname']}", f"/{NAME}", 1)


def test_the_pinned_schema_is_that_of_the_installed_version() -> None:
    pinned = (shipped("alembic") / "sql" / "procrastinate-3.10.0.sql").read_text(encoding="utf-8")
    assert pinned.partition("\n\n")[2] == SchemaManager.get_schema(), "another version of the queue needs a migration"


def test_nothing_of_the_queue_stays_after_a_downgrade(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        assert len(connection.execute(LEFT).fetchall()) > 30
    migrating.downgrade(empty_url, "base")
    with psycopg.connect(empty_url) as connection:
        assert connection.execute(LEFT).fetchall() == []


def test_readers_may_not_look_into_the_queue(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    with (
        psycopg.connect(empty_url, options="-c role=registry_read") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT args FROM procrastinate_jobs")
