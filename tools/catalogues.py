"""The files of sentences as Babel reads them, and the one form in which they are kept."""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from sandbox_registry.domain.texts import Language

PLURALS = {
    Language.VI: "nplurals=1; plural=0;",
    Language.EN: "nplurals=2; plural=(n != 1);",
    Language.FR: "nplurals=2; plural=(n > 1);",
}
API_DOCS = "api_docs"
TRANSLATED = (Language.VI, Language.FR)
"""The languages of the API's documentation that have a catalogue: its English stands beside the handlers."""
CATALOGUES = (*((language, "registry") for language in Language), *((language, API_DOCS) for language in TRANSLATED))
"""Every catalogue: a language and what it is of."""
ROOT = Path(__file__).parents[1] / "sandbox_registry" / "locales"
_HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""


def path_of(language: Language, domain: str = "registry") -> Path:
    """Return where the sentences of a language are kept."""
    return ROOT / language / "LC_MESSAGES" / f"{domain}.po"


def read(language: Language, domain: str = "registry") -> Catalog:
    """Read the sentences of a language."""
    with path_of(language, domain).open("rb") as file:
        return read_po(file, locale=language)


def render(language: Language, catalog: Catalog) -> str:
    """Write a catalogue by key, each line whole, without dates and places that would differ with every run."""
    body = BytesIO()
    write_po(body, catalog, width=0, omit_header=True, no_location=True, sort_output=True, ignore_obsolete=True)
    header = _HEADER.format(language=language, plural=PLURALS[language])
    return header + body.getvalue().decode("utf-8").strip("\n") + "\n"
