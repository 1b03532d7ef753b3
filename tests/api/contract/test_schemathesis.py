"""The API against its contract, request by request, as everybody: schemathesis, all its phases.

`make test` lets two roles ask, each for some seconds, half of the operations, and one phase more than the examples.
`make contract` lets everybody ask, each for CONTRACT_SECONDS, all operations in all phases.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asgi_lifespan import LifespanManager

from sandbox_registry.app import create_app
from sandbox_registry.runtime.settings import Settings
from sandbox_registry.usecases.operations.quotas import RateLimits
from tests.api.contract.contract import ALL_PHASES, Bridge, Found, run
from tests.support.stages import claimed, complete_draft, submitted, under_appraisal, with_reviewers
from tests.support.world import World

SECONDS = int(os.environ.get("CONTRACT_SECONDS", "0"))
SEED = int(os.environ.get("CONTRACT_SEED", "1"))
SHARE_SECONDS = 15
ROLES = {
    "nguoi_dai_dien": "fuzzing",
    "doi_thu": "stateful",
    "mot_cua": "coverage",
    "chuyen_vien": "stateful",
    "phan_bien_1": "fuzzing",
    "chu_tich": "coverage",
    "dai_bieu": "fuzzing",
    "thanh_tra": "stateful",
    "quan_tri": "coverage",
    None: "coverage",
}
"""Who asks, null for nobody, and the phase that is looked at in the short run."""
ASKING: list[str | None] = list(ROLES) if SECONDS else ["nguoi_dai_dien", "chuyen_vien"]
NEVER = {500, 501, 502, 504}


@pytest.fixture
async def unlimited(world: World, tmp_path: Path) -> AsyncIterator[Any]:
    """The application without quotas, which would soon answer everything with 429."""
    counting = RateLimits(world.database, key=b"k" * 32, limits={})
    told = Settings(data_dir=tmp_path, pseudonym_key=b"k" * 32, database_url="unused")
    app: Any = create_app(told, replace(world.use_cases, rate_limits=counting))
    async with LifespanManager(app):
        yield app


async def known_ids(world: World) -> dict[str, list[str]]:
    """Objects that are there, at several stages, so that requests get beyond 404."""
    cases = [await complete_draft(world), await submitted(world), await claimed(world)]
    cases += [await under_appraisal(world), await with_reviewers(world)]
    return {
        "application_id": [str(case.id) for case in cases],
        "organisation_id": [str(world.startup), str(world.units["focal"])],
        "person_id": [str(world.people[name]) for name in ("nguoi_soan", "mot_cua_2", "phan_bien_2")],
        "unit_id": [str(world.units["focal"])],
    }


def settings(phase: str) -> dict[str, Any]:
    phases = ALL_PHASES if SECONDS else ("examples", phase)
    return {
        "seed": SEED,
        "max-time": SECONDS or SHARE_SECONDS,
        "generation": {"max-examples": 200 if SECONDS else 3, "no-shrink": True, "database": "none"},
        "phases": {name: {"enabled": name in phases} for name in ALL_PHASES},
    }


@pytest.mark.timeout(SECONDS + 900)
@pytest.mark.filterwarnings("ignore")  # Of schemathesis and its HTTP client about each other.
@pytest.mark.parametrize("name", ASKING)
async def test_api_keeps_its_contract(world: World, unlimited: Any, name: str | None) -> None:
    ids = await known_ids(world)
    token = None if name is None else await world.token(name)
    bridge = Bridge(unlimited, asyncio.get_running_loop())
    share = None if SECONDS else (ASKING.index(name), len(ASKING))
    found: Found = await asyncio.to_thread(
        run, bridge, token=token, ids=ids, settings=settings(ROLES[name]), share=share
    )
    print(f"{name}: {sum(found.statuses.values())} requests, {dict(sorted(found.statuses.items()))}")  # noqa: T201
    assert not NEVER & set(found.statuses)
    assert not found.failures, f"\n{found}"
    assert found.statuses, "nothing was asked"
