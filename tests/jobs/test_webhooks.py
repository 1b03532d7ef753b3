"""How webhooks leave: TLS by name to a checked address, nothing inside, and the queue doing each try once."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator
from ipaddress import IPv4Address, ip_address
from typing import Any

import pytest

from sandbox_registry.adapters.webhooks import WebhookClient, resolve
from sandbox_registry.domain.integrations.addresses import Address
from sandbox_registry.domain.integrations.webhooks import WebhookResponse
from sandbox_registry.jobs.tasks import job_app
from sandbox_registry.usecases.integrations.webhooks import Webhooks
from tests.jobs.certificates import NAME
from tests.jobs.queue import Queue, working
from tests.support.stages import OWNER, submitted
from tests.support.world import World
from tests.usecases.integrations.webhook_receiver import Receiver, echo, receiving, reply

BODY = b'{"type": "message.sent"}'
TLS = ssl.create_default_context()


class Names:
    """A resolver that answers as it is told and counts how often it was asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = tuple(ip_address(each) for each in addresses)
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> tuple[Address, ...]:
        self.asked.append(host)
        return self.addresses


async def sent(url: str, **how: Any) -> WebhookResponse:
    return await WebhookClient(tls=how.pop("tls", TLS), timeout_s=how.pop("timeout_s", 60), **how).send(
        url, BODY, {"webhook-id": "1"}
    )


async def test_connection_goes_to_the_checked_address_under_the_name(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server, client = contexts
    names, shown = Names("127.0.0.1"), []
    server.sni_callback = lambda _socket, name, _context: shown.append(name)
    async with receiving(server) as receiver:
        receiver.answer = lambda _received: reply(200, b"xin")
        answer = await sent(f"https://{NAME}:{receiver.port}/a?b=c", to_loopback=True, resolve=names, tls=client)
    assert (answer.status, answer.body, answer.failure) == (200, "xin", None)
    assert (names.asked, shown) == ([NAME], [NAME])
    assert [(each.line, each.headers["host"], each.body) for each in receiver.got] == [
        ("POST /a?b=c HTTP/1.1", f"{NAME}:{receiver.port}", BODY)
    ]


async def test_certificate_of_another_name_is_refused(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, client = contexts
    async with receiving(server) as receiver:
        url = f"https://other.camau.example:{receiver.port}/"
        answer = await sent(url, to_loopback=True, resolve=Names("127.0.0.1"), tls=client)
    assert (answer.status, answer.failure) == (None, "connection: ConnectError")
    assert receiver.got == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        ["93.184.216.34", "127.0.0.1"],
        ["2606:4700::1", "fe80::1"],
    ],
)
async def test_name_that_leads_inside_is_refused(addresses: list[str]) -> None:
    names = Names(*addresses)
    answer = await sent("https://rebound.example/", resolve=names)
    assert (answer.status, answer.failure) == (None, "address_not_public")
    assert names.asked == ["rebound.example"]


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f.0.0.1", "2130706433", "017700000001", "127.0.0.1", "[::1]", "localhost", "0.0"]
)
async def test_every_way_to_write_loopback_is_refused(host: str) -> None:
    async with receiving() as receiver:
        for url in (f"https://{host}:{receiver.port}/", f"http://{host}:{receiver.port}/"):
            assert (await sent(url)).failure in {"address_not_public", "not_https", "unknown_host"}
    assert receiver.got == []


async def test_setting_for_tests_opens_loopback_and_nothing_else() -> None:
    for address in ("10.0.0.1", "169.254.169.254", "192.168.1.1", "::ffff:127.0.0.1"):
        for scheme in ("http", "https"):
            answer = await sent(f"{scheme}://inside.example/", to_loopback=True, resolve=Names(address))
            assert answer.failure == "address_not_public"
    public = await sent("http://outside.example/", to_loopback=True, resolve=Names("93.184.216.34"))
    assert public.failure == "address_not_public"


