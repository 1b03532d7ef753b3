"""What is hidden takes as long as what is not there: the same statements, and times that cannot be told apart.

The statements guard: they cannot be equal by chance. The times show that nothing else gives it away. Both are shown to
fail on the fault they are for.
"""

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from argon2 import PasswordHasher
from psycopg import AsyncCursor
from sqlalchemy import bindparam, event, select
from sqlalchemy.pool import Pool

from sandbox_registry.authz import Action
from sandbox_registry.db import tables
from sandbox_registry.db.cases.dossiers import live_documents
from sandbox_registry.db.identity.credentials import keep_hash
from sandbox_registry.documents.uploads.scanning import NullScanner
from sandbox_registry.documents.uploads.store import Store
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.domain.identity.tokens import Limits
from sandbox_registry.usecases.identity.passwords import Passwords
from sandbox_registry.usecases.registry import wire
from sandbox_registry.usecases.transaction.transactions import CaseTransaction, Transactions
from tests.api.contract.routes import CASE, NOBODY_KNOWS, Rehearsal, rehearsing, send
from tests.support.client import Client
from tests.support.decided import issued
from tests.support.world import PROCEDURE, World

RIVAL, STRANGERS = "doi_thu", ("doi_thu", "mot_cua_noi_khac")
CHEAP = Passwords(frozenset(), hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
SAMPLES, ROUNDS = 60, 3
DIFFERENT = 0.5
"""Cliff's delta at which two samples count as different: of 100 pairs, 75 agree on which is slower. Equal ones of this
size stay within 0.11 in two runs of three, and reach 0.5 in one of 100,000; they fail after three such rounds."""
Ask = Callable[[], Awaitable[httpx.Response]]
Pairs = dict[str, tuple[Ask, Ask]]


class Hasty(Transactions):
    """The fault that these tests are for: who finds nothing returns at once."""

    @asynccontextmanager
    async def open_case(
        self, actor: Actor, action: Action, application_id: UUID, **how: Any
    ) -> AsyncIterator[CaseTransaction]:
        async with self.database.primary() as connection:
            known = await connection.execute(_KNOWN, {"id": application_id})
            if known.first() is None:
                raise NotFound(what="application")
        async with super().open_case(actor, action, application_id, **how) as act:
            yield act


_KNOWN = select(tables.applications.c.id).where(tables.applications.c.id == bindparam("id"))


def rewired(world: World, tmp_path: Path, kind: type[Transactions] = Transactions) -> World:
    """The same world without quotas, with passwords that cost little, and perhaps with a fault."""
    transactions = kind(
        database=world.transactions.database,
        authorizer=world.transactions.authorizer,
        rules=world.transactions.rules,
        pseudonyms=world.transactions.pseudonyms,
        now=world.transactions.now,
        new_id=world.transactions.new_id,
    )
    store = Store(tmp_path / "store")
    return replace(
        world,
        use_cases=wire(
            transactions, store=store, scanner=NullScanner(), passwords=CHEAP, max_upload_bytes=5_000_000, limits={}
        ),
    )


async def pairs(world: World) -> Callable[[Client], Pairs]:
    """Name what is another's, beside what is nobody's, of every kind that can be asked for."""
    permit = (await issued(world)).permit
    owner, rival = world.actor("nguoi_dai_dien"), world.actor(RIVAL)
    async with world.database.transaction() as work:
        document = (await live_documents(work.connection, permit.application_id))[0]
        await keep_hash(work.connection, world.people[RIVAL], await CHEAP.hashed("một mật khẩu"), at=world.clock.at)
    own = await world.use_cases.applications.create(
        rival, procedure_code=PROCEDURE, organisation_id=world.rival, receiving_unit_id=None, title="Cua biển"
    )
    hook = await world.use_cases.webhooks.create(
        owner, organisation_id=world.startup, url="https://may.example/", events=["permit.issued"], description=""
    )
    elsewhere = await world.token(RIVAL, limits=Limits(addresses=("192.0.2.0/24",)))
    token = (await world.use_cases.tokens.list_own(rival))[0]

    def of(client: Client) -> Pairs:
        def ask(method: str, path: str, identity: object, **how: Any) -> Ask:
            body = {key: str(identity) if value is ... else value for key, value in how.get("json", {}).items()}
            sent = {**how, "json": body} if body else how
            return lambda: client.send(method, path.replace("ID", str(identity)), **{"by": RIVAL, **sent})

        def pair(method: str, path: str, theirs: object, none: object = NOBODY_KNOWS, **how: Any) -> tuple[Ask, Ask]:
            return ask(method, path, theirs, **how), ask(method, path, none, **how)

        def login(email: str) -> Ask:
            body = {"email": email, "password": "sai mật khẩu rồi"}
            return lambda: client.send("POST", "/sessions", by=None, json=body)

        def bearer(secret: str) -> Ask:
            return lambda: client.send("GET", "/me", by=None, headers={"Authorization": f"Bearer {secret}"})

        draft = {
            "procedure_code": PROCEDURE,
            "organisation_id": str(world.rival),
            "title": "Cua",
            "previous_case_id": ...,
        }
        return {
            "case": pair("GET", "/applications/ID", permit.application_id),
            "messages": pair("GET", "/applications/ID/messages", permit.application_id),
            "act on a case": pair(
                "POST", "/applications/ID/messages", permit.application_id, json={"body": "Xin chào"}
            ),
            "permit": pair("GET", "/permits/ID", permit.id),
            "document": pair("GET", f"/applications/{own.id}/documents/ID", document.id),
            "content": pair("GET", f"/applications/{own.id}/documents/ID/content", document.id),
            "earlier case": pair("POST", "/applications", permit.application_id, json=draft),
            "token": pair("DELETE", "/tokens/ID", token.id, by="nguoi_la"),
            "organisation": pair("GET", "/organisations/ID", world.startup),
            "webhook": pair("GET", "/webhooks/ID", hook.endpoint.id),
            "bearer": (bearer(elsewhere), bearer("cmsr_" + "0" * 49)),
            "login": (login(f"{RIVAL}@camau.example"), login("khong.co@camau.example")),
        }

    return of


@contextmanager
def told_to_the_database() -> Iterator[list[str]]:
    """Collect the text of every statement, at the driver, of connections opened meanwhile."""
    sent: list[str] = []

    class Telling(AsyncCursor[Any]):
        async def execute(self, query: Any, *rest: Any, **how: Any) -> Any:
            sent.append(str(query))
            return await super().execute(query, *rest, **how)

    def listen(connection: Any, _record: Any) -> None:
        connection.driver_connection.cursor_factory = Telling

    event.listen(Pool, "connect", listen)
    try:
        yield sent
    finally:
        event.remove(Pool, "connect", listen)


async def opened(client: Client) -> None:
    """Open the connections for reads and for acts: a first request asks more."""
    await client.send("GET", f"/applications/{NOBODY_KNOWS}", by=RIVAL)


async def unequal(sent: list[str], theirs: Ask, none: Ask) -> bool:
    """Say whether the database is told anything else of what is another's than of what is nobody's."""
    told = []
    for ask in (theirs, none):
        sent.clear()
        answer = await ask()
        assert answer.status_code in {401, 404}, answer.text
        told.append([*sent])
    assert told[0], "nothing was told to the database"
    return told[0] != told[1]


async def unequal_pairs(world: World, tmp_path: Path, database_url: str) -> set[str]:
    of = await pairs(world)
    with told_to_the_database() as sent:
        async with rehearsing(world, tmp_path, Rehearsal(database_url), people=(*STRANGERS, "nguoi_la")) as (client, _):
            await opened(client)
            return {name for name, asks in of(client).items() if await unequal(sent, *asks)}


async def test_what_is_hidden_costs_the_same_statements_as_nothing(
    world: World, tmp_path: Path, database_url: str
) -> None:
    assert await unequal_pairs(rewired(world, tmp_path), tmp_path, database_url) == set()


async def test_every_act_on_a_hidden_case_costs_the_same_statements_as_on_none(
    world: World, tmp_path: Path, database_url: str
) -> None:
    world, found = rewired(world, tmp_path), set[tuple[str, str]]()
    hidden = (await issued(world)).permit.application_id
    with told_to_the_database() as sent:
        async with rehearsing(world, tmp_path, Rehearsal(database_url), people=STRANGERS) as (client, routes):
            judged = [route for route in routes if route.path.startswith(CASE)]
            await opened(client)
            for route, name in product(judged, STRANGERS):
                asks = [
                    lambda identity=identity: send(client, route, by=name, application_id=identity)  # noqa: B023 - asked at once.
                    for identity in (hidden, NOBODY_KNOWS)
                ]
                if await unequal(sent, *asks):
                    found.add((f"{route.method} {route.path}", name))
    assert len(judged) > 50
    assert found == set()


async def test_statements_give_away_who_returns_early(world: World, tmp_path: Path, database_url: str) -> None:
    given_away = await unequal_pairs(rewired(world, tmp_path, Hasty), tmp_path, database_url)
    assert given_away == {"case", "messages", "act on a case"}


def delta(one: list[float], other: list[float]) -> float:
    """Cliff's delta: how much more often one of the first is greater than one of the second, than the other way round."""
    greater = sum((a > b) - (a < b) for a, b in product(one, other))
    return greater / (len(one) * len(other))


async def seconds(ask: Ask) -> float:
    before = time.perf_counter()
    await ask()
    return time.perf_counter() - before


async def deltas(theirs: Ask, none: Ask) -> list[float]:
    """Take samples in turns, the order left to chance, until they look alike or have differed in every round."""
    found: list[float] = []
    for ask in (theirs, none):
        await seconds(ask)
    while len(found) < ROUNDS and (not found or abs(found[-1]) >= DIFFERENT):
        taken: dict[Ask, list[float]] = {theirs: [], none: []}
        for _ in range(SAMPLES):
            for ask in random.sample((theirs, none), 2):
                taken[ask].append(await seconds(ask))
        found.append(delta(taken[theirs], taken[none]))
    return found


async def test_times_of_what_is_hidden_and_of_nothing_cannot_be_told_apart(world: World, tmp_path: Path) -> None:
    world = rewired(world, tmp_path)
    of = await pairs(world)
    async with rehearsing(world, tmp_path, world.database, people=(*STRANGERS, "nguoi_la")) as (client, _):
        found = {name: await deltas(*asks) for name, asks in of(client).items()}
    assert {name: each for name, each in found.items() if abs(each[-1]) >= DIFFERENT} == {}


async def test_times_give_away_who_returns_early(world: World, tmp_path: Path) -> None:
    world = rewired(world, tmp_path, Hasty)
    of = await pairs(world)
    async with rehearsing(world, tmp_path, world.database, people=STRANGERS) as (client, _):
        found = await deltas(*of(client)["act on a case"])
    assert min(found) >= DIFFERENT


def test_delta_says_how_far_apart_two_samples_are() -> None:
    assert delta([1, 2, 3], [1, 2, 3]) == 0
    assert (delta([4, 5], [1, 2]), delta([1, 2], [4, 5])) == (1, -1)
    assert delta([1, 3], [2, 2]) == 0
    assert delta([2, 3, 4, 5], [1, 2, 3, 4]) == pytest.approx(7 / 16)
