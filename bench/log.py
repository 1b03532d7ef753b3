"""The log: how soon an act is under a checkpoint, how fast tiles are built, checked beside Go's own code, and proved."""

import asyncio
import os
import random
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter
from uuid import UUID

from bench.effort import Effort
from bench.figures import OURS, Aim, Figure, Row
from bench.scratch import database
from bench.servers import Failed
from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.proofs import Prover
from sandbox_registry.auditlog.publishing.signing import Signer, SignerFiles
from sandbox_registry.auditlog.publishing.signing_loop import keep_signing
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.auditlog.verifying.trees import check_published
from sandbox_registry.db.auditlog.tree import log_reader
from sandbox_registry.db.core.audit_entries import NewLeaf
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.transparency.checkpoints import Checkpoint, sign_checkpoint
from sandbox_registry.transparency.keys import SigningKey, format_vkey
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.transparency.tiles import bundles_of, encode_bundle, grow_tiles

KEY = SigningKey(name="bench.example/log", seed=b"b" * 32)
AT = datetime(2026, 11, 20, tzinfo=UTC)
ENTRY = (
    b'{"act":"application:accept","actor":{"kind":"person","pid":"%032x"},"commit":"' + b"A" * 43 + b'="}' + b" " * 90
)
RECORD = b"{" + b"r" * 1500 + b"}"
WRITERS, SETTLING = 8, 3.0


def rows(server: EmbeddedServer, data_dir: Path, effort: Effort) -> Iterator[Row]:
    """Measure the log from the commit of a leaf to the proof of one among many."""
    yield asyncio.run(freshness(database(server, "log"), seconds=6 * effort.seconds))
    with tempfile.TemporaryDirectory(dir=data_dir) as directory:
        begun = perf_counter()
        folder = build(Path(directory), effort.entries)
        yield Row(
            title=f"Tiles and bundles of {effort.entries:,} entries",
            figures=(Figure(name="hashing and plain writes, no fsync", value=perf_counter() - begun, unit="s"),),
        )
        yield proving(folder, effort)
    with tempfile.TemporaryDirectory(dir=data_dir) as directory:
        yield verifying(Path(directory), effort)


def leaf() -> NewLeaf:
    """Make a leaf of the usual size."""
    return NewLeaf(
        before=b'{"act":"application:accept","actor":{"kind":"person","pid":"%032x"},' % 0,
        after=b',"commit":"' + b"A" * 43 + b'="}' + b" " * 400,
        salt=b"s" * 16,
        nonce=b"n" * 16,
        record=RECORD,
        object_type="bench",
        object_id=UUID(int=0),
        case_id=None,
        at=AT,
    )


async def freshness(url: str, *, seconds: float) -> Row:
    """Measure from commit to a published checkpoint that covers it, while eight writers go on committing."""
    with tempfile.TemporaryDirectory() as directory:
        files, folder = SignerFiles(directory=Path(directory) / "signer"), LogFolder(Path(directory) / "log")
        files.make(name=KEY.name)
        source = await log_reader(url)
        committed: dict[int, float] = {}
        waits: list[float] = []

        def published(checkpoint: Checkpoint) -> None:
            now = monotonic()
            waits.extend(now - committed.pop(index) for index in list(committed) if index < checkpoint.size)

        signer = Signer(files=files, folder=folder, source=source)
        signing = asyncio.create_task(keep_signing(signer, wake=asyncio.Event(), after=published))
        writing = Database(url)
        await asyncio.gather(*(_commit(writing, committed, until=monotonic() + seconds) for _ in range(WRITERS)))
        await asyncio.sleep(SETTLING)
        signing.cancel()
        await asyncio.gather(signing, return_exceptions=True)
        await source.close()
        await writing.close()
    if committed or not waits:
        raise Failed(f"{len(committed)} leaves are under no checkpoint")
    waits.sort()
    p99 = waits[len(waits) * 99 // 100]
    return Row(
        title=f"From commit to a checkpoint that covers it, {len(waits) / seconds:.0f} commits a second",
        figures=(
            Figure(name="median", value=median(waits), unit="s"),
            Figure(name="p99", value=p99, unit="s"),
            Figure(name="longest", value=waits[-1], unit="s"),
        ),
        aims=(Aim(what="p99", measured=p99, wanted=1.5, is_most=True, unit=" s"),),
    )


async def _commit(writing: Database, committed: dict[int, float], *, until: float) -> None:
    while monotonic() < until:
        async with writing.transaction() as work:
            work.stage_audit_entry(leaf())
        if work.index is not None:
            committed[work.index] = monotonic()
        await asyncio.sleep(0.02)


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


def proving(folder: LogFolder, effort: Effort) -> Row:
    """Measure inclusion proofs: every tile kept, and none."""
    chance = random.Random(1)  # noqa: S311 - Repeatable, not secret.
    indexes = [chance.randrange(effort.entries) for _ in range(300)]
    cold = [_timed(lambda index=index: Prover(folder).prove(index)) for index in indexes]  # type: ignore[misc]
    prover = Prover(folder)
    few = indexes[:200]
    for index in few:
        prover.prove(index)
    warm = [_timed(lambda index=index: prover.prove(index)) for index in few * 5]  # type: ignore[misc]
    warm_ms, cold_ms = median(warm) * 1e3, median(cold) * 1e3
    return Row(
        title=f"A proof that an entry is among {effort.entries:,}",
        figures=(
            Figure(name="its tiles in memory", value=warm_ms, unit="ms"),
            Figure(name="nothing in memory", value=cold_ms, unit="ms"),
        ),
        aims=(
            Aim(what="warm", measured=warm_ms, wanted=0.2, is_most=True, unit=" ms"),
            Aim(what="cold", measured=cold_ms, wanted=3.0, is_most=True, unit=" ms"),
        ),
    )


def verifying(directory: Path, effort: Effort) -> Row:
    """Measure a full offline check, and the same by Go, in turns."""
    entries = effort.entries // 10
    folder = build(directory / "log", entries)
    policy = WitnessPolicy(logs=(PolicyLog(key=KEY.verifier_key),))
    auditor = built_auditor(directory)

    def checked() -> None:
        report = Report()
        check_published(folder, policy=policy, report=report)
        if not report.is_good or report.entries != entries:
            raise Failed(f"our own check of {entries} entries: {report}")

    def audited() -> None:
        given = [str(auditor), str(directory / "log"), format_vkey(KEY.verifier_key)]
        said = subprocess.run(given, capture_output=True, check=True).stdout
        if said != b"ok %d\n" % entries:
            raise Failed(f"the check of {entries} entries by Go: {said!r}")

    rounds = [(_timed(checked), _timed(audited) if auditor else 0.0) for _ in range(effort.rounds)]
    ours, theirs = (median(times) for times in zip(*rounds, strict=True))
    title = f"A full check of {entries:,} entries offline"
    own = Figure(name=OURS, value=ours, unit="s")
    if not auditor:
        return Row(title=title, figures=(own,), note="Not compared: Go or golang-golang-x-mod-dev is not installed.")
    return Row(
        title=title,
        figures=(own, Figure(name="golang.org/x/mod, with the start of its process", value=theirs, unit="s")),
        aims=(Aim(what="time to that of Go", measured=ours / theirs, wanted=3.0, is_most=True),),
    )


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


def _timed(do: Callable[[], object]) -> float:
    begun = perf_counter()
    do()
    return perf_counter() - begun
