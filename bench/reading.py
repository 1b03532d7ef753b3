"""Lists, one case, and search, over HTTP by many clients at once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.captured import capture, captured_query
from bench.contenders import Contenders, contenders
from bench.effort import Effort, in_turns, rate
from bench.figures import ORM, OURS, PGBENCH, PSQL, RAW, Aim, Figure, Row
from bench.scratch import CASES, OFFICER, Register, add_cases, identity, register
from bench.servers import Failed
from sandbox_registry.db.embedded.server import EmbeddedServer

CLIENTS = 16
WORDS = "giam%20sat%20ao%20tom"


def lists(server: EmbeddedServer, data_dir: Path, effort: Effort) -> Iterator[Row]:
    """Measure a list of 50 at every size."""
    rates: list[float] = []
    for size in effort.sizes:
        row = _list(server, data_dir, effort, size)
        rates.append(row.figures[0].rate or 0.0)
        if size == effort.largest:
            what = f"cost of {size:,} rows to that of {effort.sizes[0]:,}"
            growth = Aim(what=what, measured=rates[0] / rates[-1], wanted=1.3, is_most=True)
            row = replace(row, aims=(*row.aims, growth))
        yield row


def _list(server: EmbeddedServer, data_dir: Path, effort: Effort, size: int) -> Row:
    filled = register(server, size)
    with contenders(filled, data_dir) as running:
        figures = _compared(server, running, effort, list_path(filled))
    return Row(
        title=f"A list of 50, filtered by stage and officer, of {size:,} applications; {CLIENTS} clients",
        figures=tuple(figures.values()),
        aims=(_to_raw(figures, 0.8), _over_orm(figures, 3.0)),
        note="Through the whole stack: token, quota, policy, scope, JSON.",
    )


def list_path(filled: Register) -> str:
    """Return the list that is measured: what an officer has done with, newest first."""
    return f"/applications?stage=approved&stage=refused&officer={filled.officer_id}&limit=50"


def one_case(server: EmbeddedServer, data_dir: Path, effort: Effort) -> Iterator[Row]:
    """Measure reading one application with its deadlines."""
    filled = register(server, effort.middle)
    case_id = identity(CASES, add_cases(filled, "under_appraisal", count=1))
    with contenders(filled, data_dir) as running:
        figures = _compared(server, running, effort, f"/applications/{case_id}")
    yield Row(
        title=f"One application with its deadlines; {CLIENTS} clients",
        figures=tuple(figures.values()),
        aims=(_to_raw(figures, 0.7),),
        note="psycopg by hand and FastAPI compute the same deadlines with the same functions; neither asks a policy.",
    )


def search(server: EmbeddedServer, data_dir: Path, effort: Effort) -> Iterator[Row]:
    """Measure a search for words without diacritics, one client, newest 20."""
    filled = register(server, effort.largest)
    path = f"/applications?q={WORDS}&limit=20"
    with contenders(filled, data_dir, peers=(RAW,)) as running:
        asked = _warmed(running, path, clients=1)
        query = captured_query(server, filled, lambda: running.once(OURS, [asked]), holding="applications.search")
        turns = running.turns(path, by=OFFICER, clients=1, seconds=effort.seconds)
        turns[PSQL] = lambda: query.run(times=round(200 * effort.seconds))
        figures = in_turns(effort.rounds, turns)
    times = {name: figure.p50 or 0.0 for name, figure in figures.items()}
    yield Row(
        title=f"Search without diacritics over {filled.size:,} applications, newest 20; one client",
        figures=tuple(figures.values()),
        aims=(
            Aim(
                what="time to psql of the same query",
                measured=times[OURS] / times[PSQL],
                wanted=2.0,
                is_most=True,
            ),
        ),
        note="psql asks the query alone, its values in it. By hand: the index of all words, then the newest of what it found.",
    )


def _compared(server: EmbeddedServer, running: Contenders, effort: Effort, path: str) -> dict[str, Figure]:
    asked = _warmed(running, path, clients=CLIENTS)
    # Of sixteen reads one pays for all, so the others are what a read is.
    script = capture(server, running.register, lambda: running.once(OURS, [asked])).without("take_from_limits")
    turns = running.turns(path, by=OFFICER, clients=CLIENTS, seconds=effort.seconds)
    turns[PGBENCH] = lambda: script.run(clients=CLIENTS, seconds=effort.seconds)
    return in_turns(effort.rounds, turns)


def _warmed(running: Contenders, path: str, *, clients: int) -> bytes:
    """See that all answer the same, warm our program up, and return the request to it."""
    require_same_answers(running, path)
    asked = running.ask(OURS, "GET", path, by=OFFICER)
    running.once(OURS, [asked] * 40, clients=clients)
    return asked


def require_same_answers(running: Contenders, path: str) -> None:
    """Refuse to compare programs that answer different things; a cursor is each one's own, and only ours asks a policy."""
    given = {name: _answer(running, name, path) for name in running.servers}
    for name, answer in given.items():
        if answer != given[OURS]:
            other = {key: (value, answer.get(key)) for key, value in given[OURS].items() if value != answer.get(key)}
            raise Failed(f"{name} answers {path} differently; ours and theirs: {str(other or answer)[:2000]}")


def _answer(running: Contenders, name: str, path: str) -> dict[str, object]:
    body: dict[str, object] = running.once(name, [running.ask(name, "GET", path, by=OFFICER)]).body
    return {key: value for key, value in body.items() if key not in {"after", "may_do"}}


def _to_raw(figures: dict[str, Figure], wanted: float) -> Aim:
    ratio = rate(figures, OURS) / rate(figures, RAW)
    return Aim(what="rate to psycopg by hand", measured=ratio, wanted=wanted, is_most=False)


def _over_orm(figures: dict[str, Figure], wanted: float) -> Aim:
    ratio = rate(figures, OURS) / rate(figures, ORM)
    return Aim(what="rate to FastAPI + ORM", measured=ratio, wanted=wanted, is_most=False)
