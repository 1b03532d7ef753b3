"""What the log costs, and how fast it is checked, beside Go's own code.

    python bench/log.py [append] [freshness] [build] [verify] [proof]

Runs a PostgreSQL of its own, with fsync on; `verify` needs `apt-get install golang-go golang-golang-x-mod-dev`.
"""

import asyncio
import contextlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from sandbox_registry.db import audit, migrations
from sandbox_registry.db.embedded import EmbeddedServer
from sandbox_registry.db.engine import Database
from sandbox_registry.db.log import log_reader
from sandbox_registry.jobs.signing import Signer, SignerFiles, keep_signing
from sandbox_registry.transparency.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from sandbox_registry.transparency.keys import SigningKey, format_vkey
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.policies import Policy, PolicyLog
from sandbox_registry.transparency.tiles import bundles_of, encode_bundle, grow_tiles
from sandbox_registry.usecases.log_findings import Report
from sandbox_registry.usecases.log_folder import LogFolder
from sandbox_registry.usecases.log_proofs import Prover
from sandbox_registry.usecases.log_trees import check_published

KEY = SigningKey(name="bench.example/log", seed=b"b" * 32)
AT = datetime(2026, 11, 20, tzinfo=UTC)
ENTRY = (
    b'{"act":"application:accept","actor":{"kind":"person","pid":"%032x"},"commit":"' + b"A" * 43 + b'="}' + b" " * 90
)
MANY = 100_000
SECONDS = float(os.environ.get("BENCH_SECONDS", "8"))
RECORD = b"{" + b"r" * 1500 + b"}"


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Start a migrated database that writes to the disk as a real one does."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        Path(directory).chmod(0o711)
        with EmbeddedServer(Path(directory)) as started:
            migrations.upgrade(started.url())
            yield started.url()


async def append_cost(url: str) -> None:
    """Compare transactions that change three rows with and without their leaf."""
    owner = Database(url, role=None)
    async with owner.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE bench (id bigint PRIMARY KEY, body text, changed int DEFAULT 0)"))
        await connection.execute(text("INSERT INTO bench SELECT n, repeat('x', 800) FROM generate_series(1, 4000) n"))
        await connection.execute(text("GRANT SELECT, INSERT, UPDATE ON bench TO registry_app"))
    await owner.close()
    for clients in (1, 8, 32):
        rates: dict[str, list[float]] = {}
        for kind in ("without", "with", "without", "with"):
            rates.setdefault(kind, []).append(await _rate(url, clients=clients, with_leaf=kind == "with"))
        bare, audited = max(rates["without"]), max(rates["with"])
        print(f"append, {clients:2} clients: {bare:6.0f} tx/s without, {audited:6.0f} with, ratio {audited / bare:.2f}")


async def _rate(url: str, *, clients: int, with_leaf: bool) -> float:
    database = Database(url)
    counts = [0] * clients
    stop = time.monotonic() + SECONDS / 2

    async def work(client: int) -> None:
        chance = random.Random(client)  # noqa: S311 - Repeatable, not secret.
        change = text("UPDATE bench SET changed = changed + 1, body = :body WHERE id = :id")
        while time.monotonic() < stop:
            async with database.work() as one:
                for third in range(3):
                    row = client * 120 + third * 40 + chance.randrange(40)
                    await one.connection.execute(change, {"id": row + 1, "body": "y" * 800})
                if with_leaf:
                    await leaf(one.connection, counts[client])
            counts[client] += 1

    # The engine holds 20 connections at most, as in production; more clients wait for one.
    await asyncio.gather(*(work(client) for client in range(clients)))
    await database.close()
    return sum(counts) / (SECONDS / 2)


async def leaf(connection: object, number: int) -> int:
    """Append one leaf of the usual size."""
    return await audit.append(
        connection,  # type: ignore[arg-type]  # The connection of a unit of work.
        entry=ENTRY % number,
        nonce=b"n" * 16,
        record=RECORD,
        object_type="bench",
        object_id=UUID(int=number),
        case_id=None,
        at=AT,
    )


