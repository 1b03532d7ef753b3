"""`serve`: the registry over HTTP. It loads little: the processes it starts load what they need."""

import multiprocessing
from contextlib import ExitStack
from functools import partial

import click
import structlog
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.server.mp import MPServer

from sandbox_registry.cli.children import build_application, run_backups, run_worker
from sandbox_registry.cli.environment import (
    export_settings,
    migrate_to,
    open_database,
    owner_url,
    read_settings,
    within_capacity,
)
from sandbox_registry.runtime.imports import imports_uncollected
from sandbox_registry.runtime.processes import allow_many_files, is_answered, require_free_address, running_beside
from sandbox_registry.runtime.settings import Settings

GRANIAN_LOGS = {
    # Through our own handler, like every other line; it is configured in each process.
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}, "granian.access": {"handlers": [], "propagate": True}},
}

LARGEST_HEAD = 64 * 1024
"""Bytes of a request before its body: the address and at most a hundred header fields."""

HEAD_TIMEOUT_MS = 10_000
"""Milliseconds a connection may take to send a request's head, from its first moment and after each answer."""
MOST_CONNECTIONS = 10_000
"""Connections a process holds at once; whoever comes then waits until one ends."""
FILES_BESIDE = 256
"""File descriptors a process needs for anything but its clients' connections."""

logger = structlog.get_logger("registry")


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on (SANDBOX_HOST; default 127.0.0.1).")
@click.option("--port", metavar="NUMBER", help="Port to listen on (SANDBOX_PORT; default 8000).")
@click.option(
    "--demo", "is_demo", is_flag=True, help="Fill an empty registry with example people and dossiers (SANDBOX_DEMO)."
)
def serve(host: str | None, port: str | None, *, is_demo: bool) -> None:
    """Serve the registry over HTTP until stopped with Ctrl-C or SIGTERM.

    Starts the embedded database when no DATABASE_URL is given, and migrates the database first. With the embedded
    database, or SANDBOX_WORKER=yes, a worker for background work runs beside.
    """
    options = {"SANDBOX_HOST": host, "SANDBOX_PORT": port, "SANDBOX_DEMO": "yes" if is_demo else None}
    settings = read_settings(**{name: value for name, value in options.items() if value is not None})
    if settings.database_url and settings.backup_dir is not None:
        message = "SANDBOX_BACKUP_DIR: `serve` backs up the embedded database only; with DATABASE_URL, run `backup` from a timer."
        raise click.UsageError(message)
    with open_database(settings, exclusive=True) as opened:
        address = require_free_address(opened.host, opened.port)
        if settings.database_url:
            migrate_to(owner_url(settings))
        ready = within_capacity(opened)
        if ready.demo:
            with imports_uncollected():
                from sandbox_registry.cli.demo import seed_and_report
            seed_and_report(ready)
        if ready.clock_file is not None:
            # Here, for a process that serves would only die of it, and be started again.
            with imports_uncollected():
                from sandbox_registry.cli.session import announce
            announce(ready)
        export_settings(ready)
        logger.info("serving", address=f"http://{ready.host}:{ready.port}", data_dir=str(ready.data_dir))
        is_served = partial(is_answered, ready.host, ready.port)
        beside = {"worker": run_worker} if ready.worker else {}
        if ready.backup_dir is not None:
            beside["backups"] = run_backups
        with ExitStack() as processes:
            for name, run in beside.items():
                processes.enter_context(running_beside(run, name=name, once=is_served))
            # Granian's own way of loading would search the current directory first, and that could hold anything.
            _server(ready, address=address).serve(target_loader=build_application, wrap_loader=False)


def _server(settings: Settings, *, address: str) -> MPServer:
    # Forked processes would share our locks on the data directory and keep them after we are gone.
    multiprocessing.set_start_method("spawn", force=True)
    return MPServer(
        "sandbox_registry.app:application",
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,  # By name, so that what else is installed decides nothing.
        address=address,
        port=settings.port,
        workers=settings.workers,
        workers_kill_timeout=30,
        # Silent connections cost next to nothing and end by themselves: they must be too few to keep others out.
        backlog=4096,
        backpressure=min(MOST_CONNECTIONS, allow_many_files() - FILES_BESIDE),
        respawn_failed_workers=True,
        websockets=False,
        # By HTTP/1.1 alone heads are bounded in time and size, from the first byte of a connection on.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_TIMEOUT_MS, max_buffer_size=LARGEST_HEAD),
        log_dictconfig=GRANIAN_LOGS,
    )
