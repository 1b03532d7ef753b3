"""What people do with their own account: their data, another address, a forgotten password; through mail as it is sent."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox_registry.domain.errors import ConditionNotMet, DomainError, Duplicate, Invalid, StaleVersion
from sandbox_registry.domain.identity.passwords import WrongCredentials
from sandbox_registry.domain.identity.people import Person
from sandbox_registry.domain.identity.tokens import digest
from sandbox_registry.domain.operations.account_mails import LIFETIME, AccountMailKind
from sandbox_registry.domain.operations.quotas import TooManyRequests
from sandbox_registry.domain.texts import Language
from sandbox_registry.usecases.identity.own_accounts import OwnAccounts
from tests.support.account_mails import Outbox, mailed, secret_in, sent, waiting
from tests.support.leaves import leaves, told
from tests.support.statements import statements
from tests.support.world import ANYBODY, World

STRANGER, EMAIL = "nguoi_la", "nguoi_la@camau.example"
OLD, NEW = "mười hai con cua đỏ", "bảy con ba khía muối"


def own(world: World) -> OwnAccounts:
    return world.use_cases.own_accounts


async def person_of(world: World, name: str = STRANGER) -> Person:
    async with world.database.transaction() as work:
        return await work.get(Person, world.people[name])


async def with_password(world: World, name: str = STRANGER) -> None:
    await world.use_cases.people.set_password(world.people[name], new=OLD, request_id="test")


async def refused(act: Any) -> str:
    with pytest.raises(ConditionNotMet) as caught:
        await act
    return caught.value.condition


async def test_people_change_their_own_data_on_record(world: World) -> None:
    given: dict[str, Any] = {"full_name": "Trần Văn Mới", "phone": "0913 222 333", "language": Language.FR}
    edited = await own(world).edit(world.context(STRANGER), expected_version=1, **given)
    assert await person_of(world) == edited
    assert (edited.full_name, edited.phone, edited.language, edited.version) == (*given.values(), 2)
    assert [each[:2] for each in await told(world)] == [("person:edit", "done")]
    with pytest.raises(Invalid) as wrong:
        await own(world).edit(
            world.context(STRANGER), expected_version=2, **(given | {"full_name": "\t", "phone": "x"})
        )
    assert [each.field for each in wrong.value.errors] == ["full_name", "phone"]
    both = [own(world).edit(world.context(STRANGER), expected_version=2, **given) for _ in range(2)]
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(isinstance(each, StaleVersion) for each in done) == [False, True]


async def test_new_address_counts_once_its_mail_comes_back_and_the_old_one_is_told(world: World) -> None:
    await with_password(world)
    person = world.context(STRANGER)
    with pytest.raises(WrongCredentials):
        await own(world).request_email(person, email="moi@camau.example", password=NEW)
    until = await own(world).request_email(person, email="moi@camau.example", password=OLD)
    assert until == world.clock.at + LIFETIME
    (mail,) = await sent(world)
    assert (mail.to, (await person_of(world)).email) == ("moi@camau.example", EMAIL)
    secret = secret_in(mail)
    assert await refused(own(world).confirm_email(world.context("doi_thu"), secret=secret)) == "link_over"
    moved = await own(world).confirm_email(person, secret=secret)
    assert (moved.email, await person_of(world)) == ("moi@camau.example", moved)
    (notice,) = await sent(world)
    assert (notice.to, secret in notice.body) == (EMAIL, False)
    assert await refused(own(world).confirm_email(person, secret=secret)) == "link_over"


async def test_address_of_another_account_is_not_told_but_to_its_owner(world: World) -> None:
    secret = await mailed(world, AccountMailKind.CONFIRM_EMAIL, "doi_thu@camau.example", person=world.people[STRANGER])
    with pytest.raises(Duplicate):
        await own(world).confirm_email(world.context(STRANGER), secret=secret)


async def test_forgotten_password_is_reset_once_by_mail_and_the_address_is_told(world: World) -> None:
    await with_password(world)
    session = await world.use_cases.tokens.log_in(ANYBODY, email=EMAIL, password=OLD, name="n")
    await own(world).request_reset(ANYBODY, email=EMAIL.upper())
    (mail,) = await sent(world)
    secret = secret_in(mail)
    with pytest.raises(Invalid):
        await own(world).reset_password(ANYBODY, secret=secret, new="qwertyuiop1234")
    await own(world).reset_password(ANYBODY, secret=secret, new=NEW)
    assert await refused(own(world).reset_password(ANYBODY, secret=secret, new=NEW)) == "link_over"
    assert await world.use_cases.tokens.authenticate(digest(session.secret), "r") is None
    await world.use_cases.tokens.log_in(ANYBODY, email=EMAIL, password=NEW, name="n")
    (notice,) = await sent(world)
    assert (mail.to.lower(), notice.to) == (EMAIL, EMAIL)
    methods = [leaf.entry["auth"]["method"] for leaf in await leaves(world) if leaf.action == "password:change"]
    assert methods == ["command_line", "mailed_link"]


async def test_secret_is_nowhere_but_in_the_mail(world: World) -> None:
    secret = await mailed(world, AccountMailKind.RESET_PASSWORD, EMAIL)
    async with world.database.primary() as connection:
        for table in ("account_mails", "procrastinate_jobs", "audit_records", "audit_leaves"):
            rows = await connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608 - a name of ours.
            assert secret not in str(rows.all())


async def test_two_resets_at_once_set_one_password(world: World) -> None:
    secret = await mailed(world, AccountMailKind.RESET_PASSWORD, EMAIL)
    tries = [own(world).reset_password(ANYBODY, secret=secret, new=f"{NEW} {number}") for number in range(2)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(isinstance(each, ConditionNotMet) for each in done) == [False, True]


async def test_secret_ends_after_an_hour_and_with_a_newer_one(world: World) -> None:
    first = await mailed(world, AccountMailKind.RESET_PASSWORD, EMAIL)
    second = await mailed(world, AccountMailKind.RESET_PASSWORD, EMAIL)
    assert await refused(own(world).reset_password(ANYBODY, secret=first, new=NEW)) == "link_over"
    world.clock.at += LIFETIME
    assert await refused(own(world).reset_password(ANYBODY, secret=second, new=NEW)) == "link_over"
    assert await world.use_cases.upkeep.purge_account_mails() == 1


async def test_nobody_learns_whether_an_address_has_an_account(world: World) -> None:
    answers, sent_statements = list[Any](), list[list[str]]()
    for email in (EMAIL, "khong.co@camau.example"):
        with statements(world) as made:
            answers.append(await own(world).request_reset(ANYBODY, email=email))
        sent_statements.append(list(made))
    assert answers[0] == answers[1]
    assert sent_statements[0] == sent_statements[1]
    assert [mail.to for mail in await sent(world)] == [EMAIL]
    assert await leaves(world) == []


@pytest.mark.parametrize("name", ["chu_tich", "quan_tri", "van_thu"])
async def test_office_that_holds_power_is_not_opened_by_mail(world: World, name: str) -> None:
    await own(world).request_reset(ANYBODY, email=f"{name}@camau.example")
    (mail,) = await sent(world)
    with pytest.raises(AssertionError):
        secret_in(mail)
    assert await waiting(world) == []


@pytest.mark.parametrize(
    "name", ["mot_cua", "chuyen_vien", "truong_phong", "khieu_nai", "cong_an", "dai_bieu", "thanh_tra"]
)
async def test_office_that_reaches_cases_is_not_opened_by_mail(world: World, name: str) -> None:
    await own(world).request_reset(ANYBODY, email=f"{name}@camau.example")
    (mail,) = await sent(world)
    with pytest.raises(AssertionError):
        secret_in(mail)


async def test_who_signs_by_delegation_is_not_opened_by_mail(world: World) -> None:
    early = await mailed(world, AccountMailKind.RESET_PASSWORD, "phan_bien_1@camau.example")
    delegation = await world.use_cases.offices.delegate(
        world.context("chu_tich"),
        to_person_id=world.people["phan_bien_1"],
        unit_id=world.units["committee"],
        document="01/GUQ-UBND",
        title="Phó Chủ tịch",
        valid_from=world.clock.at + timedelta(days=1),
        valid_to=world.clock.at + timedelta(days=30),
    )
    assert await refused(own(world).reset_password(ANYBODY, secret=early, new=NEW)) == "link_over"
    await own(world).request_reset(ANYBODY, email="phan_bien_1@camau.example")
    (mail,) = await sent(world)
    with pytest.raises(AssertionError):
        secret_in(mail)
    await world.use_cases.offices.revoke_delegation(world.context("chu_tich"), delegation.id, expected_version=1)
    await own(world).request_reset(ANYBODY, email="phan_bien_1@camau.example")
    (mail,) = await sent(world)
    await own(world).reset_password(ANYBODY, secret=secret_in(mail), new=NEW)


async def test_secret_is_good_for_nothing_once_the_account_is_closed(world: World) -> None:
    secret = await mailed(world, AccountMailKind.RESET_PASSWORD, EMAIL)
    await world.use_cases.people.disable(world.context("quan_tri"), world.people[STRANGER], expected_version=1)
    assert await refused(own(world).reset_password(ANYBODY, secret=secret, new=NEW)) == "link_over"
    await own(world).request_reset(ANYBODY, email=EMAIL)
    assert await sent(world) == []


async def test_mails_are_counted_by_where_they_go_and_who_asks(world: World) -> None:
    asking = replace(ANYBODY, address="192.0.2.7")
    for _ in range(3):
        await own(world).request_reset(asking, email=EMAIL)
    with pytest.raises(TooManyRequests) as used_up:
        await own(world).request_reset(asking, email=EMAIL)
    assert used_up.value.limit == "mail.account"
    for number in range(17):
        await own(world).request_reset(asking, email=f"ai{number}@camau.example")
    with pytest.raises(TooManyRequests) as everybody:
        await own(world).request_reset(asking, email="ai@camau.example")
    assert everybody.value.limit == "mail.address"


ASKING: list[Callable[[OwnAccounts, World], Any]] = [
    lambda accounts, _world: accounts.request_reset(ANYBODY, email=EMAIL),
    lambda accounts, world: accounts.request_email(world.context(STRANGER), email="a@b.example", password=OLD),
]


@pytest.mark.parametrize("ask", ASKING)
async def test_without_a_mail_server_it_says_so(world: World, ask: Callable[[OwnAccounts, World], Any]) -> None:
    mute = OwnAccounts(
        world.transactions, world.use_cases.own_accounts.passwords, world.use_cases.rate_limits, sends_mail=False
    )
    assert await refused(ask(mute, world)) == "no_mail"
    with pytest.raises(DomainError):
        await own(world).request_reset(ANYBODY, email="no address")


async def test_mail_that_was_not_taken_is_sent_again_with_another_secret(world: World) -> None:
    await own(world).request_reset(ANYBODY, email=EMAIL)
    (mail_id,) = await waiting(world)
    first, second = Outbox(), Outbox()
    await own(world).write(mail_id, send=first.send)
    await own(world).write(mail_id, send=second.send)
    old, new = secret_in(first.mails[0]), secret_in(second.mails[0])
    assert (first.mails[0].id, old != new) == (second.mails[0].id, True)
    assert await refused(own(world).reset_password(ANYBODY, secret=old, new=NEW)) == "link_over"
    await own(world).reset_password(ANYBODY, secret=new, new=NEW)
