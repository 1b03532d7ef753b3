"""What hostile files do to everybody else: answers to others while ten of them are inspected."""

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from bench.contenders import PREFIX, Contenders, contenders
from bench.effort import Effort
from bench.figures import OURS, Aim, Figure, Row
from bench.load import Outcome
from bench.scratch import CASES, OWNER, add_cases, identity, register
from bench.servers import LOAD_TIMEOUT_S, Failed, load, request
from sandbox_registry.db.embedded.server import EmbeddedServer

FILES = 10
OBJECTS = 400_000
"""Under what is refused unread: seconds of processor time for who looks at each."""


def uploads(server: EmbeddedServer, data_dir: Path, effort: Effort) -> Iterator[Row]:
    """Measure how long others wait for an answer of the same process, alone and while hostile files come in."""
    filled = register(server, effort.sizes[0])
    with contenders(filled, data_dir, peers=()) as running:
        seconds = effort.seconds * effort.rounds
        alone = _live(running, seconds)
        with ThreadPoolExecutor(FILES) as senders:
            case = identity(CASES, add_cases(filled, "draft", count=1))
            sent = [senders.submit(_send, running, f"/applications/{case}/documents") for _ in range(FILES)]
            beside = _live(running, seconds)
            statuses = [each.result() for each in sent]
    if not set(statuses) <= {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CREATED, HTTPStatus.SERVICE_UNAVAILABLE}:
        raise Failed(f"hostile files were answered with {statuses}")
    yield Row(
        title=f"Others' answers while {FILES} files of {OBJECTS:,} objects in {len(hostile()) / 1e6:.1f} MB come in",
        figures=tuple(
            Figure(name=name, rate=each.rate, p50=each.quantile(0.5), p99=each.quantile(0.99))
            for name, each in (("nobody uploads", alone), ("hostile files beside", beside))
        ),
        aims=(Aim(what="p99", measured=beside.quantile(0.99) * 1000, wanted=50, is_most=True, unit=" ms"),),
        note=f"One client asks for a page that needs no database. The files were answered with {sorted(statuses)}.",
    )


def _live(running: Contenders, seconds: float) -> Outcome:
    return load(running.servers[OURS], [request("GET", "/health/live")], clients=1, seconds=seconds)


def _send(running: Contenders, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", running.servers[OURS].port, timeout=LOAD_TIMEOUT_S)
    headers = {"Authorization": f"Bearer {running.register.tokens[OWNER][0]}", "Content-Type": "application/pdf"}
    connection.request("POST", f"{PREFIX}{path}?part=trial_plan&filename=a.pdf", hostile(), headers)
    return connection.getresponse().status


def hostile() -> bytes:
    """Make a PDF that is small when packed, and holds many objects in one stream, a script behind the last."""
    bodies = [b"<<>>"] * (OBJECTS - 1) + [b"<</S/JavaScript>>"]
    first = 10
    places, at = [], 0
    for number, body in enumerate(bodies, start=first):
        places.append(b"%d %d" % (number, at))
        at += len(body) + 1
    table = b" ".join(places) + b"\n"
    packed = zlib.compress(table + b" ".join(bodies), 9)
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(
        (
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
            b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>stream\n%s\nendstream"
            % (OBJECTS, len(table), len(packed), packed),
        ),
        start=1,
    ):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = [(0, 0, 0), *((1, offset, 0) for offset in offsets), (1, len(out), 0)]
    rows += [(0, 0, 0)] * (first - len(rows)) + [(2, 4, index) for index in range(OBJECTS)]
    entries = zlib.compress(
        b"".join(kind.to_bytes(1) + at.to_bytes(4) + more.to_bytes(4) for kind, at, more in rows), 9
    )
    start = len(out)
    out += (
        b"5 0 obj\n<</Type/XRef/Size %d/W[1 4 4]/Root 1 0 R/Filter/FlateDecode/Length %d>>stream\n%s\nendstream\nendobj\n"
        % (
            len(rows),
            len(entries),
            entries,
        )
    )
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start
