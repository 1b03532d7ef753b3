"""What opens an account is what the log recorded, though no record holds it: another password or token is found."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.auditlog.verifying.database import Evidence, authorities_in, check_database
from sandbox_registry.auditlog.verifying.findings import Report
from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.operations.account_mails import MailSeals
from sandbox_registry.domain.privacy.erasures import ErasureKind
from sandbox_registry.usecases.identity.passwords import Passwords
from sandbox_registry.usecases.identity.people import People
from sandbox_registry.usecases.identity.tokens import Tokens
from tests.support.account_mails import Outbox, sent
from tests.support.erasing import confirm, propose
from tests.support.leaves import leaves
from tests.support.passwords import CHEAP
from tests.support.verifying import AUTHORITY, record_settled
from tests.support.world import ANYBODY, World

PASSWORD, OTHER = "tôm sú lội ngược dòng", "cua biển bò ngang bờ"
EMAIL = "moi@camau.example"


async def found(world: World, *, seals: MailSeals | None = None) -> list[str]:
    report = Report()
    await check_database(world.database, Evidence(authorities=authorities_in((AUTHORITY,)), seals=seals), report=report)
    return [each.code for each in report.findings]


async def forge(owner: AsyncEngine, statement: str) -> None:
    async with owner.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await connection.exec_driver_sql(statement)


@pytest.fixture
async def opened(world: World) -> World:
    """A world in which somebody has an account with a password and is logged in twice, and another has no password."""
    await record_settled(world)
    accounts = People(world.transactions, CHEAP, self_registration=True)
    admin, tokens = world.context("quan_tri"), Tokens(world.transactions, CHEAP, world.use_cases.rate_limits)
    await accounts.register(admin, full_name="Trần Văn Mới", email=EMAIL, password=PASSWORD)
    await accounts.register(admin, full_name="Lê Thị Bé", email="be@camau.example")
    for _ in range(2):
        await tokens.log_in(ANYBODY, email=EMAIL, password=PASSWORD, name="n", lifetime=timedelta(hours=1))
    return world


async def test_passwords_and_tokens_as_they_were_set_are_whole(opened: World) -> None:
    assert await found(opened) == []
    accounts = People(opened.transactions, CHEAP, self_registration=True)
    person = await accounts.register_oneself(
        ANYBODY, full_name="Lý Thị Sen", email="sen@camau.example", phone="", password=PASSWORD
    )
    await accounts.set_password(person.id, new=OTHER, request_id="cli")
    await accounts.change_password(
        opened.context("nguoi_la", person_id=person.id), current=OTHER, new="ba con cá trê vàng"
    )
    assert await found(opened) == []


async def test_the_password_of_an_erased_account_goes_with_it(opened: World) -> None:
    accounts = People(opened.transactions, CHEAP, self_registration=True)
    person = await accounts.register_oneself(
        ANYBODY, full_name="Lý Thị Sen", email="sen@camau.example", phone="", password=PASSWORD
    )
    await accounts.set_password(person.id, new=OTHER, request_id="cli")
    await confirm(opened, await propose(opened, person.id, kind=ErasureKind.ACCOUNT))
    assert set(await found(opened)) == {"erased"}


async def test_a_hash_renewed_at_a_login_is_whole(opened: World) -> None:
    passwords = Passwords(frozenset(), hasher=PasswordHasher(time_cost=2, memory_cost=128, parallelism=1))
    tokens = Tokens(opened.transactions, passwords, opened.use_cases.rate_limits)
    await tokens.log_in(ANYBODY, email=EMAIL, password=PASSWORD, name="n")
    [*_, last] = await leaves(opened)
    assert [each["type"] for each in last.record["objects"]] == ["token", "password"]
    assert await found(opened) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE passwords SET hash = 'mine'",
        "UPDATE passwords SET is_given = false",
        "UPDATE passwords SET changed_at = changed_at + interval '1 second'",
        "DELETE FROM passwords",
        "INSERT INTO passwords SELECT id, 'mine', now() FROM people WHERE email = 'be@camau.example'",
        "UPDATE tokens SET hash = sha256('mine') WHERE id = (SELECT max(id::text)::uuid FROM tokens)",
        "UPDATE tokens SET person_id = (SELECT id FROM people WHERE email = 'be@camau.example')",
        "UPDATE tokens SET scopes = NULL, expires_at = now() + interval '10 years'",
    ],
)
async def test_another_way_in_is_found(opened: World, owner: AsyncEngine, statement: str) -> None:
    await forge(owner, statement)

    assert set(await found(opened)) & {"secret_changed", "row_changed"}


PLANTED = """
    INSERT INTO account_mails (id, kind, person_id, requested_at, expires_at, about, hash, seal)
    SELECT gen_random_uuid(), 'reset_password', id, now(), now() + interval '1 hour', '', sha256('mine'), sha256('seal')
    FROM people WHERE email = 'moi@camau.example'
"""


async def test_a_planted_mail_is_found_and_opens_nothing(opened: World, owner: AsyncEngine) -> None:
    seals = opened.use_cases.own_accounts.seals
    await opened.use_cases.own_accounts.request_reset(ANYBODY, email=EMAIL)
    await sent(opened)
    assert await found(opened) == ["mails_unchecked"]
    assert await found(opened, seals=seals) == []
    await forge(owner, PLANTED)
    assert await found(opened, seals=seals) == ["mail_forged"]
    with pytest.raises(ConditionNotMet) as refused:
        await opened.use_cases.own_accounts.reset_password(ANYBODY, secret="mine", new=OTHER)
    assert refused.value.condition == "link_over"


@pytest.mark.parametrize(
    "change",
    [
        "person_id = (SELECT id FROM people WHERE email = 'be@camau.example')",
        "email = 'attacker@x.example'",
        "expires_at = expires_at + interval '1 year'",
        "kind = 'confirm_email'",
        "hash = sha256('mine')",
        "seal = NULL",
    ],
)
async def test_a_mail_moved_to_somebody_else_is_found_and_not_sent(
    opened: World, owner: AsyncEngine, change: str
) -> None:
    seals = opened.use_cases.own_accounts.seals
    await opened.use_cases.own_accounts.request_reset(ANYBODY, email=EMAIL)
    await forge(owner, f"UPDATE account_mails SET {change}")  # noqa: S608 - Our words.
    assert await found(opened, seals=seals) == ["mail_forged"]
    async with opened.database.primary() as connection:
        [mail_id] = (await connection.exec_driver_sql("SELECT id FROM account_mails")).scalars()
    assert not await opened.use_cases.own_accounts.write(mail_id, send=Outbox().send)


async def test_what_was_set_before_check_values_were_recorded_is_a_note(opened: World, owner: AsyncEngine) -> None:
    """As in an installation that is older than they are: the records of before are left as they are."""
    await forge(owner, "INSERT INTO passwords SELECT id, 'before', now() FROM people WHERE full_name = 'Nguoi La'")
    assert await found(opened) == ["secrets_unbound"]
