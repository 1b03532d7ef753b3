"""What is said between a log and its witnesses (C2SP tlog-witness): the request to add a checkpoint, read and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox_registry.transparency.encodings import decode_base64, decode_decimal, encode_base64
from sandbox_registry.transparency.errors import NoteError, ProofError
from sandbox_registry.transparency.notes import MAX_NOTE_SIZE, Signature, parse_signatures
from sandbox_registry.transparency.proofs import require_hashes

MAX_PROOF_LINES: Final = 63
MAX_REQUEST_SIZE: Final = MAX_NOTE_SIZE + 64 * 64
SIZE_MEDIA_TYPE: Final = "text/x.tlog.size"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCheckpoint:
    """Hold a request: the checkpoint verbatim, and the proof that it continues the tree of `old_size` leaves."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes


def format_add_checkpoint(request: AddCheckpoint) -> bytes:
    """Write the body of ``POST <prefix>/add-checkpoint``."""
    lines = [f"old {request.old_size}", *map(encode_base64, request.proof), "", ""]
    return "\n".join(lines).encode() + request.checkpoint


def parse_add_checkpoint(data: bytes) -> AddCheckpoint:
    """Read the body of ``POST <prefix>/add-checkpoint``; raise `ProofError` when it is malformed."""
    if len(data) > MAX_REQUEST_SIZE:
        raise ProofError("a request of more than a megabyte")
    head, separator, checkpoint = data.partition(b"\n\n")
    if not separator or not head.isascii():
        raise ProofError("a request has an empty line before its checkpoint")
    first, *lines = head.decode("ascii").split("\n", MAX_PROOF_LINES + 2)
    if not first.startswith("old ") or len(lines) > MAX_PROOF_LINES:
        raise ProofError("a request begins with the old size and has at most 63 hashes")
    proof = tuple(decode_base64(line, refuse=ProofError) for line in lines)
    require_hashes(proof)
    old_size = decode_decimal(first.removeprefix("old "), refuse=ProofError)
    return AddCheckpoint(old_size=old_size, proof=proof, checkpoint=checkpoint)


def parse_cosignature_lines(data: bytes) -> tuple[Signature, ...]:
    """Read the lines that a witness answers with; raise `NoteError` when they are malformed."""
    if len(data) > MAX_NOTE_SIZE:
        raise NoteError("an answer of more than a megabyte")
    try:
        return parse_signatures(data.decode())
    except UnicodeDecodeError:
        raise NoteError("signature lines are UTF-8") from None
