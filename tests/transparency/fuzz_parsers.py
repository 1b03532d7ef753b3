"""Throw bytes at everything that reads bytes: only `LogError` may come back, and what is read is written back alike.

Pytest runs the targets below with Hypothesis (test_total.py). For coverage-guided fuzzing, away from the project's
own environment:

    python -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install atheris cryptography
    PYTHONPATH=. /tmp/fuzz/bin/python tests/transparency/fuzz_parsers.py -max_total_time=3600 -timeout=1 -rss_limit_mb=1024

Arguments are libFuzzer's; name a folder to keep what it finds. It starts from the seeds below.
"""

import importlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sandbox_registry.transparency.checkpoints import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from sandbox_registry.transparency.cosignatures import add_signatures, cosign, cosignatures_of
from sandbox_registry.transparency.errors import LogError
from sandbox_registry.transparency.keys import (
    KeyType,
    SigningKey,
    format_signing_key,
    format_vkey,
    parse_signing_key,
    parse_vkey,
)
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.notes import format_note, open_note, parse_note, parse_signatures
from sandbox_registry.transparency.policy_files import parse_policy
from sandbox_registry.transparency.proofs import (
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from sandbox_registry.transparency.tile_hashes import unfold_tile
from sandbox_registry.transparency.tiles import decode_bundle, decode_tile, encode_bundle, parse_path
from sandbox_registry.transparency.tlog_proofs import TlogProof, format_tlog_proof, parse_tlog_proof
from tests.support.transparency import format_policy, list_reader, verify_tlog_proof

LOG: Final = SigningKey(name="sandbox.example/log", seed=b"\x01" * 32)
WITNESS: Final = SigningKey(name="council.example", key_type=KeyType.COSIGNATURE_V1, seed=b"\x02" * 32)
KEYS: Final = (LOG.verifier_key, WITNESS.verifier_key)
LEAVES: Final = [hash_leaf(b"%d" % index) for index in range(100)]
CHECKPOINT: Final = Checkpoint(origin=LOG.name, size=100, root=root_of(LEAVES))
COSIGNED: Final = format_note(
    add_signatures(
        parse_note(sign_checkpoint(CHECKPOINT, key=LOG)),
        signatures=[cosign(CHECKPOINT.text, key=WITNESS, timestamp=1_700_000_000)],
    )
)
POLICY_TEXT: Final = (
    f"log {format_vkey(KEYS[0])} https://log.example\nwitness w {format_vkey(KEYS[1])}\n"
    "group g all w\ngroup h 1 g\nquorum h\n"
)
POLICY: Final = parse_policy(POLICY_TEXT.encode())
INCLUSION: Final = inclusion_proof(42, size=100, read=list_reader(LEAVES))
CONSISTENCY: Final = consistency_proof(42, new_size=100, read=list_reader(LEAVES))
PROOF: Final = TlogProof(index=42, hashes=tuple(INCLUSION), checkpoint=COSIGNED, extra=b"salt")
NUMBERS: Final = (42).to_bytes(8, "big") + (100).to_bytes(8, "big")


def text_of(data: bytes) -> str:
    """Read bytes as text of any kind, lone surrogates included."""
    return data.decode("utf-8", "surrogateescape")


def read_note(data: bytes) -> None:
    assert format_note(parse_note(data)) == data


def read_known_note(data: bytes) -> None:
    assert all(signed.key in KEYS for signed in open_note(data, keys=KEYS).verified)


def read_signatures(data: bytes) -> None:
    assert "".join(signature.line for signature in parse_signatures(text_of(data))) == text_of(data)


def read_known_checkpoint(data: bytes) -> None:
    signed = open_checkpoint(data, keys=KEYS)
    assert signed.checkpoint == CHECKPOINT
    assert {cosignature.timestamp for cosignature in cosignatures_of(signed.opened)} <= {1_700_000_000}


def read_checkpoint(data: bytes) -> None:
    assert parse_checkpoint(text_of(data)).text == text_of(data)


def read_vkey(data: bytes) -> None:
    assert format_vkey(parse_vkey(text_of(data))) == text_of(data)


def read_signing_key(data: bytes) -> None:
    assert format_signing_key(parse_signing_key(text_of(data))) == text_of(data)


def read_path(data: bytes) -> None:
    assert parse_path(text_of(data)).path == text_of(data)


def read_bundle(data: bytes) -> None:
    width = data[0] + 1 if data else 1
    assert encode_bundle(decode_bundle(data[1:], width=width)) == data[1:]


def read_tile(data: bytes) -> None:
    width = data[0] + 1 if data else 1
    assert b"".join(decode_tile(data[1:], width=width)) == data[1:]
    assert len(unfold_tile(data[1:], width=width)) == width.bit_length()


def read_policy(data: bytes) -> None:
    policy = parse_policy(data)
    assert parse_policy(format_policy(policy)) == policy
    assert policy.is_met_by(policy.witness_keys)


def read_tlog_proof(data: bytes) -> None:
    proof = parse_tlog_proof(data)
    assert format_tlog_proof(proof) == data
    assert verify_tlog_proof(proof, leaf_hash=LEAVES[42], policy=POLICY).checkpoint == CHECKPOINT
    assert (proof.index, list(proof.hashes)) == (42, INCLUSION)


def numbers_and_hashes(data: bytes) -> tuple[int, int, list[bytes]]:
    """Read two numbers and a list of hashes, the last perhaps too short."""
    hashes = [data[start : start + 32] for start in range(16, len(data), 32)]
    return int.from_bytes(data[:8], "big"), int.from_bytes(data[8:16], "big"), hashes


def read_inclusion(data: bytes) -> None:
    index, size, proof = numbers_and_hashes(data)
    verify_inclusion(proof, index=index, size=size, leaf_hash=LEAVES[42], root=CHECKPOINT.root)
    assert (index, proof) == (42, INCLUSION)


def read_consistency(data: bytes) -> None:
    old_size, new_size, proof = numbers_and_hashes(data)
    old_root = root_of(LEAVES[:42])
    verify_consistency(proof, old_size=old_size, new_size=new_size, old_root=old_root, new_root=CHECKPOINT.root)
    assert proof == CONSISTENCY


TARGETS: Final[dict[str, tuple[Callable[[bytes], None], bytes]]] = {
    "bundle": (read_bundle, b"\x02" + encode_bundle([b"one", b"", b"three"])),
    "checkpoint": (read_checkpoint, CHECKPOINT.text.encode()),
    "consistency": (read_consistency, NUMBERS + b"".join(CONSISTENCY)),
    "inclusion": (read_inclusion, NUMBERS + b"".join(INCLUSION)),
    "known checkpoint": (read_known_checkpoint, COSIGNED),
    "known note": (read_known_note, COSIGNED),
    "note": (read_note, COSIGNED),
    "path": (read_path, b"tile/3/x001/x234/067.p/8"),
    "policy": (read_policy, POLICY_TEXT.encode()),
    "signatures": (read_signatures, COSIGNED.partition(b"\n\n")[2]),
    "signing key": (read_signing_key, format_signing_key(LOG).encode()),
    "tile": (read_tile, b"\x02" + b"".join(LEAVES[:3])),
    "tlog-proof": (read_tlog_proof, format_tlog_proof(PROOF)),
    "vkey": (read_vkey, format_vkey(KEYS[1]).encode()),
}
"""What reads bytes, and a seed that it accepts."""


def fuzz_one(data: bytes) -> None:
    """Let the first byte choose the target and give it the rest."""
    target, _ = list(TARGETS.values())[data[0] % len(TARGETS) if data else 0]
    try:
        target(data[1:])
    except LogError:
        return


def main() -> None:
    """Run atheris from the seeds until libFuzzer's arguments say stop."""
    atheris = importlib.import_module("atheris")
    with tempfile.TemporaryDirectory() as folder:
        for place, (_, seed) in enumerate(TARGETS.values()):
            Path(folder, f"seed-{place}").write_bytes(bytes([place]) + seed)
        atheris.instrument_all()
        atheris.Setup([*sys.argv, folder], fuzz_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
