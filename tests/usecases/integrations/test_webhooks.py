"""Webhooks against a real receiver: who is told what, signed how, how often, and what is never told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.adapters.webhooks import WebhookClient
from sandbox_registry.db.integrations import webhooks as webhook_rows
from sandbox_registry.domain.errors import ConditionNotMet, Invalid, NotFound, PermissionDenied, StaleVersion
from sandbox_registry.domain.integrations.webhooks import PURPOSE, DeliveryState, Endpoint, EndpointState
from sandbox_registry.runtime.seals import Seals
from sandbox_registry.usecases.integrations.webhook_deliveries import BeingSent, Deliveries
from sandbox_registry.usecases.integrations.webhooks import DeliveryView, NewSecret, Webhooks
from sandbox_registry.usecases.transaction.context import RequestContext
from tests.support.decided import issued
from tests.support.leaves import leaves
from tests.support.stages import INTAKE, OWNER, received, submitted
from tests.support.world import Clock, World
from tests.usecases.integrations.webhook_receiver import Received, Receiver, receiving, reply

ADMIN, RIVAL = "quan_tri", "doi_thu"
DEAD, DELIVERED, PENDING = DeliveryState.DEAD, DeliveryState.DELIVERED, DeliveryState.PENDING


@dataclass
class Post:
    """The world's webhooks over loopback, and its worker, which does the next job when told."""

    world: World
    owner: AsyncEngine
    receiver: Receiver
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.webhooks = Webhooks(self.world.transactions, to_loopback=True)
        self.deliveries = Deliveries(self.world.transactions, now=self.clock, chance=lambda: 0.5)
        self.sender = WebhookClient(to_loopback=True, timeout_s=60)

    async def jobs(self) -> list[tuple[UUID, int]]:
        query = "SELECT args FROM procrastinate_jobs WHERE task_name = 'deliver_webhook' ORDER BY id"
        async with self.owner.connect() as connection:
            found = (await connection.execute(text(query))).scalars().all()
        return [(UUID(args["delivery_id"]), args["attempt"]) for args in found]

    async def work(self) -> list[DeliveryState | None]:
        """Do every job that waits now; what they defer waits for the next time."""
        waiting = await self.jobs()
        async with self.owner.begin() as connection:
            await connection.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'deliver_webhook'"))
        return [await self.deliveries.deliver(one, attempt=number, send=self.sender.send) for one, number in waiting]

    async def endpoint(
        self, *events: str, by: str | RequestContext = OWNER, of: UUID | None = None, active: bool = True
    ) -> NewSecret:
        actor = self.world.context(by) if isinstance(by, str) else by
        made = await self.webhooks.create(
            actor,
            organisation_id=of or self.world.startup,
            url=self.receiver.url,
            events=events or ("*",),
            description="",
        )
        if active:
            assert await self.work() == [DELIVERED]
            self.receiver.got.clear()
        return made

    async def state(self, endpoint: Endpoint, *, by: str = OWNER) -> EndpointState:
        return (await self.webhooks.read(self.world.context(by), endpoint.id)).state

    async def sent(self, endpoint: Endpoint, *, by: str = OWNER) -> list[tuple[str, DeliveryState]]:
        found = await self.webhooks.list_deliveries(
            self.world.context(by), endpoint.id, state=None, after=None, limit=50
        )
        return [(each.type, each.state) for each in reversed(found)]

    async def last(self, endpoint: Endpoint) -> DeliveryView:
        actor = self.world.context(OWNER)
        newest = await self.webhooks.list_deliveries(actor, endpoint.id, state=None, after=None, limit=1)
        return await self.webhooks.read_delivery(actor, endpoint.id, newest[0].id)


