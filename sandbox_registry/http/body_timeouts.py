"""How long a body may take to arrive: a client that sends a byte a minute would hold its connection forever."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Send

from sandbox_registry.http.declarations import declared

PIECE_TIMEOUT_S = 20.0
"""Seconds to wait for the next piece of a body."""
JSON_TIMEOUT_S, FILE_TIMEOUT_S = 30.0, 900.0
"""Seconds to wait for the whole body."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class BodyReadTimeout:
    """Answers 408 when a piece of the body, or all of it, takes too long; does nothing once the body has arrived."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        piece_timeout: float = PIECE_TIMEOUT_S,
        json_timeout: float = JSON_TIMEOUT_S,
        file_timeout: float = FILE_TIMEOUT_S,
    ) -> None:
        self.app = app
        self.piece_timeout = piece_timeout
        self.json_timeout = json_timeout
        self.file_timeout = file_timeout

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["method"] in _READS:  # Their bodies are never read.
            await self.app(scope, receive, send)
            return
        is_file = declared(scope["route_handler"]).takes_file
        total = self.file_timeout if is_file else self.json_timeout
        await self.app(scope, _timed(receive, piece_timeout=self.piece_timeout, total_timeout=total), send)


def _timed(
    receive: Callable[[], Awaitable[Any]], *, piece_timeout: float, total_timeout: float
) -> Callable[[], Awaitable[Any]]:
    remaining, is_whole = total_timeout, False

    async def receiving() -> Any:
        nonlocal remaining, is_whole
        if is_whole:
            return await receive()
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            async with asyncio.timeout(min(piece_timeout, remaining)):
                message = await receive()
        except TimeoutError:
            # The rest of the body is still coming, so the connection cannot be used again.
            raise HTTPException(status_code=408, headers={"Connection": "close"}) from None
        remaining = max(0.0, remaining - (clock() - started))
        is_whole = not message.get("more_body", False)
        return message

    return receiving
