"""ClamAV's daemon: files are sent to it in pieces, and it says what it found. clamd(8), INSTREAM."""

import asyncio
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from pathlib import Path

import structlog
from anyio import to_thread

from sandbox_registry.domain.operations.scanning import ScannerUnavailable, Verdict

PIECE_BYTES = 256 * 1024
ANSWER_BYTES = 4096
TIMEOUT_S = 60.0
"""Seconds in which the daemon must have answered."""
_FOUND, _CLEAN = " FOUND", "stream: OK"
logger = structlog.get_logger("documents")


class Clamd:
    """A daemon at a host and port, or at the path of a socket where there is no host."""

    def __init__(self, *, host: str | None, port: int, socket: str, timeout: float = TIMEOUT_S) -> None:
        self.host = host
        self.port = port
        self.socket = socket
        self.timeout = timeout

    async def scan(self, path: Path) -> Verdict:
        """Send a file and return what the daemon says of it; raises ScannerUnavailable when it says neither yes nor no."""
        try:
            async with asyncio.timeout(self.timeout):
                answer = await self._ask(path)
        except (OSError, TimeoutError, ValueError) as error:
            logger.error("scanner_unavailable", cause=repr(error))  # noqa: TRY400 - no traceback of a program that is down.
            raise ScannerUnavailable from error
        if answer == _CLEAN:
            return Verdict(is_scanned=True)
        if answer.endswith(_FOUND):
            threat = answer.removeprefix("stream: ").removesuffix(_FOUND)
            logger.warning("upload_harmful", threat=threat)
            return Verdict(is_scanned=True, threat=threat)
        logger.error("scanner_unavailable", cause=answer)
        raise ScannerUnavailable

    async def _ask(self, path: Path) -> str:
        reader, writer = await self._connect()
        try:
            writer.write(b"zINSTREAM\0")
            with await to_thread.run_sync(path.open, "rb") as file:
                while piece := await to_thread.run_sync(file.read, PIECE_BYTES):
                    writer.write(len(piece).to_bytes(4) + piece)
                    await writer.drain()
            writer.write(bytes(4))
            await writer.drain()
            answer = await reader.readuntil(b"\0")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise ConnectionError("no whole answer") from error
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        return answer.rstrip(b"\0").decode("utf-8", "replace").strip()

    async def _connect(self) -> tuple[StreamReader, StreamWriter]:
        if self.host is None:
            return await asyncio.open_unix_connection(self.socket, limit=ANSWER_BYTES)  # noqa: TID251 - an adapter.
        return await asyncio.open_connection(self.host, self.port, limit=ANSWER_BYTES)  # noqa: TID251 - an adapter.
