"""Sends webhooks: one attempt of at most five seconds, to the very public address that was checked."""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Any

import httpx

from sandbox_registry.domain.integrations.addresses import Address, is_public
from sandbox_registry.domain.integrations.webhooks import MAX_STORED_ANSWER, WebhookResponse

TIMEOUT_S = 5.0
MAX_RESPONSE = 64 * 1024
Resolve = Callable[[str, int], Awaitable[tuple[Address, ...]]]


class SendingRefused(Exception):
    """Nothing is sent; `reason` goes into the delivery log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def resolve(host: str, port: int) -> tuple[Address, ...]:
    """Ask the system's resolver what addresses a name stands for."""
    places = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(ip_address(place[4][0]) for place in places)


class WebhookClient:
    """Posts to endpoints. `to_loopback` lets tests and demonstrations reach this machine, also by http, and nothing else.

    The name is resolved once, every address it resolves to must be public, and the connection goes to one that was
    checked, under the name for TLS and `Host`. No redirect is followed, and no proxy from the environment is used.
    """

    def __init__(
        self,
        *,
        to_loopback: bool = False,
        resolve: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.to_loopback = to_loopback
        self.resolve = resolve
        self.tls = tls or ssl.create_default_context()
        self.timeout_s = timeout_s

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookResponse:
        """Post once and return what came back."""
        began = time.monotonic()
        received: tuple[int | None, str, str | None] = (None, "", None)
        failure = None
        try:
            async with asyncio.timeout(self.timeout_s):
                received = await self._post(httpx.URL(url), body, headers)
        except TimeoutError:
            failure = "timeout"
        except SendingRefused as refused:
            failure = refused.reason
        except (socket.gaierror, UnicodeError):
            failure = "unknown_host"
        except (httpx.TransportError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            failure = f"connection: {type(error).__name__}"
        milliseconds = round((time.monotonic() - began) * 1000)
        status, text, retry_after = received
        return WebhookResponse(
            status=status, body=text, milliseconds=milliseconds, failure=failure, retry_after=retry_after
        )

    async def _post(self, url: httpx.URL, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, str | None]:
        if url.scheme != "https" and not (self.to_loopback and url.scheme == "http"):
            raise SendingRefused("not_https")
        address = await self._check_address(url)
        host = url.netloc.decode("ascii")
        extensions: dict[str, Any] = {"sni_hostname": url.raw_host.decode("ascii").strip("[]")}
        async with httpx.AsyncClient(
            verify=self.tls, trust_env=False, follow_redirects=False, timeout=self.timeout_s, http2=False
        ) as client:
            sent = {**headers, "host": host, "accept-encoding": "identity", "connection": "close"}
            request = client.build_request(
                "POST", url.copy_with(host=str(address)), content=body, headers=sent, extensions=extensions
            )
            response = await client.send(request, stream=True)
            try:
                return response.status_code, await _beginning(response), response.headers.get("retry-after")
            finally:
                await response.aclose()

    async def _check_address(self, url: httpx.URL) -> Address:
        """Return an address to connect to, once every address of the name is known to be allowed."""
        addresses = await self.resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
        if not addresses:
            raise SendingRefused("unknown_host")
        for address in addresses:
            is_this_machine = self.to_loopback and address.is_loopback
            # The setting for tests opens this machine and nothing else: nowhere else may http be used.
            if not is_this_machine and (url.scheme != "https" or not is_public(address)):
                raise SendingRefused("address_not_public")
        return addresses[0]


async def _beginning(response: httpx.Response) -> str:
    """Read the beginning of a response as text; one that is too large is not read to its end."""
    content = b""
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > MAX_RESPONSE:
            raise SendingRefused("answer_too_large")
    text = content.decode("utf-8", "replace").replace("\x00", "\ufffd")
    return text[:MAX_STORED_ANSWER]
