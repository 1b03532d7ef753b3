"""The server as a process: it answers, ends in good order, and survives being killed."""

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest

from sandbox_registry.db.embedded.server import running_url
from sandbox_registry.runtime.processes import allow_many_files
from sandbox_registry.runtime.shipped import shipped
from tests.support.ports import free_port


@pytest.fixture
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sandbox-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Path, int]]:
    """A server for tests that leave it as it was: its data directory and its port."""
    with tempfile.TemporaryDirectory(prefix="sandbox-") as made:
        Path(made).chmod(0o711)
        port = free_port()
        serving = serve(Path(made), port)
        try:
            wait_for(port, 200, path="/health/ready")
            yield Path(made), port
        finally:
            serving.send_signal(signal.SIGINT)
            assert serving.wait() == 0


def serve(directory: Path, port: int) -> "subprocess.Popen[bytes]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "DATABASE_"))}
    variables = {"PYTHONPATH": str(shipped("alembic").parent), "SANDBOX_DATA_DIR": str(directory)}
    command = [sys.executable, "-m", "sandbox_registry.cli", "serve", "--port", str(port)]
    return subprocess.Popen(command, env={**kept, **variables}, cwd="/")


def answer(port: int, path: str) -> int | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}").status_code
    except httpx.TransportError:
        return None


def wait_for(port: int, status: int | None, *, path: str = "/health/live") -> None:
    while answer(port, path) != status:
        time.sleep(0.1)


def test_serve_answers_and_ends_in_good_order_even_after_a_kill(directory: Path) -> None:
    port = free_port()
    killed = serve(directory, port)
    wait_for(port, 200)
    killed.kill()
    killed.wait()
    wait_for(port, None)
    serving = serve(directory, port)
    wait_for(port, 200, path="/health/ready")
    owner = running_url(directory)
    assert owner is not None
    with psycopg.connect(owner) as connection:
        others = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'registry' AND pid <> pg_backend_pid()"
        assert connection.execute(others).fetchall() == [("registry_app",)]
    serving.send_signal(signal.SIGTERM)
    assert serving.wait() == 0
    assert running_url(directory) is None
    assert answer(port, "/health/live") is None


def test_the_application_cannot_take_back_the_rights_of_the_owner(served: tuple[Path, int]) -> None:
    directory, _ = served
    application = (running_url(directory) or "").replace("postgres@", "registry_app@", 1)
    with psycopg.connect(application, autocommit=True) as connection:
        connection.execute("RESET ROLE")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM audit_leaves")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET ROLE postgres")


def told(port: int, head: bytes) -> bytes:
    """Send bytes as they are, and return the first line that comes back; nothing when the connection is closed."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        try:
            connection.sendall(head)
            return connection.recv(4096).partition(b"\r\n")[0]
        except ConnectionError:
            return b""


ASKED = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"


def test_heads_are_bounded_and_only_http_1_is_spoken(served: tuple[Path, int]) -> None:
    _, port = served
    line = b"X-A: %b\r\n"
    assert told(port, ASKED + line % (b"a" * 30_000) + b"\r\n") == b"HTTP/1.1 200 OK"
    for too_much in (line % (b"a" * 200_000), line % b"a" * 200):
        refused = told(port, ASKED + too_much + b"\r\n")
        assert refused in {b"HTTP/1.1 431 Request Header Fields Too Large", b""}
    # As who knows that a server speaks HTTP/2 begins, with a frame of settings.
    begun = told(port, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
    assert begun in {b"HTTP/1.1 400 Bad Request", b""}


def test_silent_connections_of_one_address_keep_nobody_out(served: tuple[Path, int]) -> None:
    _, port = served
    allow_many_files()
    with ExitStack() as silent:
        held = [silent.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(1_100)]
        answered = told(port, ASKED + b"\r\n")
        watched = select.poll()
        for each in held:
            watched.register(each, select.POLLIN)
        assert (answered, watched.poll(0)) == (b"HTTP/1.1 200 OK", [])


def test_a_database_that_dies_is_started_again_and_nobody_is_told_of_an_internal_error(
    served: tuple[Path, int],
) -> None:
    directory, port = served
    postmaster = directory / "postgres" / "data" / "postmaster.pid"
    died = postmaster.read_text().splitlines()[0]
    os.kill(int(died), signal.SIGKILL)
    seen = set()
    while postmaster.exists() and postmaster.read_text().splitlines()[:1] in ([], [died]):
        seen |= {answer(port, "/health/ready"), answer(port, "/thu-tuc")}
    wait_for(port, 200, path="/health/ready")
    assert answer(port, "/thu-tuc") == 200
    assert answer(port, "/health/live") == 200
    assert seen <= {200, 503}
