"""What must not be torn apart at the end of a line."""

import pytest

from sandbox_registry.domain.texts import Language
from sandbox_registry.web.typography import alphabetical, bind


@pytest.mark.parametrize(
    ("words", "bound"),
    [
        ("muộn nhất Thứ Sáu 08/01/2027.", "muộn nhất Thứ~Sáu~08/01/2027."),
        ("Chủ Nhật và Thứ Bảy không đếm", "Chủ~Nhật và Thứ~Bảy không đếm"),
        ("trong 20 ngày làm việc kể từ", "trong 20~ngày~làm~việc kể từ"),
        ("trong 24 tháng, 72 giờ", "trong 24~tháng, 72~giờ"),
        ("tối đa 20 MB mỗi tệp", "tối đa 20~MB mỗi tệp"),
        ("đạt 76 % số hồ sơ", "đạt 76~% số hồ sơ"),
        ("gọi 0290 383 1234 giờ làm việc", "gọi 0290~383~1234 giờ làm việc"),
        ("tỉnh Cà Mau có 60 hộ", "tỉnh Cà~Mau có 60~hộ"),
        ("theo Điều 19 của Nghị định 118/2025", "theo Điều~19 của Nghị~định~118/2025"),
        ("không có gì", "không có gì"),
    ],
)
def test_vietnamese(words: str, bound: str) -> None:
    assert bind(words, Language.VI).replace("\N{NO-BREAK SPACE}", "~") == bound


def test_other_languages_bind_numbers_and_french_its_signs() -> None:
    english = bind("within 20 working days in Cà Mau", Language.EN)
    french = bind("Est-ce pour moi ? Oui : « moi » ; 20 jours !", Language.FR)
    assert english.replace("\N{NO-BREAK SPACE}", "~") == "within 20~working days in Cà~Mau"
    assert french.replace("\N{NO-BREAK SPACE}", "~") == "Est-ce pour moi~? Oui~: «~moi~»~; 20~jours~!"


@pytest.mark.parametrize("language", list(Language))
def test_nothing_but_spaces_changes(language: Language) -> None:
    words = "Thứ Hai 30/11/2026: 3 ngày làm việc, 0290 383 1234 ở Cà Mau « x » ?"
    assert bind(words, language).replace("\N{NO-BREAK SPACE}", " ") == words


def test_letters_come_before_tones_in_the_alphabet() -> None:
    words = ["dưa", "đa", "da", "ấn", "ăn", "an", "ân", "án", "ơn", "ôn", "on"]
    assert sorted(words, key=alphabetical) == ["an", "án", "ăn", "ân", "ấn", "da", "dưa", "đa", "on", "ôn", "ơn"]
