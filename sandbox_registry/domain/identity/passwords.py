"""What makes a password acceptable: length, and absence from what people guess first; no rules of composition."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from sandbox_registry.domain.errors import DomainError, FieldError, Invalid
from sandbox_registry.domain.texts import Phrase, search_form

MIN_LENGTH, MAX_LENGTH = 12, 128
# So many characters around a guessable word make up for it.
_PADDING = 8
_SHORTEST_WORD = 4
_REPEATED = re.compile(r"(.{1,10}?)\1{2,}.{0,5}", re.DOTALL)
_OF_THE_SERVICE = ("camau", "khoahoc", "registry", "sandbox", "thunghiem")


class WrongCredentials(DomainError):
    """The e-mail address and the password do not match, or the account is closed; the answer does not say which."""

    code = "wrong_credentials"


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


def _broken(password: str, about: tuple[str, ...], common: frozenset[str]) -> Iterator[tuple[str, Phrase]]:
    if len(password) < MIN_LENGTH:
        yield "too_short", Phrase("passwords.too_short", least=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        yield "too_long", Phrase("passwords.too_long", most=MAX_LENGTH)
    if _REPEATED.fullmatch(password):
        yield "repetitive", Phrase("passwords.repetitive")
    if _is_common(password.casefold(), common):
        yield "common", Phrase("passwords.common")
    if _is_about(password, about):
        yield "about_owner", Phrase("passwords.about_owner")


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
