"""Cosignatures of witnesses, version 1 (C2SP tlog-cosignature): who saw a checkpoint consistent, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sandbox_registry.transparency.errors import InvalidSignature, NoteError
from sandbox_registry.transparency.keys import KeyType, SigningKey, VerifierKey
from sandbox_registry.transparency.notes import (
    TIMESTAMP_SIZE,
    Note,
    OpenedNote,
    Signature,
    cosignature_message,
    require_text,
    signature_verifies,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """Hold a verified statement that a witness saw this checkpoint as the latest at `timestamp` (seconds since 1970)."""

    key: VerifierKey
    timestamp: int


def cosign(text: str, *, key: SigningKey, timestamp: int) -> Signature:
    """Cosign a checkpoint's text at a time in seconds since 1970.

    Checking that the checkpoint is consistent with the last one cosigned is the caller's duty. Raises `NoteError`
    for a key of another type, a text that no note can hold, or an impossible time.
    """
    if key.key_type is not KeyType.COSIGNATURE_V1:
        raise NoteError("only a witness key cosigns")
    value = key.signature(cosignature_message(require_text(text), timestamp=timestamp))
    return Signature(
        name=key.name, key_id=key.verifier_key.key_id, value=timestamp.to_bytes(TIMESTAMP_SIZE, "big") + value
    )


def timestamp_of(signature: Signature) -> int:
    """Read the time in seconds since 1970 that a cosignature claims; raise `NoteError` when there is none."""
    if len(signature.value) <= TIMESTAMP_SIZE:
        raise NoteError("a cosignature starts with a time")
    return int.from_bytes(signature.value[:TIMESTAMP_SIZE], "big")


def verify_cosignature(text: str, *, signature: Signature, key: VerifierKey) -> Cosignature:
    """Verify one witness's cosignature of a checkpoint's text; raise `InvalidSignature` when it is not that."""
    is_by_key = (signature.name, signature.key_id) == (key.name, key.key_id) and key.key_type is KeyType.COSIGNATURE_V1
    if not is_by_key or not signature_verifies(require_text(text), signature=signature, key=key):
        raise InvalidSignature("not this witness's cosignature of this checkpoint")
    return Cosignature(key=key, timestamp=timestamp_of(signature))


def cosignatures_of(opened: OpenedNote) -> tuple[Cosignature, ...]:
    """List the verified cosignatures of a note, in its order; a witness may stand in it more than once."""
    return tuple(
        Cosignature(key=signed.key, timestamp=timestamp_of(signed.signature))
        for signed in opened.verified
        if signed.key.key_type is KeyType.COSIGNATURE_V1
    )


def add_signatures(note: Note, *, signatures: Iterable[Signature]) -> Note:
    """Return the note with these signatures, each replacing an earlier one of the same name and key id."""
    by_key = {(signature.name, signature.key_id): signature for signature in (*note.signatures, *signatures)}
    return replace(note, signatures=tuple(by_key.values()))
