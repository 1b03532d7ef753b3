"""What use-case tests check again and again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sandbox_registry.domain.errors import DomainError
from tests.support import stored_leaves
from tests.support.world import World


async def leaves(world: World, application_id: UUID) -> int:
    """How many leaves of the log are about a case."""
    async with world.database.replica() as connection:
        return len(await stored_leaves.leaves_of_case(connection, application_id))


@asynccontextmanager
async def leaving(world: World, application_id: UUID, *, count: int = 1) -> AsyncIterator[None]:
    """Check that what happens inside leaves exactly so many leaves."""
    before = await leaves(world, application_id)
    yield
    assert await leaves(world, application_id) - before == count


async def one_of_two(*acts: Awaitable[Any]) -> DomainError:
    """Do acts at once: exactly one succeeds, the other is refused by the domain; return its refusal."""
    done = await asyncio.gather(*acts, return_exceptions=True)
    refused = [each for each in done if isinstance(each, DomainError)]
    surprises = [each for each in done if isinstance(each, BaseException) and not isinstance(each, DomainError)]
    assert not surprises, surprises
    assert (len(acts), len(refused)) == (2, 1), done
    return refused[0]
