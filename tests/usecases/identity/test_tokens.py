"""Logging in and bearer tokens, through the real use cases on the real database."""

import asyncio
import logging
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

import pytest
from argon2 import Parameters, PasswordHasher, Type, extract_parameters
from argon2.exceptions import Argon2Error, VerifyMismatchError
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.authz import Action
from sandbox_registry.db import tables
from sandbox_registry.db.identity.credentials import keep_hash
from sandbox_registry.db.identity.people import actor_for_token
from sandbox_registry.domain.errors import DomainError, Duplicate, Invalid, NotFound, PermissionDenied
from sandbox_registry.domain.identity.passwords import WrongCredentials
from sandbox_registry.domain.identity.people import Actor, Role
from sandbox_registry.domain.identity.tokens import (
    LONGEST,
    UNLIMITED,
    Limits,
    digest,
    limit_errors,
    read_range,
)
from sandbox_registry.usecases.identity.passwords import HASHER, Passwords
from sandbox_registry.usecases.identity.tokens import NewToken, Tokens
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.operators import NOBODY
from tests.support.leaves import assert_nothing_leaked, leaves, told
from tests.support.passwords import CHEAP
from tests.support.tokens import is_well_formed
from tests.support.world import ANYBODY, World

STATEMENTS = "sandbox_registry.db.core.statements"
PASSWORD = "tôm sú lội ngược dòng"
NAME = "chuyen_vien"
EMAIL = f"{NAME}@camau.example"


@pytest.fixture
async def tokens(world: World) -> Tokens:
    async with world.database.transaction() as work:
        await keep_hash(work.connection, world.people[NAME], await CHEAP.hashed(PASSWORD), at=world.clock.at)
    return Tokens(world.transactions, CHEAP, world.use_cases.rate_limits)


async def log_in(tokens: Tokens, *, email: str = EMAIL, password: str = PASSWORD, **how: Any) -> NewToken:
    return await tokens.log_in(ANYBODY, email=email, password=password, name="Máy ở nhà", **how)


async def who(tokens: Tokens, secret: str) -> Actor | None:
    bearer = await tokens.authenticate(digest(secret), "request-7")
    return None if bearer is None else bearer.actor


async def last_use(owner: AsyncEngine, token_id: UUID) -> object:
    async with owner.connect() as connection:
        query = select(tables.tokens.c.last_used_at).where(tables.tokens.c.id == token_id)
        return (await connection.execute(query)).scalar_one()


async def test_log_in_gives_a_token_that_stands_for_its_owner(world: World, tokens: Tokens) -> None:
    made = await log_in(tokens, email=EMAIL.upper())
    assert is_well_formed(made.secret)
    assert (made.token.expires_at, made.token.method) == (world.clock.at + timedelta(hours=12), "password")
    assert await who(tokens, made.secret) == world.actor(NAME, auth_method="password", request_id="request-7")
    assert await told(world) == [("token:create", "done", None)]
    await assert_nothing_leaked(world, [PASSWORD, made.secret, digest(made.secret).hex(), EMAIL])


async def test_every_way_to_fail_looks_the_same_and_leaves_no_leaf_of_its_own(
    world: World, tokens: Tokens, owner: AsyncEngine
) -> None:
    refused = []
    for email, password in ((EMAIL, "sai mật khẩu rồi"), ("khong.co@camau.example", PASSWORD), ("", "")):
        with pytest.raises(WrongCredentials) as caught:
            await log_in(tokens, email=email, password=password)
        refused.append((str(caught.value), caught.value.text))
    with pytest.raises(WrongCredentials):
        await log_in(tokens, email="mot_cua@camau.example")  # Has no password yet.
    async with owner.begin() as connection:
        closed = update(tables.people).where(tables.people.c.id == world.people[NAME])
        await connection.execute(closed.values(disabled_at=world.clock.at))
    with pytest.raises(WrongCredentials):
        await log_in(tokens)
    assert len(set(refused)) == 1
    assert await leaves(world) == []
    async with owner.connect() as connection:
        counted = await connection.execute(select(tables.refused_logins.c.person_id, tables.refused_logins.c.tries))
    assert dict(map(tuple, counted)) == {world.people[NAME]: 2, NOBODY: 2, world.people["mot_cua"]: 1}


async def test_logins_that_failed_are_one_leaf_for_a_quarter_of_an_hour_that_names_nobody(
    world: World, tokens: Tokens
) -> None:
    async def fail(*emails: str) -> None:
        for email in emails:
            with pytest.raises(WrongCredentials):
                await log_in(tokens, email=email, password="sai mật khẩu rồi")

    upkeep = world.use_cases.upkeep
    await fail(EMAIL, EMAIL, "khong.co@camau.example")
    world.clock.forward(minutes=15)
    await fail("mot_cua@camau.example")
    assert await upkeep.log_refused_logins() == 0  # The last try of an interval may still be on its way.
    world.clock.forward(minutes=16)
    assert sum(await asyncio.gather(*(upkeep.log_refused_logins() for _ in range(4)))) == 2
    assert await upkeep.log_refused_logins() == 0
    found = await leaves(world)
    assert [(leaf.action, leaf.result, leaf.entry["actor"]["kind"]) for leaf in found] == [
        ("login:count", "done", "system")
    ] * 2
    states = [leaf.record["objects"][0]["state"] for leaf in found]
    assert [(each["tries"], each["without_account"], each["accounts"]) for each in states] == [(3, 1, 1), (1, 0, 1)]
    written = repr(found)
    assert not any(str(person) in written for person in world.people.values())
    await assert_nothing_leaked(world, ["sai mật khẩu rồi", EMAIL, "khong.co"])


