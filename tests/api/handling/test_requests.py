"""What a handler sends is what its act stored, byte for byte, whatever the moment."""

from itertools import count

import httpx
from litestar import Litestar, Response, post

from sandbox_registry.api.handling.requests import Incoming, perform
from sandbox_registry.api.handling.schemas import Out
from sandbox_registry.http.bodies import StrictRequest
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.idempotency import AlreadyDone, StoredResponse
from tests.support.identified import identified


class NumberOut(Out):
    """A number that is another one whenever it is shown."""

    number: int


async def test_what_is_sent_was_rendered_once() -> None:
    numbers = count()
    stored: list[StoredResponse] = []

    async def act(context: RequestContext) -> str:
        if stored:
            raise AlreadyDone(stored[0])
        if context.idempotent is not None:
            stored.append(context.idempotent.render("done"))
        return "done"

    @post("/numbers", status_code=200)
    async def show(request: Incoming) -> Response[NumberOut]:
        return await perform(request, act, out=lambda _: NumberOut(number=next(numbers)))

    app = Litestar(route_handlers=[show], middleware=[identified], request_class=StrictRequest, openapi_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as http:  # type: ignore[arg-type]  # Litestar's own ASGI types.
        unkeyed = await http.post("/numbers")
        first, again = [await http.post("/numbers", headers={"Idempotency-Key": "a"}) for _ in range(2)]
    assert (unkeyed.content, first.content, again.content) == (b'{"number":0}', b'{"number":1}', b'{"number":1}')
    assert stored == [StoredResponse(status=200, headers={}, body=first.content)]
    assert [each.headers.get("idempotency-replayed") for each in (unkeyed, first, again)] == [None, None, "true"]
