"""Migrations: up, down, up again, the same as the tables in code, and several nodes at once."""

import subprocess
import sys

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from sandbox_registry.db.core import migrations, revisions
from sandbox_registry.runtime.shipped import shipped
from tests.support import migrating

NAME = "migrations_test"


@pytest.fixture
def empty_url(server_url: str) -> str:
    """Address of an empty database of this test's own."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {NAME}".encode())
    parts = conninfo_to_dict(server_url)
    return server_url.replace(f"/{parts['dbname']}", f"/{NAME}", 1)


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in rows}


def test_up_down_and_up_again(empty_url: str) -> None:
    assert revisions.current(empty_url) is None
    migrations.upgrade(empty_url)
    made = tables(empty_url)
    assert revisions.current(empty_url) == revisions.newest()
    migrating.downgrade(empty_url, "base")
    assert tables(empty_url) == {"alembic_version"}
    migrations.upgrade(empty_url)
    assert tables(empty_url) == made


def test_the_tables_in_code_and_in_the_database_are_the_same(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    migrating.check(empty_url)


def test_several_nodes_at_once_queue(empty_url: str) -> None:
    program = "import sys; from sandbox_registry.db.core import migrations; migrations.upgrade(sys.argv[1])"
    nodes = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], cwd=shipped("alembic").parent) for _ in range(3)
    ]
    assert [node.wait() for node in nodes] == [0, 0, 0]
    assert revisions.current(empty_url) == revisions.newest()


def test_names_of_before_are_found_without_diacritics_afterwards(empty_url: str) -> None:
    migrations.upgrade(empty_url, "0011")
    with psycopg.connect(empty_url) as connection:
        connection.execute(
            "INSERT INTO people (id, version, full_name, email, phone, created_at) "
            "VALUES (gen_random_uuid(), 1, 'Đỗ Mai Hương', 'Huong@camau.example', '', now())"
        )
        connection.execute(
            "INSERT INTO organisations (id, version, kind, name, address, email, phone, handles, created_at) "
            "VALUES (gen_random_uuid(), 1, 'organisation', 'Nước mắm Phú Quốc', '', '', '', '{}', now())"
        )
    migrations.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        found = connection.execute("SELECT search_text FROM people UNION ALL SELECT search_text FROM organisations")
        assert found.fetchall() == [("do mai huong huong@camau.example",), ("nuoc mam phu quoc",)]
    migrating.downgrade(empty_url, "0011")
    migrations.upgrade(empty_url)


def test_numbers_of_one_form_go_on_from_the_highest_of_them(empty_url: str) -> None:
    counted = {
        "permit 2026": 3,
        "permit 2026 {n}/{year}/GPTN": 1,
        "permit 2026 {n:03}/{year}/GXN-MẪU": 4,
        "permit 2026 {n}/{year}/GXN-MẪU": 6,
        "decision 7 2026 {n:02}/QĐ-UBND-MẪU": 5,
        "dossier H12": 9,
    }
    migrations.upgrade(empty_url, "0043")
    with psycopg.connect(empty_url) as connection:
        connection.cursor().executemany("INSERT INTO counters VALUES (%s, %s)", counted.items())
    migrations.upgrade(empty_url)
    with psycopg.connect(empty_url) as connection:
        now: dict[str, int] = dict(connection.execute("SELECT series, last FROM counters").fetchall())
    assert {name: now[name] for name in now.keys() - counted.keys()} == {"decision 7 2026-MẪU": 5}
    assert (now["permit 2026"], now["permit 2026 {n}/{year}/GXN-MẪU"]) == (3, 6)
