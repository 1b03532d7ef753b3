"""Key files of the log's signer and of witnesses: made once, closed to others, read with their faults named."""

import os
import re
import secrets
import stat
from pathlib import Path

from sandbox_registry.auditlog.folder import flush_directory
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.keys import (
    KEY_SIZE,
    KeyType,
    SigningKey,
    VerifierKey,
    format_signing_key,
    parse_signing_key,
    parse_vkey,
)

_ORIGIN = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]+)?(/[A-Za-z0-9._~-]+)*")


class KeyFileError(Exception):
    """A key file is missing, open to others, or holds no key; the message is one line."""


def make_key(path: Path, *, name: str, key_type: KeyType = KeyType.ED25519) -> SigningKey:
    """Make a key and keep it in a new file that only its owner may read.

    Raises:
        KeyFileError: the name is no schema-less URL prefix, or a file is there: no key is ever overwritten.

    """
    if not _ORIGIN.fullmatch(name):
        message = f"{name!r} is not a name such as sandbox.camau.gov.vn/log: no schema, no slash at the end."
        raise KeyFileError(message)
    key = SigningKey(name=name, key_type=key_type, seed=secrets.token_bytes(KEY_SIZE))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        message = f"{path} is there already; a key is never overwritten."
        raise KeyFileError(message) from None
    except OSError as error:
        message = f"cannot write {path} ({error.strerror})."
        raise KeyFileError(message) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(format_signing_key(key) + "\n")
        file.flush()
        os.fsync(descriptor)
    flush_directory(path.parent)
    return key


def read_key(path: Path, *, key_type: KeyType = KeyType.ED25519) -> SigningKey:
    """Read a private key of one type.

    Raises:
        KeyFileError: it cannot be read, others may read it, or it holds no such key.

    """
    try:
        is_open = path.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO)
        content = path.read_text(encoding="utf-8").strip()
        key = parse_signing_key(content)
    except OSError as error:
        message = f"cannot read the key {path} ({error.strerror}); make one with: sandbox-registry log key new"
        raise KeyFileError(message) from error
    except (LogError, UnicodeDecodeError) as error:
        message = f"{path} does not hold a private key of a log or witness."
        raise KeyFileError(message) from error
    if is_open:
        message = f"{path} can be read by others; close it with: chmod 600 {path}"
        raise KeyFileError(message)
    if key.key_type is not key_type:
        message = f"{path} holds a key of another kind: logs and witnesses never share one."
        raise KeyFileError(message)
    return key


def named(key: VerifierKey) -> str:
    """Name a key as people compare it: its name and its id."""
    return f"{key.name}+{key.key_id.hex()}"


def read_vkey(text: str) -> VerifierKey:
    """Read a verifier key as people hand it on: the key itself, or a file that holds it; KeyFileError otherwise."""
    try:
        path = Path(text)
        found = path.read_text(encoding="utf-8").strip() if "+" not in text and path.is_file() else text.strip()
        return parse_vkey(found)
    except (LogError, OSError, UnicodeDecodeError) as error:
        message = f"{text!r} is neither a verifier key nor a file with one ({error})."
        raise KeyFileError(message) from error
