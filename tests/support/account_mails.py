"""Secrets as they are read in mails."""

import re
from uuid import UUID

from sandbox_registry.domain.operations.account_mails import AccountMailKind, to_be_sent
from sandbox_registry.domain.operations.mails import Mail
from sandbox_registry.usecases.identity.account_mails import keep_mail
from tests.support.world import World


class Outbox:
    """Takes mails instead of a mail server."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.mails.append(mail)


def secret_in(mail: Mail) -> str:
    """Find the secret that a mail carries."""
    match = re.search(r"[A-Za-z0-9_-]{43}", mail.body)
    assert match is not None, mail.body
    return match[0]


async def waiting(world: World) -> list[UUID]:
    """List the mails that wait, oldest first."""
    async with world.database.primary() as connection:
        rows = await connection.exec_driver_sql("SELECT id FROM account_mails WHERE hash IS NULL ORDER BY id")
        return [row[0] for row in rows]


async def sent(world: World) -> list[Mail]:
    """Send everything that waits, as a worker would."""
    box = Outbox()
    for each in await waiting(world):
        await world.use_cases.own_accounts.write(each, send=box.send)
    return box.mails


async def mailed(world: World, kind: AccountMailKind, email: str, *, person: UUID | None = None) -> str:
    """Have a secret sent to an address, and return it."""
    mail = to_be_sent(world.transactions.new_id(), kind, email=email, person_id=person, at=world.clock.at)
    async with world.database.transaction() as work:
        await keep_mail(work, mail, seal=world.use_cases.own_accounts.seals.seal(mail, digest=None))
    box = Outbox()
    await world.use_cases.own_accounts.write(mail.id, send=box.send)
    return secret_in(box.mails[0])
