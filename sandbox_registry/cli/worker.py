"""`worker`: background work."""

import asyncio

import click

from sandbox_registry.cli.environment import export_settings, migrate_to, open_database, owner_url, read_settings
from sandbox_registry.worker import run_worker


@click.command()
def worker() -> None:
    """Do background work until stopped with Ctrl-C or SIGTERM: due dates, reminders, cleaning up.

    Any number of workers share the work. What a worker has begun it finishes before it stops; a second Ctrl-C breaks
    it off, and another worker begins it again.
    """
    settings = read_settings()
    with open_database(settings) as ready:
        if settings.database_url:
            migrate_to(owner_url(settings))
        export_settings(ready)
        asyncio.run(run_worker(ready))
