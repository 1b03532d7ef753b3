"""The statements our program sent for a request, sent again by PostgreSQL's own clients: by pgbench as a script, by psql one."""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import psycopg

from bench.figures import PGBENCH, PSQL, Figure
from bench.scratch import CASES, Register, identity
from bench.server_log import LITERAL, Message, sent_during
from bench.servers import LOAD_TIMEOUT_S, Failed
from sandbox_registry.db.embedded.binaries import wheel_files
from sandbox_registry.db.embedded.server import EmbeddedServer

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TPS = re.compile(r"tps = ([\d.]+)")
_TIME = re.compile(r"^Time: ([\d.]+) ms", re.MULTILINE)
_KNOWN = (
    "SELECT id::text FROM (SELECT id FROM people UNION ALL SELECT id FROM organisations) AS known WHERE id = ANY(%s)"
)
NEW = 100
COUNTED = ("\\set n :n + 1", "\\set k :first + :client_id * :each + :n - 1")


@dataclass(frozen=True, slots=True)
class Script:
    """What a request sends, over one register; each run of it is about another of the added cases if it is about one."""

    register: Register
    messages: tuple[Message, ...]

    @property
    def text(self) -> str:
        """The script as pgbench reads it."""
        return "\n".join([*COUNTED, *map(_sent, self.messages)]) + "\n"

    @property
    def statements(self) -> int:
        """How many statements it sends."""
        return sum(map(len, self.messages))

    def without(self, text: str) -> "Script":
        """Return the same without the statements that hold this text."""
        remaining = [tuple(each for each in message if text not in each) for message in self.messages]
        return replace(self, messages=tuple(message for message in remaining if message))

    def without_leaf(self) -> "Script":
        """Return the same without the call that appends the leaf."""
        leaves = [each for message in self.messages for each in message if "append_leaf(" in each]
        if len(leaves) != 1 or not leaves[0].startswith("SELECT append_leaf("):
            raise Failed("there is not one leaf in a statement of its own")
        return self.without("append_leaf(")

    def run(self, *, clients: int, seconds: float | None = None, each: int = 0, first: int = 0) -> Figure:
        """Run it for so many seconds, or so many times by each client on cases from `first` on."""
        length = ["-t", str(each)] if seconds is None else ["-T", str(max(1, round(seconds)))]
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file, tempfile.TemporaryDirectory() as folder:
            file.write(self.text)
            file.flush()
            arguments = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(clients), "-f", file.name, *length]
            arguments += ["-D", "n=0", "-D", f"first={first}", "-D", f"each={each}", "-l"]
            output = _client("pgbench", *arguments, self.register.app_url, cwd=folder)
            tps = _TPS.search(output)
            if tps is None:
                raise Failed(f"pgbench: {output[-2000:]}")
            took = [int(line.split()[2]) / 1e6 for log in Path(folder).iterdir() for line in log.open()]
        return _figure(PGBENCH, took, rate=float(tps[1]))


@dataclass(frozen=True, slots=True)
class Query:
    """One query as somebody types it into psql: its values in its text, planned for them each time.

    It is more than one statement when our program asked again after an answer that was too short.
    """

    register: Register
    statements: tuple[str, ...]

    def run(self, *, times: int) -> Figure:
        """Ask so many times over one connection, each answer fetched whole."""
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            queries = [f"{statement};" for statement in self.statements] * times
            file.write("\n".join(["\\timing on", "\\o /dev/null", *queries, ""]))
            file.flush()
            output = _client("psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", file.name, self.register.app_url)
        took = [float(time) / 1e3 for time in _TIME.findall(output)]
        if len(took) != len(queries):
            raise Failed(f"psql answered {len(took)} of {len(queries)} queries")
        each = len(self.statements)
        return _figure(PSQL, [sum(took[begun : begun + each]) for begun in range(0, len(took), each)])


def capture(
    server: EmbeddedServer, register: Register, ask: Callable[[], object], *, case: int | None = None
) -> Script:
    """Let `ask` send one request and return its statements as a script.

    With `case`, the request was an act on that one of the added cases, and each run of the script is about another.
    """
    messages = sent_during(server, register, ask)
    if case is None:
        return Script(register, tuple(tuple(map(_for_pgbench, message)) for message in messages))
    named = sorted({UUID(found) for message in messages for each in message for found in _UUID.findall(each)})
    with psycopg.connect(register.owner_url) as connection:
        known = {str(row[0]) for row in connection.execute(_KNOWN, [named])}
    script = Script(register, about_any_case(messages, case=case, known=known))
    script.without_leaf()  # Sees that there is one.
    return script


