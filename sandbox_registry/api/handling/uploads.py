"""Bodies that are files: whether somebody still waits for what becomes of them."""

from typing import Never

from litestar.exceptions import HTTPException

from sandbox_registry.api.handling.requests import Incoming


async def until_left(request: Incoming) -> Never:
    """Wait until the client of a request whose body has arrived is gone; raises then. Nobody reads the status."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    raise HTTPException(status_code=400)
