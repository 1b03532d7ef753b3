"""The portal of a demonstration, over loopback for a browser."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox_registry.app import create_app
from sandbox_registry.runtime.settings import Settings
from tests.support.portal import serving
from tests.support.world import World

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
async def portal_address(world: World, data_dir: Path) -> AsyncIterator[str]:
    """Where the portal of the test province answers."""
    settings = Settings(data_dir=data_dir, pseudonym_key=b"k" * 32, database_url="unused", demo=True, plain_http=True)
    async with serving(create_app(settings, world.use_cases)) as address:
        yield address


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures are left to look at: a directory of the run, or the one in PICTURES."""
    given = os.environ.get("PICTURES")
    return Path(given) if given else tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def axe(node_modules: Path) -> str:
    source = (node_modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    options = json.dumps({"runOnly": STANDARDS})
    return f"""{source}
const done = arguments[arguments.length - 1];
axe.run(document, {options}).then(found => done(found.violations.map(
    each => each.id + ': ' + each.nodes.map(node => node.target + ' ' + node.failureSummary).join(' | '))));"""