@pytest.mark.usefixtures("tokens")
async def test_unknown_and_known_addresses_cost_the_same_work(world: World) -> None:
    counted: list[tuple[Parameters, type[Exception]]] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's own name.
            try:
                return super().verify(hash, password)
            except Argon2Error as error:
                counted.append((extract_parameters(str(hash)), type(error)))
                raise

    passwords = Passwords(frozenset(), hasher=Counting(time_cost=1, memory_cost=64, parallelism=1))
    counting = Tokens(world.transactions, passwords, world.use_cases.rate_limits)
    for email in (EMAIL, "khong.co@camau.example", "mot_cua@camau.example"):
        with pytest.raises(WrongCredentials):
            await log_in(counting, email=email, password="sai mật khẩu rồi")
    # A hash that could not be read would be refused at once, as another error.
    costs = Parameters(Type.ID, version=19, salt_len=16, hash_len=32, time_cost=1, memory_cost=64, parallelism=1)
    assert counted == [(costs, VerifyMismatchError)] * 3


def test_passwords_are_hashed_at_no_less_than_what_owasp_asks_for() -> None:
    """Tests hash cheaply; the program does not."""
    assert (HASHER.type, HASHER.memory_cost, HASHER.time_cost, HASHER.parallelism) == (Type.ID, 46 * 1024, 2, 1)


@pytest.mark.usefixtures("tokens")
async def test_hash_is_renewed_when_parameters_change(world: World, owner: AsyncEngine) -> None:
    passwords = Passwords(frozenset(), hasher=PasswordHasher(time_cost=2, memory_cost=128, parallelism=1))
    stronger = Tokens(world.transactions, passwords, world.use_cases.rate_limits)
    async with world.database.transaction() as work:
        hashed = await CHEAP.hashed(PASSWORD)
        await keep_hash(work.connection, world.people[NAME], hashed, at=world.clock.at, is_given=True)
    await log_in(stronger)
    async with owner.connect() as connection:
        row = (await connection.execute(select(tables.passwords.c.hash, tables.passwords.c.is_given))).one()
    assert ("m=128,t=2,p=1" in row.hash, row.is_given) == (True, True)
    await log_in(stronger)


async def test_expired_revoked_unknown_and_closed_get_nobody(world: World, tokens: Tokens, owner: AsyncEngine) -> None:
    expiring = await log_in(tokens, lifetime=timedelta(minutes=5))
    revoked, closed = await log_in(tokens), await log_in(tokens)
    await tokens.revoke(world.context(NAME), revoked.token.id)
    world.clock.forward(minutes=5)
    assert await who(tokens, closed.secret) is not None
    async with owner.begin() as connection:
        disable = update(tables.people).where(tables.people.c.id == world.people[NAME])
        await connection.execute(disable.values(disabled_at=world.clock.at))
    secrets = [expiring.secret, revoked.secret, closed.secret, "cmsr_nothing"]
    assert [await who(tokens, each) for each in secrets] == [None] * 4


async def test_last_use_is_kept_at_most_once_a_minute(world: World, tokens: Tokens, owner: AsyncEngine) -> None:
    made = await log_in(tokens)
    assert await last_use(owner, made.token.id) is None
    seen = []
    for _ in range(4):
        await who(tokens, made.secret)
        seen.append(await last_use(owner, made.token.id))
        world.clock.forward(seconds=40)
    start = made.token.created_at
    assert seen == [start, start, start + timedelta(seconds=80), start + timedelta(seconds=80)]


async def test_a_token_is_found_in_one_statement(tokens: Tokens, caplog: pytest.LogCaptureFixture) -> None:
    made = await log_in(tokens)
    await who(tokens, made.secret)  # Its use is written down once in a while.
    with caplog.at_level(logging.INFO, "sqlalchemy.engine.Engine"), caplog.at_level(logging.DEBUG, STATEMENTS):
        await who(tokens, made.secret)
    statements = [record.message for record in caplog.records if record.message.lstrip().startswith(("WITH", "SELECT"))]
    assert len(statements) == 1


