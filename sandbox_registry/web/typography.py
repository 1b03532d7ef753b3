"""What must not be torn apart at the end of a line, bound with no-break spaces.

Vietnamese writes a space between syllables, so a browser breaks inside words. Bound are a number and its unit, a weekday
and its date, a telephone number and the name of the province; in French the signs that stand after a space.
"""

import re
import unicodedata

from sandbox_registry.domain.texts import Language

NBSP = "\N{NO-BREAK SPACE}"
_WEEKDAY = r"Thứ[ ](?:Hai|Ba|Tư|Năm|Sáu|Bảy)|Chủ[ ]Nhật"
_VIETNAMESE = re.compile(
    rf"""
    (?:{_WEEKDAY})(?:[ ]\d{{1,2}}/\d{{1,2}}(?:/\d{{4}})?)?          # Thứ Sáu 08/01/2027
    | (?<!\d)0\d{{2,3}}(?:[ ]\d{{3,4}}){{2}}(?!\d)                # 0290 383 1234
    | (?<!\d)\d[\d.,]*[ ](?:%|(?:ngày|giờ|tháng|năm)(?:[ ]làm[ ]việc)?|\w+)   # 5 ngày làm việc, 20 MB, 60 hộ
    | Cà[ ]Mau
    | \b(?:Điều|Khoản|khoản|điều|Nghị[ ]định|số|bước|Bước)[ ]\d[\d/]*
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(r"(?<!\d)\d[\d.,]* (?:%|\w+)|Cà Mau")
_FRENCH = re.compile(r" (?=[:;?!»%])|(?<=«) ")
_LETTER_MARKS = "\N{COMBINING BREVE}\N{COMBINING CIRCUMFLEX ACCENT}\N{COMBINING HORN}\N{COMBINING SHORT STROKE OVERLAY}"
"""Marks that make another letter, in the order of the alphabet: ă, â, ơ, đ."""


def bind(words: str, language: Language) -> str:
    """Return the words of a language with what belongs together bound."""
    if language is Language.VI:
        return _VIETNAMESE.sub(_bound, words)
    bound = _NUMBER.sub(_bound, words)
    return _FRENCH.sub(NBSP, bound) if language is Language.FR else bound


def _bound(match: re.Match[str]) -> str:
    return match[0].replace(" ", NBSP)


def alphabetical(words: str) -> tuple[list[tuple[int, int]], str]:
    """Return what sorts words as a Vietnamese dictionary does: by letters, ă and â after a; then by tone.

    English and French sort by it too: their accents count as tones do.
    """
    spread = unicodedata.normalize("NFD", words.casefold().replace("đ", "d\N{COMBINING SHORT STROKE OVERLAY}"))
    letters: list[tuple[int, int]] = []
    for sign in spread:
        if not unicodedata.combining(sign):
            letters.append((ord(sign), 0))
        elif sign in _LETTER_MARKS and letters:
            letters[-1] = (letters[-1][0], 1 + _LETTER_MARKS.index(sign))
    return letters, spread
