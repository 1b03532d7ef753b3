"""Checkpoints (C2SP tlog-checkpoint): the size and root of a log under its name, signed as a note."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sandbox_registry.transparency.encodings import decode_base64, decode_decimal, encode_base64
from sandbox_registry.transparency.errors import CheckpointError, UnverifiedNote
from sandbox_registry.transparency.keys import KeyType, SigningKey, VerifierKey
from sandbox_registry.transparency.merkle import HASH_SIZE, MAX_TREE_SIZE
from sandbox_registry.transparency.notes import MAX_NOTE_SIZE, Note, OpenedNote, format_note, open_note, sign_note

CHECKPOINT: Final = "checkpoint"
COSIGNED: Final = "checkpoint-cosigned"
"""Path of the newest checkpoint that the witnesses' quorum cosigned; `checkpoint` may already be ahead of it."""
OFFERED: Final = "checkpoint-offered"
"""Path of the checkpoint that stays the same while witnesses fetch it, so that all of them cosign the same one."""

CHECKPOINT_LINES: Final = 3
NOT_IN_LINES: Final = re.compile(r"[\x00-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Hold what a log says of itself at one moment; raise `CheckpointError` for what no log could say.

    `extensions` are lines of other logs, kept so that their text survives; ours has none.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(line and not NOT_IN_LINES.search(line) for line in (self.origin, *self.extensions)):
            raise CheckpointError("the lines of a checkpoint are not empty and have no control characters")
        if not 0 <= self.size <= MAX_TREE_SIZE:
            raise CheckpointError("a tree size lies between 0 and 2^63 - 1")
        if len(self.root) != HASH_SIZE:
            raise CheckpointError("a root has 32 bytes")

    @property
    def text(self) -> str:
        """Return the note text: origin, size and root, a line each (C2SP tlog-checkpoint, Note text)."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, encode_base64(self.root), *self.extensions))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    """Hold a checkpoint that its log signed, with the note it came in."""

    checkpoint: Checkpoint
    opened: OpenedNote


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's note text, unsigned; raise `CheckpointError` when it is malformed."""
    if len(text) > MAX_NOTE_SIZE or not text.endswith("\n"):
        raise CheckpointError("a checkpoint ends in a newline and has less than a megabyte")
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < CHECKPOINT_LINES:
        raise CheckpointError("a checkpoint has an origin, a size and a root")
    origin, size, root, *extensions = lines
    return Checkpoint(
        origin=origin,
        size=decode_decimal(size, refuse=CheckpointError),
        root=decode_base64(root, refuse=CheckpointError),
        extensions=tuple(extensions),
    )


def sign_checkpoint(checkpoint: Checkpoint, *, key: SigningKey) -> bytes:
    """Sign a checkpoint with its log's key.

    Raises `CheckpointError` unless the key bears the log's name: verifiers tell logs apart by it. That no two
    checkpoints contradict each other is the caller's duty.
    """
    if key.name != checkpoint.origin:
        raise CheckpointError("a log signs with a key of its own name")
    return format_note(sign_note(checkpoint.text, keys=[key]))


def checkpoint_of(note: Note) -> Checkpoint:
    """Read the checkpoint in a note whose signatures nobody verified; raise `CheckpointError` when malformed."""
    return parse_checkpoint(note.text)


def open_checkpoint(data: bytes, *, keys: Collection[VerifierKey]) -> SignedCheckpoint:
    """Read and verify a checkpoint that must be signed by one of `keys` under its own origin.

    `keys` may hold witness keys too: their cosignatures are verified, but do not stand for the log's signature.
    Raises `NoteError` (or its subclasses) for a bad note, `UnverifiedNote` when the log itself did not sign, and
    `CheckpointError` for a malformed text.
    """
    opened = open_note(data, keys=keys)
    checkpoint = checkpoint_of(opened.note)
    signers = (signed.key for signed in opened.verified)
    if not any(key.key_type is KeyType.ED25519 and key.name == checkpoint.origin for key in signers):
        raise UnverifiedNote("the log did not sign this checkpoint")
    return SignedCheckpoint(checkpoint=checkpoint, opened=opened)
