"""The content-addressed store: files of dossiers in a local folder, each under its SHA-256 and kept once."""

import errno
import hashlib
import os
import re
import secrets
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from anyio import to_thread

from sandbox_registry.documents.uploads.refusals import refusal
from sandbox_registry.domain.errors import DomainError, NotFound

WRITE_BYTES = 1024 * 1024  # Bytes gathered before one trip to a thread: fewer trips than a socket has chunks.
READ_BYTES = 256 * 1024
_INCOMING = "incoming"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class FileTooLarge(DomainError):
    """The file is larger than this component of the dossier allows."""

    code = "file_too_large"

    def __init__(self, *, limit: int) -> None:
        super().__init__(count=limit)


class StorageFull(DomainError):
    """The document store is full; nothing of the file was stored."""

    code = "storage_full"


class Damaged(Exception):
    """The bytes on disk are not those that were kept under this digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file that arrived whole and waits to be inspected. `path` holds its bytes until the receiving block ends.

    Until then an inspection may leave a cleaned copy at `copy_path`.
    """

    sha256: str
    size: int
    path: Path

    @property
    def copy_path(self) -> Path:
        """Where a copy may be written."""
        return self.path.with_suffix(".copy")


class Store:
    """Keeps files under `root/aa/bb/<sha256>`. No name given by a client ever becomes part of a path.

    Directories are 0700, files 0600. A file is flushed to the disk before it appears under its digest, so a crash
    leaves at most a temporary file, which `sweep` removes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / _INCOMING
        _make_private(root)
        _make_private(self._incoming)

    @asynccontextmanager
    async def receive(self, chunks: AsyncIterable[bytes], *, max_bytes: int) -> AsyncIterator[Received]:
        """Stream a file into a temporary place and hand it over for inspection; only `keep` makes it stay.

        Whatever goes wrong inside or on the way, a client that leaves included, the temporary file is gone afterwards.

        Raises:
            FileTooLarge: as soon as more than `max_bytes` arrived; what is over the limit is never written.
            Invalid: `empty_file`.
            StorageFull: the disk takes no more.

        """
        path = self._incoming / secrets.token_hex(16)
        try:
            # A buffered file locks itself: closing waits for a write that a cancelled request left in a thread.
            with _full_disk_told(), _create(path) as file:
                sha256, size = await _write(file, chunks, max_bytes=max_bytes)
            if size == 0:
                raise refusal("empty_file")
            yield Received(sha256=sha256, size=size, path=path)
        finally:
            path.unlink(missing_ok=True)
            path.with_suffix(".copy").unlink(missing_ok=True)

    async def copy_of(self, received: Received) -> Received:
        """Return the copy that an inspection wrote of a file, flushed to the disk as the file is; `keep` makes it stay."""
        return await to_thread.run_sync(_measured, received.copy_path)

    async def keep(self, received: Received) -> None:
        """Move a received file under its digest, atomically; the same content twice is one file."""
        with _full_disk_told():
            await to_thread.run_sync(_move, received.path, self._path(received.sha256))

    async def exists(self, sha256: str) -> bool:
        """Tell whether content with this digest is kept."""
        return _DIGEST.fullmatch(sha256) is not None and await to_thread.run_sync(self._path(sha256).is_file)

    async def open(self, sha256: str) -> AsyncGenerator[bytes, None]:
        """Return the content in pieces, checked against its digest before the first and again before the last.

        Raises:
            NotFound: nothing is kept under this digest.
            Damaged: the digest does not match; from the pieces only when that came about meanwhile.

        """
        if not await self.exists(sha256):
            raise NotFound(what="document")
        if await to_thread.run_sync(_digest_of, self._path(sha256)) != sha256:
            raise Damaged(sha256)
        return _read(self._path(sha256), sha256)

    async def forget(self, sha256: str, *, older_than: datetime) -> bool:
        """Remove what is kept under a digest, unless it was written after that moment; say whether it is gone."""
        return await to_thread.run_sync(_forget, self._path(sha256), older_than.timestamp())

    async def sweep(self, *, older_than: datetime) -> int:
        """Remove temporary files last written before that moment, left by a crash; return how many."""
        return await to_thread.run_sync(_sweep, self._incoming, older_than.timestamp())

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256[2:4] / sha256


@contextmanager
def _full_disk_told() -> Iterator[None]:
    """Turn "no space left" into StorageFull; any other error passes."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull from error
        raise


async def _write(file: BinaryIO, chunks: AsyncIterable[bytes], *, max_bytes: int) -> tuple[str, int]:
    """Write chunks as they come, then flush to the disk; return the digest and the number of bytes."""
    digest, size, waiting = hashlib.sha256(), 0, bytearray()

    def write(content: bytes) -> None:
        digest.update(content)
        file.write(content)

    def finish(content: bytes) -> None:
        write(content)
        file.flush()
        os.fsync(file.fileno())

    async for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise FileTooLarge(limit=max_bytes)
        waiting += chunk
        if len(waiting) >= WRITE_BYTES:
            content, waiting = bytes(waiting), bytearray()
            await to_thread.run_sync(write, content)
    await to_thread.run_sync(finish, bytes(waiting))
    return digest.hexdigest(), size


async def _read(path: Path, sha256: str) -> AsyncGenerator[bytes, None]:
    digest, held = hashlib.sha256(), b""
    with await to_thread.run_sync(path.open, "rb") as file:
        while piece := await to_thread.run_sync(file.read, READ_BYTES):
            digest.update(piece)
            if held:
                yield held
            held = piece
    if digest.hexdigest() != sha256:
        raise Damaged(sha256)
    yield held


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _measured(path: Path) -> Received:
    with _full_disk_told(), path.open("rb") as file:
        os.fsync(file.fileno())
        return Received(
            sha256=hashlib.file_digest(file, "sha256").hexdigest(), size=os.fstat(file.fileno()).st_size, path=path
        )


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), "wb")


def _make_private(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)


def _move(source: Path, target: Path) -> None:
    for directory in (target.parent.parent, target.parent):
        directory.mkdir(mode=0o700, exist_ok=True)
    # Replacing a file by the same content also heals one that rotted on the disk.
    source.replace(target)
    for directory in (target.parent, target.parent.parent, target.parent.parent.parent):
        _flush_directory(directory)


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _forget(path: Path, before: float) -> bool:
    try:
        if path.stat().st_mtime >= before:
            return False
        path.unlink()
    except FileNotFoundError:
        return True
    _flush_directory(path.parent)
    return True


def _sweep(incoming: Path, before: float) -> int:
    removed = 0
    for entry in list(os.scandir(incoming)):
        # An upload may end between the listing and the look at its age.
        with suppress(FileNotFoundError):
            if entry.stat(follow_symlinks=False).st_mtime < before:
                Path(entry.path).unlink()
                removed += 1
    return removed
