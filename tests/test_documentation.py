"""What the guides name is there: files, names in them, make targets, words of the code, numbers of hard rules."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_registry.domain.kinds.every import KINDS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sandbox_registry"
GUIDES = ("README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/glossary.md", "docs/authority.md")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|md|toml|csv)")
_TARGET = re.compile(r"^(?:\s*|.*`)make ([a-z]+)", re.MULTILINE)
_RULE = re.compile(r"hard rule (\d+)")
_OF_COMMAND = {".venv/bin", "var/"}


def read(guide: str) -> str:
    return (ROOT / guide).read_text("utf-8")


def found(path: str) -> Path | None:
    """A path of a guide, from the root or from the package; a folder is named with or without its stroke."""
    return next((base / path for base in (ROOT, PACKAGE, ROOT / "policies" / "casbin") if (base / path).exists()), None)


def named_in(path: Path) -> set[str]:
    """Functions, classes and methods of a module, methods behind their class."""
    names: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            names |= {f"{node.name}.{each.name}" for each in methods}
    return names


def missing(guide: str) -> Iterator[str]:
    """What a guide names and nobody finds."""
    text = read(guide)
    for link in _LINK.findall(text):
        if not ((ROOT / guide).parent / link).exists():
            yield link
    for code in _CODE.findall(text):
        path, _, name = code.partition(":")
        if not _PATH.fullmatch(path) or path in _OF_COMMAND:
            continue
        file = found(path)
        if file is None or (name and name not in named_in(file)):
            yield code


@pytest.mark.parametrize("guide", GUIDES)
def test_files_and_names_exist(guide: str) -> None:
    assert list(missing(guide)) == []


@pytest.mark.parametrize("guide", GUIDES)
def test_make_targets_exist(guide: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(_TARGET.findall(read(guide))) <= targets


def test_commands_of_the_contributing_guide_name_tests_that_exist() -> None:
    tests = re.findall(r"pytest (tests/[\w/.]+)", read("CONTRIBUTING.md"))
    assert len(tests) >= 3
    assert [each for each in tests if not (ROOT / each).exists()] == []


def test_glossary_gives_the_words_of_the_code() -> None:
    code = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    words = {
        word
        for line in re.findall(r"^\|.*\| (`.*`) \|$", read("docs/glossary.md"), re.MULTILINE)
        for word in _CODE.findall(line)
    }
    assert len(words) > 50
    assert sorted(word for word in words if not re.search(rf"\b{word}\b", code)) == []


def test_glossary_has_every_kind_of_record() -> None:
    glossary = read("docs/glossary.md")
    missing = [kind.of.__name__ for kind in KINDS if kind.of and f"`{kind.of.__name__}`" not in glossary]
    assert missing == [], "give each a row in docs/glossary.md, in the three languages"


def test_glossary_names_each_thing_in_three_languages() -> None:
    rows = [line.split("|")[1:-1] for line in read("docs/glossary.md").splitlines() if line.startswith("| ")]
    assert [row for row in rows if len(row) != 4 or not all(cell.strip() for cell in row)] == []
    terms = [row[0] for row in rows]
    assert len(terms) == len(set(terms))


def test_hard_rules_are_numbered_where_they_are_defined_and_cited_by_number() -> None:
    section = read("docs/authority.md").partition("## Hard rules")[2].partition("\n## ")[0]
    defined = [int(number) for number in re.findall(r"^(\d+)\. ", section, re.MULTILINE)]
    assert defined == list(range(1, len(defined) + 1))
    files = [
        *PACKAGE.rglob("*.py"),
        *(ROOT / "policies").rglob("*.csv"),
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "docs").rglob("*.md"),
    ]
    cited = {int(number) for path in files for number in _RULE.findall(path.read_text("utf-8"))}
    assert cited
    assert cited <= set(defined)


def test_decision_records_are_numbered_once_and_say_status_and_date() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith(f"# {int(path.name[:4])}. "), path.name
        assert [line.split(":")[0] for line in lines[2:4]] == ["- Status", "- Date"], path.name
        assert max(map(len, lines)) <= 120, path.name