async def freshness(url: str) -> None:
    """Measure from commit to a published checkpoint that covers it, while eight clients go on committing."""
    with tempfile.TemporaryDirectory() as directory:
        files, folder = SignerFiles(directory=Path(directory) / "signer"), LogFolder(Path(directory) / "log")
        files.make(name=KEY.name)
        source = await log_reader(url)
        committed: dict[int, float] = {}
        waits: list[float] = []
        done = -1

        def published(checkpoint: Checkpoint) -> None:
            nonlocal done
            now = time.monotonic()
            waits.extend(now - committed.pop(index) for index in list(committed) if index < checkpoint.size)
            done = checkpoint.size

        signer = Signer(files=files, folder=folder, source=source)
        signing = asyncio.create_task(keep_signing(signer, wake=asyncio.Event(), after=published))
        while done < 0 and (await source.head()).size:  # noqa: ASYNC110 - The signer catches up first.
            await asyncio.sleep(0.2)
        database, stop = Database(url), time.monotonic() + 2 * SECONDS

        async def work() -> None:
            while time.monotonic() < stop:
                async with database.work() as one:
                    index = await leaf(one.connection, 0)
                committed[index] = time.monotonic()
                await asyncio.sleep(0.02)

        await asyncio.gather(*(work() for _ in range(8)))
        await asyncio.sleep(3)
        signing.cancel()
        await asyncio.gather(signing, return_exceptions=True)
        await source.close()
        await database.close()
        waits.sort()
        p99 = waits[len(waits) * 99 // 100]
        print(
            f"commit to checkpoint under load ({len(waits)} commits, {len(waits) / (2 * SECONDS):.0f}/s): "
            f"median {statistics.median(waits):.2f} s, p99 {p99:.2f} s, max {waits[-1]:.2f} s"
        )


def build(folder: Path, size: int) -> LogFolder:
    """Write a whole log in memory and on the disk, without a database and without fsync."""
    entries = [ENTRY % number for number in range(size)]
    hashes = [hash_leaf(entry) for entry in entries]

    def nothing(_level: int, _index: int, _width: int) -> bytes:
        raise AssertionError

    for tile, content in grow_tiles(hashes, old_size=0, read_tile=nothing):
        _put(folder / tile.path, content)
    for bundle in bundles_of(size):
        _put(folder / bundle.path, encode_bundle(entries[bundle.index * 256 : bundle.index * 256 + bundle.width]))
    checkpoint = Checkpoint(origin=KEY.name, size=size, root=root_of(hashes))
    _put(folder / "checkpoint", sign_checkpoint(checkpoint, key=KEY))
    return LogFolder(folder)


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def building() -> None:
    """Measure building tiles and bundles for a million entries."""
    with tempfile.TemporaryDirectory() as directory:
        start = time.perf_counter()
        build(Path(directory), 1_000_000)
        print(f"build 1,000,000 entries: {time.perf_counter() - start:.2f} s (hashing, tiles, bundles, plain writes)")


def verifying(auditor: str | None) -> None:
    """Measure a full offline check of 100,000 entries, and the same by Go, in turn, the best of five each."""
    with tempfile.TemporaryDirectory() as directory:
        folder = build(Path(directory), MANY)
        policy = Policy(logs=(PolicyLog(key=KEY.verifier_key),))
        ours, theirs = [], []
        for _ in range(5):
            start = time.perf_counter()
            report = Report()
            check_published(folder, policy=policy, report=report)
            ours.append(time.perf_counter() - start)
            if not report.is_good or report.entries != MANY:
                raise SystemExit(report)
            if auditor:
                start = time.perf_counter()
                said = subprocess.run(
                    [auditor, directory, format_vkey(KEY.verifier_key)], capture_output=True, check=True
                )
                theirs.append(time.perf_counter() - start)
                if said.stdout != b"ok 100000\n":
                    raise SystemExit(said.stdout)
        print(f"verify 100,000 entries offline: {min(ours):.2f} s in process (median {statistics.median(ours):.2f})")
        if theirs:
            ratio = min(ours) / min(theirs)
            print(
                f"  Go x/mod: {min(theirs):.2f} s with its start (median {statistics.median(theirs):.2f}); ratio {ratio:.2f}"
            )


def proving() -> None:
    """Measure inclusion proofs at a million entries: every tile kept, and none."""
    with tempfile.TemporaryDirectory() as directory:
        folder = build(Path(directory), 1_000_000)
        chance = random.Random(1)  # noqa: S311 - Repeatable, not secret.
        indexes = [chance.randrange(1_000_000) for _ in range(2000)]
        cold = []
        for index in indexes[:300]:
            start = time.perf_counter()
            Prover(folder).prove(index)
            cold.append(time.perf_counter() - start)
        prover = Prover(folder)
        few = indexes[:200]
        for index in few:
            prover.prove(index)
        warm = []
        for index in few * 5:
            start = time.perf_counter()
            prover.prove(index)
            warm.append(time.perf_counter() - start)
        print(
            f"proof at 1,000,000: warm {statistics.median(warm) * 1e3:.3f} ms (p99 {sorted(warm)[-10] * 1e3:.3f}), "
            f"cold {statistics.median(cold) * 1e3:.2f} ms (p99 {sorted(cold)[-3] * 1e3:.2f})"
        )
        note = folder.checkpoint() or b""
        open_checkpoint(note, keys=[KEY.verifier_key])


def built_auditor(directory: Path) -> str | None:
    """Build the Go program, null where Go is not installed."""
    target = directory / "auditor"
    source = Path(__file__).parent / "go" / "auditor.go"
    variables = os.environ | {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(directory / "cache")}
    try:
        subprocess.run(["go", "build", "-o", str(target), str(source)], env=variables, check=True)  # noqa: S607 - Whichever Go is installed.
    except (OSError, subprocess.CalledProcessError):
        return None
    return str(target)


def main() -> None:
    """Run what the command line names, or everything."""
    wanted = sys.argv[1:] or ["append", "freshness", "build", "verify", "proof"]
    load = os.getloadavg()
    print(f"{os.cpu_count()} cores, load average {load[0]:.1f} at the start, Python {sys.version.split()[0]}")
    if {"append", "freshness"} & set(wanted):
        with server() as url:
            if "append" in wanted:
                asyncio.run(append_cost(url))
            if "freshness" in wanted:
                asyncio.run(freshness(url))
    if "build" in wanted:
        building()
    if "verify" in wanted:
        with tempfile.TemporaryDirectory() as directory:
            verifying(built_auditor(Path(directory)))
    if "proof" in wanted:
        proving()


if __name__ == "__main__":
    main()
