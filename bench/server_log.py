"""What our program really sends for a request: read off the database server's own log."""

import json
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from bench.scratch import Register
from bench.servers import Failed
from sandbox_registry.db.embedded.server import EmbeddedServer

LOG_TIMEOUT_S = 10.0
"""Seconds for the log to be written: the server's collector writes behind."""
Message = tuple[str, ...]
"""The statements that were sent in one go, values put in as literals."""
LITERAL = re.compile(r"(\b[Ee]|[Uu]&|)'((?:[^']|'')*)'")
# The signer and the queue work on under the same role while a request is captured.
_BACKGROUND = re.compile(r"\bFROM (log_head|audit_leaves|procrastinate_\w+)\b")
_SENT = re.compile(r"(execute [^:]*|statement): (.*)", re.DOTALL)
_VALUE = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")
_PLACE = re.compile(r"\$(\d+)")
_APART = re.compile(r"""('(?:[^']|'')*'|"[^"]*")|;""")


def sent_during(server: EmbeddedServer, register: Register, ask: Callable[[], object]) -> list[Message]:
    """Return what the application role sent to a register while `ask` ran, in order."""
    with psycopg.connect(register.owner_url, autocommit=True) as connection, _logging_all(connection):
        files = server.data_dir.resolve() / "postgres" / "log"
        before = {path: path.stat().st_size for path in files.glob("*.json")}
        ask()
        entries = _until(connection, lambda: _written(files, before))
    wanted = {"user": "registry_app", "dbname": f"register_{register.size}"}
    messages = (_message(entry) for entry in entries if wanted.items() <= entry.items())
    found = [message for message in messages if message and not _BACKGROUND.search(message[0])]
    if not found:
        raise Failed("the log of the server shows no statement of the request")
    return found


@contextmanager
def _logging_all(connection: psycopg.Connection) -> Iterator[None]:
    """Have every statement logged, as JSON, which no line end or quote can lead astray."""
    connection.execute("ALTER SYSTEM SET log_destination = 'jsonlog'")
    connection.execute("ALTER SYSTEM SET log_statement = 'all'")
    connection.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)  # Each session takes it in with its next statement.
    try:
        yield
    finally:
        connection.execute("ALTER SYSTEM RESET log_statement")
        connection.execute("ALTER SYSTEM RESET log_destination")
        connection.execute("SELECT pg_reload_conf()")


def _until(connection: psycopg.Connection, read: Callable[[], list[dict[str, str]]]) -> list[dict[str, str]]:
    """Read the log again until it holds a statement sent after all others."""
    mark = secrets.token_hex(16)
    connection.execute(sql.SQL("SELECT {}").format(mark))
    end = time.monotonic() + LOG_TIMEOUT_S
    while time.monotonic() < end:
        entries = read()
        if any(mark in entry["message"] for entry in entries):
            return entries
        time.sleep(0.05)
    raise Failed(f"the log of the server was not written within {LOG_TIMEOUT_S:.0f} s")


def _written(files: Path, before: dict[Path, int]) -> list[dict[str, str]]:
    text = b"".join(path.read_bytes()[before.get(path, 0) :] for path in sorted(files.glob("*.json")))
    return [json.loads(line) for line in text.splitlines() if line.endswith(b"}")]


def _message(entry: dict[str, str]) -> Message:
    """Read the statements of one entry; none when it tells of something else."""
    match = _SENT.match(entry["message"]) if entry["error_severity"] == "LOG" else None
    if match is None:
        return ()
    if match[1] == "statement":  # Of the simple protocol: no parameters, and maybe several.
        return tuple(apart(match[2]))
    values = {int(number): value for number, value in _VALUE.findall(entry.get("detail", ""))}
    return (_PLACE.sub(lambda place: values[int(place[1])], match[2]).strip(),)


def apart(text: str) -> Iterable[str]:
    """Split a message at the semicolons that stand between its statements."""
    found, begun = [], 0
    for match in _APART.finditer(text):
        if match[1] is None:
            found.append(text[begun : match.start()])
            begun = match.end()
    return [statement.strip() for statement in (*found, text[begun:]) if statement.strip()]
