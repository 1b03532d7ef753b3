"""What is another's beside what is nobody's: whether time gives away what the answer hides."""

import asyncio
import random
import secrets
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from bench.effort import Effort
from bench.figures import Aim, Figure, Row
from bench.scratch import database
from sandbox_registry.db import tables
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.db.embedded.server import EmbeddedServer
from sandbox_registry.domain.rules.rule_versions import RuleVersion
from tests.api.contract.routes import rehearsing
from tests.support.hidden import PEOPLE, Ask, Pair, pairs, rewired
from tests.support.snapshots import Snapshots
from tests.support.world import new_world, shipped_rules

AT_MOST = 0.05
"""The accepted difference as a share of the shorter time: about what two equal samples of 150 differ by."""


def hidden(server: EmbeddedServer, data_dir: Path, effort: Effort) -> Iterator[Row]:
    """Measure every way to ask for what is hidden, taking turns with the same request for nothing."""
    found = asyncio.run(_measured(database(server, f"hidden_{secrets.token_hex(4)}"), data_dir, effort))
    yield Row(
        title=f"Hidden beside absent; medians of {effort.acts}",
        figures=tuple(
            Figure(name=f"{name}: {each}", value=seconds * 1000, unit="ms")
            for name, both in found.items()
            for each, seconds in zip(("hidden", "absent"), both, strict=True)
        ),
        aims=tuple(
            Aim(
                what=f"{name}, what the slower takes more",
                measured=max(both) / min(both) - 1,
                wanted=AT_MOST,
                is_most=True,
            )
            for name, both in found.items()
        ),
    )


async def _measured(url: str, data_dir: Path, effort: Effort) -> dict[str, tuple[float, float]]:
    owner = create_async_engine(make_url(url).set(drivername="postgresql+psycopg"))
    async with owner.begin() as connection:
        for rule in shipped_rules():
            await connection.execute(tables.rule_versions.insert(), RECORDS[RuleVersion].values(rule))
    world = new_world(Database(url), snapshots=Snapshots(owner), documents=data_dir / "documents")
    await world.settle()
    world = rewired(world, data_dir)
    of = await pairs(world)
    async with rehearsing(world, data_dir, world.database, people=PEOPLE) as (client, _):
        medians = {name: await _medians(pair, effort.acts) for name, pair in of(client).items()}
    await owner.dispose()
    return medians


async def _medians(pair: Pair, samples: int) -> tuple[float, float]:
    """Take samples in turns, the order left to chance, after a few that only warm up."""
    asks = (pair.theirs, pair.none)
    for ask in asks * 6:
        await _seconds(ask)
    times: dict[Ask, list[float]] = {ask: [] for ask in asks}
    for _ in range(samples):
        for ask in random.sample(asks, 2):
            times[ask].append(await _seconds(ask))
    return median(times[pair.theirs]), median(times[pair.none])


async def _seconds(ask: Ask) -> float:
    begun = perf_counter()
    await ask()
    return perf_counter() - begun
