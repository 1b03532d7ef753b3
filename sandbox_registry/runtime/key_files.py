"""Files that hold a key: made once, closed to others, and read with their faults named."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sandbox_registry.runtime.files import flush_directory

T = TypeVar("T")


class KeyFileError(Exception):
    """A key file is missing, open to others, or does not hold the key that is needed; the message is one line."""


def write_key_file(path: Path, text: str) -> None:
    """Write a key into a new file that only its owner may read.

    Raises:
        KeyFileError: it cannot be written, or a file is there: no key is ever overwritten.

    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        is_there = isinstance(error, FileExistsError) and path.exists()
        message = f"{path} is there already; a key is never overwritten."
        raise KeyFileError(message if is_there else f"cannot write {path} ({error.strerror}).") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(descriptor)
    flush_directory(path.parent)


def read_key_file(path: Path, parse: Callable[[str], T]) -> T:
    """Read a private key; `parse` raises ValueError when the text is not such a key.

    Raises:
        KeyFileError: the file cannot be read, others may read it, or it holds no such key.

    """
    try:
        # A group that may read is how service managers hand over keys; anybody else is a mistake.
        is_open = path.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO)
        key = parse(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        message = f"cannot read the key {path} ({error.strerror}); make one with: sandbox-registry log key new"
        raise KeyFileError(message) from error
    except ValueError as error:
        message = f"{path} does not hold the private key that is needed ({error})."
        raise KeyFileError(message) from error
    if is_open:
        message = f"{path} can be read by others; close it with: chmod 600 {path}"
        raise KeyFileError(message)
    return key


def read_public_key(text: str, parse: Callable[[str], T]) -> T:
    """Read a public key as people pass it on: the key itself, or the name of a file that holds it.

    Raises:
        KeyFileError: it is neither.

    """
    try:
        path = Path(text)
        key = path.read_text(encoding="utf-8").strip() if "+" not in text and path.is_file() else text.strip()
        return parse(key)
    except (OSError, ValueError) as error:
        message = f"{text!r} is neither a verifier key nor a file with one ({error})."
        raise KeyFileError(message) from error
