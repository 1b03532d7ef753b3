"""What tests of the queue may ask for."""

import ssl
from collections.abc import AsyncIterator

import pytest
from procrastinate import App
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox_registry.adapters.webhooks import WebhookClient
from sandbox_registry.jobs.tasks import job_app
from tests.jobs.certificates import write_certificate
from tests.jobs.queue import Queue
from tests.support.world import World


@pytest.fixture
def jobs(world: World, database_url: str) -> App:
    """What a worker is given."""
    cases = world.use_cases
    return job_app(
        database_url,
        cases.upkeep,
        own_accounts=cases.own_accounts,
        deliveries=cases.deliveries,
        webhooks=WebhookClient(),
    )


@pytest.fixture
async def queue(jobs: App, owner: AsyncEngine) -> AsyncIterator[Queue]:
    """The queue of the world's database, empty, and with every periodic task done at its last hour."""
    queue = Queue(owner=owner)
    await queue.empty()
    await queue.settle_periodic(jobs)
    yield queue
    await queue.empty()


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a receiver called `NAME` shows, and what trusts it."""
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    write_certificate(file)
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(file))
    server.load_cert_chain(file)
    return server, client