@pytest.fixture
async def post(world: World, owner: AsyncEngine) -> AsyncIterator[Post]:
    async with owner.begin() as connection:
        await connection.execute(text("DELETE FROM procrastinate_jobs"))
    async with receiving() as receiver:
        yield Post(world=world, owner=owner, receiver=receiver)
    async with owner.begin() as connection:
        await connection.execute(text("DELETE FROM procrastinate_jobs"))


async def test_endpoint_is_pending_until_it_answers_its_challenge(post: Post) -> None:
    made = await post.endpoint(active=False)
    assert made.endpoint.state is EndpointState.PENDING
    await submitted(post.world)
    assert await post.work() == [DELIVERED]
    assert await post.state(made.endpoint) is EndpointState.ACTIVE
    assert [each.event["type"] for each in post.receiver.got] == ["endpoint.check"]
    assert post.receiver.got[0].is_signed_by(made.secret)
    assert await post.sent(made.endpoint) == [("endpoint.check", DELIVERED)]


@pytest.mark.parametrize("answer", [reply(200, b'{"challenge": "khac"}'), reply(200), reply(200, b"[1]"), reply(500)])
async def test_endpoint_without_the_right_answer_stays_pending(post: Post, answer: bytes) -> None:
    post.receiver.answer = lambda _received: answer
    made = await post.endpoint(active=False)
    assert [await post.work() for _ in range(4)] == [[PENDING], [PENDING], [DEAD], []]
    assert await post.state(made.endpoint) is EndpointState.PENDING


async def test_event_is_a_signed_cloud_event_without_personal_data(post: Post) -> None:
    made = await post.endpoint()
    case = await received(post.world)
    assert await post.work() == [DELIVERED, DELIVERED]
    came = post.receiver.of("application.received")[0]
    assert came.line == "POST /hook?from=registry HTTP/1.1"
    assert came.headers["host"] == f"127.0.0.1:{post.receiver.port}"
    assert came.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert came.headers["webhook-timestamp"] == str(int(post.clock.at.timestamp()))
    assert came.is_signed_by(made.secret)
    assert came.headers["webhook-id"] == came.event["id"]
    assert came.event == {
        "specversion": "1.0",
        "id": came.event["id"],
        "source": "/api/v1",
        "type": "application.received",
        "subject": f"applications/{case.id}",
        "time": "2026-11-20T07:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "application_id": str(case.id),
            "code": case.code,
            "stage": "submitted",
            "version": case.version,
            "procedure_code": case.procedure_code,
            "url": f"/api/v1/applications/{case.id}",
        },
    }


async def test_letters_and_permits_are_told_of_and_not_told(post: Post) -> None:
    await post.endpoint("message.sent", "permit.issued")
    case = await submitted(post.world)
    await post.world.use_cases.messages.send(post.world.context(OWNER), case.id, body="Số tài khoản 0123456789")
    permit = await issued(post.world)
    assert set(await post.work()) == {DELIVERED}
    letter, paper = post.receiver.of("message.sent"), post.receiver.of("permit.issued")
    assert len(post.receiver.got) == len(letter) + len(paper) == 2
    assert letter[0].event["data"]["from_applicant"] is True
    assert paper[0].event["data"]["permit_id"] == str(permit.permit.id)
    assert b"0123456789" not in letter[0].body


async def test_rollback_takes_the_delivery_and_its_job_with_it(post: Post) -> None:
    made = await post.endpoint()
    case = await submitted(post.world)
    await post.work()
    with pytest.raises(StaleVersion):
        await post.world.use_cases.intake.receive(
            post.world.context(INTAKE), case.id, expected_version=case.version - 1
        )
    assert await post.jobs() == []
    assert await post.sent(made.endpoint) == [("endpoint.check", DELIVERED), ("application.submitted", DELIVERED)]


async def test_only_what_was_asked_for_is_sent(post: Post) -> None:
    made = await post.endpoint("permit.issued")
    await received(post.world)
    assert await post.sent(made.endpoint) == [("endpoint.check", DELIVERED)]


