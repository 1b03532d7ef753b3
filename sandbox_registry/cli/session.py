"""What a command does with the use cases: one thing, over the database of the settings."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sandbox_registry.app import build_use_cases
from sandbox_registry.cli.environment import open_database, read_settings
from sandbox_registry.runtime.settings import Settings
from sandbox_registry.usecases.registry import UseCases

T = TypeVar("T")


def do(act: Callable[[UseCases], Awaitable[T]]) -> T:
    """Do one thing with the use cases, over the database of the settings."""
    with open_database(read_settings()) as ready:
        return do_with(ready, act)


def do_with(ready: Settings, act: Callable[[UseCases], Awaitable[T]]) -> T:
    """Do one thing with the use cases, over a database that is open and migrated."""

    async def doing() -> T:
        cases = build_use_cases(ready)
        try:
            await cases.installation.announce()
            return await act(cases)
        finally:
            await cases.transactions.database.close()

    return asyncio.run(doing())
