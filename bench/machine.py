"""The machine on which something was measured."""

import importlib.metadata
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

import psycopg
from granian._loops import loops

from sandbox_registry.db.embedded.server import EmbeddedServer

_SYNCS = 50


def description(server: EmbeddedServer, data_dir: Path) -> list[str]:
    """Describe the machine, as Markdown lines."""
    with psycopg.connect(server.url()) as connection:
        version = connection.info.server_version
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return [
        f"- {os.cpu_count()} cores of {_processor()}, {memory:.0f} GB of memory, Linux {platform.release()}",
        f"- Python {platform.python_version()} ({platform.python_compiler()}), PostgreSQL {version // 10_000}.{version % 100}",
        f"- granian {importlib.metadata.version('granian')}, and everybody on {_loop()}: what the product installs, no more",
        f"- a flush to disk (fdatasync) takes {_flush(data_dir) * 1e3:.2g} ms; load before the run {os.getloadavg()[0]:.1f}",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _loop() -> str:
    """Name the event loop granian takes, which takes the fastest that is installed; uvicorn would take the same."""
    loop = loops.get("auto")
    loop.close()
    module = type(loop).__module__.partition(".")[0]
    return f"{module} {importlib.metadata.version(module)}" if module != "asyncio" else "asyncio's own event loop"


def _flush(data_dir: Path) -> float:
    times = []
    with tempfile.TemporaryFile(dir=data_dir) as file:
        for _ in range(_SYNCS):
            file.write(b"0" * 8192)
            file.flush()
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    return statistics.median(times)