async def test_cases_of_others_are_never_told_of(post: Post) -> None:
    made = await post.endpoint(by=RIVAL, of=post.world.rival)
    await received(post.world)
    assert await post.jobs() == []
    assert await post.sent(made.endpoint, by=RIVAL) == [("endpoint.check", DELIVERED)]


async def test_nothing_is_sent_of_what_may_not_be_read_any_more(post: Post) -> None:
    made = await post.endpoint()
    await submitted(post.world)
    async with post.owner.begin() as connection:
        await connection.execute(text("UPDATE applications SET organisation_id = :rival"), {"rival": post.world.rival})
    assert await post.work() == [DeliveryState.WITHHELD]
    assert post.receiver.got == []
    assert [each.failure for each in (await post.last(made.endpoint)).attempts] == ["not_readable"]


async def test_nothing_is_sent_once_nobody_is_answerable(post: Post) -> None:
    made = await post.endpoint()
    await submitted(post.world)
    async with post.owner.begin() as connection:
        await connection.execute(
            text("UPDATE memberships SET valid_to = valid_from + interval '1 second' WHERE person_id = :person"),
            {"person": post.world.people[OWNER]},
        )
    post.world.clock.forward(minutes=1)
    assert await post.work() == [DeliveryState.WITHHELD]
    assert post.receiver.got == []
    assert (await post.last(made.endpoint)).attempts[0].failure == "nobody_answerable"


async def test_unit_is_told_of_cases_it_handles_and_of_no_draft(post: Post) -> None:
    made = await post.endpoint(by=ADMIN, of=post.world.units["focal"])
    draft = await post.world.draft()
    await post.world.use_cases.applications.discard(post.world.context(OWNER), draft.id, expected_version=draft.version)
    await received(post.world)
    assert await post.work() == [DELIVERED, DELIVERED]
    assert await post.sent(made.endpoint, by=ADMIN) == [
        ("endpoint.check", DELIVERED),
        ("application.submitted", DELIVERED),
        ("application.received", DELIVERED),
    ]


async def test_who_may_not_manage_an_endpoint_finds_none(post: Post) -> None:
    world = post.world
    made = await post.endpoint()
    for name in (RIVAL, ADMIN, "nguoi_soan", "mot_cua", "thanh_tra", "nguoi_la"):
        stranger, hooks, one = world.context(name), post.webhooks, made.endpoint.id
        assert await hooks.list_endpoints(stranger) == ()
        for act in (
            hooks.read(stranger, one),
            hooks.check(stranger, one),
            hooks.rotate(stranger, one),
            hooks.remove(stranger, one),
            hooks.replay(stranger, one, one),
            hooks.edit(stranger, one, expected_version=2, url="x", events=(), description=""),
            hooks.list_deliveries(stranger, one, state=None, after=None, limit=1),
            hooks.create(stranger, organisation_id=world.startup, url="x", events=(), description=""),
        ):
            with pytest.raises(NotFound):
                await act
    assert await post.state(made.endpoint) is EndpointState.ACTIVE


async def test_token_that_does_not_list_the_act_does_not_do_it(post: Post) -> None:
    narrow = post.world.context(OWNER, token_scopes=frozenset({"application:read"}))
    with pytest.raises(PermissionDenied):
        await post.endpoint(by=narrow, active=False)
    made = await post.endpoint()
    with pytest.raises(NotFound):
        await post.webhooks.read(narrow, made.endpoint.id)


async def test_rotation_signs_twice_for_a_while(post: Post) -> None:
    made = await post.endpoint()
    new = await post.webhooks.rotate(post.world.context(OWNER), made.endpoint.id, overlap=timedelta(hours=1))
    case = await submitted(post.world)
    await post.work()
    both = post.receiver.got[0]
    assert len(both.headers["webhook-signature"].split(" ")) == 2
    assert both.is_signed_by(new.secret)
    assert both.is_signed_by(made.secret, place=1)
    post.world.clock.forward(hours=1)
    await post.world.use_cases.intake.receive(post.world.context(INTAKE), case.id, expected_version=case.version)
    await post.work()
    only = post.receiver.got[1]
    assert only.is_signed_by(new.secret)
    assert " " not in only.headers["webhook-signature"]


