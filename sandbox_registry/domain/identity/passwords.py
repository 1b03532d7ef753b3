"""What makes a password acceptable: length, and absence from what people guess first; no rules of composition.

Patterns are recognised here and not by zxcvbn, whose words are English and American, which takes 72 characters and no
more, and costs every process 14 MB.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import takewhile

from sandbox_registry.domain.errors import DomainError, FieldError, Invalid
from sandbox_registry.domain.texts import Phrase, search_form

MIN_LENGTH, MAX_LENGTH = 12, 128
# So many characters around a guessable word make up for it.
_PADDING = 8
_SHORTEST_WORD = 4
_RUN = 4
"""So many characters in a row are one step of thought: `1234`, `qwer`, `aaaa`."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn")
_COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm")
_ORDERS = ("abcdefghijklmnopqrstuvwxyz", "01234567890")
_TRACKS = tuple(track for each in (*_ROWS, *_COLUMNS, *_ORDERS) for track in (each, each[::-1]))
_REPEATED = re.compile(r"(.{1,10}?)\1{2,}.{0,5}", re.DOTALL)
_OF_THE_SERVICE = ("camau", "khoahoc", "registry", "sandbox", "thunghiem")


class WrongCredentials(DomainError):
    """The e-mail address and the password do not match, or the account is closed; the answer does not say which."""

    code = "wrong_credentials"


def normalised(password: str) -> str:
    """Return a password as it is hashed: the same whichever way a keyboard composes Vietnamese letters (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, about: Iterable[str], common: frozenset[str], field: str = "password") -> None:
    """Refuse a password that is too short or easily guessed.

    `about` are the owner's own words: names and addresses of the person, of firms they act for and of their products.

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
    yield from _predictable(_letters(password), _words(about), common)


def _predictable(plain: str, words: frozenset[str], common: frozenset[str]) -> Iterator[tuple[str, Phrase]]:
    """Look at what is left of a password without patterns and without words about its owner."""
    if len(_without_words(plain, words)) < min(len(plain), _PADDING):
        yield "about_owner", Phrase("passwords.about_owner")
    left = _without_patterns(plain)
    if len(left) < len(plain) and left in common:
        yield "common", Phrase("passwords.common")
    bare = _without_words(left, words)
    if len(bare) < len(left) and len(bare) < _PADDING:
        yield "about_owner", Phrase("passwords.about_owner")
    if len(left) < min(len(plain), _PADDING):
        yield "pattern", Phrase("passwords.pattern")


def _is_common(password: str, common: frozenset[str]) -> bool:
    """Tell whether it is a listed password, or one with a few digits and signs around it."""
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", password)
    is_padded = len(core) >= _SHORTEST_WORD and len(password) - len(core) < _PADDING
    return password in common or (is_padded and core in common)


def _words(about: tuple[str, ...]) -> frozenset[str]:
    """Return the words about the owner and this service, whole names and their parts, that are long enough to count."""
    parts = {_letters(part) for each in about for part in (each, each.partition("@")[0], *re.split(r"[\s.@_-]+", each))}
    return frozenset(word for word in parts | set(_OF_THE_SERVICE) if len(word) >= _SHORTEST_WORD)


def _without_words(plain: str, words: frozenset[str]) -> str:
    """Take out every word, the longest first."""
    for word in sorted(words, key=lambda word: (-len(word), word)):
        plain = plain.replace(word, "")
    return plain


def _without_patterns(plain: str) -> str:
    """Take out repeated letters, rows and columns of keyboards, the alphabet, digits in order, and years."""
    left, place = "", 0
    while place < len(plain):
        width = _pattern_at(plain, place)
        if not width:
            left += plain[place]
        place += width or 1
    return left


def _pattern_at(plain: str, place: int) -> int:
    """Return how many characters from here are one pattern; 0 for none."""
    remaining = plain[place:]
    same = len(remaining) - len(remaining.lstrip(remaining[0]))
    longest = max([same, *(_along(track, remaining) for track in _TRACKS)])
    if longest >= _RUN:
        return longest
    return _RUN if _YEAR.match(remaining) else 0


def _along(track: str, remaining: str) -> int:
    """Return how far a text goes along a track from its own first letter."""
    start = track.find(remaining[0])
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(track[start:], remaining, strict=False))
    return 0 if start < 0 else sum(1 for _ in alike)


def _letters(raw: str) -> str:
    return "".join(letter for letter in search_form(raw) if letter.isalnum())
