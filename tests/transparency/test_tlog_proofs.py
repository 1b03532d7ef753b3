"""Proof files are those of C2SP tlog-proof and prove nothing else than they say."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.transparency.checkpoints import Checkpoint, sign_checkpoint
from sandbox_registry.transparency.errors import LogError, NoteError, ProofError
from sandbox_registry.transparency.keys import SigningKey
from sandbox_registry.transparency.merkle import hash_leaf, root_of
from sandbox_registry.transparency.policies import PolicyLog, WitnessPolicy
from sandbox_registry.transparency.proofs import inclusion_proof
from sandbox_registry.transparency.tlog_proofs import TlogProof, format_tlog_proof, parse_tlog_proof
from tests.support.transparency import list_reader, verify_tlog_proof

LOG = SigningKey(name="sandbox.example/log", seed=b"\x01" * 32)
POLICY = WitnessPolicy(logs=(PolicyLog(key=LOG.verifier_key),))
LEAVES = [hash_leaf(b"%d" % index) for index in range(100)]
CHECKPOINT = Checkpoint(origin=LOG.name, size=100, root=root_of(LEAVES))
SIGNED = sign_checkpoint(CHECKPOINT, key=LOG)
HASHES = tuple(inclusion_proof(42, size=100, read=list_reader(LEAVES)))
PROOF = TlogProof(index=42, hashes=HASHES, checkpoint=SIGNED)
DATA = format_tlog_proof(PROOF)


def test_format() -> None:
    small = TlogProof(index=5, hashes=(bytes(32),), checkpoint=b"checkpoint\n", extra=b"hi")
    assert format_tlog_proof(small) == (
        b"c2sp.org/tlog-proof@v1\nextra aGk=\nindex 5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\ncheckpoint\n"
    )


@pytest.mark.parametrize("extra", [None, b"", b"salt", b"\x00" * 1000])
def test_verify(extra: bytes | None) -> None:
    proof = parse_tlog_proof(format_tlog_proof(replace(PROOF, extra=extra)))
    assert proof == replace(PROOF, extra=extra)
    assert verify_tlog_proof(proof, leaf_hash=LEAVES[42], policy=POLICY).checkpoint == CHECKPOINT


def test_verify_every_leaf() -> None:
    for index, leaf in enumerate(LEAVES):
        hashes = tuple(inclusion_proof(index, size=100, read=list_reader(LEAVES)))
        verify_tlog_proof(replace(PROOF, index=index, hashes=hashes), leaf_hash=leaf, policy=POLICY)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(PROOF, index=41),
        replace(PROOF, index=43),
        replace(PROOF, index=100),
        replace(PROOF, hashes=HASHES[:-1]),
        replace(PROOF, hashes=HASHES[1:]),
        replace(PROOF, hashes=(*HASHES, HASHES[0])),
        replace(PROOF, hashes=HASHES[::-1]),
    ],
)
def test_verify_wrong_proof(wrong: TlogProof) -> None:
    with pytest.raises(ProofError):
        verify_tlog_proof(wrong, leaf_hash=LEAVES[42], policy=POLICY)


def test_verify_wrong_leaf_or_checkpoint() -> None:
    with pytest.raises(ProofError):
        verify_tlog_proof(PROOF, leaf_hash=LEAVES[41], policy=POLICY)
    with pytest.raises(NoteError):
        verify_tlog_proof(PROOF, leaf_hash=LEAVES[42], policy=WitnessPolicy())
    forged = replace(PROOF, checkpoint=SIGNED.replace(b"\n100\n", b"\n101\n"))
    with pytest.raises(NoteError):
        verify_tlog_proof(forged, leaf_hash=LEAVES[42], policy=POLICY)


@settings(deadline=None)
@given(st.integers(0, 8 * len(DATA) - 1))
def test_verify_any_flipped_bit(bit: int) -> None:
    wrong = (int.from_bytes(DATA, "big") ^ (1 << bit)).to_bytes(len(DATA), "big")
    with pytest.raises(LogError):
        verify_tlog_proof(parse_tlog_proof(wrong), leaf_hash=LEAVES[42], policy=POLICY)


@settings(deadline=None)
@given(st.integers(0, len(DATA) - 1))
def test_verify_cut_short(length: int) -> None:
    with pytest.raises(LogError):
        verify_tlog_proof(parse_tlog_proof(DATA[:length]), leaf_hash=LEAVES[42], policy=POLICY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"@v1", b"@v2"),
        (b"@v1\n", b"@v1\r\n"),
        (b"c2sp", b"\nc2sp"),
        (b"index 42", b"index 042"),
        (b"index 42", b"index  42"),
        (b"index 42", b"index -1"),
        (b"index 42", b"index"),
        (b"index 42\n", b""),
        (b"index 42", b"index 42\nindex 42"),
        (b"index 42", b"index 42\n"),
        (b"index 42", b"extra \xff\nindex 42"),
        (b"index 42", b"extra aGk\nindex 42"),
        (b"index 42", b"extra aGk=\nextra aGk=\nindex 42"),
        (b"index 42", b"extra aGk= \nindex 42"),
        (b"index 42\n", b"index 42\nAA==\n"),
        (b"index 42\n", b"index 42\n" + b"A" * 43 + b"=\n" + (b"A" * 43 + b"=\n") * 64),
        (b"index 42\n", b"index 42\n" + b"AA==\n" * 100_000),
        (b"index 42", b"extra " + b"AAAA" * 100_000 + b"\nindex 42"),
        (b"\n\n", b"\n"),
        (b"index 42", b"index 9223372036854775807"),
    ],
)
def test_parse_or_verify_malformed(old: bytes, new: bytes) -> None:
    wrong = DATA.replace(old, new, 1)
    assert wrong != DATA
    with pytest.raises(LogError):
        verify_tlog_proof(parse_tlog_proof(wrong), leaf_hash=LEAVES[42], policy=POLICY)


def test_parse_too_large() -> None:
    with pytest.raises(ProofError):
        parse_tlog_proof(DATA + b"a" * 1_000_000)
    with pytest.raises(ProofError):
        parse_tlog_proof(b"a" * 2_000_001)


@pytest.mark.parametrize("change", [{"index": -1}, {"index": 2**63}, {"hashes": (b"",)}, {"hashes": (bytes(32),) * 65}])
def test_proof_impossible(change: dict[str, object]) -> None:
    with pytest.raises(ProofError):
        TlogProof(**{"index": 0, "hashes": (), "checkpoint": b"", **change})  # type: ignore[arg-type]
