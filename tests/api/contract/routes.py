"""Every route of the application, a body its schema takes, and a way to ask it all without keeping anything."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
from asgi_lifespan import LifespanManager
from litestar import Litestar
from litestar.routes import HTTPRoute
from msgspec import inspect
from typing_extensions import override

from sandbox_registry.app import create_app
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.unit_of_work import UnitOfWork
from sandbox_registry.http.declarations import declared
from sandbox_registry.runtime.settings import Settings
from sandbox_registry.usecases.operations.quotas import RateLimits
from tests.documents.uploads.files import pdf
from tests.support.client import Client
from tests.support.world import World

CASE = "/api/v1/applications/{application_id:uuid}"
PERMIT = "/api/v1/permits/{permit_id:uuid}"
NOBODY_KNOWS = UUID(int=1)


class Rehearsal(Database):
    """A database on which every act is done and none is kept."""

    @override
    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork]:
        async with self.engine.connect() as connection:
            begun = await connection.begin()
            try:
                yield UnitOfWork(connection)
            finally:
                await begun.rollback()


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method at one address, and a body its schema takes."""

    method: str
    path: str
    is_public: bool
    needs_version: bool
    searches: bool
    body: bytes | None

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path

    def at(self, **identities: UUID) -> str:
        """Return the address with its identities in place; what is not named is nobody's."""
        return re.sub(
            r"\{(\w+):(\w+)\}",
            lambda found: str(identities.get(found[1], NOBODY_KNOWS)) if found[2] == "uuid" else "ca-mau-2026-draft",
            self.path,
        )


def routes_of(app: Litestar) -> Iterator[Route]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute), route
        for method, (handler, _) in route.route_handler_map.items():
            if method == "OPTIONS":
                continue
            data = handler.parsed_fn_signature.parameters.get("data")
            body = None if data is None else msgspec.json.encode(sample(inspect.type_info(data.annotation)))
            yield Route(
                method=str(method),
                path=route.path,
                is_public=declared(handler).is_public,
                needs_version=declared(handler).needs_version,
                searches="q" in handler.parsed_fn_signature.parameters,
                body=pdf() if declared(handler).takes_file else body,
            )


EXAMPLES = {
    "email": "lan@camau.example",
    "phone": "0913 000 000",
    "tax_code": "2001112223",
    "password": "mười hai con cua trong giỏ",
}
WORDS = ("x", "xx", "xxxxxxxxxxxx", "2001234567", "lan@camau.example", "0913 000 000", "H12.99", "a" * 64)


def sample(kind: inspect.Type) -> Any:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of value.
    """Make a value that a schema takes."""
    match kind:
        case inspect.StructType():
            return {
                field.encode_name: EXAMPLES.get(field.encode_name) or sample(field.type)
                for field in kind.fields
                if field.required
            }
        case inspect.StrType():
            return next(word for word in WORDS if fits(word, kind))
        case inspect.UnionType():
            return sample(kind.types[0])
        case inspect.Metadata():
            return sample(kind.type)
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            return [sample(kind.item_type) for _ in range(kind.min_length or 0)]
        case inspect.IntType() | inspect.FloatType():
            return max(kind.ge or 1, 1)
        case inspect.BoolType():
            return False
        case inspect.DictType():
            return {}
        case inspect.UUIDType():
            return str(NOBODY_KNOWS)
        case inspect.DateTimeType():
            return datetime(2027, 6, 1, tzinfo=UTC).isoformat()
        case inspect.DateType():
            return "2027-06-01"
        case inspect.NoneType():
            return None
    raise AssertionError(kind)


def fits(word: str, kind: inspect.StrType) -> bool:
    longest = 10**6 if kind.max_length is None else kind.max_length
    return (kind.min_length or 0) <= len(word) <= longest and re.search(kind.pattern or "", word) is not None


def all_told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """Return everything an answer makes known, headers and all, but for the request's id and what is left of quotas."""
    headers = {name: value for name, value in answer.headers.items() if name not in {"ratelimit", "x-request-id"}}
    return answer.status_code, headers, re.sub(rb'"request_id":"[^"]*"', b"", answer.content)


async def send(
    client: Client,
    route: Route,
    *,
    by: str | None,
    seen: int | None = 1,
    headers: Mapping[str, str] | None = None,
    **identities: UUID,
) -> httpx.Response:
    takes_file = route.path.endswith(("/attachments", "/documents"))
    kind = "application/octet-stream" if takes_file else "application/json"
    query = {
        "/changes": "?older=1&newer=2",
        **({"/attachments": "?kind=notice&filename=a.pdf"} if route.method == "POST" else {}),
        "/documents": "?part=trial_plan&filename=a.pdf",
        "/history": "?at=2026-11-21",
        "/history/changes": "?older=1&newer=2",
    }
    return await client.send(
        route.method,
        "http://test" + route.at(**identities) + query.get(route.path.removeprefix(CASE).removeprefix(PERMIT), ""),
        by=by,
        seen=seen,
        content=route.body,
        headers={**(headers or {}), **({"Content-Type": kind} if route.body is not None else {})},
    )


@asynccontextmanager
async def rehearsing(
    world: World, tmp_path: Path, database: Database, *, people: Iterable[str]
) -> AsyncIterator[tuple[Client, list[Route]]]:
    """Serve the world over another database, such as one that keeps nothing, to these people, who may ask without end."""
    settings = Settings(data_dir=tmp_path, pseudonym_key=b"k" * 32, database_url="unused")
    counting = RateLimits(world.database, key=b"k" * 32, limits={})
    app: Any = create_app(settings, replace(world.use_cases, rate_limits=counting))
    async with LifespanManager(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as http:
            client = Client(http=http, world=world)
            for name in people:
                await client.send("GET", "/me", by=name)
            kept, world.transactions.database = world.transactions.database, database
            try:
                yield client, list(routes_of(app))
            finally:
                await world.transactions.database.close()
                world.transactions.database = kept
