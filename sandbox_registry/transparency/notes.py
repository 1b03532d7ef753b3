"""Signed notes (C2SP signed-note): a text, an empty line, and lines that say who signed it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sandbox_registry.transparency.encodings import decode_base64, encode_base64
from sandbox_registry.transparency.errors import AmbiguousVerifier, InvalidSignature, NoteError, UnverifiedNote
from sandbox_registry.transparency.keys import (
    KEY_ID_SIZE,
    SIGNATURE_SIZE,
    KeyType,
    SigningKey,
    VerifierKey,
    require_key_name,
)

MAX_NOTE_SIZE: Final = 1_000_000
MAX_SIGNATURES: Final = 100
TIMESTAMP_SIZE: Final = 8
MAX_TIMESTAMP: Final = 2**63 - 1
DASH: Final = "\u2014 "
NOT_IN_NOTES: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Hold one signature line: who claims to have signed, and the bytes after the key id."""

    name: str
    key_id: bytes
    value: bytes

    def __post_init__(self) -> None:
        require_key_name(self.name)
        if len(self.key_id) != KEY_ID_SIZE or not self.value:
            raise NoteError("a signature has a key id of four bytes and a value")

    @property
    def line(self) -> str:
        """Return the line with its newline (C2SP signed-note, Format)."""
        return f"{DASH}{self.name} {encode_base64(self.key_id + self.value)}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Hold a text that ends in a newline and the signatures claimed for it, none of them verified."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSignature:
    """Hold a signature that verified, with the known key that made it."""

    key: VerifierKey
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedNote:
    """Hold a note that at least one known key signed and no known key signed badly."""

    note: Note
    verified: tuple[VerifiedSignature, ...]


def require_text(text: str) -> bytes:
    """Return a note's text as UTF-8; raise `NoteError` unless it ends in a newline and has no other control."""
    if not text.endswith("\n"):
        raise NoteError("the text of a note ends in a newline")
    if NOT_IN_NOTES.search(text):
        raise NoteError("a note is UTF-8 without control characters but newlines")
    return text.encode()


def parse_signature(line: str) -> Signature:
    """Read one signature line without its newline; raise `NoteError` when it is malformed."""
    name, separator, encoded = line.removeprefix(DASH).partition(" ")
    if not (line.startswith(DASH) and separator):
        raise NoteError("a signature line is a dash, a name and base64")
    blob = decode_base64(encoded, refuse=NoteError)
    return Signature(name=name, key_id=blob[:KEY_ID_SIZE], value=blob[KEY_ID_SIZE:])


def parse_signatures(lines: str) -> tuple[Signature, ...]:
    """Read 1 to 100 signature lines, each ended by a newline; raise `NoteError` when one is malformed."""
    if len(lines) > MAX_NOTE_SIZE or not lines.endswith("\n"):
        raise NoteError("signature lines end in newlines and have less than a megabyte")
    if lines.count("\n") > MAX_SIGNATURES:
        raise NoteError("a note has at most 100 signatures")
    return tuple(parse_signature(line) for line in lines.removesuffix("\n").split("\n"))


def decode_text(data: bytes) -> str:
    """Read at most a megabyte of UTF-8 that ends in a newline; raise `NoteError` for anything else."""
    if len(data) > MAX_NOTE_SIZE:
        raise NoteError("a note of more than a megabyte")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise NoteError("a note is UTF-8") from None
    require_text(text)
    return text


def parse_note(data: bytes) -> Note:
    """Read a signed note without verifying anything; raise `NoteError` when it is malformed.

    The last empty line parts the text from the signatures (C2SP signed-note, Format).
    """
    text, separator, lines = decode_text(data).rpartition("\n\n")
    if not separator:
        raise NoteError("a note has an empty line before its signatures")
    return Note(text=text + "\n", signatures=parse_signatures(lines))


def format_note(note: Note) -> bytes:
    """Write a signed note; raise `NoteError` when `parse_note` would not read it back."""
    if not 0 < len(note.signatures) <= MAX_SIGNATURES:
        raise NoteError("a note has 1 to 100 signatures")
    data = require_text(note.text) + "".join(["\n", *(signature.line for signature in note.signatures)]).encode()
    if len(data) > MAX_NOTE_SIZE:
        raise NoteError("a note of more than a megabyte")
    return data