async def test_secrets_are_sealed_and_never_in_the_log(post: Post) -> None:
    made = await post.endpoint(active=False)
    async with post.owner.connect() as connection:
        kept = (await connection.execute(text("SELECT sealed, id FROM webhook_secrets"))).all()
        records = (await connection.execute(text("SELECT record FROM audit_records"))).scalars().all()
    assert len(kept) == 1
    assert made.secret.removeprefix("whsec_").encode() not in b"".join([kept[0].sealed, *records])
    assert [(leaf.action, leaf.kind) for leaf in await leaves(post.world)] == [("webhook:create", "webhook")]


async def test_failed_try_is_made_again_and_succeeds(post: Post) -> None:
    made = await post.endpoint()
    await submitted(post.world)
    answers = iter([reply(503, b"later"), reply(200, b"thanks")])
    post.receiver.answer = lambda _received: next(answers)
    assert await post.work() == [PENDING]
    waiting = (await post.last(made.endpoint)).delivery
    assert waiting.next_at == post.clock.at + timedelta(seconds=10)
    assert await post.work() == [DELIVERED]
    first, second = post.receiver.got
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    seen = [(each.number, each.status, each.failure, each.answer) for each in (await post.last(made.endpoint)).attempts]
    assert seen == [(1, 503, "status", "later"), (2, 200, None, "thanks")]


async def test_redirect_is_not_followed(post: Post) -> None:
    made = await post.endpoint()
    post.receiver.answer = lambda _received: reply(302, b"", f"Location: {post.receiver.url}&again=1")
    await submitted(post.world)
    assert await post.work() == [PENDING]
    assert len(post.receiver.got) == 1
    assert [(each.status, each.failure) for each in (await post.last(made.endpoint)).attempts] == [(302, "redirect")]


async def test_slow_receiver_is_not_waited_for(post: Post) -> None:
    made = await post.endpoint()
    post.receiver.pause, post.sender = 2, WebhookClient(to_loopback=True, timeout_s=0.2)
    await submitted(post.world)
    assert await post.work() == [PENDING]
    tried = (await post.last(made.endpoint)).attempts[0]
    assert (tried.status, tried.failure) == (None, "timeout")


async def test_large_answer_is_not_read_and_a_long_one_is_cut(post: Post) -> None:
    made = await post.endpoint()
    post.receiver.answer = lambda _received: reply(200, b"x" * 70_000)
    await submitted(post.world)
    assert await post.work() == [PENDING]
    post.receiver.answer = lambda _received: reply(200, b"\x00" + b"y" * 60_000)
    assert await post.work() == [DELIVERED]
    large, cut = (await post.last(made.endpoint)).attempts
    assert (large.failure, large.answer) == ("answer_too_large", "")
    assert (cut.failure, cut.answer) == (None, "\ufffd" + "y" * 999)


async def test_dead_letter_is_shown_and_sent_again_by_its_owner(post: Post) -> None:
    world, owner = post.world, post.world.context(OWNER)
    made = await post.endpoint()
    post.receiver.answer = lambda _received: reply(500)
    await submitted(world)
    assert [await post.work() for _ in range(9)] == [*[[PENDING]] * 7, [DEAD], []]
    dead = await post.webhooks.list_deliveries(owner, made.endpoint.id, state=DEAD, after=None, limit=10)
    assert [(each.type, each.attempts) for each in dead] == [("application.submitted", 8)]
    again = await post.webhooks.replay(owner, made.endpoint.id, dead[0].id)
    with pytest.raises(ConditionNotMet):
        await post.webhooks.replay(owner, made.endpoint.id, dead[0].id)
    post.receiver.answer = lambda _received: reply(204)
    assert (again.event_id, again.budget) == (dead[0].event_id, 16)
    assert await post.work() == [DELIVERED]
    assert {each.headers["webhook-id"] for each in post.receiver.got} == {str(dead[0].event_id)}
    assert [leaf.action for leaf in await leaves(world)][-1] == "webhook:replay"


