"""The worker: runs jobs until told to stop, finishes those under way, and waits for a database that went away."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterator

import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException

from sandbox_registry.domain.operations.availability import DatabaseUnavailable

RECONNECT_DELAY_S = 2.0
"""Seconds before another try when the database does not answer."""

logger = structlog.get_logger("registry.jobs")


async def keep_working(app: App, *, stop: asyncio.Event, pause: float = RECONNECT_DELAY_S) -> None:
    """Do jobs until `stop` is set, then finish those being done. Any number of workers share one queue."""
    stopping = asyncio.create_task(stop.wait())
    try:
        async with app.open_async():
            logger.info("worker.started", pid=os.getpid())
            while not stop.is_set():
                await _work(app, stopping)
                if not stop.is_set():
                    logger.warning("worker.interrupted", again_in_seconds=pause)
                    await asyncio.wait({stopping}, timeout=pause)
    finally:
        stopping.cancel()
    logger.info("worker.stopped")


async def once_reached(
    act: Callable[[], Awaitable[None]], stop: asyncio.Event, *, pause: float = RECONNECT_DELAY_S
) -> None:
    """Do something as soon as the database answers, trying until it does or `stop` is set."""
    while not stop.is_set():
        try:
            await act()
        except DatabaseUnavailable as error:
            logger.warning("worker.no_database", error=error.cause)
        else:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()


async def _work(app: App, stopping: "asyncio.Task[bool]") -> None:
    """Work until told to stop, or until the database goes away."""
    working = asyncio.create_task(app.run_worker_async(stalled_worker_timeout=60))
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        # To Procrastinate this means: take no more, and come back when what was begun is done.
        working.cancel()
        try:
            await working
        except asyncio.CancelledError:
            pass
        except ConnectorException as error:
            logger.warning("worker.no_database", error=" ".join(str(error.__cause__ or error).split()))


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[asyncio.Event]:
    """Give an event that SIGTERM and SIGINT set; a second signal ends the process without waiting for jobs."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def restore() -> None:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])

    def request_stop() -> None:
        stop.set()
        restore()

    for number in numbers:
        loop.add_signal_handler(number, request_stop)
    try:
        yield stop
    finally:
        restore()
