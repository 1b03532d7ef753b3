"""A load client in a process of its own: keeps so many connections busy over loopback and writes down every answer.

python -m bench.load < order.json > outcome.json
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from time import perf_counter, process_time
from typing import Any, cast

import msgspec
import uvloop

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Order(msgspec.Struct, frozen=True):
    """What to send where: each request once, or all of them round and round for so many seconds."""

    port: int
    clients: int
    requests: tuple[bytes, ...]
    seconds: float | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What came back: answers by status, the time they took together, and the time of each in the order of size.

    `busy` is how long the client itself was at work.
    """

    statuses: dict[int, int]
    seconds: float
    busy: float
    latencies: tuple[float, ...]
    sample: bytes

    @property
    def rate(self) -> float:
        """Answers a second."""
        return sum(self.statuses.values()) / self.seconds

    @property
    def body(self) -> Any:
        """What one of the answers said."""
        return msgspec.json.decode(self.sample.partition(_END)[2])

    def quantile(self, share: float) -> float:
        """Return the time in seconds that this share of the answers stayed under."""
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


class Client(asyncio.Protocol):
    """One connection that sends the next request as soon as the answer to the last is whole."""

    def __init__(self, requests: Iterator[bytes], done: "asyncio.Future[None]") -> None:
        self.requests = requests
        self.done = done
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.sample = b""
        self._buffer = b""
        self._needed = 0
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # What a TCP connection has.
        self._send()

    def data_received(self, data: bytes) -> None:
        """Take in a piece of an answer; send on when it was the last one."""
        self._buffer += data
        if not self._needed:
            end = self._buffer.find(_END)
            if end < 0:
                return
            self._needed = end + len(_END) + _length(self._buffer[:end].lower())
        if len(self._buffer) < self._needed:
            return
        self.latencies.append(perf_counter() - self._sent_at)
        self.statuses[int(self._buffer[9:12])] += 1
        self.sample = self._buffer
        self._buffer, self._needed = b"", 0
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        """End, even when the server closed."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        request = next(self.requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent_at = perf_counter()
        self._transport.write(request)


def _length(head: bytes) -> int:
    at = head.find(_LENGTH)
    return int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def _until(requests: tuple[bytes, ...], seconds: float | None) -> Iterator[bytes]:
    if seconds is None:
        yield from requests
        return
    end = perf_counter() + seconds
    for request in cycle(requests):
        if perf_counter() >= end:
            return
        yield request


async def run(order: Order) -> Outcome:
    """Carry an order out."""
    loop = asyncio.get_running_loop()
    begun, busy = perf_counter(), process_time()
    requests = _until(order.requests, order.seconds)
    clients = []
    for _ in range(order.clients):
        client = Client(requests, loop.create_future())
        await loop.create_connection(lambda client=client: client, "127.0.0.1", order.port)  # type: ignore[misc]
        clients.append(client)
    await asyncio.gather(*(client.done for client in clients))
    return Outcome(
        statuses=dict(sum((client.statuses for client in clients), Counter[int]())),
        seconds=perf_counter() - begun,
        busy=process_time() - busy,
        latencies=tuple(sorted(value for client in clients for value in client.latencies)),
        sample=clients[0].sample,
    )


def main() -> None:
    """Read an order, write the outcome."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(order))))


if __name__ == "__main__":
    main()
