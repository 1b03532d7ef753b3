"""Workers as processes: one beside `serve`, any number by themselves, and how they end."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sandbox_registry.db.embedded.server import EmbeddedServer, running_url
from sandbox_registry.runtime.processes import running_beside
from sandbox_registry.runtime.shipped import shipped
from tests.support.ports import free_port

Start = Callable[..., "subprocess.Popen[bytes]"]
COMMAND = [sys.executable, "-m", "sandbox_registry.cli"]
DEFER = b"""INSERT INTO procrastinate_jobs (queue_name, task_name, args)
    VALUES ('default', 'refresh_due_dates', '{"after": null}') RETURNING id"""
# By its number: it leaves a job for the cases it did not get to, and the nightly one is there as well.
STATE = b"SELECT array_agg(status::text) FROM procrastinate_jobs WHERE id = %s"
WORKERS = b"SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM procrastinate_workers"


@pytest.fixture
def directory() -> Iterator[Path]:
    # Not tmp_path: pytest closes its parent to others, and root's server runs as a user of its own.
    with tempfile.TemporaryDirectory(prefix="sandbox-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture
def start(directory: Path) -> Iterator[Start]:
    """Start a command that logs to a file; it is killed when the test ends before it."""
    with ExitStack() as ends:

        def starting(*arguments: str, **variables: str) -> "subprocess.Popen[bytes]":
            log = ends.enter_context((directory / "log").open("wb"))
            running = subprocess.Popen([*COMMAND, *arguments], env=environ(**variables), cwd="/", stderr=log)
            ends.callback(running.wait)
            ends.callback(running.kill)
            return running

        yield starting


def environ(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "DATABASE_"))}
    return {**kept, "PYTHONPATH": str(shipped("alembic").parent), **variables}


def wait_until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.05)


def value(connection: "psycopg.Connection[tuple[object]]", query: bytes, *parameters: object) -> object:
    row = connection.execute(query, parameters).fetchone()
    assert row is not None
    return row[0]


def test_a_worker_told_to_stop_finishes_what_it_has_begun(database_url: str, directory: Path, start: Start) -> None:
    with psycopg.connect(database_url, autocommit=True) as looking, psycopg.connect(database_url) as holding:
        looking.execute("TRUNCATE procrastinate_jobs, procrastinate_periodic_defers, procrastinate_workers CASCADE")
        holding.execute("LOCK TABLE applications IN EXCLUSIVE MODE")
        job = value(looking, DEFER)
        worker = start("worker", DATABASE_URL=database_url, SANDBOX_DATA_DIR=str(directory))
        wait_until(lambda: value(looking, STATE, job) == ["doing"])
        worker.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(timeout=1)
        holding.rollback()
        assert worker.wait() == 0
        assert value(looking, STATE, job) is None
        assert value(looking, WORKERS) == []


def test_serve_keeps_a_worker_beside_it_until_it_ends(directory: Path, start: Start) -> None:
    serving, log = serve(start, directory)
    wait_until(lambda: len(started(log)) == 1)
    with psycopg.connect(running_url(directory / "data") or "", autocommit=True) as looking:
        wait_until(lambda: value(looking, WORKERS) == [1])
        os.kill(started(log)[0], signal.SIGKILL)
        wait_until(lambda: value(looking, WORKERS) == [1, 2])
        serving.send_signal(signal.SIGTERM)
    assert serving.wait() == 0
    # The second took its leave; of the first its last sign of life remains.
    with EmbeddedServer(directory / "data") as server, psycopg.connect(server.url()) as looking:
        assert value(looking, WORKERS) == [1]
    assert [line["exit_code"] for line in lines(log) if line["event"] == "process.died"] == [-signal.SIGKILL]
    assert [Path(f"/proc/{pid}").exists() for pid in started(log)] == [False, False]


def test_work_beside_begins_in_the_end_though_nothing_answers(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    with running_beside(begun.touch, name="late", once=lambda: False, patience=0.1):
        wait_until(begun.exists)


def test_work_beside_never_begins_when_it_is_over_before(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    with running_beside(begun.touch, name="never", once=lambda: False):
        assert not begun.exists()
    assert not begun.exists()


def test_a_worker_ends_with_the_serve_that_was_killed(directory: Path, start: Start) -> None:
    serving, log = serve(start, directory)
    wait_until(lambda: len(started(log)) == 1)
    serving.kill()
    serving.wait()
    wait_until(lambda: not Path(f"/proc/{started(log)[0]}").exists())
    subprocess.run([*COMMAND, "migrate"], env=environ(SANDBOX_DATA_DIR=str(directory / "data")), cwd="/", check=True)


def serve(start: Start, directory: Path) -> tuple["subprocess.Popen[bytes]", Path]:
    return start("serve", "--port", str(free_port()), SANDBOX_DATA_DIR=str(directory / "data")), directory / "log"


def lines(log: Path) -> list[dict[str, Any]]:
    """Read the log so far; a line may still be being written."""
    whole = log.read_bytes().rpartition(b"\n")[0]
    return [json.loads(line) for line in whole.splitlines() if line.startswith(b"{")]


def started(log: Path) -> list[int]:
    return [line["pid"] for line in lines(log) if line["event"] == "worker.started"]
