"""What the log costs an act: the same transaction with its leaf and without."""

from collections.abc import Iterator
from pathlib import Path

from bench.acting import CLIENTS, captured
from bench.captured import Script
from bench.contenders import contenders
from bench.effort import Effort, in_turns, rate
from bench.figures import Aim, Figure, Row
from bench.scratch import Register, add_cases, register
from sandbox_registry.db.embedded.server import EmbeddedServer

ACT, STAGE = "accept", "submitted"
WITH, WITHOUT = "with the leaf", "without"


def leaf(server: EmbeddedServer, data_dir: Path, effort: Effort) -> Iterator[Row]:
    """Measure the acceptance of a dossier as statements only, with the call that appends the leaf and without it."""
    filled = register(server, effort.middle)
    with contenders(filled, data_dir, peers=()) as running:
        script = captured(server, running, ACT)
    for clients in CLIENTS:
        yield _row(filled, {WITH: script, WITHOUT: script.without_leaf()}, effort, clients)


def _row(filled: Register, scripts: dict[str, Script], effort: Effort, clients: int) -> Row:
    each = max(effort.acts // clients, 2) * 4

    def turn(script: Script) -> Figure:
        first = add_cases(filled, STAGE, count=each * clients)
        return script.run(clients=clients, each=each, first=first)

    figures = in_turns(
        effort.rounds,
        {name: lambda script=script: turn(script) for name, script in scripts.items()},  # type: ignore[misc]
    )
    share = rate(figures, WITH) / rate(figures, WITHOUT)
    return Row(
        title=f"The leaf: the statements of an acceptance by pgbench; {clients} client{'s' if clients > 1 else ''}",
        figures=tuple(figures.values()),
        aims=() if clients == 1 else (Aim(what="rate to the same without", measured=share, wanted=0.6, is_most=False),),
    )