def sign_note(text: str, *, keys: Iterable[SigningKey]) -> Note:
    """Sign a text with each key in turn (C2SP signed-note, Ed25519 signatures).

    Raises `NoteError` for a text that no note can hold, and for witness keys: a cosignature needs a time.
    """
    message = require_text(text)
    return Note(text=text, signatures=tuple(sign_text(message, key=key) for key in keys))


def sign_text(message: bytes, *, key: SigningKey) -> Signature:
    """Sign the bytes of a note's text; raise `NoteError` for a witness key."""
    if key.key_type is not KeyType.ED25519:
        raise NoteError("a witness key signs checkpoints with a time, nothing else")
    return Signature(name=key.name, key_id=key.verifier_key.key_id, value=key.signature(message))


def cosignature_message(text: bytes, *, timestamp: int) -> bytes:
    """Return what a cosignature/v1 signs: a header, the time and the checkpoint's text (C2SP tlog-cosignature).

    `timestamp` is in seconds since 1970; raises `NoteError` unless 0 <= timestamp < 2^63.
    """
    if not 0 <= timestamp <= MAX_TIMESTAMP:
        raise NoteError("a time is a number of seconds below 2^63")
    return b"cosignature/v1\ntime %d\n" % timestamp + text


def signature_verifies(text: bytes, *, signature: Signature, key: VerifierKey) -> bool:
    """Say whether the signature is the key's over a note's text, by the rules of the key's type."""
    if key.key_type is KeyType.ED25519:
        return len(signature.value) == SIGNATURE_SIZE and key.verifies(text, signature=signature.value)
    timestamp = int.from_bytes(signature.value[:TIMESTAMP_SIZE], "big")
    if len(signature.value) != TIMESTAMP_SIZE + SIGNATURE_SIZE or timestamp > MAX_TIMESTAMP:
        return False
    message = cosignature_message(text, timestamp=timestamp)
    return key.verifies(message, signature=signature.value[TIMESTAMP_SIZE:])


def index_keys(keys: Iterable[VerifierKey]) -> dict[tuple[str, bytes], VerifierKey]:
    """Index trusted keys by what a signature line says; raise `AmbiguousVerifier` when two differ and share it."""
    indexed: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if indexed.setdefault((key.name, key.key_id), key) != key:
            raise AmbiguousVerifier("two trusted keys share a name and key id")
    return indexed


def verify_note(note: Note, *, keys: Collection[VerifierKey]) -> OpenedNote:
    """Verify a note that was read, by the rules of C2SP signed-note, Signatures.

    Unknown keys are ignored. Raises `InvalidSignature` when a known key's signature does not verify,
    `UnverifiedNote` when no known key signed, `AmbiguousVerifier` when `keys` do not tell signers apart, and
    `NoteError` for more than 100 signatures.
    """
    indexed = index_keys(keys)
    text = require_text(note.text)
    if len(note.signatures) > MAX_SIGNATURES:
        raise NoteError("a note has at most 100 signatures")
    verified = tuple(verify_known(text, signatures=note.signatures, indexed=indexed))
    if not verified:
        raise UnverifiedNote("no known key signed this note")
    return OpenedNote(note=note, verified=verified)


def verify_known(
    text: bytes, *, signatures: Sequence[Signature], indexed: dict[tuple[str, bytes], VerifierKey]
) -> Iterable[VerifiedSignature]:
    """Yield the signatures of known keys; raise `InvalidSignature` at the first that does not verify."""
    for signature in signatures:
        key = indexed.get((signature.name, signature.key_id))
        if key is None:
            continue
        if not signature_verifies(text, signature=signature, key=key):
            raise InvalidSignature("a known key's signature does not verify")
        yield VerifiedSignature(key=key, signature=signature)


def open_note(data: bytes, *, keys: Collection[VerifierKey]) -> OpenedNote:
    """Read and verify a signed note; raises what `parse_note` and `verify_note` raise."""
    return verify_note(parse_note(data), keys=keys)