def about_any_case(messages: Iterable[Message], *, case: int, known: set[str]) -> tuple[Message, ...]:
    """Write what an act on a case sent for pgbench, about its k-th case; `known` are the ids of things that stay."""
    swap = _Swap(case, known)
    return tuple(tuple(_for_pgbench(each, swap.pieces) for each in message) for message in messages)


def captured_query(server: EmbeddedServer, register: Register, ask: Callable[[], object], *, holding: str) -> Query:
    """Let `ask` send one request and return what of it holds some words."""
    matching = tuple(each for message in sent_during(server, register, ask) for each in message if holding in each)
    if not matching:
        raise Failed(f"no statement holds {holding!r}")
    return Query(register, matching)


class _Swap:
    """Puts things of the k-th case in the place of those of the captured one: the case, its code, what the act made."""

    def __init__(self, case: int, known: set[str]) -> None:
        self._made = {str(identity(CASES, case)): f"bench_id({CASES}, :k)"}
        self._known = known
        self._pattern = re.compile(rf"({_UUID.pattern})|(?<=[Hh]12\.01-[Ww])({case})\b|(\d+)(?=/QĐ-UBND)")

    def pieces(self, text: str) -> Iterable[tuple[str, str]]:
        """Cut a text into pairs of what stays and the expression after it, which is empty in the end."""
        begun = 0
        for match in self._pattern.finditer(text):
            expression = self._expression(match)
            if expression:
                yield text[begun : match.start()], expression
                begun = match.end()
        yield text[begun:], ""

    def _expression(self, match: re.Match[str]) -> str:
        if match[2]:
            return "(:k)::text"
        if match[3]:  # Numbers of a series of their own, so that none meets one our program takes.
            return "('B' || (:k)::text)"
        if match[1] in self._known:
            return ""
        return self._made.setdefault(match[1], f"bench_id({NEW + len(self._made)}, :k)")


def _as_it_is(text: str) -> Iterable[tuple[str, str]]:
    return [(text, "")]


def _for_pgbench(statement: str, pieces: Callable[[str], Iterable[tuple[str, str]]] = _as_it_is) -> str:
    def literal(match: re.Match[str]) -> str:
        parts: list[str] = []
        for text, expression in pieces(match[2]):
            parts += [_quoted(match[1], text)] if text else []
            parts += [expression] if expression else []
        if len(parts) > 1:
            return "(" + " || ".join(f"{part}::text" if part.startswith("bench_id") else part for part in parts) + ")"
        return parts[0] if parts else "''"

    return LITERAL.sub(literal, statement)


def _quoted(mark: str, text: str) -> str:
    """Write a literal without colons, which pgbench would take for variables."""
    if ":" not in text:
        return f"{mark}'{text}'"
    if mark.upper() == "E":
        return "E'" + text.replace(":", "\\x3a") + "'"
    escaped = text if mark else text.replace("\\", "\\\\")
    return "U&'" + escaped.replace(":", "\\003a") + "'"


def _sent(message: Message) -> str:
    """Write a message as pgbench sends it: what our program sends in one go goes out in one go."""
    lines = [f"{statement};" for statement in message]
    return "\n".join(lines if len(lines) == 1 else ["\\startpipeline", *lines, "\\endpipeline"])


def _client(name: str, *given: str, cwd: str | None = None) -> str:
    program = wheel_files() / "bin" / name
    if not program.exists():
        raise Failed(f"there is no {name} beside the embedded PostgreSQL")
    done = subprocess.run(
        [str(program), *given], capture_output=True, text=True, check=False, cwd=cwd, timeout=LOAD_TIMEOUT_S
    )
    if done.returncode:
        raise Failed(f"{name}: {done.stderr[-2000:]}")
    return done.stdout


def _figure(name: str, took: list[float], *, rate: float | None = None) -> Figure:
    ordered = sorted(took)
    p99 = ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)]
    return Figure(name=name, rate=rate, p50=ordered[len(ordered) // 2], p99=p99)
