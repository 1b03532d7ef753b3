"""Files are looked at by other processes: their limits hold, their answers come back in words, and nobody waits for them."""

import asyncio
import os
import signal
import time
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import pytest
from structlog.testing import capture_logs

from sandbox_registry.documents.uploads import fair_queue, processes
from sandbox_registry.documents.uploads.contents.judgement import PDF
from sandbox_registry.documents.uploads.fair_queue import InspectionsBusy
from sandbox_registry.documents.uploads.inspection import Inspector, Judgement
from sandbox_registry.documents.uploads.store import Received
from sandbox_registry.domain.errors import Invalid
from tests.documents.uploads import files

T = TypeVar("T")
AN = (("account", "an"),)


@pytest.fixture
async def inspector() -> AsyncIterator[Inspector]:
    made = Inspector()
    yield made
    await made.close()


def saved(directory: Path, content: bytes) -> Path:
    path = directory / f"{zlib.crc32(content):08x}"
    path.write_bytes(content)
    return path


async def inspect(inspector: Inspector, path: Path) -> Judgement:
    content = path.read_bytes()  # noqa: ASYNC240 - a small file, in a test.
    received = Received(sha256=sha256(content).hexdigest(), size=len(content), path=path)
    return await inspector.inspect(received, senders=AN)


async def until(condition: Callable[[], T]) -> T:
    """Come back when something is so that nobody announces: what processes do."""
    while not (found := condition()):  # noqa: ASYNC110 - nobody sets an event.
        await asyncio.sleep(0.01)
    return found


def bomb() -> bytes:
    """Make a small PDF whose fifth object says that it lies in the fourth, a stream that fills all the memory there is."""
    packed = zlib.compress(b" " * 1_500_000_000, 9)
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(
        (
            b"<< /Type /Catalog /Pages 2 0 R /Extra 5 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
            b"<< /Type /ObjStm /N 1 /First 5 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
            % (len(packed), packed),
        ),
        start=1,
    ):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    rows = [(0, 0, 65535), *((1, offset, 0) for offset in offsets), (2, 4, 0), (1, start, 0)]
    table = b"".join(kind.to_bytes(1) + at.to_bytes(4) + more.to_bytes(2) for kind, at, more in rows)
    entries = b"/Type /XRef /Size 7 /W [1 4 2] /Root 1 0 R /Length %d" % len(table)
    out += b"6 0 obj\n<< %s >>\nstream\n%s\nendstream\nendobj\n" % (entries, table)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start


async def test_what_a_file_is_comes_back_with_what_it_took(inspector: Inspector, tmp_path: Path) -> None:
    judgement = await inspect(inspector, saved(tmp_path, files.pdf()))

    assert judgement.require_accepted() == PDF
    assert judgement.seconds >= 0


async def test_why_a_file_is_not_taken_comes_back_in_words(inspector: Inspector, tmp_path: Path) -> None:
    entries = {**files.word_parts(), **{f"word/{number}.xml": b"" for number in range(4001)}}
    judgement = await inspect(inspector, saved(tmp_path, files.office(entries)))

    with pytest.raises(Invalid) as caught:
        judgement.require_accepted()
    (error,) = caught.value.errors
    assert (error.field, error.code) == ("file", "archive_unsafe")
    assert "4.005" in error.message.vi


async def test_a_small_file_that_unfolds_without_end_is_given_up(inspector: Inspector, tmp_path: Path) -> None:
    """It costs its own process its life; the next file is looked at as if nothing had been."""
    path = saved(tmp_path, bomb())
    assert path.stat().st_size < 2_000_000

    judgement = await inspect(inspector, path)

    assert judgement.kind is None
    assert (await inspect(inspector, saved(tmp_path, files.png()))).kind is not None


async def test_a_sender_who_leaves_ends_all_that_was_begun_for_them(inspector: Inspector, tmp_path: Path) -> None:
    """As often as there are places: each is free again, and no process of a group is left."""
    path = saved(tmp_path, files.slow_pdf())
    for _ in range(fair_queue.PLACES):
        left = asyncio.create_task(inspect(inspector, path))
        (group,) = await until(working)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        await until(partial(is_gone, group))  # The system ends them one after the other.

    assert (await inspect(inspector, saved(tmp_path, files.pdf()))).kind == PDF


async def test_an_idle_process_that_was_ended_from_outside_is_replaced(inspector: Inspector, tmp_path: Path) -> None:
    path = saved(tmp_path, files.pdf())
    await inspect(inspector, path)
    (process,) = inspector._processes._idle  # noqa: SLF001 - to end what nobody is given.
    process.kill()
    await process.wait()

    with capture_logs() as logs:
        assert (await inspect(inspector, path)).kind == PDF
    assert [each["event"] for each in logs] == ["inspecting_process_ended"]


async def test_a_process_that_is_ended_while_it_looks_is_replaced(inspector: Inspector, tmp_path: Path) -> None:
    """Nobody waits for the child it leaves behind, and the other process looks at the file again."""
    judging = asyncio.create_task(inspect(inspector, saved(tmp_path, files.slow_pdf())))
    (group,) = await until(working)
    os.kill(group, signal.SIGKILL)

    assert (await judging).kind == PDF
    assert is_gone(group)


async def test_when_no_process_lives_the_sender_is_told_to_come_back(
    inspector: Inspector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_SERVER", "no.such.module")
    path = saved(tmp_path, files.pdf())

    with pytest.raises(InspectionsBusy):
        await inspect(inspector, path)
    monkeypatch.undo()
    assert (await inspect(inspector, path)).kind == PDF


def working() -> set[int]:
    """Return the groups of this program's inspecting processes that have a child which looks at a file."""
    ours = {group for (pid, parent, group) in living() if pid == group and parent == os.getpid()}
    return {group for (pid, _, group) in living() if group in ours and pid != group}


def living() -> set[tuple[int, int, int]]:
    """Return every process that has not ended, with its parent and its group."""
    found = set[tuple[int, int, int]]()
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            state, parent, group, *_ = each.read_text().rpartition(")")[2].split()
            found |= {(int(each.parent.name), int(parent), int(group))} if state != "Z" else set()
    return found


def is_gone(group: int) -> bool:
    return group not in {each for _, _, each in living()}


async def test_others_are_served_while_files_are_looked_at(inspector: Inspector, tmp_path: Path) -> None:
    """The loop never does the work itself: it goes round many times before the answer comes."""
    path = saved(tmp_path, files.pdf(page=files.flate(b"0 0 m 1 1 l S " * 300_000)))
    begun, rounds = time.process_time(), 0
    judging = asyncio.create_task(inspect(inspector, path))
    while not judging.done():
        rounds += 1
        await asyncio.sleep(0.001)

    assert judging.result().kind == PDF
    assert rounds > 1
    assert time.process_time() - begun < 10
