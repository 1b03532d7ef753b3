"""Acts with their audit leaf: submit, accept, decide, by few and by many at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

from bench.captured import Script, capture
from bench.contenders import Contenders, contenders
from bench.effort import Effort, in_turns, of, rate
from bench.figures import ORM, OURS, PGBENCH, Aim, Figure, Row
from bench.scratch import CASES, INTAKE, OWNER, SIGNER, Register, add_cases, count_moved, filing, identity, register
from bench.servers import Failed
from sandbox_registry.db.embedded.server import EmbeddedServer

CLIENTS = (1, 8, 32)
_REFUSAL = {
    "legal_basis": ["Nghị quyết của HĐND tỉnh Cà Mau (dự thảo 2026)"],
    "reasons": [{"code": "not_innovative", "text": "Giải pháp đã có trên thị trường."}],
}
ACTS: dict[str, tuple[str, str, str, object]] = {
    "submit": ("draft", OWNER, "submission", None),
    "accept": ("submitted", INTAKE, "acceptance", None),
    "decide": ("awaiting_decision", SIGNER, "refusal", _REFUSAL),
}
SEEN = 3
"""The version in which the added cases stand."""


def acts(server: EmbeddedServer, data_dir: Path, effort: Effort) -> Iterator[Row]:
    """Measure each act at each number of clients."""
    filled = register(server, effort.middle)
    with contenders(filled, data_dir, peers=(ORM,)) as running:
        for act in ACTS:
            script = captured(server, running, act)
            for clients in CLIENTS:
                yield _act(running, effort, act, script, clients=clients)


def _act(running: Contenders, effort: Effort, act: str, script: Script, *, clients: int) -> Row:
    stage = ACTS[act][0]
    each = max(effort.acts // clients, 2) * (1 if clients == 1 else 2)

    def ours_or_peer(name: str) -> Callable[[], Figure]:
        def turn() -> Figure:
            first = add_cases(running.register, stage, count=each * clients)
            done = running.once(name, requests_for(running, name, act, first, each * clients), clients=clients)
            require_moved(running.register, name, first=first, count=each * clients)
            return of(name, done)

        return turn

    turns = {name: ours_or_peer(name) for name in (OURS, ORM)}
    turns[PGBENCH] = _scripted(script, running.register, stage, clients=clients, each=each)
    figures = in_turns(effort.rounds, turns)
    return Row(
        title=f"{act.capitalize()}, audited; {clients} client{'s' if clients > 1 else ''}",
        figures=tuple(figures.values()),
        aims=(
            Aim(
                what="rate to pgbench", measured=rate(figures, OURS) / rate(figures, PGBENCH), wanted=0.5, is_most=False
            ),
            Aim(what="rate to plain ORM", measured=rate(figures, OURS) / rate(figures, ORM), wanted=4.0, is_most=False),
        ),
        note=f"This program sends {script.statements} statements, who asks and the quota among them.",
    )


def captured(server: EmbeddedServer, running: Contenders, act: str) -> Script:
    """Let our program do an act some times, and return the statements of the last one."""
    case = add_cases(running.register, ACTS[act][0], count=40)
    running.once(OURS, requests_for(running, OURS, act, case + 1, 39))
    last = requests_for(running, OURS, act, case, 1)
    return capture(server, running.register, lambda: running.once(OURS, last), case=case)


def requests_for(running: Contenders, name: str, act: str, first: int, count: int) -> list[bytes]:
    """Write the requests that do an act on so many added cases."""
    _, by, route, body = ACTS[act]
    return [
        running.ask(
            name,
            "POST",
            f"/applications/{identity(CASES, number)}/{route}",
            by=by,
            turn=number,
            seen=SEEN,
            body={"digest": filing(number)} if act == "submit" else body,
        )
        for number in range(first, first + count)
    ]


def _scripted(script: Script, register: Register, stage: str, *, clients: int, each: int) -> Callable[[], Figure]:
    def turn() -> Figure:
        first = add_cases(register, stage, count=each * clients)
        figure = script.run(clients=clients, each=each, first=first)
        require_moved(register, PGBENCH, first=first, count=each * clients)
        return figure

    return turn


def require_moved(register: Register, name: str, *, first: int, count: int) -> None:
    """Raise Failed unless so many added cases have moved."""
    moved = count_moved(register, first=first, seen=SEEN)
    if moved != count:
        raise Failed(f"{name} moved {moved} of {count} cases")