async def dead_letters(post: Post, number: int) -> NewSecret:
    """An endpoint that took none of some events, and takes them now."""
    made = await post.endpoint("application.submitted")
    post.receiver.answer = lambda _received: reply(500)
    for _ in range(number):
        await submitted(post.world)
    for _ in range(8):
        await post.work()
    post.receiver.answer = lambda _received: reply(204)
    post.receiver.got.clear()
    return made


async def test_dead_letters_are_sent_again_together_in_one_act(post: Post) -> None:
    owner, made = post.world.context(OWNER), await dead_letters(post, 3)
    dead = await post.webhooks.list_deliveries(owner, made.endpoint.id, state=DEAD, after=None, limit=10)
    again = await post.webhooks.replay_dead(owner, made.endpoint.id)
    assert [each.id for each in again] == [each.id for each in reversed(dead)]
    assert {(each.state, each.attempts, each.budget) for each in again} == {(PENDING, 8, 16)}
    assert await post.work() == [DELIVERED] * 3
    assert [each.headers["webhook-id"] for each in post.receiver.got] == [str(each.event_id) for each in again]
    last = (await leaves(post.world))[-1]
    assert (last.action, last.result) == ("webhook:replay", "done")
    assert [each["event_id"] for each in last.record["objects"][0]["state"]["events"]] == [
        str(each.event_id) for each in again
    ]
    before = len(await leaves(post.world))
    assert await post.webhooks.replay_dead(owner, made.endpoint.id) == ()
    assert len(await leaves(post.world)) == before


async def test_two_replays_at_once_send_each_dead_letter_once(post: Post) -> None:
    owner, made = post.world.context(OWNER), await dead_letters(post, 2)
    found = await asyncio.gather(*(post.webhooks.replay_dead(owner, made.endpoint.id) for _ in range(2)))
    assert sorted(map(len, found)) == [0, 2]
    assert await post.work() == [DELIVERED] * 2


async def test_dead_letters_wait_for_an_active_endpoint_and_its_manager(post: Post) -> None:
    owner, made = post.world.context(OWNER), await dead_letters(post, 1)
    with pytest.raises(NotFound):
        await post.webhooks.replay_dead(post.world.context(RIVAL), made.endpoint.id)
    known = await post.webhooks.read(owner, made.endpoint.id)
    await post.webhooks.edit(
        owner,
        known.id,
        expected_version=known.version,
        url=post.receiver.url + "khac",
        events=("*",),
        description="",
    )
    with pytest.raises(ConditionNotMet) as refused:
        await post.webhooks.replay_dead(owner, made.endpoint.id)
    assert refused.value.condition == "endpoint_not_active"


@pytest.mark.parametrize(
    ("status", "said", "waits"),
    [(429, "120", 120), (503, "3600", 3600), (503, "1", 10), (500, "120", 10), (429, "soon", 10)],
)
async def test_a_busy_receiver_is_left_alone_as_long_as_it_asks(post: Post, status: int, said: str, waits: int) -> None:
    made = await post.endpoint()
    post.receiver.answer = lambda _received: reply(status, b"", f"Retry-After: {said}")
    await submitted(post.world)
    assert await post.work() == [PENDING]
    view = await post.last(made.endpoint)
    assert view.delivery.next_at == post.clock.at + timedelta(seconds=waits)


