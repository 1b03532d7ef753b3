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
AS_PROCESSES_DO = """
from sandbox_registry.runtime.imports import imports_uncollected
with imports_uncollected():
    import sandbox_registry.app
"""


def starting(data_dir: Path, effort: Effort) -> Row:
    """Measure the start to the first answer, the import, and the memory of a worker."""
    own = {"SANDBOX_DATA_DIR": str(data_dir / "started"), "SANDBOX_LOG_LEVEL": "error"}
    _run(OURS, our_command, own, "/health/ready")  # Makes the database.
    rounds = [
        (
            *_run(OURS, our_command, own, "/health/ready"),
            *_run(BARE, _bare_command, {}, "/health/live"),
            _time_of("import sandbox_registry.app"),
            _time_of(AS_PROCESSES_DO),
            _time_of("import litestar"),
        )
        for _ in range(max(effort.rounds, 3))
    ]
    medians = (statistics.median(values) for values in zip(*rounds, strict=True))
    start, memory, bare_start, bare_memory, own_import, own_load, bare_import = medians
    return Row(
        title="Start to the first answer, import, memory of a worker",
        figures=(
            Figure(name=f"{OURS}: start, its own database included", value=start, unit="s"),
            Figure(name=f"{BARE}: start", value=bare_start, unit="s"),
            Figure(name=f"{OURS}: import", value=own_import, unit="s"),
            Figure(name=f"{OURS}: import as its workers do it, looking for no garbage", value=own_load, unit="s"),
            Figure(name="litestar alone: import", value=bare_import, unit="s"),
            Figure(name=f"{OURS}: memory of a worker", value=memory, unit="MB"),
            Figure(name=f"{BARE}: memory of a worker", value=bare_memory, unit="MB"),
        ),
        aims=(
            Aim(what="start", measured=start, wanted=1.5, is_most=True, unit=" s"),
            Aim(what="import", measured=own_import, wanted=0.9, is_most=True, unit=" s"),
            Aim(what="memory", measured=memory, wanted=160, is_most=True, unit=" MB"),
        ),
        note=(
            "The embedded database is initialised; its start is part of ours. Memory after some hundred requests. uvicorn comes "
            "with the other peers: beside it Litestar finds pydantic and loads it too."
        ),
    )


def _bare_command(port: int) -> list[str]:
    return uvicorn_command("bench.peers.bare:app", port)


def _run(name: str, command: Callable[[int], list[str]], environment: dict[str, str], path: str) -> tuple[float, float]:
    """Start a program, warm it up, and return the seconds to its first answer and the megabytes of its worker."""
    port = free_port()
    with running(name, command(port), environment, port=port, path=path) as server:
        load(server, [request("GET", path)] * WARM_UP, clients=4)
        workers = filter(_is_python, [server.process, *_below(server.process)])
        return server.seconds_to_first_answer, max(map(_megabytes, workers))


def _time_of(imports: str) -> float:
    """Return the seconds some imports take, the start of the interpreter taken off, and its taking everything down again."""

    def taken(code: str) -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"{code}\nimport os; os._exit(0)"], check=True)
        return time.perf_counter() - begun

    return taken(imports) - taken("pass")


def _below(process: int) -> list[int]:
    """List the processes started by a process, and by those."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *_below(child)]
    return found


def _is_python(process: int) -> bool:
    """Tell a worker from the processes of the embedded database."""
    return Path(f"/proc/{process}/exe").readlink().name.startswith("python")


def _megabytes(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
