"""The statements our program really sends for a request, as a pgbench script: read off the server's own log."""

import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg

from bench.figures import Figure
from bench.scratch import CASES, Register, identity
from bench.servers import Failed
from sandbox_registry.db.embedded import EmbeddedServer
from sandbox_registry.db.embedded_binaries import wheel_files

_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ UTC \[\d+\] (\w*@\w*) (\w+):  ", re.MULTILINE)
_BACKGROUND = re.compile(r"FROM (log_head|audit_leaves|procrastinate_\w+)\b")
_EXECUTED = re.compile(r"(?:execute [^:]*|statement): (.*)", re.DOTALL)
_VALUE = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")
_PLACE = re.compile(r"\$(\d+)")
_UUID = re.compile(r"'([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})'")
_NUMBERED = re.compile(r"'\d+(/QĐ-UBND)'")
_TPS = re.compile(r"tps = ([\d.]+)")
_KNOWN = (
    "SELECT id::text FROM (SELECT id FROM people UNION ALL SELECT id FROM organisations) AS known WHERE id = ANY(%s)"
)
NEW = 100


@dataclass(frozen=True, slots=True)
class Script:
    """A pgbench script over one register."""

    register: Register
    text: str

    def run(self, *, clients: int, seconds: float | None = None, each: int = 0, first: int = 0) -> Figure:
        """Run it for so many seconds, or so many times by each client on cases from `first` on."""
        length = ["-t", str(each)] if seconds is None else ["-T", str(max(1, round(seconds)))]
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file, tempfile.TemporaryDirectory() as folder:
            file.write(self.text)
            file.flush()
            given = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(clients), "-f", file.name, *length]
            given += ["-D", "n=0", "-D", f"first={first}", "-D", f"each={each}", "-l"]
            done = subprocess.run(
                [str(_pgbench()), *given, self.register.app_url],
                capture_output=True,
                text=True,
                check=False,
                cwd=folder,
            )
            tps = _TPS.search(done.stdout)
            if done.returncode or tps is None:
                raise Failed(f"pgbench: {done.stderr[-2000:]}")
            took = sorted(
                int(line.split()[2]) for log in Path(folder).iterdir() for line in log.read_text().splitlines()
            )
        return Figure(
            name="pgbench, the same statements",
            rate=float(tps[1]),
            p50=took[len(took) // 2] / 1e6,
            p99=took[min(len(took) * 99 // 100, len(took) - 1)] / 1e6,
        )


def capture(
    server: EmbeddedServer, register: Register, ask: Callable[[], object], *, case: int | None = None
) -> Script:
    """Let `ask` send one request and return its statements as a script.

    With `case`, the request was about that one of the added cases, and each run of the script is about another.
    """
    log = server.data_dir.resolve() / "postgres" / "log"
    with psycopg.connect(register.owner_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
        before = {path: path.stat().st_size for path in log.iterdir()}
        ask()
        connection.execute("ALTER SYSTEM RESET log_statement")
        connection.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)  # The collector writes behind.
        written = "".join(
            path.read_bytes()[before.get(path, 0) :].decode(errors="replace") for path in sorted(log.iterdir())
        )
        statements = _statements(written, who=f"registry_app@register_{register.size}")
        named = {UUID(found) for statement in statements for found in _UUID.findall(statement)}
        known = {str(row[0]) for row in connection.execute(_KNOWN, [sorted(named)])}
    lines = statements if case is None else _about_any_case(statements, case=case, known=known)
    counted = ["\\set n :n + 1", "\\set k :first + :client_id * :each + :n - 1"]
    return Script(register, "\n".join([*counted, *map(_sent, lines)]) + "\n")


def _statements(written: str, *, who: str) -> list[str]:
    """Read the statements out of a server log, with their parameters put in as literals."""
    parts = _ENTRY.split(written.replace("\n\t", "\n"))
    found: list[str] = []
    for place in range(1, len(parts), 3):
        where, kind, said = parts[place : place + 3]
        executed = _EXECUTED.match(said) if kind == "LOG" and where == who else None
        if executed is not None:
            found.append(executed[1].strip())
        elif kind == "DETAIL" and where == who and found:
            values = {int(number): _literal(value) for number, value in _VALUE.findall(said)}
            found[-1] = _PLACE.sub(lambda match: values[int(match[1])], found[-1])  # noqa: B023 - used at once.
    return [statement for statement in found if not _BACKGROUND.search(statement)]


def _sent(statement: str) -> str:
    """Write a statement as pgbench sends it; what our program sends in one message with its COMMIT goes out in one."""
    if not statement.endswith("; COMMIT"):
        return f"{statement};"
    return "\n".join(["\\startpipeline", statement.removesuffix(" COMMIT"), "COMMIT;", "\\endpipeline"])


def _literal(value: str) -> str:
    """Write a literal without colons, which pgbench would take for variables."""
    if ":" not in value:
        return value
    return "U&" + value.replace("\\", "\\\\").replace(":", "\\003a")


def _about_any_case(statements: list[str], *, case: int, known: set[str]) -> list[str]:
    """Turn the case into the k-th one, and what the act made into things of that case."""
    made: dict[str, str] = {str(identity(CASES, case)): f"bench_id({CASES}, :k)"}

    def another(match: re.Match[str]) -> str:
        found = match[1]
        if found in known:
            return match[0]
        return made.setdefault(found, f"bench_id({NEW + len(made)}, :k)")

    code = f"'H12.01-W{case}'"
    numbered = (_NUMBERED.sub(r"('B' || (:k)::text || '\1')", statement) for statement in statements)
    coded = (statement.replace(code, "('H12.01-W' || (:k)::text)") for statement in numbered)
    return [_UUID.sub(another, statement) for statement in coded]


def _pgbench() -> Path:
    found = wheel_files() / "bin" / "pgbench"
    if not found.exists():
        raise Failed("there is no pgbench beside the embedded PostgreSQL")
    return found
