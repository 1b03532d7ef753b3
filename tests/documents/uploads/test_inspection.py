"""Files are looked at by other processes: their limits hold, their answers come back in words, and nobody waits for them."""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from sandbox_registry.documents.uploads import inspection
from sandbox_registry.documents.uploads.contents.judgement import PDF
from sandbox_registry.documents.uploads.inspection import InspectionsBusy, Inspector
from sandbox_registry.domain.errors import Invalid
from tests.documents.uploads import files

AN, BINH = UUID(int=1), UUID(int=2)


@pytest.fixture
async def inspector() -> AsyncIterator[Inspector]:
    made = Inspector()
    yield made
    await made.close()


def saved(directory: Path, content: bytes) -> Path:
    path = directory / f"{zlib.crc32(content):08x}"
    path.write_bytes(content)
    return path


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
    judgement = await inspector.inspect(saved(tmp_path, files.pdf()), account=AN)

    assert judgement.require_accepted() == PDF
    assert judgement.seconds >= 0


async def test_why_a_file_is_not_taken_comes_back_in_words(inspector: Inspector, tmp_path: Path) -> None:
    entries = {**files.word_parts(), **{f"word/{number}.xml": b"" for number in range(4001)}}
    judgement = await inspector.inspect(saved(tmp_path, files.office(entries)), account=AN)

    with pytest.raises(Invalid) as caught:
        judgement.require_accepted()
    (error,) = caught.value.errors
    assert (error.field, error.code) == ("file", "archive_unsafe")
    assert "4.005" in error.message.vi


async def test_a_small_file_that_unfolds_without_end_is_given_up(inspector: Inspector, tmp_path: Path) -> None:
    """It costs its own process its life; the next file is looked at as if nothing had been."""
    path = saved(tmp_path, bomb())
    assert path.stat().st_size < 2_000_000

    judgement = await inspector.inspect(path, account=AN)

    assert judgement.kind is None
    assert (await inspector.inspect(saved(tmp_path, files.png()), account=AN)).kind is not None


async def test_one_account_cannot_fill_the_queue(inspector: Inspector, tmp_path: Path) -> None:
    path = saved(tmp_path, files.pdf())
    mine = [asyncio.create_task(inspector.inspect(path, account=AN)) for _ in range(inspection.PER_ACCOUNT)]
    await asyncio.sleep(0)

    with pytest.raises(InspectionsBusy):
        await inspector.inspect(path, account=AN)
    assert (await inspector.inspect(path, account=BINH)).kind == PDF
    assert {each.kind for each in await asyncio.gather(*mine)} == {PDF}
    assert (await inspector.inspect(path, account=AN)).kind == PDF


async def test_a_full_queue_takes_no_more(
    inspector: Inspector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "QUEUE_LENGTH", 1)
    path = saved(tmp_path, files.pdf())
    first = asyncio.create_task(inspector.inspect(path, account=AN))
    await asyncio.sleep(0)

    with pytest.raises(InspectionsBusy):
        await inspector.inspect(path, account=BINH)
    assert (await first).kind == PDF


async def test_a_sender_who_leaves_costs_one_process_and_no_place(inspector: Inspector, tmp_path: Path) -> None:
    path = saved(tmp_path, files.pdf())
    for _ in range(inspection.PROCESSES + 1):
        left = asyncio.create_task(inspector.inspect(path, account=AN))
        await asyncio.sleep(0.05)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)

    assert (await inspector.inspect(path, account=AN)).kind == PDF


async def test_a_process_that_was_ended_from_outside_is_replaced(inspector: Inspector, tmp_path: Path) -> None:
    path = saved(tmp_path, files.pdf())
    await inspector.inspect(path, account=AN)
    (process,) = inspector._idle  # noqa: SLF001 - to end what nobody is given.
    process.kill()
    await process.wait()

    with pytest.raises(ConnectionError):
        await inspector.inspect(path, account=AN)
    assert (await inspector.inspect(path, account=AN)).kind == PDF


async def test_others_are_served_while_files_are_looked_at(inspector: Inspector, tmp_path: Path) -> None:
    """The loop never does the work itself: it goes round many times before the answer comes."""
    path = saved(tmp_path, files.pdf(page=files.flate(b"0 0 m 1 1 l S " * 300_000)))
    begun, rounds = time.process_time(), 0
    judging = asyncio.create_task(inspector.inspect(path, account=AN))
    while not judging.done():
        rounds += 1
        await asyncio.sleep(0.001)

    assert judging.result().kind == PDF
    assert rounds > 1
    assert time.process_time() - begun < 10
