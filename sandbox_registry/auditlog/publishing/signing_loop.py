"""The signing loop: when it polls, when it publishes, and how it waits out failures."""

import asyncio
import contextlib
import time
from collections.abc import Callable

import structlog

from sandbox_registry.auditlog.publishing.signing import Refused, Signer
from sandbox_registry.db.auditlog.tree import LogHead, LogUnreachable
from sandbox_registry.runtime.files import Busy
from sandbox_registry.transparency.checkpoints import Checkpoint

logger = structlog.get_logger("registry.log")


async def keep_signing(
    signer: Signer,
    *,
    wake: asyncio.Event,
    pause: float = 1.0,
    look: float = 0.2,
    again: float = 60.0,
    after: Callable[[Checkpoint], None] = lambda _checkpoint: None,
) -> None:
    """Publish at most every `pause` seconds while something is new, at once when `wake` is set, until cancelled.

    Every `again` seconds some of what was signed long ago is looked at again.

    Where another process signs, wait to take over. A refusal is logged as critical and retried every minute;
    nothing that is served changes in between.
    """
    while True:
        try:
            with signer.holding():
                await _sign_while_held(signer, wake=wake, pause=pause, look=look, again=again, after=after)
        except Busy:
            await _sleep(wake, 5 * pause)
        except LogUnreachable as error:
            logger.warning("log.unreachable", error=str(error))
            await _sleep(wake, pause)
        except Refused as error:
            logger.critical("log.refused", error=str(error), index=error.index)
            await _sleep(wake, 60 * pause)
        except OSError as error:
            logger.critical("log.not_written", error=str(error))
            await _sleep(wake, 10 * pause)


async def _sign_while_held(
    signer: Signer, *, wake: asyncio.Event, pause: float, look: float, again: float, after: Callable[[Checkpoint], None]
) -> None:
    seen: LogHead | None = None
    looked_at = time.monotonic()
    while True:
        if time.monotonic() - looked_at > again:
            await signer.look_again()
            looked_at = time.monotonic()
        head = await signer.source.head()
        if head == seen:
            await _sleep(wake, look)
            continue
        seen = head
        checkpoint = await signer.publish()
        logger.info("log.published", size=checkpoint.size)
        after(checkpoint)
        await _sleep(wake, pause)


async def _sleep(wake: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # `wait_for` of Python 3.11 may swallow a cancellation.
            await wake.wait()
    wake.clear()