async def test_endpoint_that_long_fails_is_switched_off_until_checked(post: Post) -> None:
    owner, made = post.world.context(OWNER), await post.endpoint()
    post.receiver.answer = lambda _received: reply(500)
    case = await submitted(post.world)
    await post.work()
    failing = (await post.webhooks.read(owner, made.endpoint.id)).failing_since
    assert failing == post.clock.at
    post.clock.forward(days=3)
    assert await post.work() == [PENDING]
    assert await post.state(made.endpoint) is EndpointState.DISABLED
    assert await post.work() == [DEAD]
    await post.world.use_cases.intake.receive(post.world.context(INTAKE), case.id, expected_version=case.version)
    assert await post.jobs() == []
    with pytest.raises(ConditionNotMet):
        await post.webhooks.replay(owner, made.endpoint.id, (await post.last(made.endpoint)).delivery.id)
    post.receiver.answer = Receiver().answer
    await post.webhooks.check(owner, made.endpoint.id)
    assert await post.work() == [DELIVERED]
    assert await post.state(made.endpoint) is EndpointState.ACTIVE


async def test_endpoint_that_says_it_is_gone_is_switched_off_at_once(post: Post) -> None:
    made = await post.endpoint()
    post.receiver.answer = lambda _received: reply(410)
    await submitted(post.world)
    assert await post.work() == [DEAD]
    assert await post.state(made.endpoint) is EndpointState.DISABLED


async def test_success_forgives_failures(post: Post) -> None:
    owner, made = post.world.context(OWNER), await post.endpoint()
    answers = iter([reply(500), reply(204)])
    post.receiver.answer = lambda _received: next(answers)
    await submitted(post.world)
    await post.work()
    await post.work()
    assert (await post.webhooks.read(owner, made.endpoint.id)).failing_since is None


async def test_new_address_must_answer_a_challenge_again(post: Post) -> None:
    owner, made = post.world.context(OWNER), await post.endpoint()
    current = await post.webhooks.read(owner, made.endpoint.id)
    fields: dict[str, Any] = {"events": ["*"], "description": "x"}
    with pytest.raises(StaleVersion):
        await post.webhooks.edit(owner, current.id, expected_version=1, url=current.url, **fields)
    same = await post.webhooks.edit(owner, current.id, expected_version=current.version, url=current.url, **fields)
    assert same.state is EndpointState.ACTIVE
    moved = await post.webhooks.edit(
        owner, current.id, expected_version=same.version, url=f"{current.url}&new=1", **fields
    )
    assert moved.state is EndpointState.PENDING
    assert await post.work() == [DELIVERED]
    assert await post.state(made.endpoint) is EndpointState.ACTIVE


async def test_removed_endpoint_gets_nothing_and_keeps_no_secret(post: Post) -> None:
    owner, made = post.world.context(OWNER), await post.endpoint()
    await submitted(post.world)
    await post.webhooks.remove(owner, made.endpoint.id)
    assert await post.work() == [None]
    assert post.receiver.got == []
    async with post.owner.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM webhook_secrets"))).scalar_one() == 0
    with pytest.raises(NotFound):
        await post.webhooks.read(owner, made.endpoint.id)


async def test_worker_never_waits_for_who_removes_the_endpoint_it_sends_to(post: Post) -> None:
    made = await post.endpoint()
    await submitted(post.world)
    [(delivery_id, attempt)] = await post.jobs()
    sending = asyncio.Event()

    async def send(url: str, body: bytes, headers: Any) -> Any:
        sending.set()
        return await post.sender.send(url, body, headers)

    async with asyncio.TaskGroup() as group, post.world.transactions.database.transaction() as work:
        await webhook_rows.lock_endpoint(work.connection, made.endpoint.id)
        trying = group.create_task(post.deliveries.deliver(delivery_id, attempt=attempt, send=send))
        await sending.wait()
        await webhook_rows.end_all(work.connection, made.endpoint.id, at=post.world.clock())
    assert trying.result() is None
    assert await post.sent(made.endpoint) == [("endpoint.check", DELIVERED), ("application.submitted", DEAD)]


