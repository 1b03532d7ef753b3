"""What is hidden is as what is not there, by construction: the same questions to the database, and the same answers.

What is asked and what comes back cannot be equal by chance, and time follows from both; `make bench` measures it. The
tests are shown to fail on the faults they are for.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import product
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from psycopg import AsyncCursor
from sqlalchemy import bindparam, event, select
from sqlalchemy.pool import Pool

from sandbox_registry.db import tables
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.usecases.transaction.subjects import CASE as CASE_KIND
from sandbox_registry.usecases.transaction.transaction import SubjectTransaction
from sandbox_registry.usecases.transaction.transactions import Attempt, Transactions
from tests.api.contract.routes import CASE, NOBODY_KNOWS, Rehearsal, rehearsing, send
from tests.support.client import Client
from tests.support.decided import issued
from tests.support.hidden import PEOPLE, RIVAL, Pair, pairs, rewired
from tests.support.stored_leaves import all_leaves
from tests.support.world import World

STRANGERS = (RIVAL, "mot_cua_noi_khac")
HASHED_ANYWAY = {"login"}
"""Where the row of a known account does come back: a password is hashed for both, which takes a thousand times as long."""
S = TypeVar("S", bound=Any)
A = TypeVar("A", bound=SubjectTransaction[Any])
Told = tuple[str, str, int, int]
"""A statement, its values, and how many rows and bytes it gave."""


class Hasty(Transactions):
    """The first fault that these tests are for: who finds nothing returns at once."""

    @asynccontextmanager
    async def open_subject(self, attempt: Attempt[S, A], *, lock: bool = True) -> AsyncIterator[A]:
        async with self.primary() as primary:
            known = await primary.connection.execute(_KNOWN, {"id": attempt.identity})
            if attempt.kind is CASE_KIND and known.first() is None:
                raise NotFound(what="application")
        async with super().open_subject(attempt, lock=lock) as act:
            yield act


class Curious(Transactions):
    """The second fault: the row is read before it is hidden."""

    @asynccontextmanager
    async def read_subject(self, attempt: Attempt[S, A]) -> AsyncIterator[A]:
        if attempt.kind is CASE_KIND:
            async with self.primary() as primary:
                await primary.run(
                    case_rows.load_case,
                    attempt.identity,
                    person_id=attempt.context.actor.person_id,
                    consulted_unit_ids=frozenset(),
                )
        async with super().read_subject(attempt) as act:
            yield act


_KNOWN = select(tables.applications.c.id).where(tables.applications.c.id == bindparam("id"))


@contextmanager
def told_to_the_database() -> Iterator[list[Told]]:
    """Collect every statement with its values and what came of it, at the driver, of connections opened meanwhile."""
    told: list[Told] = []

    class Telling(AsyncCursor[Any]):
        async def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
            done = await super().execute(query, params, **how)
            told.append((str(query), _written(params), *_came(self.pgresult)))
            return done

    def listen(connection: Any, _record: Any) -> None:
        connection.driver_connection.cursor_factory = Telling

    run = Statement._run  # noqa: SLF001 - the one place where each statement passes.

    async def telling(self: Statement, connection: Any, parameters: Any) -> Any:
        done = await run(self, connection, parameters)
        told.append((str(self._compiled[0]), _written(dict(parameters)), *_came(done.pgresult)))
        return done

    event.listen(Pool, "connect", listen)
    try:
        with patch.object(Statement, "_run", telling):
            yield told
    finally:
        event.remove(Pool, "connect", listen)


def _came(result: Any) -> tuple[int, int]:
    """Return how many rows came, and how many bytes."""
    rows, columns = (result.ntuples, result.nfields) if result is not None else (0, 0)
    values = [result.get_value(*place) for place in product(range(rows), range(columns))] if result else []
    return rows, sum(len(value or b"") for value in values)


def _written(params: Any) -> str:
    if not isinstance(params, dict):
        return repr(params)
    # A request is told by the digest of its bearer token, a failed login by the account it is counted for.
    return repr({name: "…" if name in {"token_hash", "tried"} else value for name, value in sorted(params.items())})


async def opened(client: Client) -> None:
    """Open the connections for reads and for acts: a first request asks more."""
    await client.send("GET", f"/applications/{NOBODY_KNOWS}", by=RIVAL)


async def unequal(told: list[Told], pair: Pair, *, rows: bool = True) -> bool:
    """Say whether the database is asked, or answers, anything else of what is another's than of what is nobody's."""
    both = []
    for ask, name in zip((pair.theirs, pair.none), pair.names, strict=True):
        told.clear()
        answer = await ask()
        assert answer.status_code in {401, 404}, answer.text
        both.append([(text, values.replace(str(name), "it"), *came[: 2 * rows]) for text, values, *came in told])
    assert both[0], f"nothing was told to the database of {pair.names}"
    return both[0] != both[1]


async def unequal_pairs(world: World, tmp_path: Path, database_url: str) -> set[str]:
    of = await pairs(world)
    with told_to_the_database() as told:
        async with rehearsing(world, tmp_path, Rehearsal(database_url), people=PEOPLE) as (client, _):
            await opened(client)
            found = of(client).items()
            return {name for name, pair in found if await unequal(told, pair, rows=name not in HASHED_ANYWAY)}


async def test_what_is_hidden_asks_and_answers_the_same_as_nothing(
    world: World, tmp_path: Path, database_url: str
) -> None:
    assert await unequal_pairs(rewired(world, tmp_path), tmp_path, database_url) == set()


async def test_every_act_on_a_hidden_case_asks_and_answers_the_same_as_on_none(
    world: World, tmp_path: Path, database_url: str
) -> None:
    world, found = rewired(world, tmp_path), set[tuple[str, str]]()
    hidden = (await issued(world)).permit.application_id
    with told_to_the_database() as told:
        async with rehearsing(world, tmp_path, Rehearsal(database_url), people=STRANGERS) as (client, routes):
            judged = [route for route in routes if route.path.startswith(CASE)]
            await opened(client)
            for route, name in product(judged, STRANGERS):
                theirs, none = [
                    lambda identity=identity: send(client, route, by=name, application_id=identity)  # noqa: B023 - asked at once.
                    for identity in (hidden, NOBODY_KNOWS)
                ]
                if await unequal(told, Pair(theirs, none, (hidden, NOBODY_KNOWS))):
                    found.add((f"{route.method} {route.path}", name))
    assert len(judged) > 50
    assert found == set()


async def test_what_is_asked_gives_away_who_returns_early(world: World, tmp_path: Path, database_url: str) -> None:
    given_away = await unequal_pairs(rewired(world, tmp_path, Hasty), tmp_path, database_url)
    assert given_away == {"case", "messages", "act on a case", "history"}


async def test_what_comes_back_gives_away_who_reads_before_hiding(
    world: World, tmp_path: Path, database_url: str
) -> None:
    given_away = await unequal_pairs(rewired(world, tmp_path, Curious), tmp_path, database_url)
    assert given_away == {"case", "messages", "history"}


async def test_the_log_says_the_same_of_what_is_hidden_as_of_nothing(world: World, tmp_path: Path) -> None:
    """The leaf of a refusal and its record, but for what was asked for: longer ones would take longer."""
    of, said = await pairs(rewired(world, tmp_path)), dict[str, list[list[object]]]()
    async with rehearsing(world, tmp_path, world.database, people=PEOPLE) as (client, _):
        for name, pair in of(client).items():
            for ask, identity in zip((pair.theirs, pair.none), pair.names, strict=True):
                async with world.database.replica() as connection:
                    before = len(await all_leaves(connection))
                await ask()
                async with world.database.replica() as connection:
                    leaves = (await all_leaves(connection))[before:]
                said.setdefault(name, []).append([_said(leaf, identity) for leaf in leaves])
    assert [name for name, (theirs, none) in said.items() if theirs != none] == []
    assert sum(bool(theirs) for theirs, _ in said.values()) >= 9


def _said(leaf: Any, identity: object) -> tuple[object, object]:
    entry, record = json.loads(leaf.said), json.loads(leaf.record)
    # Its place among the leaves of a case, and the pseudonym in that case, are known to nobody but who may read it.
    for told_apart in ("req_id", "commit", "chain", "actor"):
        del entry[told_apart]
    return json.dumps(entry, sort_keys=True).replace(str(identity), "it"), record
