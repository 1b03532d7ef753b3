"""Documents of a dossier over the wire: the file is the body, its part and name stand in the address."""

from functools import partial

from litestar import Controller, Response, delete, get, post
from litestar.response.base import ASGIResponse

from sandbox_registry.api.cases.application_schemas import DocumentOut, document_out
from sandbox_registry.api.cases.downloads import download
from sandbox_registry.api.handling.requests import Id, Incoming, QueryText, perform, use_cases
from sandbox_registry.api.handling.uploads import until_left
from sandbox_registry.http.context import context_of
from sandbox_registry.http.declarations import declare


class DocumentsController(Controller):
    """Files of a dossier: PDF, PNG, JPEG, DOCX and XLSX, told by their content."""

    path = "/applications/{application_id:uuid}/documents"
    tags = ("documents",)

    @post(status_code=201, opt=declare(takes_file=True, has_location=True, is_keyed=False))
    async def attach(
        self, request: Incoming, application_id: Id, part: QueryText, filename: QueryText
    ) -> Response[DocumentOut]:
        """Attach a file to a component of the dossier; the request body is the file itself.

        The application gets a new version: read it again before filing it.
        """
        return await perform(
            request,
            lambda context: use_cases(request).documents.attach(
                context,
                application_id,
                part=part,
                filename=filename,
                chunks=request.stream(),
                left=partial(until_left, request),
            ),
            out=document_out,
            location=lambda made: f"/api/v1/applications/{application_id}/documents/{made.id}",
        )

    @get("/{document_id:uuid}")
    async def read(self, request: Incoming, application_id: Id, document_id: Id) -> Response[DocumentOut]:
        """Read the details of one document, including a removed one."""
        return await perform(
            request,
            lambda context: use_cases(request).cases.document(context, application_id, document_id),
            out=document_out,
        )

    @get("/{document_id:uuid}/content", opt=declare(media_type="application/octet-stream"))
    async def content(self, request: Incoming, application_id: Id, document_id: Id) -> ASGIResponse:
        """Download a document; bytes that are not those that were filed are not sent."""
        found = await use_cases(request).documents.download(context_of(request), application_id, document_id)
        return download(found.document, found.content)

    @delete("/{document_id:uuid}", status_code=200)
    async def remove(self, request: Incoming, application_id: Id, document_id: Id) -> Response[DocumentOut]:
        """Remove a document from a draft or an open supplement; it stays on record as removed.

        The application gets a new version, as when a file is attached.
        """
        return await perform(
            request,
            lambda context: use_cases(request).applications.remove_document(context, application_id, document_id),
            out=document_out,
        )
