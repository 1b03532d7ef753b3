"""The macros write what govuk-frontend itself writes: every fixture of the version that is built from."""

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sandbox_registry.web.components.macros import Macros, macro

COMPONENTS = "govuk-frontend/dist/govuk/components"


class Reader(HTMLParser):
    """Reads markup as a list of tags with their attributes in order of name, and of words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.read: list[Any] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.read.append((tag, sorted((name, " ".join((value or "").split())) for name, value in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.read.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        words = data.split()
        if words and self.read and isinstance(self.read[-1], list):
            self.read[-1] += words
        elif words:
            self.read.append(words)


def read(markup: str) -> list[Any]:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader.read


def fixtures(node_modules: Path) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (path.parent.name, each["name"]): each
        for path in sorted((node_modules / COMPONENTS).glob("*/fixtures.json"))
        for each in json.loads(path.read_text(encoding="utf-8"))["fixtures"]
    }


def test_every_fixture_is_written_as_upstream_writes_it(node_modules: Path) -> None:
    every = fixtures(node_modules)
    different = [name for name, each in every.items() if read(macro(name[0])(each["options"])) != read(each["html"])]
    assert different == []
    assert len(every) == 657


def test_a_macro_is_called_by_its_name() -> None:
    assert 'class="govuk-error-summary__title"' in Macros().error_summary({"titleText": "Có 1 chỗ cần sửa"})


def test_what_people_write_is_no_markup() -> None:
    assert "<script>" not in Macros().input({"id": "a", "name": "a", "value": '"><script>', "label": {"text": "<b>"}})


def test_reading_tells_different_markup_apart() -> None:
    assert read('<p class="a  b">x <b>y</b></p>') == read("<p class='a b'>\n x\n<b>y</b></p>")
    assert read("<p>x</p>") != read("<p>y</p>")
