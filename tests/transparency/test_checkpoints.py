"""Checkpoints and cosignatures are those of C2SP tlog-checkpoint and tlog-cosignature."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.transparency.checkpoints import (
    Checkpoint,
    checkpoint_of,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from sandbox_registry.transparency.cosignatures import (
    Cosignature,
    add_signatures,
    cosign,
    cosignatures_of,
    timestamp_of,
    verify_cosignature,
)
from sandbox_registry.transparency.errors import CheckpointError, InvalidSignature, LogError, NoteError, UnverifiedNote
from sandbox_registry.transparency.keys import KeyType, SigningKey
from sandbox_registry.transparency.merkle import EMPTY_ROOT
from sandbox_registry.transparency.notes import cosignature_message, format_note, parse_note, sign_note

VECTORS = Path(__file__).parent / "vectors"
C2SP = json.loads((VECTORS / "c2sp-examples.json").read_text())
SUMDB = json.loads((VECTORS / "golang-sumdb-tlog.json").read_text())["tree_head"]
LOG = SigningKey(name="sandbox.example/log", seed=b"\x01" * 32)
OTHER_LOG = SigningKey(name="other.example/log", seed=b"\x02" * 32)
WITNESS = SigningKey(name="council.example/w1", key_type=KeyType.COSIGNATURE_V1, seed=b"\x03" * 32)
CHECKPOINT = Checkpoint(origin=LOG.name, size=42, root=EMPTY_ROOT)
SIGNED = sign_checkpoint(CHECKPOINT, key=LOG)
NOW = 1_700_000_000


def test_parse_c2sp_example() -> None:
    example = C2SP["checkpoint_example"]
    note = parse_note(example["msg"].encode())
    checkpoint = checkpoint_of(note)
    assert (checkpoint.origin, checkpoint.size, checkpoint.text) == (
        "example.com/behind-the-sofa",
        20852163,
        example["text"],
    )
    assert timestamp_of(note.signatures[1]) == 1679315147
    assert format_note(note) == example["msg"].encode()


def test_cosignature_message_c2sp_example() -> None:
    text = C2SP["checkpoint_example"]["text"].encode()
    assert cosignature_message(text, timestamp=1679315147) == C2SP["cosignature_signed_message"].encode()


def test_parse_sumdb_tree_head() -> None:
    checkpoint = parse_checkpoint(SUMDB["text"])
    root = base64.b64decode(SUMDB["leaf_hash_b64"])
    assert checkpoint == Checkpoint(origin="go.sum database tree", size=123456789012, root=root)
    assert checkpoint.text == SUMDB["text"]


@pytest.mark.parametrize("text", SUMDB["invalid"])
def test_parse_sumdb_invalid_tree_head(text: str) -> None:
    with pytest.raises(CheckpointError):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("42\n", "042\n"),
        ("42\n", "+42\n"),
        ("42\n", "-1\n"),
        ("42\n", "\n"),
        ("42\n", "42 \n"),
        ("42\n", "9223372036854775808\n"),
        ("42\n", "9" * 5000 + "\n"),
        ("=\n", "\n"),
        ("=\n", "=\n\n"),
        ("=\n", "=\n\nextension\n"),
        ("=\n", "=\ntab\t\n"),
        ("=\n", "="),
        ("sandbox.example/log\n", "\n"),
        ("sandbox.example/log\n", ""),
        ("sandbox", "\ud800"),
        ("sandbox", "\x00"),
        ("42\n", ""),
    ],
)
def test_parse_malformed(old: str, new: str) -> None:
    with pytest.raises(CheckpointError):
        parse_checkpoint(CHECKPOINT.text.replace(old, new))


def test_parse_keeps_extension_lines() -> None:
    extended = replace(CHECKPOINT, extensions=("one", "two"))
    assert parse_checkpoint(extended.text) == extended
    assert extended.text == CHECKPOINT.text + "one\ntwo\n"


@settings(deadline=None)
@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
)
def test_checkpoint_round_trip(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin=origin, size=size, root=root)
    assert parse_checkpoint(checkpoint.text) == checkpoint


@pytest.mark.parametrize(
    "change", [{"origin": ""}, {"origin": "a\nb"}, {"size": -1}, {"size": 2**63}, {"root": b""}, {"extensions": ("",)}]
)
def test_checkpoint_impossible(change: dict[str, object]) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint(**{"origin": "a", "size": 1, "root": EMPTY_ROOT, **change})  # type: ignore[arg-type]


def test_sign_and_open() -> None:
    assert open_checkpoint(SIGNED, keys=[LOG.verifier_key]).checkpoint == CHECKPOINT


def test_sign_with_the_key_of_another_log() -> None:
    with pytest.raises(CheckpointError):
        sign_checkpoint(CHECKPOINT, key=OTHER_LOG)


def test_sign_with_a_witness_key() -> None:
    with pytest.raises(NoteError):
        sign_checkpoint(replace(CHECKPOINT, origin=WITNESS.name), key=WITNESS)


def test_open_signed_by_another_log() -> None:
    data = format_note(sign_note(CHECKPOINT.text, keys=[OTHER_LOG]))
    with pytest.raises(UnverifiedNote):
        open_checkpoint(data, keys=[LOG.verifier_key, OTHER_LOG.verifier_key])


def test_open_signed_by_a_witness_alone() -> None:
    witness = replace(WITNESS, name=LOG.name)
    note = replace(parse_note(SIGNED), signatures=(cosign(CHECKPOINT.text, key=witness, timestamp=NOW),))
    with pytest.raises(UnverifiedNote):
        open_checkpoint(format_note(note), keys=[LOG.verifier_key, witness.verifier_key])


def test_open_not_a_checkpoint() -> None:
    with pytest.raises(CheckpointError):
        open_checkpoint(format_note(sign_note("hello\n", keys=[LOG])), keys=[LOG.verifier_key])


def test_cosign_and_verify() -> None:
    signature = cosign(CHECKPOINT.text, key=WITNESS, timestamp=NOW)
    expected = Cosignature(key=WITNESS.verifier_key, timestamp=NOW)
    assert (len(signature.value), timestamp_of(signature)) == (72, NOW)
    assert verify_cosignature(CHECKPOINT.text, signature=signature, key=WITNESS.verifier_key) == expected
    data = format_note(add_signatures(parse_note(SIGNED), signatures=[signature]))
    opened = open_checkpoint(data, keys=[LOG.verifier_key, WITNESS.verifier_key]).opened
    assert cosignatures_of(opened) == (expected,)
    assert cosignatures_of(open_checkpoint(data, keys=[LOG.verifier_key]).opened) == ()


@settings(deadline=None)
@given(st.integers(0, 72 * 8 - 1))
def test_cosignature_flipped_bit(bit: int) -> None:
    signature = cosign(CHECKPOINT.text, key=WITNESS, timestamp=NOW)
    value = (int.from_bytes(signature.value, "big") ^ (1 << bit)).to_bytes(72, "big")
    with pytest.raises(InvalidSignature):
        verify_cosignature(CHECKPOINT.text, signature=replace(signature, value=value), key=WITNESS.verifier_key)


@pytest.mark.parametrize("value", [b"\x00", b"\x00" * 64, b"\x00" * 71, b"\x00" * 73, b"\xff" * 72])
def test_cosignature_malformed(value: bytes) -> None:
    signature = replace(cosign(CHECKPOINT.text, key=WITNESS, timestamp=NOW), value=value)
    with pytest.raises(InvalidSignature):
        verify_cosignature(CHECKPOINT.text, signature=signature, key=WITNESS.verifier_key)


def test_cosignature_of_another_checkpoint_or_witness() -> None:
    signature = cosign(CHECKPOINT.text, key=WITNESS, timestamp=NOW)
    other = replace(WITNESS, name="council.example/w2")
    with pytest.raises(InvalidSignature):
        verify_cosignature(replace(CHECKPOINT, size=43).text, signature=signature, key=WITNESS.verifier_key)
    with pytest.raises(InvalidSignature):
        verify_cosignature(CHECKPOINT.text, signature=signature, key=other.verifier_key)
    with pytest.raises(InvalidSignature):
        verify_cosignature(CHECKPOINT.text, signature=parse_note(SIGNED).signatures[0], key=LOG.verifier_key)


def test_cosign_refused() -> None:
    with pytest.raises(NoteError):
        cosign(CHECKPOINT.text, key=LOG, timestamp=NOW)
    with pytest.raises(NoteError):
        cosign(CHECKPOINT.text, key=WITNESS, timestamp=2**63)
    with pytest.raises(NoteError):
        cosign("no newline", key=WITNESS, timestamp=NOW)


def test_timestamp_of_a_short_signature() -> None:
    with pytest.raises(LogError):
        timestamp_of(replace(parse_note(SIGNED).signatures[0], value=b"\x00" * 8))


def test_add_signatures_replaces_the_older_of_one_witness() -> None:
    older, newer = (cosign(CHECKPOINT.text, key=WITNESS, timestamp=time) for time in (NOW, NOW + 60))
    note = parse_note(SIGNED)
    assert add_signatures(note, signatures=[older, newer]).signatures == (*note.signatures, newer)
