"""Proof files (C2SP tlog-proof): an entry's place in a log, its path to the root, and the checkpoint that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox_registry.transparency.encodings import decode_base64, decode_decimal, encode_base64
from sandbox_registry.transparency.errors import ProofError
from sandbox_registry.transparency.merkle import MAX_TREE_SIZE
from sandbox_registry.transparency.notes import MAX_NOTE_SIZE
from sandbox_registry.transparency.proofs import MAX_PROOF_LENGTH, require_hashes

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_EXTRA_SIZE: Final = 1 << 18
MAX_TLOG_PROOF_SIZE: Final = 2 * MAX_NOTE_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class TlogProof:
    """Hold an unverified proof file; raise `ProofError` for numbers and hashes that no proof has.

    `checkpoint` is the signed note verbatim. `extra` is not covered by any signature: never trust it.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def __post_init__(self) -> None:
        require_hashes(self.hashes)
        if not 0 <= self.index < MAX_TREE_SIZE:
            raise ProofError("no such leaf")
        if len(self.checkpoint) > MAX_NOTE_SIZE or len(self.extra or b"") > MAX_EXTRA_SIZE:
            raise ProofError("a proof with too long a checkpoint or extra data")


def format_tlog_proof(proof: TlogProof) -> bytes:
    """Write a ``.tlog-proof`` file (C2SP tlog-proof, Format)."""
    extra = [] if proof.extra is None else [f"extra {encode_base64(proof.extra)}"]
    lines = [HEADER, *extra, f"index {proof.index}", *map(encode_base64, proof.hashes), "", ""]
    return "\n".join(lines).encode() + proof.checkpoint


def parse_tlog_proof(data: bytes) -> TlogProof:
    """Read a ``.tlog-proof`` file, its checkpoint unread; raise `ProofError` when it is malformed."""
    if len(data) > MAX_TLOG_PROOF_SIZE:
        raise ProofError("a proof of more than two megabytes")
    head, separator, checkpoint = data.partition(b"\n\n")
    if not separator or not head.isascii():
        raise ProofError("a proof has an empty line before its checkpoint")
    header, *lines = head.decode("ascii").split("\n", MAX_PROOF_LENGTH + 3)
    if header != HEADER:
        raise ProofError("not a proof of version 1")
    extra: bytes | None = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "), refuse=ProofError)
    if not lines or not lines[0].startswith("index "):
        raise ProofError("a proof says the index of its leaf")
    index = decode_decimal(lines[0].removeprefix("index "), refuse=ProofError)
    hashes = tuple(decode_base64(line, refuse=ProofError) for line in lines[1:])
    return TlogProof(index=index, hashes=hashes, checkpoint=checkpoint, extra=extra)
