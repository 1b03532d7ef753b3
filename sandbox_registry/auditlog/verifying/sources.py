"""Where a published log can be read from: a folder, an address, an offline bundle."""

import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Protocol

from sandbox_registry.auditlog.folder import LogFolder, MissingFile

MAX_FILE = 17_000_000
"""A bundle of 256 entries of 65,535 bytes each is the largest file a log has."""
PATIENCE = 20.0


class LogSource(Protocol):
    """Files of a published log by their path; a file that is not there is `MissingFile`."""

    def read(self, path: str) -> bytes:
        """Return the content of one file."""


class HttpLog:
    """A log at an http or https address."""

    def __init__(self, url: str) -> None:
        if not url.startswith(("https://", "http://")):
            message = f"{url!r} is not an http or https address"
            raise MissingFile(message)
        self.url = url.rstrip("/")

    def read(self, path: str) -> bytes:
        """Fetch one file."""
        try:
            with urllib.request.urlopen(f"{self.url}/{path}", timeout=PATIENCE) as answer:  # noqa: S310 - Checked above.
                content: bytes = answer.read(MAX_FILE + 1)
        except (urllib.error.URLError, TimeoutError, OSError, ValueError) as error:
            message = f"{self.url}/{path} ({getattr(error, 'reason', error)})"
            raise MissingFile(message) from error
        if len(content) > MAX_FILE:
            message = f"{self.url}/{path} (too long)"
            raise MissingFile(message)
        return content


class ZipLog:
    """A log, or parts of one, in an offline bundle."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            message = f"{path} ({error})"
            raise MissingFile(message) from error

    def read(self, path: str) -> bytes:
        """Return one file of the bundle."""
        try:
            if self._zip.getinfo(path).file_size > MAX_FILE:
                message = f"{path} (too long)"
                raise MissingFile(message)
            return self._zip.read(path)
        except (KeyError, OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zipfile.zlib.error) as error:  # type: ignore[attr-defined]  # zlib is there wherever ours runs.
            message = f"{path} ({error})"
            raise MissingFile(message) from error

    def names(self) -> list[str]:
        """List what is in the bundle."""
        return self._zip.namelist()


def open_source(where: str) -> LogSource:
    """Open a log by its address, its bundle or its folder."""
    if "://" in where:
        return HttpLog(where)
    path = Path(where)
    return LogFolder(path) if path.is_dir() else ZipLog(path)
