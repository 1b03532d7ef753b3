"""The portal of a demonstration, over loopback for a browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox_registry.app import create_app
from sandbox_registry.runtime.settings import Settings
from tests.support.portal import serving
from tests.support.world import World


@pytest.fixture
async def portal_address(world: World, data_dir: Path) -> AsyncIterator[str]:
    """Where the portal of the test province answers."""
    settings = Settings(data_dir=data_dir, pseudonym_key=b"k" * 32, database_url="unused", demo=True)
    async with serving(create_app(settings, world.use_cases)) as address:
        yield address
