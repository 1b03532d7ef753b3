"""What tests of the log may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.auditlog.ledger import Ledger, new_ledger


@pytest.fixture
async def ledger(database_url: str, owner: AsyncEngine, tmp_path: Path) -> AsyncIterator[Ledger]:
    async with new_ledger(database_url, owner, tmp_path) as made:
        yield made
