"""How long a body may take to arrive: a client that sends a byte a minute would hold its place for good."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Send

from sandbox_registry.http.declarations import declared

PATIENCE = 20.0
"""Seconds that one piece of a body may take."""
LONGEST_JSON, LONGEST_FILE = 30.0, 900.0
"""Seconds that all of it may take."""
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class TimeBodies:
    """Answers 408 when a piece of the body, or all of it, takes too long; asks nothing once the body is there."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        patience: float = PATIENCE,
        longest_json: float = LONGEST_JSON,
        longest_file: float = LONGEST_FILE,
    ) -> None:
        self.app = app
        self.patience = patience
        self.longest_json = longest_json
        self.longest_file = longest_file

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["method"] in _READS:  # Of these nobody reads a body.
            await self.app(scope, receive, send)
            return
        is_file = declared(scope["route_handler"]).takes_file
        longest = self.longest_file if is_file else self.longest_json
        await self.app(scope, _timed(receive, patience=self.patience, longest=longest), send)


def _timed(receive: Callable[[], Awaitable[Any]], *, patience: float, longest: float) -> Callable[[], Awaitable[Any]]:
    left, is_whole = longest, False

    async def receiving() -> Any:
        nonlocal left, is_whole
        if is_whole:
            return await receive()
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            async with asyncio.timeout(min(patience, left)):
                message = await receive()
        except TimeoutError:
            # Not read to its end, the connection cannot be used again.
            raise HTTPException(status_code=408, headers={"Connection": "close"}) from None
        left = max(0.0, left - (clock() - begun))
        is_whole = not message.get("more_body", False)
        return message

    return receiving
