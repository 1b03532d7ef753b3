"""The check of the catalogues: today's are in order, and it sees every kind of fault."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from sandbox_registry.domain.texts import Language
from tools import api_docs
from tools.catalogues import API_DOCS, TRANSLATED, read
from tools.messages import PACKAGE, faults, placeholders, stale, uses_in

PROGRAM = """
class Full(DomainError):
    code = "full"

    def __init__(self, limit):
        super().__init__(limit=limit)

class Lacking(ConditionNotMet):
    def __init__(self):
        super().__init__("lacking")

def name_of(code):
    return Phrase(f"colour.{code}")

def refuse():
    yield Phrase("plain")
    yield Phrase("counted", count=2)
    yield Phrase("either" if 1 else "other")
    raise NotFound(what="thing")
    raise ConditionNotMet("closed", day=3)

COLOURS = ("red",)
"""
TEMPLATE = """{% for word in ("blue",) %}{{ t("colour." ~ word) }}{% endfor %}
{{ t("shown", name=1) }} {{ t("counted", count=3) }} {{ t(something) }} {{ other("not.a.key") }}"""
SENTENCES = {
    "colour.red": "đỏ",
    "condition.closed": "Đóng từ {day}.",
    "condition.lacking": "Còn thiếu.",
    "counted": ("{count} mục",),
    "either": "Một",
    "error.full": "Đầy: {limit}.",
    "kind.thing": "vật",
    "other": "Hai",
    "plain": "Câu.",
}
FORMS = {Language.VI: 1, Language.EN: 2, Language.FR: 2}


def catalogues(**changed: object) -> dict[Language, Catalog]:
    """Catalogues in order, but that some English sentences are others; null leaves one out."""
    made = {language: Catalog(locale=language) for language in Language}
    for language, catalog in made.items():
        for key, sentence in (SENTENCES | (changed if language is Language.EN else {})).items():
            if isinstance(sentence, tuple):
                catalog.add((key, key), sentence * FORMS[language])
            elif sentence is not None:
                catalog.add(key, str(sentence))
    return made


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    return tmp_path


def faults_in(program: Path, **changed: object) -> list[str]:
    found = faults(uses_in(program), catalogues(**changed))
    return [fault for fault in found if not any(f": {family}." in fault for family in FAMILIES)]


FAMILIES = ("act", "answer_kind", "kind", "office", "parameter", "stage", "standing", "term", "web")
"""Families that the registry always asks for; the little program has none of their sentences."""


def test_catalogues_of_the_registry_are_in_order() -> None:
    assert list(stale()) == []
    assert list(faults(uses_in(PACKAGE), {language: read(language) for language in Language})) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_documentation_of_the_api_is_translated_and_no_more(language: Language) -> None:
    english = api_docs.english_of(api_docs.document())
    assert len(english) > 300
    assert list(api_docs.faults(language, read(language, API_DOCS), english)) == []


@pytest.mark.parametrize(
    ("translations", "fault"),
    [
        ({}, "vi: the API's documentation is not translated: Send `x`."),
        ({"Send `x`.": "Gửi `x`.", "Old.": "Cũ."}, "vi: the API's documentation does not say: Old."),
        ({"Send `x`.": ""}, "vi: fuzzy or empty: Send `x`."),
        ({"Send `x`.": "Gửi `y`."}, "vi: other names between backticks: Send `x`."),
    ],
)
def test_every_kind_of_fault_of_the_translations_is_seen(translations: dict[str, str], fault: str) -> None:
    catalog = Catalog(locale="vi")
    for english, vietnamese in translations.items():
        catalog.add(english, vietnamese)
    assert list(api_docs.faults(Language.VI, catalog, {"Send `x`."})) == [fault]


def test_sentences_in_order_have_no_fault(program: Path) -> None:
    assert faults_in(program) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"plain": None}, "en: plain is missing"),
        ({"error.full": None}, "en: error.full is missing"),
        ({"condition.lacking": None}, "en: condition.lacking is missing"),
        ({"other": None}, "en: other is missing"),
        ({"colour.red": None}, "en: colour.red is missing"),
        ({"colour.blue": "blue"}, "en: colour.blue is used nowhere"),
        ({"nobody": "Nobody says this."}, "en: nobody is used nowhere"),
        ({"plain": ""}, "en: plain is fuzzy or empty"),
        ({"condition.closed": "Closed."}, "en: condition.closed has [] where Vietnamese has ['day']"),
        ({"counted": "{count} items"}, "en: counted counts and has no plural forms, or has them and counts nothing"),
    ],
)
def test_every_kind_of_fault_is_seen(program: Path, changed: dict[str, object], fault: str) -> None:
    assert faults_in(program, **changed) == [fault]


@pytest.mark.parametrize(
    ("line", "wrong", "fault"),
    [
        ("day=3", "hour=3", "condition.closed is given ['hour'] and asks for ['day']"),
        ("limit=limit", "most=limit", "error.full is given ['most'] and asks for ['limit']"),
        ("count=2", "", "counted is given [] and asks for ['count']"),
    ],
)
def test_parameters_that_a_sentence_does_not_ask_for_are_seen(program: Path, line: str, wrong: str, fault: str) -> None:
    (program / "program.py").write_text(PROGRAM.replace(line, wrong), encoding="utf-8")
    (found,) = faults_in(program)
    assert found.endswith(fault)


def test_a_sentence_that_nobody_is_sure_of_is_seen(program: Path) -> None:
    made = catalogues()
    made[Language.FR].add("plain", "Phrase.", flags={"fuzzy"})
    assert "fr: plain is fuzzy or empty" in list(faults(uses_in(program), made))


@pytest.mark.parametrize("sentence", ["{0}", "{day!r}", "{day:%d}", "{day.month}"])
def test_only_plain_names_stand_in_braces(sentence: str) -> None:
    catalog = Catalog(locale="vi")
    catalog.add("odd", sentence)
    with pytest.raises(ValueError, match="only a name may stand in braces"):
        placeholders(catalog["odd"])
