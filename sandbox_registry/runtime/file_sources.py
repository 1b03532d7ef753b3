"""Where published files can be read from: a folder, a web address, a ZIP archive."""

import zipfile
from pathlib import Path
from typing import Protocol

from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.runtime.http_client import get, is_http

MAX_FILE = 17_000_000
"""The largest file of a published log is a bundle of 256 entries of 65,535 bytes each."""


class FileSource(Protocol):
    """Files by their path."""

    def read(self, path: str) -> bytes:
        """Return the content of one file; raise `MissingFile` when there is none."""


class FolderSource:
    """Files in a folder; reading them needs no right to write."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes:
        """Return the content of one file."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise MissingFile(path) from None


class HttpSource:
    """Files below an http or https address."""

    def __init__(self, url: str) -> None:
        if not is_http(url):
            message = f"{url!r} is not an http or https address"
            raise MissingFile(message)
        self.url = url.rstrip("/")

    def read(self, path: str) -> bytes:
        """Fetch one file."""
        try:
            content = get(f"{self.url}/{path}", limit=MAX_FILE)
        except OSError as error:
            message = f"{self.url}/{path} ({getattr(error, 'reason', error)})"
            raise MissingFile(message) from error
        if len(content) > MAX_FILE:
            message = f"{self.url}/{path} (too long)"
            raise MissingFile(message)
        return content


class ZipSource:
    """Files in a ZIP archive."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            message = f"{path} ({error})"
            raise MissingFile(message) from error

    def read(self, path: str) -> bytes:
        """Return one file of the archive."""
        try:
            if self._zip.getinfo(path).file_size > MAX_FILE:
                message = f"{path} (too long)"
                raise MissingFile(message)
            return self._zip.read(path)
        except (KeyError, OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zipfile.zlib.error) as error:  # type: ignore[attr-defined]  # zlib is there wherever ours runs.
            message = f"{path} ({error})"
            raise MissingFile(message) from error

    def names(self) -> list[str]:
        """List the paths in the archive."""
        return self._zip.namelist()


def open_source(where: str) -> FileSource:
    """Open an address, a folder or an archive."""
    if "://" in where:
        return HttpSource(where)
    path = Path(where)
    return FolderSource(path) if path.is_dir() else ZipSource(path)