async def test_secrets_sealed_with_another_key_sign_nothing_until_made_anew(post: Post) -> None:
    owner, made = post.world.context(OWNER), await post.endpoint()
    await submitted(post.world)
    post.deliveries.seals = post.webhooks.seals = Seals(b"another key, of another machine.", purpose=PURPOSE)
    assert await post.work() == [DEAD]
    assert post.receiver.got == []
    lost = await post.last(made.endpoint)
    assert [(each.status, each.failure) for each in lost.attempts] == [(None, "secret_lost")]
    new = await post.webhooks.rotate(owner, made.endpoint.id)
    await post.webhooks.replay(owner, made.endpoint.id, lost.delivery.id)
    assert await post.work() == [DELIVERED]
    assert post.receiver.got[0].is_signed_by(new.secret)
    assert " " not in post.receiver.got[0].headers["webhook-signature"]


async def test_one_try_is_one_workers(post: Post) -> None:
    await post.endpoint()
    await submitted(post.world)
    [(delivery_id, attempt)] = await post.jobs()
    met: list[BaseException] = []

    async def meddle(url: str, body: bytes, headers: Any) -> Any:
        with pytest.raises(BeingSent) as caught:
            await post.deliveries.deliver(delivery_id, attempt=attempt, send=post.sender.send)
        met.append(caught.value)
        return await post.sender.send(url, body, headers)

    assert await post.deliveries.deliver(delivery_id, attempt=attempt, send=meddle) is DELIVERED
    assert await post.deliveries.deliver(delivery_id, attempt=attempt, send=post.sender.send) is None
    assert (len(met), len(post.receiver.got)) == (1, 1)


async def test_try_whose_worker_died_is_made_again(post: Post) -> None:
    class Killed(Exception):
        """The worker is gone."""

    async def die(_url: str, _body: bytes, _headers: Any) -> Any:
        raise Killed

    await post.endpoint()
    await submitted(post.world)
    [(delivery_id, attempt)] = await post.jobs()
    with pytest.raises(Killed):
        await post.deliveries.deliver(delivery_id, attempt=attempt, send=die)
    with pytest.raises(BeingSent):
        await post.deliveries.deliver(delivery_id, attempt=attempt, send=post.sender.send)
    post.clock.forward(seconds=31)
    assert await post.deliveries.deliver(delivery_id, attempt=attempt, send=post.sender.send) is DELIVERED


async def test_what_was_left_behind_is_taken_up_and_what_is_old_forgotten(post: Post) -> None:
    made = await post.endpoint()
    await submitted(post.world)
    async with post.owner.begin() as connection:
        await connection.execute(text("DELETE FROM procrastinate_jobs"))
    assert await post.deliveries.sweep() == 0
    post.clock.forward(hours=2)
    assert await post.deliveries.sweep() == 1
    assert await post.work() == [DELIVERED]
    post.clock.forward(days=31)
    assert await post.deliveries.sweep() == 0
    assert await post.sent(made.endpoint) == []


async def test_ten_endpoints_are_enough(post: Post) -> None:
    for _ in range(10):
        await post.endpoint(active=False)
    with pytest.raises(ConditionNotMet):
        await post.endpoint(active=False)


async def test_inside_addresses_are_refused_without_the_setting(world: World) -> None:
    strict = world.use_cases.webhooks
    for url in ("http://127.0.0.1:8080/", "https://127.0.0.1/", "https://169.254.169.254/latest"):
        with pytest.raises(Invalid):
            await strict.create(
                world.context(OWNER), organisation_id=world.startup, url=url, events=["*"], description=""
            )


def test_receiver_sees_through_a_forged_body() -> None:
    forged = Received(
        line="", headers={"webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}, body=b"{}"
    )
    assert not forged.is_signed_by("whsec_" + "A" * 43 + "=")
