"""How an official who forgot their password gets in again: two administrators and a mail to the account's own address."""

import asyncio
from typing import Any

import pytest

from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, NotFound, PermissionDenied
from sandbox_registry.domain.identity.people import Service
from sandbox_registry.domain.identity.recoveries import TERM
from sandbox_registry.usecases.identity.recoveries import Recoveries
from tests.support.account_mails import secret_in, sent
from tests.support.leaves import told
from tests.support.world import ANYBODY, World

NEW = "tôm sú lội ngược dòng"
SIGNER = "chu_tich"


def recoveries(world: World) -> Recoveries:
    return world.use_cases.recoveries


async def propose(world: World, by: str = "quan_tri", who: str = SIGNER) -> Any:
    return await recoveries(world).propose(world.context(by), world.people[who])


async def confirm(world: World, by: str = "quan_tri_2", who: str = SIGNER) -> Any:
    return await recoveries(world).confirm(world.context(by), world.people[who])


async def refused(doing: Any) -> str:
    with pytest.raises(ConditionNotMet) as caught:
        await doing
    return str(caught.value.condition)


async def test_two_administrators_let_a_signer_set_a_new_password(world: World) -> None:
    assert (await propose(world)).service is Service.RECOVERY_PROPOSED
    assert await sent(world) == []
    assert (await confirm(world)).service is Service.RECOVERY_CONFIRMED
    (mail,) = await sent(world)
    assert mail.to == f"{SIGNER}@camau.example"
    person = await world.use_cases.own_accounts.reset_password(ANYBODY, secret=secret_in(mail), new=NEW)
    assert person.id == world.people[SIGNER]
    view = await world.use_cases.people.read(world.context("quan_tri"), person.id)
    assert not view.must_change_password
    assert [act for act, *_ in await told(world)] == [
        "password:propose_recovery",
        "password:confirm_recovery",
        "password:change",
    ]


async def test_secret_of_a_recovery_is_good_once(world: World) -> None:
    await propose(world)
    await confirm(world)
    (mail,) = await sent(world)
    tries = [
        world.use_cases.own_accounts.reset_password(ANYBODY, secret=secret_in(mail), new=f"{NEW} {number}")
        for number in range(2)
    ]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(isinstance(each, ConditionNotMet) for each in done) == [False, True]


async def test_who_cannot_propose_or_confirm_a_recovery(world: World) -> None:
    assert await refused(confirm(world)) == "nothing_proposed"
    for doing in (propose, confirm):
        with pytest.raises(PermissionDenied):
            await doing(world, by="truong_phong")
    assert await refused(propose(world, who="quan_tri")) == "not_oneself"
    await propose(world, who="quan_tri_2")
    assert await refused(confirm(world, who="quan_tri_2")) == "not_oneself"
    await propose(world)
    assert await refused(confirm(world, by="quan_tri")) == "four_eyes"
    with pytest.raises(Duplicate):
        await propose(world, by="quan_tri_2")
    world.people["ai"] = world.startup
    with pytest.raises(NotFound):
        await propose(world, who="ai")


async def test_who_opened_the_account_does_not_confirm_its_recovery(world: World) -> None:
    person = await world.use_cases.people.register(
        world.context("quan_tri_2"), full_name="Trần Văn Mới", email="moi@camau.example"
    )
    world.people["moi"] = person.id
    await propose(world, who="moi")
    assert await refused(confirm(world, who="moi")) == "own_account"


async def test_helping_with_a_recovery_ties_no_accounts(world: World) -> None:
    await propose(world, who="chu_tich")
    await confirm(world, who="chu_tich")
    await propose(world, who="chuyen_vien")
    assert (await confirm(world, who="chuyen_vien")).service is Service.RECOVERY_CONFIRMED


async def test_a_proposal_waits_a_week_and_is_confirmed_once(world: World) -> None:
    await propose(world)
    world.clock.at += TERM
    assert await refused(confirm(world)) == "nothing_proposed"
    await propose(world)
    done = await asyncio.gather(*[confirm(world) for _ in range(2)], return_exceptions=True)
    assert sorted(isinstance(each, ConditionNotMet) for each in done) == [False, True]
    assert len(await sent(world)) == 1


async def test_two_proposals_at_once_leave_one(world: World) -> None:
    done = await asyncio.gather(*[propose(world, by=by) for by in ("quan_tri", "quan_tri_2")], return_exceptions=True)
    assert sorted(isinstance(each, Duplicate) for each in done) == [False, True]


async def test_no_recovery_of_a_closed_account_or_without_mail(world: World) -> None:
    await propose(world)
    await world.use_cases.people.disable(world.context("quan_tri"), world.people[SIGNER], expected_version=1)
    assert await refused(confirm(world)) == "account_closed"
    mute = Recoveries(world.transactions, sends_mail=False)
    assert await refused(mute.propose(world.context("quan_tri"), world.people["mot_cua"])) == "no_mail"
