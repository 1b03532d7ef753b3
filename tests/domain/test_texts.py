"""What is put into a sentence is written as its language does."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from sandbox_registry.domain.rules.working_days import Term, Unit
from sandbox_registry.domain.texts import AnyOf, Language, Parameter, Phrase, Text, is_known, verbatim

NBSP = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "vi", "en", "fr"),
    [
        ("as it is", "as it is", "as it is", "as it is"),
        (1_000_000_000, "1.000.000.000", "1,000,000,000", f"1{NBSP}000{NBSP}000{NBSP}000"),
        (1e15, "1.000.000.000.000.000", "1,000,000,000,000,000", f"1{NBSP}000{NBSP}000{NBSP}000{NBSP}000{NBSP}000"),
        (Decimal("0.5"), "0,5", "0.5", "0,5"),
        (date(2029, 1, 31), "31/01/2029", "31/01/2029", "31/01/2029"),
        (
            datetime(2029, 1, 31, 17, 30, tzinfo=UTC),
            "00:30 ngày 01/02/2029",
            "00:30 on 01/02/2029",
            "01/02/2029 à 00:30",
        ),
        (Phrase("format.money", amount=1_000_000), "1.000.000 đồng", "1,000,000 đồng", f"1{NBSP}000{NBSP}000 đồng"),
        (Term(24, Unit.MO).wording, "24 tháng", "24 months", "24 mois"),
        (Term(1, Unit.Y).wording, "1 năm", "1 year", "1 an"),
        (Term(3, Unit.WD).wording, "3 ngày làm việc", "3 working days", "3 jours ouvrés"),
        (("a", "b", "c"), "a, b và c", "a, b and c", "a, b et c"),
        (AnyOf(("a", "b", "c")), "a, b hoặc c", "a, b or c", "a, b ou c"),
        (Text(vi="một", en="one", fr="un"), "một", "one", "un"),
        (verbatim("{braces}"), "{braces}", "{braces}", "{braces}"),
    ],
)
def test_parameters_are_written_by_language(value: Parameter, vi: str, en: str, fr: str) -> None:
    given = Text(vi="[{value}]", en="[{value}]", fr="[{value}]").format(value=value)
    assert given == Text(vi=f"[{vi}]", en=f"[{en}]", fr=f"[{fr}]")


def test_a_number_chooses_the_plural() -> None:
    one, two = Phrase("error.invalid", count=1), Phrase("error.invalid", count=2)
    assert (one.en, two.en) == ("There is 1 problem to correct.", "There are 2 problems to correct.")
    assert (one.fr, two.fr) == ("1 erreur à corriger.", "2 erreurs à corriger.")
    assert (one.vi, two.vi) == ("Có 1 lỗi cần sửa.", "Có 2 lỗi cần sửa.")
    assert Phrase("error.invalid", count=0).fr == "0 erreur à corriger."


def test_a_phrase_is_its_key_and_its_parameters() -> None:
    assert Phrase("error.invalid", count=1) == Phrase("error.invalid", count=1)
    assert Phrase("error.invalid", count=1) != Phrase("error.invalid", count=2)
    assert len({Phrase("error.invalid", count=1), Phrase("error.invalid", count=1)}) == 1


def test_an_unknown_key_is_an_error() -> None:
    assert (is_known("error.invalid"), is_known("error.nothing")) == (True, False)
    with pytest.raises(KeyError):
        Phrase("error.nothing").in_language(Language.VI)
