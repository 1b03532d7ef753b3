"""What the documentation of the API says in English, and whether the catalogues say all of it and nothing else."""

import re
from collections.abc import Collection, Iterator
from typing import Any

from babel.messages.catalog import Catalog

from sandbox_registry.api.contract.docs_pages import more_of, paragraphs
from sandbox_registry.api.contract.openapi import describe
from sandbox_registry.app import CONTROLLERS
from sandbox_registry.domain.texts import Language

Json = dict[str, Any]
_CODE = re.compile("`([^`]*)`")


def document() -> Json:
    """Return the OpenAPI document of this program."""
    return describe(CONTROLLERS)


def english_of(described: Json) -> frozenset[str]:
    """List every paragraph that a page about the API shows in the reader's language."""
    components = described["components"]
    operations = [operation for item in described["paths"].values() for operation in item.values()]
    fields = [field for schema in components["schemas"].values() for field in schema.get("properties", {}).values()]
    parameters = [*components["parameters"].values(), *(each for every in operations for each in every["parameters"])]
    answers = [answer for each in operations for answer in each["responses"].values()]
    texts = [words for each in operations for words in (each["summary"], more_of(each))]
    texts += [each.get("description", "") for each in (*fields, *parameters, *answers)]
    texts += [each["meaning"] for each in described["x-problem-codes"]]
    return frozenset(paragraph for words in texts for paragraph in paragraphs(words))


def faults(language: Language, catalog: Catalog, english: Collection[str]) -> Iterator[str]:
    """Say what is wrong with the catalogue of a language."""
    translated = {str(each.id): each for each in catalog if each.id}
    yield from (
        f"{language}: the API's documentation is not translated: {each}" for each in sorted(english - translated.keys())
    )
    yield from (
        f"{language}: the API's documentation does not say: {each}" for each in sorted(translated.keys() - english)
    )
    for words, message in translated.items():
        if message.fuzzy or not message.string:
            yield f"{language}: fuzzy or empty: {words}"
        elif sorted(_CODE.findall(words)) != sorted(_CODE.findall(str(message.string))):
            yield f"{language}: other names between backticks: {words}"
