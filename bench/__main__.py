"""Measure the program beside its peers: python -m bench [--quick] [--only lists,acts] [--data DIRECTORY].

Prints every figure and ratio; a whole run also writes bench/RESULTS.md.
"""

import argparse
import compileall
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import NoReturn

import psycopg

from bench import acting, hidden, leaf, log, middlewares, pages, pure, reading, starting, uploads
from bench.effort import QUICK, Effort
from bench.figures import Row, aims_table
from bench.machine import description
from bench.remarks import explained
from bench.scratch import scratch_server
from bench.servers import Failed
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.runtime.logs import configure_logs

HERE = Path(__file__).parent
RESULTS, REMARKS = HERE / "RESULTS.md", HERE / "remarks.md"
Part = Callable[[EmbeddedServer, Path, Effort], Iterable[Row]]
PARTS: dict[str, Part] = {
    "lists": reading.lists,
    "case": reading.one_case,
    "acts": acting.acts,
    "authority": lambda _server, _data, effort: [pure.authority(effort)],
    "middlewares": lambda _server, _data, effort: [middlewares.middlewares(effort)],
    "deadlines": lambda _server, _data, effort: [pure.deadlines(effort)],
    "search": reading.search,
    "starting": lambda _server, data, effort: [starting.starting(data, effort)],
    "leaf": leaf.leaf,
    "hidden": hidden.hidden,
    "uploads": uploads.uploads,
    "pages": pages.pages,
    "log": log.rows,
}


def main() -> None:
    """Run the parts, tell each as it is done, and leave with 1 when one of them could not be measured."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small registers, one round: to see that it works")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument("--data", type=Path, help="keep the registers here, for the next run")
    given = parser.parse_args()
    chosen = given.only.split(",")
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    effort = QUICK if given.quick else Effort()
    configure_logs(level="warning", form="console")
    signal.signal(signal.SIGTERM, _leave)
    # As an installed program is, whatever the environment says about bytecode.
    compileall.compile_dir(HERE.parent / "sandbox_registry", quiet=1)
    begun = perf_counter()
    with data_directory(given.data) as data, scratch_server(data) as server:
        machine = description(server, data)
        print("\n".join(machine), flush=True)
        rows = [row for name in chosen for row in _told(name, server, data, effort)]
    minutes = (perf_counter() - begun) / 60
    print(f"\n{minutes:.1f} minutes", "", *aims_table(rows), sep="\n")
    if not given.quick and set(chosen) == set(PARTS):
        RESULTS.write_text(_report(machine, rows, minutes=minutes, effort=effort), "utf-8")
    sys.exit(any(row.is_failed for row in rows))


def _told(name: str, server: EmbeddedServer, data: Path, effort: Effort) -> Iterator[Row]:
    """Run a part; one that fails says so in a row of its own and leaves the others their turn."""
    try:
        for row in PARTS[name](server, data, effort):
            print("\n" + "\n".join(row.lines()), flush=True)
            yield replace(row, part=name)
    except (Failed, OSError, psycopg.Error, subprocess.SubprocessError) as error:
        note = f"{type(error).__name__}: {error}"
        failed = Row(title=f"Not measured: {name}", note=note, part=name, is_failed=True)
        print("\n" + "\n".join(failed.lines()), flush=True)
        yield failed


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    # An exception, so that everything started is stopped on the way out.
    raise SystemExit(128 + number)


@contextmanager
def data_directory(kept: Path | None) -> Iterator[Path]:
    """Give the registers a directory: this one, which stays, or one that goes with the run."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        # The database of a root run works as a user of its own, who must be able to walk through.
        Path(made).chmod(0o711)
        yield Path(made)


def _report(machine: list[str], rows: list[Row], *, minutes: float, effort: Effort) -> str:
    aims = [aim for row in rows for aim in row.aims]
    head = [
        "# What was measured",
        "",
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}, in {minutes:.0f} minutes.",
        f"Medians of {effort.rounds} rounds after one to warm up; in each round everybody has a turn.",
        "",
        *machine,
        "",
        "Program, peers, database and load client share the machine, so trust ratios; how it is done: docs/performance.md.",
        "",
        f"## Aims: {sum(aim.is_met for aim in aims)} of {len(aims)} met",
        "",
        *aims_table(rows),
        "",
        "## Where an aim was missed, and why",
        "",
        *explained(rows, REMARKS.read_text("utf-8")),
        "## Figures",
        "",
    ]
    return "\n".join([*head, *(line for row in rows for line in row.lines())]).rstrip() + "\n"


if __name__ == "__main__":
    main()
