"""How a webhook leaves the house: to a public address only, the one that was looked at, once, within five seconds."""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Any

import httpx

from sandbox_registry.domain.integrations.addresses import Address, is_public
from sandbox_registry.domain.integrations.webhooks import ANSWER_KEPT
from sandbox_registry.usecases.integrations.webhook_deliveries import Answer

SECONDS = 5.0
LARGEST_ANSWER = 64 * 1024
Resolve = Callable[[str, int], Awaitable[tuple[Address, ...]]]


class Refused(Exception):
    """Nothing is sent; `reason` is kept in the delivery log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def resolve(host: str, port: int) -> tuple[Address, ...]:
    """Ask the system's resolver what addresses a name stands for."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(ip_address(place[4][0]) for place in found)


class Sender:
    """Posts to endpoints. `to_loopback` lets tests and demonstrations reach this machine, by http too, and nothing else.

    The name is resolved once, every address it stands for must be public, and the connection goes to the one that was
    checked, under the name for TLS and `Host`. No redirect is followed and no proxy of the environment is used.
    """

    def __init__(
        self,
        *,
        to_loopback: bool = False,
        resolve: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self.to_loopback = to_loopback
        self.resolve = resolve
        self.tls = tls or ssl.create_default_context()
        self.seconds = seconds

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once and say how it went."""
        began = time.monotonic()
        answered: tuple[int | None, str, str | None] = (None, "", None)
        failure = None
        try:
            async with asyncio.timeout(self.seconds):
                answered = await self._post(httpx.URL(url), body, headers)
        except TimeoutError:
            failure = "timeout"
        except Refused as refused:
            failure = refused.reason
        except (socket.gaierror, UnicodeError):
            failure = "unknown_host"
        except (httpx.TransportError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            failure = f"connection: {type(error).__name__}"
        milliseconds = round((time.monotonic() - began) * 1000)
        status, text, retry_after = answered
        return Answer(status=status, body=text, milliseconds=milliseconds, failure=failure, retry_after=retry_after)

    async def _post(self, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, str | None]:
        if url.scheme != "https" and not (self.to_loopback and url.scheme == "http"):
            raise Refused("not_https")
        address = await self._checked(url)
        host = url.netloc.decode("ascii")
        extensions: dict[str, Any] = {"sni_hostname": url.raw_host.decode("ascii").strip("[]")}
        async with httpx.AsyncClient(
            verify=self.tls, trust_env=False, follow_redirects=False, timeout=self.seconds, http2=False
        ) as client:
            sent = {**headers, "host": host, "accept-encoding": "identity", "connection": "close"}
            request = client.build_request(
                "POST", url.copy_with(host=str(address)), content=body, headers=sent, extensions=extensions
            )
            answer = await client.send(request, stream=True)
            try:
                return answer.status_code, await _beginning(answer), answer.headers.get("retry-after")
            finally:
                await answer.aclose()

    async def _checked(self, url: httpx.URL) -> Address:
        """Return the address to connect to, once every one the name stands for is known to be allowed."""
        addresses = await self.resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
        if not addresses:
            raise Refused("unknown_host")
        for address in addresses:
            is_here = self.to_loopback and address.is_loopback
            # The setting for tests opens nothing but this machine: by http, it is the only place.
            if not is_here and (url.scheme != "https" or not is_public(address)):
                raise Refused("address_not_public")
        return addresses[0]


async def _beginning(answer: httpx.Response) -> str:
    """Read the beginning of an answer as text; one that is too large is not read to its end."""
    found = b""
    async for part in answer.aiter_raw():
        found += part
        if len(found) > LARGEST_ANSWER:
            raise Refused("answer_too_large")
    text = found.decode("utf-8", "replace").replace("\x00", "\ufffd")
    return text[:ANSWER_KEPT]
