"""What the guides say of the API against the API: every address and every parameter they name is there."""

import re
import tomllib
from fnmatch import filter as matching
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox_registry.api.cases.documents import DocumentsController
from sandbox_registry.api.contract.openapi import describe
from sandbox_registry.app import API
from sandbox_registry.runtime.shipped import shipped

DOCS = Path(__file__).parents[3] / "docs"
GUIDES = ("accounts.md", "api.md", "erasure.md", "exports.md", "lifecycle.md", "webhooks.md")
_ADDRESS = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (?:/api/v1|…)?(/[^`?\s]+)[^`]*`")
_PARAMETER = re.compile(r"`([a-z_]+\.[a-z_*]+)`")


@cache
def addresses() -> set[tuple[str, str]]:
    """Every method and address, with the names of what stands in an address left out."""
    paths: dict[str, Any] = describe([*API, DocumentsController])["paths"]
    return {(method.upper(), plain(path)) for path, item in paths.items() for method in item}


def plain(path: str) -> str:
    return re.sub(r"\{\w*\}", "{}", path).rstrip("/")


@pytest.mark.parametrize("guide", GUIDES)
def test_every_address_of_a_guide_is_served(guide: str) -> None:
    named = {(method, plain(path)) for method, path in _ADDRESS.findall((DOCS / guide).read_text("utf-8"))}
    served = addresses() | {("GET", "/api/v1/openapi.json"), ("GET", "/api/v1/docs")}
    unknown = {each for each in named if not any(each[0] == m and path.endswith(each[1]) for m, path in served)}
    assert unknown == set()


def test_every_parameter_of_the_lifecycle_is_one_of_the_procedure() -> None:
    named = set(_PARAMETER.findall((DOCS / "lifecycle.md").read_text("utf-8"))) - {"policy.csv"}
    procedure = tomllib.loads((shipped("policies") / "procedures" / "ca-mau-2026-draft.toml").read_text("utf-8"))
    known = list(procedure["parameters"])
    assert len(named) > 10
    assert {each for each in named if not matching(known, each)} == set()


def test_guides_name_addresses_at_all() -> None:
    assert sum(len(_ADDRESS.findall((DOCS / guide).read_text("utf-8"))) for guide in GUIDES) > 30
