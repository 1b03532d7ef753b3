"""Keys in text form are those of C2SP signed-note and Go's sumdb/note."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.transparency.encodings import decode_base64, decode_decimal, encode_base64
from sandbox_registry.transparency.errors import KeyNameError, NoteError
from sandbox_registry.transparency.keys import (
    KeyType,
    SigningKey,
    VerifierKey,
    format_signing_key,
    format_vkey,
    key_id_of,
    new_key,
    parse_signing_key,
    parse_vkey,
)

VKEY = json.loads((Path(__file__).parent / "vectors/c2sp-examples.json").read_text())["signed_note_example"]["vkey"]
SEED = bytes(range(32))
PUBLIC = SigningKey(name="a", seed=SEED).verifier_key.public_key
BAD_NAMES = ["", " ", "a b", "a+b", "a\tb", "a\nb", "a\u00a0b", "a\u2003b", "a\u3000b", "a\u0085b", "a\x00b", "\ud800"]


def test_vkey_c2sp_example() -> None:
    key = parse_vkey(VKEY)
    assert (key.name, key.key_type, key.key_id.hex()) == ("example.com/foo", KeyType.ED25519, "530d903a")
    assert format_vkey(key) == VKEY


@settings(deadline=None)
@given(
    st.text(min_size=1, max_size=30).filter(lambda name: not any(c.isspace() or c == "+" or c < " " for c in name)),
    st.sampled_from(KeyType),
    st.binary(min_size=32, max_size=32),
)
def test_key_round_trip(name: str, key_type: KeyType, seed: bytes) -> None:
    key = SigningKey(name=name, key_type=key_type, seed=seed)
    assert parse_signing_key(format_signing_key(key)) == key
    assert parse_vkey(format_vkey(key.verifier_key)) == key.verifier_key


@pytest.mark.parametrize("name", BAD_NAMES)
def test_key_name_refused(name: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey(name=name, public_key=PUBLIC)
    with pytest.raises(NoteError):
        SigningKey(name=name, seed=SEED)
    with pytest.raises(NoteError):
        parse_vkey(f"{name}+00000000+{encode_base64(bytes([1]) + PUBLIC)}")


def test_key_name_vietnamese() -> None:
    assert parse_vkey(format_vkey(VerifierKey(name="cà-mau.vn/sổ", public_key=PUBLIC))).name == "cà-mau.vn/sổ"


def test_key_ids_differ_by_type() -> None:
    assert key_id_of("a", KeyType.ED25519, PUBLIC) != key_id_of("a", KeyType.COSIGNATURE_V1, PUBLIC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("530d903a", "530d903"),
        VKEY.replace("foo", "bar"),
        VKEY + "=",
        VKEY + "\n",
        " " + VKEY,
        VKEY[:-4],
        VKEY.replace("+AekyeR", "+Auky eR"),
        VKEY.replace("+Aeky", "+Auky"),
        "+" + VKEY,
        f"a+00000000+{encode_base64(bytes([1]) + PUBLIC + b'x')}",
        f"a+00000000+{encode_base64(bytes([2]) + PUBLIC)}",
        f"a+{'0' * 5000}+",
    ],
)
def test_vkey_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_vkey(text)


@pytest.mark.parametrize(
    "change", [("PRIVATE+KEY+", ""), ("+KEY", ""), ("+a+", "+b+"), ("R4f", "R4"), ("AQAB", "BAAB")]
)
def test_signing_key_refused(change: tuple[str, str]) -> None:
    text = format_signing_key(SigningKey(name="a", seed=SEED))
    assert text.replace(*change) != text
    with pytest.raises(NoteError):
        parse_signing_key(text.replace(*change))


def test_signing_key_hides_its_seed() -> None:
    assert repr(SigningKey(name="a", seed=SEED)) == "SigningKey(name='a', key_type=<KeyType.ED25519: 1>)"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_key_wrong_length(length: int) -> None:
    with pytest.raises(NoteError):
        SigningKey(name="a", seed=bytes(length))
    with pytest.raises(NoteError):
        VerifierKey(name="a", public_key=bytes(length))


@pytest.mark.parametrize("signature", [b"", b"\x00" * 64, b"\xff" * 64, b"\x00" * 63, b"\x00" * 65])
def test_verifies_not_a_signature(signature: bytes) -> None:
    for public_key in (PUBLIC, b"\xff" * 32):
        assert not VerifierKey(name="a", public_key=public_key).verifies(b"message", signature=signature)


@pytest.mark.parametrize(
    "text", ["A", "AA", "AA=", "AB==", "AA==\n", "AA==A", " AA==", "AA==AA==", "é", "_w==", "A\nA=="]
)
def test_base64_refused(text: str) -> None:
    with pytest.raises(NoteError):
        decode_base64(text, refuse=NoteError)


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_base64_round_trip(data: bytes) -> None:
    assert decode_base64(encode_base64(data), refuse=NoteError) == data


@pytest.mark.parametrize(
    "text", ["", "00", "01", "-1", "+1", "1 ", " 1", "1_0", "٣", "²", "0x1", "1e3", str(2**63), "9" * 5000]
)
def test_decimal_refused(text: str) -> None:
    with pytest.raises(NoteError):
        decode_decimal(text, refuse=NoteError)


@settings(deadline=None)
@given(st.integers(0, 2**63 - 1))
def test_decimal_round_trip(value: int) -> None:
    assert decode_decimal(str(value), refuse=NoteError) == value


@pytest.mark.parametrize("name", ["", "https://a.example", "a.example/", "a b", "a+b", "A.example"])
def test_new_keys_are_named_like_addresses(name: str) -> None:
    with pytest.raises(KeyNameError):
        new_key(name, seed=SEED)


def test_a_key_is_labelled_by_name_and_id() -> None:
    key = new_key("a.example:8080/log", seed=SEED).verifier_key
    assert key.label == f"a.example:8080/log+{key.key_id.hex()}"
