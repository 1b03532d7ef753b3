"""Signed notes are read, signed and opened by the rules of C2SP signed-note."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.transparency.errors import AmbiguousVerifier, InvalidSignature, NoteError, UnverifiedNote
from sandbox_registry.transparency.keys import KeyType, SigningKey, VerifierKey, parse_vkey
from sandbox_registry.transparency.notes import (
    Note,
    Signature,
    VerifiedSignature,
    cosignature_message,
    format_note,
    open_note,
    parse_note,
    sign_note,
    verify_note,
)

EXAMPLE = json.loads((Path(__file__).parent / "vectors/c2sp-examples.json").read_text())["signed_note_example"]
ALICE = SigningKey(name="alice.example", seed=b"\x01" * 32)
BOB = SigningKey(name="bob.example", seed=b"\x02" * 32)
WITNESS = SigningKey(name="witness.example", key_type=KeyType.COSIGNATURE_V1, seed=b"\x03" * 32)
TEXT = "Nghị quyết\n\nsố 20\n"
SIGNED = sign_note(TEXT, keys=[ALICE, BOB])
DATA = format_note(SIGNED)
LINE = SIGNED.signatures[0].line
KEYS = [ALICE.verifier_key, BOB.verifier_key]


def with_bad_signature(note: Note, place: int) -> Note:
    bad = replace(note.signatures[place], value=bytes(64))
    return replace(note, signatures=(*note.signatures[:place], bad, *note.signatures[place + 1 :]))


def test_open_c2sp_example() -> None:
    key = parse_vkey(EXAMPLE["vkey"])
    opened = open_note(EXAMPLE["msg"].encode(), keys=[key])
    assert opened.note.text == "This is an example message.\n"
    assert opened.verified == (VerifiedSignature(key=key, signature=opened.note.signatures[0]),)


@pytest.mark.parametrize("position", range(28))
def test_open_c2sp_example_changed_text(position: int) -> None:
    data = bytearray(EXAMPLE["msg"].encode())
    data[position] ^= 0x01
    with pytest.raises(NoteError):
        open_note(bytes(data), keys=[parse_vkey(EXAMPLE["vkey"])])


def test_note_round_trip() -> None:
    assert parse_note(DATA) == SIGNED
    assert [signed.key for signed in open_note(DATA, keys=KEYS).verified] == KEYS


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n"), max_size=200))
def test_any_text_round_trip(text: str) -> None:
    note = sign_note(text + "\n", keys=[ALICE])
    assert parse_note(format_note(note)) == note
    assert open_note(format_note(note), keys=KEYS).note == note


def test_open_ignores_unknown_keys() -> None:
    assert [signed.key for signed in open_note(DATA, keys=KEYS[1:]).verified] == KEYS[1:]
    stranger = replace(SIGNED.signatures[0], name="mallory.example")
    same_name = replace(SIGNED.signatures[0], key_id=b"\x00" * 4)
    note = replace(SIGNED, signatures=(stranger, same_name, *SIGNED.signatures))
    assert verify_note(note, keys=KEYS).verified == verify_note(SIGNED, keys=KEYS).verified


@pytest.mark.parametrize("place", [0, 1])
def test_open_known_bad_signature_refuses_the_note(place: int) -> None:
    note = with_bad_signature(SIGNED, place)
    with pytest.raises(InvalidSignature):
        verify_note(note, keys=KEYS)
    assert len(verify_note(note, keys=[KEYS[1 - place]]).verified) == 1


def test_open_second_bad_signature_of_one_key() -> None:
    note = replace(SIGNED, signatures=(SIGNED.signatures[0], with_bad_signature(SIGNED, 0).signatures[0]))
    with pytest.raises(InvalidSignature):
        verify_note(note, keys=KEYS)


def test_open_nobody_known() -> None:
    for keys in ([], [SigningKey(name="alice.example", seed=b"\x09" * 32).verifier_key]):
        with pytest.raises(UnverifiedNote):
            open_note(DATA, keys=keys)


def colliding_keys() -> list[VerifierKey]:
    """Two keys of one name and key id, as an unlucky set of trusted keys would hold them."""
    twin = VerifierKey(name=KEYS[0].name, public_key=KEYS[1].public_key)
    object.__setattr__(twin, "key_id", KEYS[0].key_id)
    return [KEYS[0], twin]


def test_open_ambiguous_keys() -> None:
    with pytest.raises(AmbiguousVerifier):
        open_note(DATA, keys=colliding_keys())
    assert len(open_note(DATA, keys=[*KEYS, *KEYS]).verified) == 2


@pytest.mark.parametrize("length", [0, 1, 63, 65, 72])
def test_open_signature_of_wrong_length(length: int) -> None:
    if not length:
        with pytest.raises(NoteError):
            replace(SIGNED.signatures[0], value=b"")
        return
    note = replace(SIGNED, signatures=(replace(SIGNED.signatures[0], value=b"\x01" * length),))
    with pytest.raises(InvalidSignature):
        verify_note(note, keys=KEYS)


BROKEN: list[Callable[[bytes], bytes]] = [
    lambda _: b"",
    lambda _: b"\n",
    lambda _: b"\n\n",
    lambda _: b"text\n",
    lambda _: b"text\n\n",
    lambda _: b"text\n\n\n",
    lambda data: data[:-1],
    lambda data: data + b"\n",
    lambda data: data + b" \n",
    lambda data: data + b"garbage\n",
    lambda data: b"\xff" + data,
    lambda data: b"\xed\xa0\x80" + data,
    lambda data: data.replace("số".encode(), b"s\xe1\xbb"),
    lambda data: b"\x00" + data,
    lambda data: b"a\tb" + data,
    lambda data: data.replace(b"\n", b"\r\n"),
    lambda data: data.replace("\u2014 ".encode(), b"- "),
    lambda data: data.replace("\u2014 ".encode(), "\u2014".encode()),
    lambda data: data.replace("\u2014 ".encode(), "\u2014  ".encode()),
    lambda data: data.replace(b"alice.example ", b"alice.example  "),
    lambda data: data.replace(b"alice.example ", b" "),
    lambda data: data.replace(b"alice.example", b"ali+ce"),
    lambda data: data.replace(b"alice.example", "ali\u2003ce".encode()),
    lambda data: data.replace(b"alice.example", "ali\u0085ce".encode()),
    lambda data: data.replace(b"=", b""),
    lambda data: data.replace(b"alice.example ", b"alice.example !"),
    lambda data: data + "\u2014 short AAAAAA==\n".encode(),
    lambda data: data + "\u2014 short AAA=\n".encode(),
    lambda data: data + "\u2014 none \n".encode(),
    lambda data: data + LINE.encode() * 99,
    lambda data: b"a" * 1_000_000 + data,
]


@pytest.mark.parametrize("break_it", BROKEN)
def test_note_malformed(break_it: Callable[[bytes], bytes]) -> None:
    with pytest.raises(NoteError):
        parse_note(break_it(DATA))


def test_note_of_a_hundred_signatures() -> None:
    note = Note(text=TEXT, signatures=SIGNED.signatures * 50)
    assert len(open_note(format_note(note), keys=KEYS).verified) == 100
    one_more = Note(text=TEXT, signatures=SIGNED.signatures * 50 + SIGNED.signatures[:1])
    with pytest.raises(NoteError):
        format_note(one_more)
    with pytest.raises(NoteError):
        verify_note(one_more, keys=KEYS)


def test_last_empty_line_parts_text_from_signatures() -> None:
    inner = f"{TEXT}\n{LINE}"
    assert parse_note(format_note(sign_note(inner, keys=[BOB]))).text == inner


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "nul\x00\n", "cr\r\n", "\ud800\n"])
def test_sign_impossible_text(text: str) -> None:
    with pytest.raises(NoteError):
        sign_note(text, keys=[ALICE])


def test_format_too_much_or_too_little() -> None:
    for note in (Note(text=TEXT, signatures=()), Note(text="a" * 1_000_000 + "\n", signatures=SIGNED.signatures)):
        with pytest.raises(NoteError):
            format_note(note)


def test_sign_with_a_witness_key() -> None:
    with pytest.raises(NoteError):
        sign_note(TEXT, keys=[WITNESS])


@pytest.mark.parametrize("timestamp", [-1, 2**63])
def test_cosignature_message_impossible_time(timestamp: int) -> None:
    with pytest.raises(NoteError):
        cosignature_message(b"text\n", timestamp=timestamp)


def test_signature_line() -> None:
    assert Signature(name="a", key_id=b"\x00\x01\x02\x03", value=b"\x04").line == "\u2014 a AAECAwQ=\n"