async def test_name_without_address_and_broken_address() -> None:
    assert (await sent("https://nothing.example/", resolve=Names())).failure == "unknown_host"
    assert (await sent("https://" + "a" * 80 + ".example/")).failure in {"unknown_host", "connection: InvalidURL"}


PROGRAM = """
import asyncio, sys
from sandbox_registry.adapters.webhooks import WebhookClient
print(asyncio.run(WebhookClient(to_loopback=True, timeout_s=60).send(sys.argv[1], b"{}", {})).status)
"""


async def test_proxies_of_the_environment_are_not_asked() -> None:
    async with receiving() as proxy, receiving() as receiver:
        receiver.answer = lambda _received: reply(204)
        proxies = dict.fromkeys(
            ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"), f"http://127.0.0.1:{proxy.port}"
        )
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROGRAM, receiver.url, env={**os.environ, **proxies}, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await program.communicate()
    assert (said, len(receiver.got), proxy.got) == (b"204\n", 1, [])


async def test_cookies_and_compression_are_not_for_receivers() -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _received: reply(200, b"", "Set-Cookie: a=b")
        for _ in range(2):
            await sent(receiver.url, to_loopback=True)
    assert [(each.headers.get("cookie"), each.headers["accept-encoding"]) for each in receiver.got] == [
        (None, "identity")
    ] * 2


async def test_answer_that_drips_is_cut_off_in_all() -> None:
    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.1)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        answer = await sent(f"http://127.0.0.1:{port}/", to_loopback=True, timeout_s=1)
    assert (answer.failure, answer.status) == ("timeout", None)


async def test_resolver_of_the_system() -> None:
    assert await resolve("127.0.0.1", 443) == (IPv4Address("127.0.0.1"),)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


async def test_two_workers_send_each_event_once(
    world: World, queue: Queue, database_url: str, receiver: Receiver
) -> None:
    cases, sender = world.use_cases, WebhookClient(to_loopback=True, timeout_s=60)
    apps = [
        job_app(
            database_url, cases.upkeep, own_accounts=cases.own_accounts, deliveries=cases.deliveries, webhooks=sender
        )
        for _ in range(2)
    ]
    hooks, owner = Webhooks(world.transactions, to_loopback=True), world.context(OWNER)
    async with working(*apps):
        for _ in range(2):
            await hooks.create(owner, organisation_id=world.startup, url=receiver.url, events=["*"], description="")
        await queue.until("SELECT state FROM webhook_endpoints", [("active",)] * 2)
        for _ in range(5):
            await submitted(world)
        await queue.until("SELECT count(*) FROM webhook_deliveries WHERE state = 'delivered'", [(12,)])
        await queue.until_idle()
    told = [(each.event["id"], each.event["type"]) for each in receiver.got]
    assert (len(told), len(set(told))) == (12, 2 + 5)
    assert receiver.answer is echo


async def test_failed_try_is_a_job_for_later(world: World, queue: Queue, database_url: str, receiver: Receiver) -> None:
    cases = world.use_cases
    app = job_app(
        database_url,
        cases.upkeep,
        own_accounts=cases.own_accounts,
        deliveries=cases.deliveries,
        webhooks=WebhookClient(to_loopback=True, timeout_s=60),
    )
    receiver.answer = lambda _received: reply(500)
    async with working(app):
        await Webhooks(world.transactions, to_loopback=True).create(
            world.context(OWNER), organisation_id=world.startup, url=receiver.url, events=["*"], description=""
        )
        await queue.until("SELECT attempts FROM webhook_deliveries WHERE next_at IS NOT NULL", [(1,)])
    waits = "SELECT extract(epoch FROM scheduled_at - now()) BETWEEN 3 AND 13, args->>'attempt' FROM procrastinate_jobs"
    assert await queue.rows(waits + " WHERE status = 'todo'") == [(True, "2")]
