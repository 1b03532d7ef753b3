"""Running one use case from a command, on the database of the settings."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sandbox_registry.app import build_use_cases
from sandbox_registry.cli.environment import open_database, read_settings
from sandbox_registry.runtime.settings import Settings
from sandbox_registry.usecases.registry import UseCases

T = TypeVar("T")


def run_use_case(use: Callable[[UseCases], Awaitable[T]]) -> T:
    """Run `use` with the use cases of this installation, starting its database where that is the embedded one."""
    with open_database(read_settings()) as ready:
        return run_with(ready, use)


def announce(ready: Settings) -> None:
    """Put on record what every process does at its start; raises FalseTime for a rehearsal that must not begin."""

    async def nothing(_cases: UseCases) -> None:
        """Do no more than that."""

    run_with(ready, nothing)


def run_with(ready: Settings, use: Callable[[UseCases], Awaitable[T]]) -> T:
    """Run `use` with the use cases over a database that is open and migrated."""

    async def run() -> T:
        cases = build_use_cases(ready)
        try:
            await cases.installation.announce(rehearses=ready.clock_file is not None)
            return await use(cases)
        finally:
            await cases.close()

    return asyncio.run(run())
