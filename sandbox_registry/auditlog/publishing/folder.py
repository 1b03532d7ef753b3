"""The published log as files (C2SP tlog-tiles) that any static server could serve. Immutable files are never rewritten."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox_registry.runtime.file_sources import FolderSource
from sandbox_registry.runtime.files import CrashPoint, MissingFile, flush_directory, locked, never_crash, replace_file
from sandbox_registry.transparency.checkpoints import CHECKPOINT
from sandbox_registry.transparency.tiles import Tile, TileReader

SIGNER_DIR, LOG_DIR = "log-signer", "log"
"""In the data directory: what only the signer may touch, and what everybody may read."""

_INCOMING = "incoming"


class FolderDiffers(Exception):
    """A file that must never change holds something else than what belongs there."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} holds something else than the log does")
        self.path = path


class LogFolder(FolderSource):
    """One log's folder: `checkpoint`, `tile/<L>/<N>`, `tile/entries/<N>`. Reading needs no rights to write."""

    def __init__(self, root: Path, *, at: CrashPoint = never_crash) -> None:
        super().__init__(root)
        self._at = at

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


def _up_to(directory: Path, root: Path) -> Iterator[Path]:
    while directory != root:
        yield directory
        directory = directory.parent
    yield root
