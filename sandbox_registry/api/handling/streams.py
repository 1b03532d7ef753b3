"""A streamed response that ends in time: a slow or vanished client holds no transaction, and its source is closed."""

from collections.abc import AsyncGenerator

import structlog
from anyio import CancelScope, create_task_group, fail_after
from anyio.lowlevel import checkpoint_if_cancelled
from litestar.response.streaming import ASGIStreamingResponse
from litestar.types import Receive, Send

CHUNK_TIMEOUT_S = 20.0
"""Seconds a client may take to accept one chunk; less than the database lets a transaction stand idle."""
STREAM_TIMEOUT_S = 900.0
"""Seconds a whole response may take; no snapshot is held longer."""

logger = structlog.get_logger(__name__)


class StreamInterrupted(Exception):
    """The response ends early, so that its reader can tell that it is incomplete."""


class BoundedStream(ASGIStreamingResponse):
    """Sends chunks, each accepted within `chunk_timeout` seconds and all within `stream_timeout`; always closes their source.

    The source is never interrupted while it fetches, so that its connection goes back in good order.
    """

    __slots__ = ("chunk_timeout", "source", "stream_timeout")

    def __init__(
        self,
        source: AsyncGenerator[bytes, None],
        *,
        media_type: str,
        headers: dict[str, str],
        chunk_timeout: float = CHUNK_TIMEOUT_S,
        stream_timeout: float = STREAM_TIMEOUT_S,
    ) -> None:
        super().__init__(iterator=source, media_type=media_type, headers=headers)
        self.source = source
        self.chunk_timeout = chunk_timeout
        self.stream_timeout = stream_timeout

    async def __call__(self, scope: object, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI has it.
        """Answer one request."""
        try:
            await self.start_response(send=send)
            await self.send_body(send=send, receive=receive)
        finally:
            with CancelScope(shield=True):
                await self.source.aclose()

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send until the end, or until the client is gone; StreamInterrupted when it takes too long or the source fails."""
        failure: Exception | None = None
        async with create_task_group() as tasks:
            tasks.start_soon(_cancel_when_gone, receive, tasks.cancel_scope)
            try:
                with fail_after(self.stream_timeout):
                    await self._send_all(send)
            except Exception as error:  # noqa: BLE001 - raised below, outside the group, which would wrap it.
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            logger.warning("stream_interrupted", cause=repr(failure))
            raise StreamInterrupted from failure

    async def _send_all(self, send: Send) -> None:
        while (chunk := await self._next()) is not None:
            # Fetching is shielded and sending to nobody takes no time: without this, a vanished client gets every row.
            await checkpoint_if_cancelled()
            with fail_after(self.chunk_timeout):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _next(self) -> bytes | None:
        with CancelScope(shield=True) as fetching:
            return await anext(self.source, None)
        raise StreamInterrupted(fetching)  # Unreachable: a shielded scope that nobody cancels suppresses nothing.


async def _cancel_when_gone(receive: Receive, scope: CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
