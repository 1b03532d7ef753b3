"""The document store: kept once under the digest, never over the limit, nothing left behind when an upload breaks off."""

import asyncio
import errno
import hashlib
import os
import stat
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox_registry.documents.uploads.store import Damaged, FileTooLarge, Received, StorageFull, Store
from sandbox_registry.domain.errors import Invalid, NotFound

CONTENT = b"Tr\xe1\xba\xa1i t\xc3\xb4m s\xe1\xbb\x91 4\n" * 100_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


async def pieces(content: bytes, *, size: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]
        await asyncio.sleep(0)


async def kept(store: Store, content: bytes) -> Received:
    async with store.receive(pieces(content), max_bytes=len(content)) as received:
        await store.keep(received)
    return received


async def read(store: Store, sha256: str) -> bytes:
    return b"".join([piece async for piece in await store.open(sha256)])


def files(store: Store) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_receive_and_keep_makes_the_content_readable_by_its_digest(tmp_path: Path) -> None:
    store = Store(tmp_path / "documents")
    async with store.receive(pieces(CONTENT), max_bytes=len(CONTENT)) as received:
        assert (received.sha256, received.size) == (DIGEST, len(CONTENT))
        assert received.path.read_bytes() == CONTENT
        assert not await store.exists(DIGEST)
        await store.keep(received)
    assert files(store) == [store.root / DIGEST[:2] / DIGEST[2:4] / DIGEST]
    assert await store.exists(DIGEST)
    assert await read(store, DIGEST) == CONTENT


async def test_receive_without_keep_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    async with store.receive(pieces(CONTENT), max_bytes=len(CONTENT)):
        pass
    assert files(store) == []
    with pytest.raises(NotFound):
        await store.open(DIGEST)


async def test_everything_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "documents")
    await kept(store, CONTENT)
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in [store.root, *store.root.rglob("*")]}
    assert modes == {True: 0o700, False: 0o600}


async def test_the_same_content_twice_is_kept_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert (await kept(store, CONTENT)).sha256 == (await kept(store, CONTENT)).sha256
    assert len(files(store)) == 1


async def test_the_same_content_at_once_is_kept_once_and_whole(tmp_path: Path) -> None:
    store = Store(tmp_path)
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(kept(store, CONTENT))
    assert len(files(store)) == 1
    assert await read(store, DIGEST) == CONTENT


async def test_a_reader_keeps_the_content_while_it_is_kept_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    await kept(store, CONTENT)
    reader = await store.open(DIGEST)
    first = await anext(reader)
    await kept(store, CONTENT)
    assert first + b"".join([piece async for piece in reader]) == CONTENT


@pytest.mark.parametrize("limit", [0, 1, len(CONTENT) - 1])
async def test_one_byte_over_the_limit_is_refused(tmp_path: Path, limit: int) -> None:
    store = Store(tmp_path)
    with pytest.raises(FileTooLarge):
        async with store.receive(pieces(CONTENT[: limit + 1]), max_bytes=limit):
            pytest.fail("a file over the limit was handed over")
    assert files(store) == []


async def test_an_endless_stream_is_refused_before_it_is_written(tmp_path: Path) -> None:
    store, taken, largest = Store(tmp_path), 0, 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken, largest
        while True:
            taken += 1
            yield bytes(1_000_000)
            largest = max(largest, sum(path.stat().st_size for path in files(store)))

    with pytest.raises(FileTooLarge):
        async with store.receive(endless(), max_bytes=5_000_000):
            pytest.fail("an endless file was handed over")
    assert taken == 6
    assert largest <= 5_000_000
    assert files(store) == []


async def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(Invalid) as caught:
        async with store.receive(pieces(b""), max_bytes=10):
            pytest.fail("an empty file was handed over")
    assert [(error.field, error.code) for error in caught.value.errors] == [("file", "empty_file")]
    assert files(store) == []


async def test_a_client_that_leaves_takes_its_bytes_along(tmp_path: Path) -> None:
    store = Store(tmp_path)

    async def leaves() -> AsyncIterator[bytes]:
        yield CONTENT
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        async with store.receive(leaves(), max_bytes=2 * len(CONTENT)):
            pytest.fail("half a file was handed over")
    assert files(store) == []


