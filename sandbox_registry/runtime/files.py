"""Files that survive a crash whole, and locks that end with the process that holds them."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CrashPoint = Callable[[str], None]
"""Called with the name of each step that a crash could separate from the next; tests pass one that kills the process."""


def never_crash(_name: str) -> None:
    """Carry on: the crash point of every program but a test."""


class MissingFile(Exception):
    """There is no such file, or it cannot be read; `path` says which and, where it is known, why."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is missing")
        self.path = path


class Busy(Exception):
    """Another process holds the lock."""


def replace_file(
    path: Path, content: bytes, *, incoming: Path, at: CrashPoint = never_crash, name: str, mode: int = 0o644
) -> None:
    """Write a file so that a crash leaves either the old or the new content, whole.

    `incoming` is a directory on the same file system for the unfinished file. The caller flushes the directory of `path`.
    """
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
    """Flush the names in a directory to disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold a lock file, which is released when the process ends, however it ends.

    Raises:
        Busy: another process holds it, and `wait` is false.

    """
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(str(path)) from None
        yield
