"""The queue as tests look at it, and workers that work during a block."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from procrastinate import App
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.jobs.worker import keep_working

EMPTY = "TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, procrastinate_workers"
SETTLED = (
    "INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp) VALUES (:task, :at) ON CONFLICT DO NOTHING"
)
WAITING = "SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Rows of the queue, read and changed with the owner's rights."""

    owner: AsyncEngine

    async def do(self, statement: str, **values: object) -> None:
        """Change something."""
        async with self.owner.begin() as connection:
            await connection.execute(text(statement), values)

    async def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Read something."""
        async with self.owner.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(statement), values)]

    async def empty(self) -> None:
        """Take every job and every memory of periodic ones away."""
        await self.do(EMPTY)

    async def settle_periodic(self, app: App) -> None:
        """Note every periodic task as done at its last hour and the next, so that workers do only what a test gives them."""
        for (task, _), periodic in app.periodic_registry.periodic_tasks.items():
            # The next two as well: the hour may strike while a test runs.
            periodic.croniter.set_current(time.time())
            hours = [periodic.croniter.get_prev(ret_type=float)]
            hours += [periodic.croniter.get_next(ret_type=float) for _ in range(2)]
            for hour in hours:
                await self.do(SETTLED, task=task, at=round(hour))

    async def jobs(self) -> list[tuple[Any, ...]]:
        """List the jobs: task, arguments, state."""
        return await self.rows("SELECT task_name, args, status::text FROM procrastinate_jobs ORDER BY id")

    async def until(self, statement: str, expected: list[tuple[Any, ...]]) -> None:
        """Wait until a statement answers as expected."""
        while await self.rows(statement) != expected:  # noqa: ASYNC110 - The server tells nobody.
            await asyncio.sleep(0.02)

    async def until_idle(self) -> None:
        """Wait until nothing waits or is being done."""
        await self.until(WAITING, [])


@asynccontextmanager
async def working(*apps: App) -> AsyncIterator[asyncio.Event]:
    """Let workers work during a block, or until the event it gives is set."""
    stop = asyncio.Event()
    workers = [asyncio.create_task(keep_working(app, stop=stop, pause=0.1)) for app in apps]
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.gather(*workers)
