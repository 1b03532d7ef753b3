"""What the API says about itself: the OpenAPI document, and pages to read it, all from this program."""

import hashlib

import msgspec
from litestar import Controller, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from sandbox_registry.api.contract.docs_pages import POLICY, index_page, operation_page, type_page
from sandbox_registry.api.contract.openapi import Contract, Json
from sandbox_registry.api.handling.requests import JSON, Incoming
from sandbox_registry.domain.texts import Language
from sandbox_registry.http.declarations import declare
from sandbox_registry.http.problems import language_of

HTML = "text/html"
LanguageQuery = FromQuery[Language | None]


class DocsController(Controller):
    """Open to everybody: how to speak to the registry is no secret."""

    opt = declare(is_public=True)
    include_in_schema = False

    @get("/openapi.json")
    async def openapi(self, request: Incoming) -> Response[bytes]:
        """Send the OpenAPI document; 304 while it is the one the client has."""
        return _cached(request, msgspec.json.encode(await _document(request)), media_type=JSON)

    @get("/docs")
    async def index(self, request: Incoming, lang: LanguageQuery = None) -> Response[bytes]:
        """Show every operation."""
        return _page_response(request, index_page(await _document(request), lang or language_of(request)))

    @get("/docs/operations/{operation_id:str}")
    async def operation(
        self, request: Incoming, operation_id: FromPath[str], lang: LanguageQuery = None
    ) -> Response[bytes]:
        """Show one operation."""
        return _page_response(
            request, operation_page(await _document(request), operation_id, lang or language_of(request))
        )

    @get("/docs/types/{name:str}")
    async def type(self, request: Incoming, name: FromPath[str], lang: LanguageQuery = None) -> Response[bytes]:
        """Show one type."""
        return _page_response(request, type_page(await _document(request), name, lang or language_of(request)))


async def _document(request: Incoming) -> Json:
    contract: Contract = request.app.state.contract
    return await contract.document()


def _page_response(request: Incoming, page: str | None) -> Response[bytes]:
    if page is None:
        raise NotFoundException
    return _cached(request, page.encode(), media_type=HTML)


def _cached(request: Incoming, body: bytes, *, media_type: str) -> Response[bytes]:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "public, no-cache", "Vary": "Accept-Language"}
    if media_type == HTML:
        headers["Content-Security-Policy"] = POLICY
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(body, headers=headers, media_type=media_type)
