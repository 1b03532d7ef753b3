"""The published log as files (C2SP tlog-tiles): what any static server could serve. Immutable files are never rewritten."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox_registry.transparency.tiles import Bundle, Tile, TileReader

SIGNER_DIR, LOG_DIR = "log-signer", "log"
"""In the data directory: what only the signer may touch, and what everybody may read."""

CHECKPOINT = "checkpoint"
COSIGNED = "checkpoint-cosigned"
"""The newest checkpoint that the witnesses' quorum cosigned; `checkpoint` may already be ahead of it."""

_INCOMING = "incoming"
Crossing = Callable[[str], None]
"""Called with a name at each step that a crash could part from the next; tests bring one that kills."""


def crossing_nothing(_point: str) -> None:
    """Go on: what a crossing does outside of tests."""


class FolderDiffers(Exception):
    """A file that must never change holds something else than what belongs there."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} holds something else than the log does")
        self.path = path


class MissingFile(Exception):
    """The folder has no such file."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is missing")
        self.path = path


class LogFolder:
    """One log's folder: `checkpoint`, `tile/<L>/<N>`, `tile/entries/<N>`. Reading needs no rights to write."""

    def __init__(self, root: Path, *, at: Crossing = crossing_nothing) -> None:
        self.root = root
        self._at = at

    def read(self, path: str) -> bytes:
        """Return the content of a file; `MissingFile` when there is none."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise MissingFile(path) from None

    def checkpoint(self) -> bytes | None:
        """Return the published checkpoint, null before the first."""
        try:
            return self.read(CHECKPOINT)
        except MissingFile:
            return None

    @property
    def read_tile(self) -> TileReader:
        """Read tiles; a missing one is `MissingFile`."""
        return lambda level, index, width: self.read(Tile(level, index, width).path)

    def read_bundle(self, index: int, width: int) -> bytes:
        """Read an entry bundle; a missing one is `MissingFile`."""
        return self.read(Bundle(index, width).path)

    def add(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Keep immutable files, durably, all of them before this returns.

        Raises:
            FolderDiffers: one of them is there already, with another content.

        """
        touched: set[Path] = set()
        for path, content in files:
            target = self.root / path
            if target.exists():
                if target.read_bytes() != content:
                    raise FolderDiffers(path)
                # It may have been renamed just before a crash, and its name not be on the disk yet.
                touched.update(_up_to(target.parent, self.root))
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            touched.update(_up_to(target.parent, self.root))
            replace_file(target, content, incoming=self._incoming(), at=self._at, name="tile")
        for directory in sorted(touched, reverse=True):
            flush_directory(directory)
        self._at("tiles:kept")

    def publish(self, note: bytes, *, name: str = CHECKPOINT) -> None:
        """Replace the checkpoint, atomically; its tiles must be there already."""
        self.root.mkdir(parents=True, exist_ok=True)
        replace_file(self.root / name, note, incoming=self._incoming(), at=self._at, name=name)
        flush_directory(self.root)
        self._at(f"{name}:kept")

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Let nobody else change the checkpoint meanwhile: signatures of witnesses are merged into it."""
        with locked(self._incoming() / "lock", wait=True):
            yield

    def sweep(self) -> None:
        """Remove what a crash left unfinished; only who signs may call it."""
        for path in self._incoming().iterdir():
            if path.name != "lock":
                path.unlink(missing_ok=True)

    def _incoming(self) -> Path:
        path = self.root / _INCOMING
        path.mkdir(parents=True, exist_ok=True)
        return path


def replace_file(
    path: Path, content: bytes, *, incoming: Path, at: Crossing = crossing_nothing, name: str, mode: int = 0o644
) -> None:
    """Write a file so that a crash leaves the old or the new content, whole; the directory is the caller's to flush."""
    unfinished = incoming / secrets.token_hex(8)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        at(f"{name}:written")
        os.fsync(file.fileno())
    at(f"{name}:synced")
    unfinished.replace(path)
    at(f"{name}:renamed")


def flush_directory(directory: Path) -> None:
    """Put the names in a directory on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Busy(Exception):
    """Another process holds the lock."""


@contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold a lock file; it goes with the process, however that ends. Raises Busy when it is taken and not waited for."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(str(path)) from None
        yield


def _up_to(directory: Path, root: Path) -> Iterator[Path]:
    while directory != root:
        yield directory
        directory = directory.parent
    yield root
