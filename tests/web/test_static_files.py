"""Styles, scripts and images as browsers get them: kept forever, small, ours alone."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from sandbox_registry.web.static_files import Assets, AssetsMissing
from tests.support.portal import small_portal

Portal = TestClient[Any]


@pytest.fixture(scope="module")
def portal() -> Portal:
    return TestClient(small_portal())


def test_a_file_is_named_by_its_digest_and_kept_forever(portal: Portal) -> None:
    address = Assets().address("portal.css")
    answer = portal.get(address)
    assert re.fullmatch(r"/static/portal-[0-9a-f]{16}\.css", address)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("br, gzip", "br"), ("gzip, deflate", "gzip"), ("identity", None), ("", None), ("zstd", None)],
)
def test_the_best_coding_that_a_browser_takes_is_sent(
    portal: Portal,
    accepted: str,
    coding: str | None,
) -> None:
    assets = Assets()
    answer = portal.get(assets.address("portal.css"), headers={"Accept-Encoding": accepted})
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept-Encoding"
    asset = assets.files[assets.names["portal.css"]]
    assert int(answer.headers["content-length"]) == len(asset.by_coding[coding or ""])


def test_codings_hold_the_same_bytes() -> None:
    for asset in Assets().files.values():
        assert gzip.decompress(asset.by_coding["gzip"]) == asset.by_coding[""]


@pytest.mark.parametrize("name", ["nothing.css", "names.json", "sources.sha256", "..%2Fpages.py", "portal.css"])
def test_nothing_else_is_served(portal: Portal, name: str) -> None:
    assert portal.get(f"/static/{name}").status_code == 404


def test_what_is_served_names_no_other_service_and_loads_nothing_from_elsewhere() -> None:
    for name, asset in Assets().files.items():
        text = asset.by_coding[""].decode()
        assert not re.search(r"gov\.uk|crown|GDS|@font-face|@import", text, re.IGNORECASE), name
        addresses = set(re.findall(r"https?://[^\s\"')]+", text)) - {"http://www.w3.org/2000/svg"}
        assert addresses == set(), name


def test_pages_stay_small() -> None:
    sizes = {name: len(asset.by_coding["br"]) for name, asset in Assets().files.items()}
    assert sum(sizes.values()) < 15_000, sizes


def test_without_its_files_the_portal_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(AssetsMissing, match=r"tools/assets\.py"):
        Assets(tmp_path / "static")
