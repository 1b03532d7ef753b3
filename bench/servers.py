"""The programs under measurement: ours as it is installed, and its peers, each a process with one worker."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.load import Order, Outcome
from bench.scratch import Register

PEERS = Path(__file__).parent.parent / ".venv-bench" / "bin" / "python"
"""The environment of the peers that need what the product does not; everybody else runs in that of the product."""
STARTUP_TIMEOUT_S, LOAD_TIMEOUT_S = 180.0, 300.0
REDIRECTED = 300
_QUOTA = ", ".join(
    f"{group}.{by}=9999999/1m" for group in ("reads", "writes") for by in ("token", "account", "address")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running program that answers at a port of loopback."""

    name: str
    port: int
    process: int
    seconds_to_first_answer: float
    errors: Path
    """Where it writes what goes wrong."""


class Failed(Exception):
    """A program did not do what was asked; the message says what it said."""


def ours(register: Register, data_dir: Path) -> dict[str, str]:
    """Return the environment of our program over a register: the limits are counted, and never reached."""
    return {
        "DATABASE_URL": register.app_url,
        "DATABASE_OWNER_URL": register.owner_url,
        "SANDBOX_DATA_DIR": str(data_dir / "program"),
        "SANDBOX_RATE_LIMITS": _QUOTA,
        "SANDBOX_DRAFT_PROCEDURES": "yes",
        "SANDBOX_LOG_LEVEL": "error",
    }


def our_command(port: int) -> list[str]:
    """Return how our program is started."""
    return [str(Path(sys.executable).parent / "sandbox-registry"), "serve", "--port", str(port)]


def granian_command(factory: str, port: int) -> list[str]:
    """Return how a peer is started on our HTTP server, in the environment of the product."""
    options = ["--interface", "asgi", "--factory", "--no-ws", "--log-level", "error", "--port", str(port)]
    return [sys.executable, "-m", "granian", *options, factory]


def uvicorn_command(factory: str, port: int) -> list[str]:
    """Return how a peer is started on the HTTP server most people would take, in the environment of the peers."""
    options = ["--factory", "--no-access-log", "--log-level", "error", "--http", "httptools"]
    return [str(PEERS), "-m", "uvicorn", *options, "--port", str(port), factory]


def free_port() -> int:
    """Return a port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(name: str, command: list[str], environment: Mapping[str, str], *, port: int, path: str) -> Iterator[Server]:
    """Run a program until the block ends; it counts as started with its first answer to `path`."""
    begun = time.perf_counter()
    # A file and no pipe, which nobody would empty: a program that says much would stand still before a full one.
    with (
        tempfile.NamedTemporaryFile() as errors,
        subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=errors
        ) as process,
    ):
        written = Path(errors.name)
        try:
            _wait(process, port, path, begun, written)
            took = time.perf_counter() - begun
            yield Server(name=name, port=port, process=process.pid, seconds_to_first_answer=took, errors=written)
        finally:
            process.terminate()
            try:
                process.wait(STARTUP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(process: "subprocess.Popen[bytes]", port: int, path: str, begun: float, errors: Path) -> None:
    while time.perf_counter() - begun < STARTUP_TIMEOUT_S:
        if process.poll() is not None:
            raise Failed(f"{process.args!r} ended: {_last_words(errors)}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=STARTUP_TIMEOUT_S) as connection:
                connection.sendall(request("GET", path))
                if connection.recv(12).startswith(b"HTTP/1.1 "):
                    return
        except ConnectionError:
            pass
        time.sleep(0.01)
    raise Failed(f"{process.args!r} does not answer: {_last_words(errors)}")


def _last_words(errors: Path) -> str:
    return errors.read_text("utf-8", errors="replace")[-2000:]


def request(method: str, path: str, *, token: str | None = None, seen: int | None = None, body: object = None) -> bytes:
    """Write one HTTP/1.1 request."""
    sent = b"" if body is None else msgspec.json.encode(body)
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Accept: application/json"]
    lines += [] if token is None else [f"Authorization: Bearer {token}"]
    lines += [] if seen is None else [f'If-Match: "{seen}"']
    lines += ["Content-Type: application/json"] if sent else []
    lines += [f"Content-Length: {len(sent)}"] if method != "GET" else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + sent


def load(server: Server, requests: list[bytes], *, clients: int, seconds: float | None = None) -> Outcome:
    """Send requests from another process, each once or for so many seconds; raise Failed on any answer but success."""
    order = Order(port=server.port, clients=clients, requests=tuple(requests), seconds=seconds)
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=msgspec.json.encode(order),
        capture_output=True,
        check=False,
        timeout=LOAD_TIMEOUT_S,
    )
    if done.returncode:
        raise Failed(f"{server.name}: {done.stderr.decode()[-2000:]}\n{_last_words(server.errors)}")
    outcome = msgspec.json.decode(done.stdout, type=Outcome)
    if any(status >= REDIRECTED for status in outcome.statuses):
        said = outcome.sample[-2000:].decode()
        raise Failed(f"{server.name} answered {outcome.statuses}: {said}\n{_last_words(server.errors)}")
    return outcome
