"""Bodies that arrive slowly or never: 408 in good time, and no transaction of the database waits for one."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, post
from litestar.middleware import DefineMiddleware
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncEngine

import sandbox_registry
from sandbox_registry.app import create_app
from sandbox_registry.http.body_timeouts import FILE_TIMEOUT_S, JSON_TIMEOUT_S, PIECE_TIMEOUT_S, BodyReadTimeout
from sandbox_registry.http.declarations import declare
from sandbox_registry.http.problems import HANDLERS
from sandbox_registry.runtime.settings import Settings
from tests.documents.uploads.files import pdf
from tests.support.client import Client
from tests.support.exporting import under_way
from tests.support.stages import OWNER


@post("/json")
async def take_json(data: JSONBody[dict[str, int]]) -> dict[str, int]:
    """Take a small body."""
    return data


@post("/file", opt=declare(takes_file=True))
async def take_file(request: Request[Any, Any, Any]) -> int:
    """Take a large one, piece by piece."""
    return sum([len(piece) async for piece in request.stream()])


async def sent(path: str, *pieces: bytes, pause: float, **limits: float) -> httpx.Response:
    """Send a body piece by piece, with a pause after each."""

    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
            await asyncio.sleep(pause)

    app = Litestar(
        [take_json, take_file],
        middleware=[DefineMiddleware(BodyReadTimeout, **limits)],
        exception_handlers=HANDLERS,
        logging_config=None,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as http:  # type: ignore[arg-type]
        return await http.post(path, content=body(), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("path", ["/json", "/file"])
async def test_body_that_stops_arriving_is_given_up(path: str) -> None:
    answer = await sent(path, b'{"a":', b"1}", pause=60, piece_timeout=0.1)
    assert (answer.status_code, answer.json()["code"]) == (408, "request_timeout")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(("path", "limit"), [("/json", "json_timeout"), ("/file", "file_timeout")])
async def test_body_that_drips_is_given_up_in_all(path: str, limit: str) -> None:
    answer = await sent(path, *[b" "] * 1000, pause=0.02, **{limit: 0.3})
    assert answer.status_code == 408


async def test_slow_body_in_time_is_taken_and_a_file_may_take_longer() -> None:
    taken = await sent("/json", b'{"a":', b"1}", pause=0.05)
    assert (taken.status_code, taken.json()) == (201, {"a": 1})
    file = await sent("/file", *[b"12345"] * 10, pause=0.02, json_timeout=0.05)
    assert (file.status_code, file.json()) == (201, 50)


def test_every_request_is_timed_before_anything_else(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, pseudonym_key=b"k" * 32, database_url="postgresql://nobody@127.0.0.1/none")
    first = create_app(settings).middleware[0]
    assert isinstance(first, DefineMiddleware)
    assert (first.middleware, first.kwargs) == (BodyReadTimeout, {})
    assert 0 < PIECE_TIMEOUT_S < JSON_TIMEOUT_S < FILE_TIMEOUT_S


def test_whatever_is_answered_in_pieces_is_bounded_too() -> None:
    """Litestar's own streams and files wait for a reader for as long as it likes."""
    package = Path(sandbox_registry.__file__).parent
    unbounded = re.compile(r"from litestar.*import.*\b(Stream|File|ASGIFileResponse|ServerSentEvent)\b")
    assert [path.name for path in package.rglob("*.py") if unbounded.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("what", ["upload", "draft"])
async def test_no_transaction_waits_for_a_body(client: Client, owner: AsyncEngine, what: str) -> None:
    draft = await client.world.draft()
    begun, go_on = asyncio.Event(), asyncio.Event()
    content, path, method, kind = {
        "upload": (
            pdf(),
            f"/applications/{draft.id}/documents?part=trial_plan&filename=a.pdf",
            "POST",
            "application/pdf",
        ),
        "draft": (b'{"title": "Cua"}', f"/applications/{draft.id}", "PATCH", "application/json"),
    }[what]

    async def body() -> AsyncIterator[bytes]:
        yield content[:5]
        begun.set()
        await go_on.wait()
        yield content[5:]

    sending = asyncio.create_task(
        client.send(method, path, by=OWNER, seen=1, content=body(), headers={"Content-Type": kind})
    )
    await begun.wait()
    await asyncio.sleep(0.1)
    waiting = await under_way(owner)
    go_on.set()
    answer = await sending
    assert waiting == []
    assert answer.status_code in {200, 201}, answer.text
