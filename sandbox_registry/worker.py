"""Wires the worker; apart from the application, so that processes that answer requests never load the queue."""

import asyncio
import os

from sandbox_registry.adapters.mail import SmtpClient
from sandbox_registry.adapters.webhooks import WebhookClient
from sandbox_registry.app import build_use_cases
from sandbox_registry.configuration import settings_from
from sandbox_registry.jobs.tasks import job_app
from sandbox_registry.jobs.worker import keep_working, once_reached, stopped_by_signals
from sandbox_registry.runtime.logs import configure_logs
from sandbox_registry.runtime.processes import end_with_parent
from sandbox_registry.runtime.settings import Settings


async def run_worker(settings: Settings) -> None:
    """Do background work until SIGTERM or SIGINT, finishing what was begun."""
    with stopped_by_signals() as stop:
        use_cases = build_use_cases(settings)
        try:
            await once_reached(lambda: use_cases.installation.announce(rehearses=settings.clock_file is not None), stop)
            if stop.is_set():
                return
            jobs = job_app(
                settings.database_url or "",
                use_cases.upkeep,
                own_accounts=use_cases.own_accounts,
                deliveries=use_cases.deliveries,
                webhooks=WebhookClient(to_loopback=settings.webhooks_to_loopback),
                smtp=None if settings.mail is None else SmtpClient(server=settings.mail),
            )
            await keep_working(jobs, stop=stop)
        finally:
            await use_cases.close()


def worker() -> None:
    """Do background work as the environment says; what `serve` runs in a process beside the HTTP server."""
    settings = settings_from(os.environ)
    configure_logs(level=settings.log_level, form=settings.log_format)
    end_with_parent()
    asyncio.run(run_worker(settings))
