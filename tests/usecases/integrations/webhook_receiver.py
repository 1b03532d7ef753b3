"""A real receiver on loopback that checks signatures by itself and answers as a test tells it."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    def is_signed_by(self, secret: str, *, place: int = 0) -> bool:
        """Compute the signature once more, by the text of Standard Webhooks, and compare."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        version, _, given = self.headers["webhook-signature"].split(" ")[place].partition(",")
        return version == "v1" and hmac.compare_digest(given, wanted)


def reply(status: int, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def echo(received: Received) -> bytes:
    """Do as a good receiver does: give the challenge back, take everything else."""
    event = received.event
    if event["type"] == "endpoint.check":
        return reply(200, json.dumps({"challenge": event["data"]["challenge"]}).encode())
    return reply(204)


@dataclass(kw_only=True)
class Receiver:
    """What came, and how to answer what comes next."""

    port: int = 0
    got: list[Received] = field(default_factory=list)
    answer: Callable[[Received], bytes] = echo
    pause: float = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?from=registry"

    def of(self, kind: str) -> list[Received]:
        return [each for each in self.got if each.event["type"] == kind]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            received = Received(line=head[0], headers=headers, body=body)
            self.got.append(received)
            await asyncio.sleep(self.pause)
            writer.write(self.answer(received))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