async def test_a_token_never_allows_more_than_the_one_that_made_it(world: World, tokens: Tokens) -> None:
    held = frozenset({Action.TOKEN_CREATE.value, Action.APPLICATION_READ.value})
    narrow = world.context(NAME, token_scopes=held)
    day = timedelta(days=1)
    for scopes in (None, {Action.APPLICATION_READ, Action.DECISION_READ}, {"application:everything"}, set()):
        limits = Limits(scopes=None if scopes is None else frozenset(map(str, scopes)))
        with pytest.raises(Invalid) as caught:
            await tokens.create(narrow, name="n", limits=limits, lifetime=day)
        assert [each.field for each in caught.value.errors] == ["scopes"]
    reading = Limits(scopes=frozenset({Action.APPLICATION_READ.value}))
    made = await tokens.create(narrow, name="n", limits=reading, lifetime=day)
    actor = await who(tokens, made.secret)
    assert actor is not None
    assert actor.token_scopes == frozenset({"application:read"})
    with pytest.raises(PermissionDenied):
        await tokens.create(RequestContext(actor=actor), name="n", limits=reading, lifetime=day)
    assert await told(world) == [("token:create", "done", None), ("token:create", "refused", "permission_denied")]


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(seconds=59), LONGEST + timedelta(seconds=1)])
async def test_a_lifetime_has_bounds(world: World, tokens: Tokens, lifetime: timedelta) -> None:
    with pytest.raises(Invalid):
        await tokens.create(world.context(NAME), name="n", lifetime=lifetime)


async def test_one_lists_and_revokes_ones_own_tokens_only(world: World, tokens: Tokens) -> None:
    made = await log_in(tokens)
    assert await tokens.list_own(world.context(NAME)) == (made.token,)
    other = world.context("chuyen_vien_2")
    assert await tokens.list_own(other) == ()
    with pytest.raises(NotFound):
        await tokens.revoke(other, made.token.id)
    with pytest.raises(NotFound):
        await tokens.log_out(other, made.secret)
    ended = await tokens.log_out(world.context(NAME), made.secret)
    assert (ended.revoked_at, ended.version) == (world.clock.at, 2)
    with pytest.raises(Duplicate):
        await tokens.revoke(world.context(NAME), made.token.id)
    assert [each[:2] for each in await told(world)] == [("token:create", "done"), ("token:revoke", "done")]


async def test_two_revocations_at_once_give_one_success(world: World, tokens: Tokens) -> None:
    made = await log_in(tokens)
    actor = world.context(NAME)
    done = await asyncio.gather(*[tokens.revoke(actor, made.token.id) for _ in range(2)], return_exceptions=True)
    assert sorted(isinstance(each, Duplicate) for each in done) == [False, True]
    assert not any(isinstance(each, BaseException) and not isinstance(each, DomainError) for each in done)


async def test_overseers_may_log_in_and_keep_tokens(world: World, tokens: Tokens) -> None:
    member = world.context("dai_bieu")
    assert member.actor.roles == {Role.HDND_MEMBER, Role.APPLICANT}
    made = await tokens.create(member, name="n", lifetime=timedelta(days=1))
    assert await tokens.list_own(member) == (made.token,)


async def test_no_use_of_a_token_waits_for_the_disk(world: World, tokens: Tokens) -> None:
    """Else a known token that may not be used from here would answer later than an unknown one."""
    here, from_elsewhere = await log_in(tokens), await log_in(tokens, limits=Limits(addresses=("192.0.2.0/24",)))
    waits = []
    for secret in (here.secret, from_elsewhere.secret, "cmsr_nothing"):
        async with world.database.transaction() as work:
            await work.connection.execute(text("SET LOCAL synchronous_commit = on"))
            await actor_for_token(work.connection, digest(secret), address=None, at=world.clock.at, request_id="r")
            waits.append((await work.connection.execute(text("SHOW synchronous_commit"))).scalar_one())
    assert waits == ["off", "off", "on"]


def test_ranges_are_read_strictly_and_mapped_ones_as_ipv4() -> None:
    given = ("192.0.2.7", "::ffff:192.0.2.0/120", "2001:DB8::/32", "::/0", "0.0.0.0/0")
    assert [str(read_range(each)) for each in given] == [
        "192.0.2.7/32",
        "192.0.2.0/24",
        "2001:db8::/32",
        "::/0",
        "0.0.0.0/0",
    ]
    for wrong in ("", "localhost", "192.0.2.7/24", "192.0.2.0/33", "fe80::1%eth0", "10.0.0.0/8 ", "1.2.3"):
        asked = Limits(addresses=("192.0.2.0/24", wrong))
        (error,) = limit_errors(asked, own=UNLIMITED, acts=frozenset(), procedures=frozenset())
        assert (error.field, error.code) == ("addresses", "no_address_range")


@pytest.mark.parametrize(("ahead", "is_soon"), [(15, False), (14, True), (1, True), (0, False), (-1, False)])
async def test_soon_is_the_last_fourteen_days(world: World, tokens: Tokens, ahead: int, is_soon: bool) -> None:  # noqa: FBT001 - a parameter.
    made = await tokens.create(world.context(NAME), name="n", lifetime=timedelta(days=30))
    assert made.token.expires_soon(at=made.token.expires_at - timedelta(days=ahead)) is is_soon
    ended = await tokens.revoke(world.context(NAME), made.token.id)
    assert ended.expires_soon(at=made.token.expires_at - timedelta(days=1)) is False
