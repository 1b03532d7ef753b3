"""The portal without a database, for handlers of a test, and the portal over loopback for a browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from litestar import Litestar
from litestar.datastructures import State
from litestar.template import TemplateConfig

from sandbox_registry.http.application import Application
from sandbox_registry.http.methods import complete_allow_header, remember_methods
from sandbox_registry.http.problems import HANDLERS
from sandbox_registry.http.quotas import LIMIT_HANDLERS
from sandbox_registry.http.response_headers import complete_headers
from sandbox_registry.web.errors import with_pages
from sandbox_registry.web.portal import make_portal
from sandbox_registry.web.static_files import Assets, static_file
from sandbox_registry.web.templating import template_engine
from tests.support.ports import free_port


def small_portal(*handlers: Any, is_demonstration: bool = False) -> Litestar:
    """An application that answers as the portal does, with nothing but these handlers and the files."""
    assets = Assets()
    return Application(
        route_handlers=[static_file, *handlers],
        exception_handlers=with_pages(HANDLERS | LIMIT_HANDLERS),
        template_config=TemplateConfig(instance=template_engine(assets, is_demonstration=is_demonstration)),
        state=State({"assets": assets, "portal": make_portal(b"k" * 32, is_plain=True)}),
        on_startup=[remember_methods],
        before_send=[complete_allow_header, complete_headers],
        openapi_config=None,
        logging_config=None,
    )


@asynccontextmanager
async def serving(app: Litestar) -> AsyncIterator[str]:
    """Serve an application on loopback for a block; its address."""
    port = free_port()
    server = Server(
        app, port=port, interface=Interfaces.ASGI, http=HTTPModes.http1, websockets=False, log_enabled=False
    )
    task = asyncio.create_task(server.serve())
    try:
        while not await _answers(port):  # noqa: ASYNC110 - it is a server that answers, not an event.
            await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await task


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
