"""Runs the signer and kills it at a named point, over and over; driven by test_signer_faults through stdin.

A line "<point> <skip> <directory>" forks a child that publishes and is killed (SIGKILL) when it comes to the point
after passing it `skip` times; "none 0 <directory>" lets it finish. Forking spares a kill the price of starting Python.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import psycopg

from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.signing import Refused, Signer, SignerFiles
from sandbox_registry.db.auditlog.tree import READER, Leaf, LogHead, LogReader

DONE, REFUSED = 0, 3


def killing_at(point: str, *, skip: int) -> Callable[[str], None]:
    left = skip

    def cross(name: str) -> None:
        nonlocal left
        if name == point:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return cross


class DirectReader(LogReader):
    """Reads the log over a bare connection: a fresh process pays a tenth of the price of an engine."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True, options=f"-c role={READER}")

    async def head(self) -> LogHead:
        row = self.connection.execute("SELECT size, hashes FROM log_head").fetchone()
        assert row is not None
        return LogHead(size=row[0], hashes=tuple(row[1]))

    async def leaves(self, start: int, end: int) -> list[Leaf]:
        query = "SELECT index, entry, leaf_hash FROM audit_leaves WHERE index >= %s AND index < %s ORDER BY index"
        return [Leaf(*row) for row in self.connection.execute(query, (start, end))]


async def publish(url: str, directory: Path, at: Callable[[str], None]) -> int:
    source = DirectReader(url)
    files, folder = SignerFiles(directory=directory / "log-signer"), LogFolder(directory / "log", at=at)
    signer = Signer(files=files, folder=folder, source=source, at=at)
    try:
        with signer.holding():
            await signer.publish()
    except Refused:
        return REFUSED
    finally:
        source.connection.close()
    return DONE


def main() -> None:
    url = sys.argv[1]
    anyio.run(anyio.sleep, 0)  # Loads what every child would load for itself: half of its time.
    gc.freeze()  # A collection would copy what a child only reads.
    for line in sys.stdin:
        point, skip, directory = line.split(maxsplit=2)
        child = os.fork()
        if child == 0:
            os._exit(asyncio.run(publish(url, Path(directory.strip()), killing_at(point, skip=int(skip)))))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
