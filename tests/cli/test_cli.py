"""The command line as its users meet it: a process, its words and its exit code."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sandbox_registry.db.core import migrations, revisions
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.runtime.shipped import shipped

CHECKOUT = shipped("alembic").parent


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    # Not tmp_path: pytest closes its parent to others, and root's server runs as a user of its own.
    with tempfile.TemporaryDirectory(prefix="sandbox-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture(scope="module")
def running(directory: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(directory, fsync=False, exclusive=True) as server:
        yield server


def environ(**variables: str) -> dict[str, str]:
    ours = ("SANDBOX_", "DATABASE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PYTHONPATH": str(CHECKOUT), **variables}


def ran(*arguments: str, **variables: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "sandbox_registry.cli", *arguments]
    done = subprocess.run(command, env=environ(**variables), cwd="/", text=True, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_help_names_every_command() -> None:
    code, said, _ = ran("--help")
    assert code == 0
    assert [line.split()[0] for line in said.partition("Commands:\n")[2].splitlines()] == [
        "backup",
        "db",
        "demo",
        "log",
        "migrate",
        "policy",
        "restore",
        "rules",
        "serve",
        "users",
        "worker",
    ]


def test_an_unknown_command_is_misuse() -> None:
    code, _, complaint = ran("migarte")
    assert (code, complaint.splitlines()[-1]) == (2, "Error: No such command 'migarte'. Did you mean 'migrate'?")


def test_wrong_settings_are_named_all_at_once(directory: Path) -> None:
    said = ran("serve", "--port", "99999", SANDBOX_DATA_DIR=str(directory), SANDBOX_WORKRES="2")
    expected = (
        "Error: SANDBOX_PORT: '99999' is not a whole number from 1 to 65535.\n"
        "Error: SANDBOX_WORKRES: no such setting; did you mean SANDBOX_WORKERS?\n"
    )
    assert said == (2, "", expected)


def test_the_rules_and_the_policy_of_this_installation_are_in_order() -> None:
    assert ran("rules", "check") == (0, "The rules are in order.\n", "")
    assert ran("policy", "check") == (0, "The policy is in order.\n", "")


def test_rules_check_prints_each_finding(tmp_path: Path) -> None:
    sound = (shipped("policies") / "procedures" / "ca-mau-2026-draft.toml").read_text(encoding="utf-8")
    (tmp_path / "broken.toml").write_text("surprise = 1\n" + sound, encoding="utf-8")
    code, said, complaint = ran("rules", "check", str(tmp_path))
    assert code == 1
    assert any(line.startswith("broken.toml: surprise: ") for line in said.splitlines())
    assert complaint == f"Error: {len(said.splitlines())} found.\n"


def test_policy_check_prints_each_finding(tmp_path: Path) -> None:
    for file in (shipped("policies") / "casbin").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "policy.csv").open("a", encoding="utf-8") as policy:
        policy.write("p, r:focal_oficer, *, *, application:read, allow, nothing\n")
    code, said, complaint = ran("policy", "check", str(tmp_path))
    assert code == 1
    assert "focal_oficer" in said
    assert complaint == f"Error: {len(said.splitlines())} found.\n"


def test_migrate_joins_a_running_server_and_leaves_it_running(running: EmbeddedServer) -> None:
    newest = revisions.newest()
    data_dir = str(running.data_dir)
    for _ in range(2):
        code, said, _ = ran("migrate", SANDBOX_DATA_DIR=data_dir)
        assert (code, said) == (0, f"The database is at revision {newest}.\n")
    assert revisions.current(running.url()) == newest


def test_migrate_starts_and_stops_a_server_of_its_own(directory: Path) -> None:
    own = directory / "own"
    code, said, log = ran("migrate", SANDBOX_DATA_DIR=str(own))
    assert (code, said) == (0, f"The database is at revision {revisions.newest()}.\n")
    assert '"event": "migrated"' in log
    assert not (own / "postgres" / "data" / "postmaster.pid").exists()


def test_migrate_names_a_database_it_cannot_reach() -> None:
    url = "postgresql://app:hunter2@127.0.0.1:1/registry"
    code, _, complaint = ran("migrate", DATABASE_URL=url, SANDBOX_DATA_DIR=tempfile.mkdtemp())
    assert code == 1
    assert complaint.startswith("Error: connection failed: ")
    assert "Connection refused" in complaint
    assert len(complaint.splitlines()) == 1
    assert "hunter2" not in complaint


def test_psql_url_is_the_owners_address_of_the_running_server(running: EmbeddedServer, directory: Path) -> None:
    assert ran("db", "psql-url", SANDBOX_DATA_DIR=str(running.data_dir)) == (0, running.url() + "\n", "")
    idle = directory / "idle"
    assert ran("db", "psql-url", SANDBOX_DATA_DIR=str(idle)) == (
        1,
        "",
        f"Error: No database runs in {idle}; start `sandbox-registry serve`, or set SANDBOX_DATA_DIR.\n",
    )


def test_a_second_serve_names_the_first(running: EmbeddedServer) -> None:
    expected = f"Error: {running.data_dir} is in use by the server with process id {os.getpid()}; stop it, or set SANDBOX_DATA_DIR.\n"
    assert ran("serve", SANDBOX_DATA_DIR=str(running.data_dir)) == (1, "", expected)


def test_a_taken_port_is_named_before_anybody_shares_it(running: EmbeddedServer) -> None:
    migrations.upgrade(running.url())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = ran(
            "serve", "--port", str(port), DATABASE_URL=running.url(), SANDBOX_DATA_DIR=str(running.data_dir / "other")
        )
    expected = (
        f"Error: Cannot listen at 127.0.0.1 port {port}: Address already in use. Choose with --host and --port.\n"
    )
    assert said == (1, "", expected)


def test_sigterm_in_the_middle_of_a_command_stops_the_server_it_started(directory: Path) -> None:
    own = directory / "terminated"
    with EmbeddedServer(own, fsync=False) as server, psycopg.connect(server.url()) as blocker:
        blocker.execute("SELECT pg_advisory_lock(%s)", [0x5A4D6967])
        command = [sys.executable, "-m", "sandbox_registry.cli", "migrate"]
        migrating = subprocess.Popen(command, env=environ(SANDBOX_DATA_DIR=str(own)), cwd="/")
        waiting = b"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while blocker.execute(waiting).fetchone() != (1,):
            time.sleep(0.05)
        server.stop()
        assert (own / "postgres" / "data" / "postmaster.pid").exists()
        migrating.send_signal(signal.SIGTERM)
        blocker.close()
        assert migrating.wait() == 128 + signal.SIGTERM
    assert not (own / "postgres" / "data" / "postmaster.pid").exists()
