"""What makes a password acceptable: length, and absence from what people guess first; no rules of composition."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from sandbox_registry.domain.errors import DomainError, FieldError, Invalid
from sandbox_registry.domain.texts import Text, search_form

MIN_LENGTH, MAX_LENGTH = 12, 128
# So many characters around a guessable word make up for it.
_PADDING = 8
_SHORTEST_WORD = 4
_REPEATED = re.compile(r"(.{1,10}?)\1{2,}.{0,5}", re.DOTALL)
_OF_THE_SERVICE = ("camau", "khoahoc", "registry", "sandbox", "thunghiem")


class WrongCredentials(DomainError):
    """The e-mail and the password do not belong together, or the account is closed: nobody is told which."""

    code = "wrong_credentials"
    message = Text(
        vi="Thư điện tử hoặc mật khẩu không đúng.",
        en="The e-mail or the password is not right.",
        fr="L'adresse électronique ou le mot de passe est incorrect.",
    )


def normalised(password: str) -> str:
    """Return a password as it is hashed: the same whichever way a keyboard composes Vietnamese letters (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, about: Iterable[str], common: frozenset[str], field: str = "password") -> None:
    """Refuse a password that is too short or easily guessed. `about` are names and addresses of its owner.

    `common` holds the passwords people choose most, in lower case.

    Raises:
        Invalid: with the first rule it breaks.

    """
    broken = next(_broken(normalised(password), tuple(about), common), None)
    if broken is not None:
        code, message = broken
        raise Invalid((FieldError(field=field, code=code, message=message),))


def _broken(password: str, about: tuple[str, ...], common: frozenset[str]) -> Iterator[tuple[str, Text]]:
    if len(password) < MIN_LENGTH:
        yield "too_short", _TOO_SHORT
    if len(password) > MAX_LENGTH:
        yield "too_long", _TOO_LONG
    if _REPEATED.fullmatch(password):
        yield "repetitive", _REPETITIVE
    if _is_common(password.casefold(), common):
        yield "common", _COMMON
    if _is_about(password, about):
        yield "about_owner", _ABOUT_OWNER


def _is_common(password: str, common: frozenset[str]) -> bool:
    """Tell whether it is a listed password, or one with a few digits and signs around it."""
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password)
    is_padded = len(core) >= _SHORTEST_WORD and len(password) - len(core) < _PADDING
    return password in common or (is_padded and core in common)


def _is_about(password: str, about: tuple[str, ...]) -> bool:
    """Tell whether little is left without one word about the owner or this service."""
    plain = _letters(password)
    words = {_letters(part) for each in about for part in (each, each.partition("@")[0], *re.split(r"[\s.@_-]+", each))}
    return any(
        len(word) >= _SHORTEST_WORD and word in plain and len(plain) - len(word) < _PADDING
        for word in words | set(_OF_THE_SERVICE)
    )


def _letters(words: str) -> str:
    return "".join(letter for letter in search_form(words) if letter.isalnum())


_TOO_SHORT = Text(
    vi=f"Mật khẩu cần ít nhất {MIN_LENGTH} ký tự; một câu dễ nhớ là tốt nhất.",
    en=f"A password needs at least {MIN_LENGTH} characters; a phrase you remember is best.",
    fr=f"Un mot de passe compte au moins {MIN_LENGTH} caractères ; une phrase facile à retenir convient le mieux.",
)
_TOO_LONG = Text(
    vi=f"Mật khẩu dài tối đa {MAX_LENGTH} ký tự.",
    en=f"A password has at most {MAX_LENGTH} characters.",
    fr=f"Un mot de passe compte au plus {MAX_LENGTH} caractères.",
)
_REPETITIVE = Text(
    vi="Mật khẩu chỉ lặp lại một đoạn ngắn.",
    en="This password only repeats a short piece.",
    fr="Ce mot de passe ne fait que répéter un court fragment.",
)
_COMMON = Text(
    vi="Mật khẩu này nằm trong số những mật khẩu bị đoán đầu tiên; hãy chọn mật khẩu khác.",
    en="This is among the passwords guessed first; choose another.",
    fr="Ce mot de passe est parmi les premiers devinés ; choisissez-en un autre.",
)
_ABOUT_OWNER = Text(
    vi="Mật khẩu không được dựa trên tên, địa chỉ thư của ông/bà hoặc tên của hệ thống này.",
    en="A password cannot be built on your name, your e-mail or the name of this service.",
    fr="Un mot de passe ne peut reposer sur votre nom, votre adresse ou le nom de ce service.",
)
