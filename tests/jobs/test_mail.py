"""Mail on its way to a real mail server: who is told that a token ends, once, and what an envelope never gives away."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from smtplib import SMTPNotSupportedError
from uuid import UUID

import pytest
from procrastinate import App
from structlog.testing import capture_logs

from sandbox_registry.adapters.mail import MailRefused, SmtpClient
from sandbox_registry.adapters.webhooks import WebhookClient
from sandbox_registry.domain.operations.mails import Mail
from sandbox_registry.jobs.tasks import job_app
from sandbox_registry.runtime.mail_servers import MailServer
from sandbox_registry.usecases.identity.tokens import NewToken
from tests.jobs.mailbox import Mailbox, mailbox
from tests.jobs.queue import Queue, working
from tests.support.world import World

OWNER = "nguoi_dai_dien"
HELLO = Mail(id="1", to="an@tomsang.example", subject="Chào", body="Xin chào.\n.\nHết.\n")


@pytest.fixture
async def box() -> AsyncIterator[Mailbox]:
    async with mailbox() as found:
        yield found


def smtp(box: Mailbox, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> SmtpClient:
    server = MailServer(host=host, port=box.port, is_tls=False, sender="so@camau.example")
    return SmtpClient(server=server, tls=tls or ssl.create_default_context(), timeout_s=60)


def worker(world: World, database_url: str, box: Mailbox) -> App:
    cases = world.use_cases
    return job_app(
        database_url,
        cases.upkeep,
        own_accounts=cases.own_accounts,
        deliveries=cases.deliveries,
        webhooks=WebhookClient(),
        smtp=smtp(box),
    )


async def made(world: World, *, days: int, by: str = OWNER) -> NewToken:
    return await world.use_cases.tokens.create(world.context(by), name="máy của An", lifetime=timedelta(days=days))


async def remind(world: World, *, after: int) -> int:
    return await world.use_cases.upkeep.remind_token_holders(day=world.clock.at.date() + timedelta(days=after))


async def email_of(queue: Queue, person_id: UUID) -> str:
    return str((await queue.rows("SELECT email FROM people WHERE id = :id", id=person_id))[0][0])


async def test_holder_of_a_token_is_written_to_in_time_and_once(
    world: World, queue: Queue, database_url: str, box: Mailbox
) -> None:
    new = await made(world, days=30)
    told = [day for day in range(31) for _ in range(await remind(world, after=day))]
    async with working(worker(world, database_url, box)):
        await queue.until_idle()
    assert told == [16]
    email = await email_of(queue, new.token.person_id)
    assert box.envelopes == [("so@camau.example", email)]
    (mail,) = box.mails
    text = mail.get_content()
    assert (mail["To"], mail["Auto-Submitted"]) == (email, "auto-generated")
    assert mail["Message-ID"] == f"<token-{new.token.id}-ends@camau.example>"
    assert mail["Subject"] == "Mã truy cập sắp hết hạn / A token ends soon"
    for words in ("hết hạn lúc 14:00 ngày 20/12/2026", "ends at 14:00 on 20/12/2026", "expire le 20/12/2026 à 14:00"):
        assert words in text
    assert "máy của An" in text
    assert (new.secret in text, "cmsr_" in text) == (False, False)


async def test_short_tokens_are_told_of_the_day_before_and_sessions_never(world: World) -> None:
    brief = await made(world, days=5)
    await made(world, days=1)
    with capture_logs() as lines:
        told = [day for day in range(7) for _ in range(await remind(world, after=day))]
    assert told == [4]
    assert [line["token_id"] for line in lines if line["event"] == "token.expires_soon"] == [brief.token.id]


async def test_what_was_missed_is_made_up_for(world: World) -> None:
    """No worker ran for a week: the first that does tells what still has an end ahead."""
    await made(world, days=30)
    await made(world, days=20)
    assert await remind(world, after=23) == 2
    assert await remind(world, after=23) == 0


async def test_two_workers_at_once_write_each_letter_once(
    world: World, queue: Queue, database_url: str, box: Mailbox
) -> None:
    made_ids = {(await made(world, days=20)).token.id for _ in range(6)}
    told = await asyncio.gather(*(remind(world, after=10) for _ in range(4)))
    async with working(*(worker(world, database_url, box) for _ in range(2))):
        await queue.until_idle()
    assert sum(told) == 6
    assert sorted(mail["Message-ID"] for mail in box.mails) == sorted(
        f"<token-{each}-ends@camau.example>" for each in made_ids
    )


@pytest.mark.parametrize("meanwhile", ["revoked", "ended", "closed"])
async def test_nobody_is_written_to_about_a_token_that_is_no_more(
    world: World, queue: Queue, database_url: str, box: Mailbox, meanwhile: str
) -> None:
    new = await made(world, days=20)
    assert await remind(world, after=10) == 1
    if meanwhile == "revoked":
        await world.use_cases.tokens.revoke(world.context(OWNER), new.token.id)
    elif meanwhile == "ended":
        world.clock.forward(days=21)
    else:
        await queue.do("UPDATE people SET disabled_at = now() WHERE id = :id", id=new.token.person_id)
    try:
        async with working(worker(world, database_url, box)):
            await queue.until_idle()
    finally:
        await queue.do("UPDATE people SET disabled_at = NULL WHERE id = :id", id=new.token.person_id)
    assert box.mails == []


async def test_token_revoked_before_its_day_is_not_told_of(world: World) -> None:
    new = await made(world, days=20)
    await world.use_cases.tokens.revoke(world.context(OWNER), new.token.id)
    assert await remind(world, after=10) == 0


async def test_refused_mail_is_tried_again_and_no_log_names_the_address(
    world: World, queue: Queue, database_url: str, box: Mailbox
) -> None:
    new = await made(world, days=20)
    await remind(world, after=10)
    box.refuses = b"451 not now, " + (await email_of(queue, new.token.person_id)).encode() + b"\r\n"
    with capture_logs() as lines:
        async with working(worker(world, database_url, box)):
            await queue.until("SELECT status::text, attempts FROM procrastinate_jobs", [("todo", 1)])
    (failed,) = [line for line in lines if line["event"] == "job.failed"]
    assert failed["error"] == "MailRefused: 451"
    assert "@" not in str(lines)
    box.refuses = None
    await queue.do("UPDATE procrastinate_jobs SET scheduled_at = NULL")
    async with working(worker(world, database_url, box)):
        await queue.until_idle()
    assert len(box.mails) == 1


async def test_without_a_mail_server_the_job_ends_and_the_log_tells(world: World, queue: Queue, jobs: App) -> None:
    await made(world, days=20)
    with capture_logs() as lines:
        await remind(world, after=10)
        async with working(jobs):
            await queue.until_idle()
    assert [line["event"] for line in lines].count("token.expires_soon") == 1
    assert [line["result"] for line in lines if line["event"] == "job.done"] == [None]


async def test_mail_is_encrypted_wherever_that_can_be(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, trusting = contexts
    async with mailbox(server) as box:
        await smtp(box, tls=trusting).send(HELLO)
        with pytest.raises(ssl.SSLCertVerificationError):
            await smtp(box).send(HELLO)
    assert (box.was_encrypted, [mail.get_content().splitlines() for mail in box.mails]) == (
        [True],
        [HELLO.body.splitlines()],
    )


async def test_no_mail_goes_to_another_machine_in_the_clear(box: Mailbox) -> None:
    with pytest.raises(SMTPNotSupportedError):
        await smtp(box, host="0.0.0.0").send(HELLO)  # noqa: S104 - leads here, and does not look it.
    assert box.mails == []


async def test_refusal_of_a_sender_is_told_by_its_code(box: Mailbox) -> None:
    box.refuses = b"550 <an@tomsang.example> unknown\r\n"
    with pytest.raises(MailRefused, match=r"^550$"):
        await smtp(box).send(HELLO)
