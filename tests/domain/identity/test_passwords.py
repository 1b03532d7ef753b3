"""Which passwords are refused, and why; and how tokens are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_registry.domain.errors import Invalid
from sandbox_registry.domain.identity.passwords import MAX_LENGTH, MIN_LENGTH, check_password, normalised
from sandbox_registry.domain.identity.tokens import MARK, SECRET_SIZE, digest, encode_token
from sandbox_registry.runtime.shipped import shipped
from sandbox_registry.usecases.identity.passwords import load_common_passwords
from tests.support.tokens import is_well_formed

COMMON = load_common_passwords(shipped("policies") / "common-passwords.txt")
ABOUT = ("Nguyễn Thị Hương Giang", "huong.giang@tomsang.example")


def verdict(password: str) -> str | None:
    try:
        check_password(password, about=ABOUT, common=COMMON)
    except Invalid as error:
        return error.errors[0].code
    return None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "too_short"),
        ("Xk3$vQ9!pLm", "too_short"),
        ("x" * (MAX_LENGTH + 1), "too_long"),
        ("aaaaaaaaaaaaaaaa", "repetitive"),
        ("abc1abc1abc1abc1", "repetitive"),
        ("matkhaumatkhaumatkhau", "repetitive"),
        ("qazwsxedcrfv", "common"),
        ("password2026!!", "common"),
        ("!!1anhyeuem1!!", "common"),
        ("MatKhauCuaToi1", "common"),
        ("huonggiang1990", "about_owner"),
        ("Giang-2026-abc", "about_owner"),
        ("camau-sandbox-1", "about_owner"),
        ("tomsang.example", "about_owner"),
        ("Tôm Sáng Cà Mau", "about_owner"),
        ("huong.giang.giang", "about_owner"),
        ("qwertyuiop12", "common"),
        ("Asdf-ghjkl-poiuy", "pattern"),
        ("zaq12wsxcde3", "pattern"),
        ("azertyuiop-bepo", "pattern"),
        ("123456789012", "pattern"),
        ("98765432109876", "pattern"),
        ("abcdefghijkl", "pattern"),
        ("0913 0000 1234", "pattern"),
        ("19871988198919", "pattern"),
        ("2026-11-30 2026", "pattern"),
        ("30/04/1975 1975", "pattern"),
        ("password12345678", "common"),
        ("qwertyuiopmatkhau", "common"),
        ("giang12345678abc", "about_owner"),
    ],
)
def test_guessable_passwords_are_refused(password: str, code: str) -> None:
    assert verdict(password) == code


@pytest.mark.parametrize(
    "password",
    [
        "tôm sú lội ngược dòng",
        "correct horse battery staple",
        "Xk3$vQ9!pLmz",
        "một con vịt xòe ra hai cái cánh",
        "8f14e45fceea167a5a36dedd4bea2543",
        "á" * 6 + "bíc thuyền" + "à" * 6,
        "năm 1975 chưa ai nuôi tôm",
        "1234 con cua bò ra biển",
    ],
)
def test_phrases_and_random_passwords_are_accepted(password: str) -> None:
    assert verdict(password) is None


def test_the_list_is_long_and_clean() -> None:
    assert len(COMMON) >= 30_000
    assert {"password", "123456", "anhyeuem", "matkhau"} <= COMMON
    assert not any("permission" in each or "copyright" in each or each != each.strip() for each in COMMON)


def test_the_same_letters_composed_otherwise_are_the_same_password() -> None:
    assert normalised("tôm") == normalised("to\u0302m")


@given(st.text(min_size=MIN_LENGTH, max_size=MAX_LENGTH))
def test_checking_never_fails_and_always_names_a_rule(password: str) -> None:
    assert verdict(password) in {None, "too_short", "too_long", "repetitive", "common", "pattern", "about_owner"}


@given(st.binary(min_size=SECRET_SIZE, max_size=SECRET_SIZE))
def test_a_written_token_is_well_formed(secret: bytes) -> None:
    token = encode_token(secret)
    assert is_well_formed(token)
    assert (token.startswith(MARK), len(token), len(digest(token))) == (True, len(MARK) + 49, 32)


@given(
    st.binary(min_size=SECRET_SIZE, max_size=SECRET_SIZE),
    st.integers(min_value=5, max_value=53),
    st.sampled_from("0123456789ABCXYZabcxyz-_ "),
)
def test_one_wrong_letter_is_noticed(secret: bytes, place: int, letter: str) -> None:
    token = encode_token(secret)
    mistyped = token[:place] + letter + token[place + 1 :]
    assert is_well_formed(mistyped) is (mistyped == token)


def test_a_secret_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        encode_token(b"short")
