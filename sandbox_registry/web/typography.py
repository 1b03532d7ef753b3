"""What must not be torn apart at the end of a line, bound with no-break spaces.

Vietnamese writes a space between syllables, so a browser breaks inside words. Bound are a number and its unit, a weekday
and its date, a telephone number and the name of the province; in French the signs that stand after a space.
"""

import re

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


def bind(words: str, language: Language) -> str:
    """Return the words of a language with what belongs together bound."""
    if language is Language.VI:
        return _VIETNAMESE.sub(_bound, words)
    bound = _NUMBER.sub(_bound, words)
    return _FRENCH.sub(NBSP, bound) if language is Language.FR else bound


def _bound(match: re.Match[str]) -> str:
    return match[0].replace(" ", NBSP)
