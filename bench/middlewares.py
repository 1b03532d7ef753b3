"""What our middlewares cost a request, beside a bare handler; no server and no database."""

import asyncio
from ipaddress import ip_network
from statistics import median
from time import process_time
from typing import Any
from uuid import uuid4

from litestar import Litestar, Response, get
from litestar.middleware import DefineMiddleware
from typing_extensions import override

from bench.effort import Effort
from bench.figures import Aim, Figure, Row
from sandbox_registry.domain.identity.people import Actor
from sandbox_registry.domain.operations.quotas import LIMITS, Group, Quota, Room
from sandbox_registry.http.application import Application
from sandbox_registry.http.body_timeouts import BodyReadTimeout
from sandbox_registry.http.identity import RequestIdentity
from sandbox_registry.http.problems import HANDLERS
from sandbox_registry.http.quotas import LIMIT_HANDLERS, LimitRequests, ThrottleInvalidTokens
from sandbox_registry.http.response_headers import complete_headers
from sandbox_registry.usecases.identity.tokens import Bearer
from sandbox_registry.usecases.operations.quotas import RateLimits

PROXIES = (ip_network("10.0.0.0/8"),)


@get("/plain")
async def plain() -> Response[bytes]:
    """Answer at once."""
    return Response(b'{"status":"live"}', media_type="application/json")


class Granting(RateLimits):
    """Quotas without a database behind them: every sixteenth request would ask it."""

    @override
    async def _take_in_database(
        self,
        group: Group,
        quotas: list[tuple[Quota, bytes]],
        *,
        amount: int,
    ) -> tuple[int, tuple[Room, ...]]:
        return amount, tuple(Room(limit=limit, left=100, opens_in=0.0, full_in=1.0) for limit, _ in quotas)


def middlewares(effort: Effort) -> Row:
    """Measure a request through our middlewares, the token and the quota already known, beside a bare handler."""
    bare = Litestar([plain], openapi_config=None, logging_config=None)
    nowhere: Any = None
    limits = Granting(nowhere, key=b"k" * 32, limits=LIMITS)
    counting: dict[str, Any] = {"limits": limits, "proxies": PROXIES}
    ours = Application(
        [plain],
        middleware=[
            DefineMiddleware(BodyReadTimeout),
            DefineMiddleware(ThrottleInvalidTokens, **counting),
            DefineMiddleware(
                RequestIdentity, authenticate=_somebody, proxies=PROXIES, recognise=_nobody, cookie="session"
            ),
            DefineMiddleware(LimitRequests, limits=limits),
        ],
        exception_handlers=HANDLERS | LIMIT_HANDLERS,
        before_send=[complete_headers],
        openapi_config=None,
        logging_config=None,
    )
    times = asyncio.run(_asked_in_turns({"ours": ours, "bare": bare}, effort))
    return Row(
        title="Our middlewares: request id, token, quota, security headers",
        figures=(
            Figure(name="through our middlewares", value=times["ours"] * 1e6, unit="µs"),
            Figure(name="bare Litestar handler", value=times["bare"] * 1e6, unit="µs"),
        ),
        aims=(Aim(what="to a bare handler", measured=times["ours"] / times["bare"], wanted=2.0, is_most=True),),
        note="Processor time, in one process, without a server or a database.",
    )


_SOMEBODY = Actor(
    person_id=uuid4(),
    offices=frozenset(),
    signs_for_organisations=frozenset(),
    drafts_for_organisations=frozenset(),
    signs_for=None,
    auth_method="bench",
    token_scopes=None,
    request_id="bench",
)


async def _nobody(_secret: str, *, request_id: str) -> None:
    del request_id


async def _somebody(_digest: bytes, _request_id: str, *, address: object) -> Bearer:  # noqa: ARG001 - as it is asked.
    return Bearer(actor=_SOMEBODY, ends_at=None)


async def _asked_in_turns(apps: dict[str, Litestar], effort: Effort) -> dict[str, float]:
    """Return the median seconds of a request by name; few at a time, so that what disturbs hits both."""
    rounds: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(max(effort.repeats // 200, 3)):
        for name, app in apps.items():
            rounds[name].append(await _mean(app, times=50))
    return {name: median(found) for name, found in rounds.items()}


async def _mean(app: Litestar, *, times: int) -> float:
    begun = process_time()
    for _ in range(times):
        await app(_scope(app), _receive, _send)  # type: ignore[arg-type]  # Plain ASGI.
    return (process_time() - begun) / times


def _scope(app: Litestar) -> dict[str, Any]:
    headers = [(b"host", b"localhost"), (b"authorization", b"Bearer cmsr_0000000000000000000000000000000000000000000")]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/plain",
        "raw_path": b"/plain",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 8000),
        "state": {},
        "extensions": {},
        "app": app,
    }


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: Any) -> None:
    pass