@pytest.mark.parametrize("delay", [0, 0.001, 0.005, 0.02])
async def test_a_cancelled_upload_leaves_nothing_and_no_open_file(tmp_path: Path, delay: float) -> None:
    store, before = Store(tmp_path), open_files()

    async def slow() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield CONTENT
            await asyncio.sleep(0)

    async def upload() -> None:
        async with store.receive(slow(), max_bytes=10**12):
            pytest.fail("a cancelled file was handed over")

    task = asyncio.create_task(upload())
    await asyncio.sleep(delay)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(store) == []
    assert open_files() == before


async def test_a_failed_inspection_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)

    async def refused() -> None:
        async with store.receive(pieces(CONTENT), max_bytes=len(CONTENT)):
            raise Invalid(())

    with pytest.raises(Invalid):
        await refused()
    assert files(store) == []


async def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    store = Store(tmp_path)

    async def full() -> AsyncIterator[bytes]:
        yield CONTENT
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageFull):
        async with store.receive(full(), max_bytes=2 * len(CONTENT)):
            pytest.fail("a file was handed over from a full disk")
    assert files(store) == []


@pytest.mark.parametrize("sha256", ["", "..", "../../etc/passwd", DIGEST.upper(), DIGEST[:-1], f"{DIGEST}\n", "0" * 64])
async def test_what_is_no_kept_digest_is_not_found(tmp_path: Path, sha256: str) -> None:
    store = Store(tmp_path)
    await kept(store, CONTENT)
    assert not await store.exists(sha256)
    with pytest.raises(NotFound):
        await store.open(sha256)


async def test_content_changed_on_the_disk_is_told_and_healed_by_keeping_it_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    await kept(store, CONTENT)
    (path,) = files(store)
    path.write_bytes(CONTENT.replace(b"4", b"5", 1))
    with pytest.raises(Damaged):
        await store.open(DIGEST)
    await kept(store, CONTENT)
    assert await read(store, DIGEST) == CONTENT


async def test_content_changed_while_it_is_read_never_arrives_whole(tmp_path: Path) -> None:
    store, arrived = Store(tmp_path), b""
    await kept(store, CONTENT)
    content = await store.open(DIGEST)
    files(store)[0].write_bytes(CONTENT[:-1] + b"X")
    with pytest.raises(Damaged):  # noqa: PT012 - what arrived before counts.
        async for piece in content:
            arrived += piece
    assert len(arrived) < len(CONTENT)


async def test_sweep_removes_only_old_temporary_files(tmp_path: Path) -> None:
    store = Store(tmp_path)
    await kept(store, CONTENT)
    crashed = store.root / "incoming" / "00ff"
    crashed.write_bytes(b"half a file")
    written = datetime.fromtimestamp(crashed.stat().st_mtime, tz=UTC)
    async with store.receive(pieces(CONTENT), max_bytes=len(CONTENT)) as running:
        os.utime(running.path, ns=(0, crashed.stat().st_mtime_ns + 60_000_000_000))
        assert await store.sweep(older_than=written - timedelta(seconds=1)) == 0
        assert await store.sweep(older_than=written + timedelta(seconds=1)) == 1
        await store.keep(running)
    assert await read(store, DIGEST) == CONTENT


async def test_a_store_opened_again_finds_what_was_kept(tmp_path: Path) -> None:
    await kept(Store(tmp_path), CONTENT)
    assert await read(Store(tmp_path), DIGEST) == CONTENT


@pytest.mark.parametrize("chunks", [[b""] * 3 + [b"a"], [b"a", b"", b"b"], [bytes(3_000_000)], [b"x"] * 5000])
async def test_the_shape_of_the_stream_does_not_matter(tmp_path: Path, chunks: Iterable[bytes]) -> None:
    store = Store(tmp_path)

    async def given() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async with store.receive(given(), max_bytes=10**7) as received:
        await store.keep(received)
    assert await read(store, hashlib.sha256(b"".join(chunks)).hexdigest()) == b"".join(chunks)
