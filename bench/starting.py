"""What a process costs before its first answer, and while it stands."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.effort import Effort
from bench.figures import OURS, Aim, Figure, Row
from bench.servers import free_port, load, our_command, request, running, uvicorn_command

BARE = "uvicorn + bare Litestar"
WARM_UP = 300


def starting(data_dir: Path, effort: Effort) -> Row:
    """Measure the start to the first answer, the import, and the memory of a worker."""
    own = {"SANDBOX_DATA_DIR": str(data_dir / "started"), "SANDBOX_LOG_LEVEL": "error"}
    _run(our_command, own, "/health/ready")  # Makes the database.
    ours = [_run(our_command, own, "/health/ready") for _ in range(effort.rounds)]
    bare = [_run(_bare_command, {}, "/health/live") for _ in range(effort.rounds)]
    imports = _import_time("sandbox_registry.app", effort), _import_time("litestar", effort)
    start, memory = (statistics.median(values) for values in zip(*ours, strict=True))
    bare_start, bare_memory = (statistics.median(values) for values in zip(*bare, strict=True))
    return Row(
        title="Start to the first answer, import, memory of a worker",
        figures=(
            Figure(name=f"{OURS}: start, its own database included", value=start, unit="s"),
            Figure(name=f"{BARE}: start", value=bare_start, unit="s"),
            Figure(name=f"{OURS}: import", value=imports[0], unit="s"),
            Figure(name="litestar alone: import", value=imports[1], unit="s"),
            Figure(name=f"{OURS}: memory of a worker", value=memory, unit="MB"),
            Figure(name=f"{BARE}: memory of a worker", value=bare_memory, unit="MB"),
        ),
        aims=(
            Aim(what="start", measured=start, wanted=1.5, is_most=True, unit=" s"),
            Aim(what="import", measured=imports[0], wanted=0.9, is_most=True, unit=" s"),
            Aim(what="memory", measured=memory, wanted=160, is_most=True, unit=" MB"),
        ),
        note=(
            "The embedded database is initialised; its start is part of ours. Memory after some hundred requests. uvicorn comes "
            "with the other peers: beside it Litestar finds pydantic and loads it too."
        ),
    )


def _bare_command(port: int) -> list[str]:
    return uvicorn_command("bench.peers.bare:app", port)


def _run(command: Callable[[int], list[str]], environment: dict[str, str], path: str) -> tuple[float, float]:
    """Start a program, warm it up, and return the seconds to its first answer and the megabytes of its worker."""
    port = free_port()
    with running(OURS, command(port), environment, port=port, path=path) as server:
        load(server, [request("GET", path)] * WARM_UP, clients=4)
        processes = [server.process, *_below(server.process)]
        return server.seconds_to_first_answer, max(map(_megabytes, processes))


def _import_time(module: str, effort: Effort) -> float:
    """Return the seconds an import takes, the start of the interpreter taken off."""

    def taken(code: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - begun

    times = max(effort.rounds, 3)
    return statistics.median(taken(f"import {module}") - taken("pass") for _ in range(times))


def _below(process: int) -> list[int]:
    """List the processes started by a process, and by those."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *_below(child)]
    return found


def _megabytes(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
