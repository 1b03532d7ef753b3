"""Keys on paper: what is typed from a sheet is the key, and what is mistyped is recognised, row by row."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_registry.transparency.errors import NoteError
from sandbox_registry.transparency.key_sheets import ALPHABET, KeySheetError, format_sheet, parse_public, parse_sheet
from sandbox_registry.transparency.keys import KeyType, SigningKey, VerifierKey, format_vkey

KEY = SigningKey(name="sandbox.camau.example/log", seed=b"s" * 32).verifier_key
SHEET = format_sheet(KEY)
LINES = SHEET.splitlines()


def test_a_sheet_is_rows_of_groups_with_check_digits_between_name_and_id() -> None:
    assert (LINES[0], LINES[-1]) == (KEY.name, KEY.key_id.hex())
    assert [line.split()[0] for line in LINES[1:-1]] == ["1", "2", "3", "4"]
    assert [[len(word) for word in line.split()] for line in LINES[1:-1]] == [[1, 5, 5, 5, 2]] * 3 + [[1, 5, 3, 2]]
    assert set("".join("".join(line.split()[1:-1]) for line in LINES[1:-1])) <= set(ALPHABET)


@given(seed=st.binary(min_size=32, max_size=32), key_type=st.sampled_from(KeyType))
def test_every_key_comes_back(seed: bytes, key_type: KeyType) -> None:
    key = SigningKey(name="hdnd.example/w1", key_type=key_type, seed=seed).verifier_key
    assert parse_sheet(format_sheet(key)) == key == parse_public(format_vkey(key)) == parse_public(format_sheet(key))


def test_blanks_capitals_and_letters_like_digits_do_not_matter() -> None:
    typed = [LINES[0], *(line.lower().replace("0", "o").replace("1", "l") for line in LINES[1:-1]), LINES[-1].upper()]
    numbered = [line if not 0 < at < 5 else f"{at} {line[1:-2]} {LINES[at][-2:]}" for at, line in enumerate(typed)]
    assert parse_sheet("\n\n  ".join(numbered)) == KEY


def test_any_wrong_character_and_any_two_exchanged_are_found_in_their_row() -> None:
    for at, line in enumerate(LINES[1:-1], start=1):
        places = [place for place, character in enumerate(line[3:-2], start=3) if character != " "]
        wrongs = [line[:place] + other + line[place + 1 :] for place in places for other in ALPHABET]
        wrongs += [
            line[:first] + line[second] + line[first + 1 : second] + line[first] + line[second + 1 :]
            for first, second in itertools.pairwise(places)
        ]
        for wrong in wrongs:
            if wrong == line:
                continue
            with pytest.raises(KeySheetError) as caught:
                parse_sheet("\n".join([*LINES[:at], wrong, *LINES[at + 1 :]]))
            assert caught.value.row == at


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("", None),
        ("name", None),
        ("\n".join([LINES[0], LINES[2], LINES[1], *LINES[3:]]), 1),
        ("\n".join([*LINES[:4], LINES[5]]), None),
        ("\n".join(["another.example/log", *LINES[1:]]), None),
        ("\n".join([*LINES[:-1], "00000000"]), None),
        ("\n".join([*LINES[:1], "1 !!!!! 12", *LINES[2:]]), 1),
        ("\n".join([*LINES[:1], "1", *LINES[2:]]), 1),
    ],
)
def test_what_is_no_sheet_is_refused_as_mistyped(text: str, row: int | None) -> None:
    with pytest.raises(KeySheetError) as caught:
        parse_sheet(text)
    assert caught.value.row == row


def test_neither_a_key_nor_a_sheet() -> None:
    for text in ("", "a", "a+b+c"):
        with pytest.raises(NoteError):
            parse_public(text)
    assert isinstance(parse_public(format_vkey(KEY)), VerifierKey)
