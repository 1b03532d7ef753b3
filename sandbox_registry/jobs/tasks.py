"""What workers do and when: each task of the queue joined to the use case that does it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy
from procrastinate.jobs import Status
from procrastinate.worker import Worker

from sandbox_registry.adapters.mail import SmtpClient
from sandbox_registry.adapters.webhooks import WebhookClient
from sandbox_registry.db.core.engine import APPLICATION, session_settings
from sandbox_registry.db.core.jobs import QUEUE, Task
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.runtime.clocks import system_clock
from sandbox_registry.usecases.identity.own_accounts import OwnAccounts
from sandbox_registry.usecases.integrations.webhook_deliveries import Deliveries
from sandbox_registry.usecases.operations.upkeep import Upkeep

HOURS = {
    # Cron in UTC, which is seven hours behind Ca Mau: 17:10 there is ten past midnight here.
    Task.RESCUE_JOBS: "*/5 * * * *",
    Task.LOG_REFUSED_LOGINS: "2-59/15 * * * *",
    Task.PURGE_ANSWERS: "20 * * * *",
    Task.PURGE_QUOTAS: "25 * * * *",
    Task.PURGE_ACCOUNT_MAILS: "30 * * * *",
    Task.SWEEP_WEBHOOKS: "35 * * * *",
    Task.REFRESH_DUE_DATES: "10 17 * * *",
    Task.FORGET_JOBS: "40 18 * * *",
    Task.FORGET_SESSION_PLACES: "50 18 * * *",
    Task.SWEEP_UPLOADS: "0 19 * * *",
    Task.REMIND_CONSULTED: "30 0 * * *",
    Task.REMIND_TOKEN_HOLDERS: "35 0 * * *",
}
CATCH_UP_WITHIN = timedelta(hours=24)
"""A task whose hour passed while no worker ran is done by the next one, if it starts within this time."""
RETRIES = RetryStrategy(max_attempts=5, exponential_wait=5)  # After 5 s, 25 s, 2 min, 10 min, 52 min.
MAX_RESCUES = 10
STALLED_AFTER = timedelta(minutes=1)
FAILURE_RETENTION = timedelta(days=90)

logger = structlog.get_logger("registry.jobs")


def job_app(
    database_url: str,
    upkeep: Upkeep,
    *,
    own_accounts: OwnAccounts,
    deliveries: Deliveries,
    webhooks: WebhookClient,
    smtp: SmtpClient | None = None,
) -> App:
    """Build the queue's application over the registry's database, as the application's role. Without `smtp` no mail is sent."""
    app = App(
        connector=PsycopgConnector(
            conninfo=database_url,
            kwargs=session_settings(role=APPLICATION) | {"application_name": "sandbox-registry worker"},
            min_size=1,
            max_size=4,
        ),
        worker_defaults={
            "concurrency": 4,
            "delete_jobs": "successful",
            "install_signal_handlers": False,
            "worker_middleware": [_log_outcome],
        },
        periodic_defaults={"max_delay": CATCH_UP_WITHIN.total_seconds()},
    )
    tasks = Tasks(
        app=app, upkeep=upkeep, own_accounts=own_accounts, deliveries=deliveries, webhooks=webhooks, smtp=smtp
    )
    for name in Task:
        task = app.task(name=name.value, queue=QUEUE, retry=RETRIES)(getattr(tasks, name.value))
        if name in HOURS:
            app.periodic(cron=HOURS[name])(task)
    return app


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """One method per `Task`, named as it is. Arguments are JSON; `timestamp` is the hour of a periodic one."""

    app: App
    upkeep: Upkeep
    own_accounts: OwnAccounts
    deliveries: Deliveries
    webhooks: WebhookClient
    smtp: SmtpClient | None

    async def deliver_webhook(self, *, delivery_id: str, attempt: int) -> str | None:
        """Make one try to send an event to an endpoint; the next one, if it fails, is a job of its own."""
        return await self.deliveries.deliver(UUID(delivery_id), attempt=attempt, send=self.webhooks.send)

    async def forget_files(self, *, case_id: str) -> int:
        """Remove the files of an erased case."""
        return await self.upkeep.forget_files(UUID(case_id))

    async def forget_jobs(self, *, timestamp: int) -> None:
        """Delete the jobs that failed for good long ago; those that were done are gone at once."""
        del timestamp
        await self.app.job_manager.delete_old_jobs(
            nb_hours=FAILURE_RETENTION // timedelta(hours=1),
            include_failed=True,
            include_cancelled=True,
            include_aborted=True,
        )

    async def forget_session_places(self, *, timestamp: int) -> int:
        """Forget from where sessions were used that are over for a while."""
        del timestamp
        return await self.upkeep.forget_session_places()

    async def log_refused_logins(self, *, timestamp: int) -> int:
        """Put on record how many logins failed in each quarter of an hour that is over."""
        del timestamp
        return await self.upkeep.log_refused_logins()

    async def purge_account_mails(self, *, timestamp: int) -> int:
        """Delete mail about accounts that could not be sent in time, and secrets whose hour is over."""
        del timestamp
        return await self.upkeep.purge_account_mails()

    async def purge_answers(self, *, timestamp: int) -> int:
        """Delete answers kept for repeated requests."""
        del timestamp
        return await self.upkeep.purge_answers()

    async def purge_quotas(self, *, timestamp: int) -> int:
        """Delete counts of requests that no longer limit anybody."""
        del timestamp
        return await self.upkeep.purge_quotas()

    async def refresh_due_dates(
        self, *, after: str | None = None, as_of: str | None = None, timestamp: int | None = None
    ) -> int:
        """Derive the kept due dates of open cases again: at night, and when a calendar takes force."""
        del timestamp
        return await self.upkeep.refresh_due_dates(
            after=None if after is None else UUID(after), as_of=None if as_of is None else datetime.fromisoformat(as_of)
        )

    async def remind_consulted(self, *, timestamp: int) -> int:
        """Remind consulted units, on the day of the hour this was meant for even if it is done later."""
        return await self.upkeep.remind_consulted(day=local_date(datetime.fromtimestamp(timestamp, UTC)))

    async def remind_token_holders(self, *, timestamp: int) -> int:
        """Have the holders of tokens that end soon written to, as of the day of the hour this was meant for."""
        return await self.upkeep.remind_token_holders(day=local_date(datetime.fromtimestamp(timestamp, UTC)))

    async def rescue_jobs(self, *, timestamp: int) -> int:
        """Put back into the queue what a worker was doing when it died; give up what brought down ten of them."""
        del timestamp
        jobs = list(await self.app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER.total_seconds()))
        for job in jobs:
            if job.attempts < MAX_RESCUES:
                logger.warning("job.rescued", task=job.task_name, job=job.id, attempt=job.attempts + 1)
                await self.app.job_manager.retry_job(job=job, retry_at=system_clock())
            else:
                logger.error("job.given_up", task=job.task_name, job=job.id, attempt=job.attempts)
                await self.app.job_manager.finish_job(job=job, status=Status.FAILED, delete_job=False)
        return len(jobs)

    async def sweep_uploads(self, *, timestamp: int) -> int:
        """Remove temporary files of uploads that broke off."""
        del timestamp
        return await self.upkeep.sweep_uploads()

    async def sweep_webhooks(self, *, timestamp: int) -> int:
        """Take up deliveries that were left behind, and forget what ended long ago."""
        del timestamp
        return await self.deliveries.sweep()

    async def write_of_new_dates(self, *, promise_ids: list[str], person_id: str) -> bool | None:
        """Write to somebody which dates of a case a calendar moved; null where mail has no way out."""
        if self.smtp is None:
            return None
        ids = tuple(map(UUID, promise_ids))
        return await self.upkeep.write_of_new_dates(ids, UUID(person_id), send=self.smtp.send)

    async def write_account_mail(self, *, mail_id: str) -> bool | None:
        """Write to somebody about their account; null where no mail server is configured."""
        if self.smtp is None:
            return None
        return await self.own_accounts.write(UUID(mail_id), send=self.smtp.send)

    async def write_to_token_holder(self, *, token_id: str) -> bool | None:
        """Write to somebody that their token ends soon; null where mail has no way out."""
        if self.smtp is None:
            return None
        return await self.upkeep.write_to_token_holder(UUID(token_id), send=self.smtp.send)


async def _log_outcome(do: Callable[[], Awaitable[object]], context: JobContext, _worker: Worker) -> object:
    """Log how a job went; every line logged while it runs carries its number."""
    job = context.job
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(job=job.id, task=job.task_name)
    try:
        result = await do()
    except Exception as error:
        logger.warning("job.failed", attempt=job.attempts + 1, error=f"{type(error).__name__}: {error}")
        raise
    logger.info("job.done", result=result)
    return result
