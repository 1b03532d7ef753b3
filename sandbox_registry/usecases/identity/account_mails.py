"""Having mail about accounts sent: once the transaction that asks for it commits, by a worker."""

from sandbox_registry.db.core.jobs import Task
from sandbox_registry.db.core.unit_of_work import UnitOfWork
from sandbox_registry.db.identity import account_mails
from sandbox_registry.domain.operations.account_mails import AccountMail


async def keep_mail(work: UnitOfWork, mail: AccountMail, *, seal: bytes | None = None) -> None:
    """Keep a mail and have a worker send it. The job names it by its id: no address stands in the queue."""
    await work.run(account_mails.add, mail, seal=seal)
    await work.defer(Task.WRITE_ACCOUNT_MAIL, mail_id=mail.id)
