"""Papers that officials attach to a case over the wire: the file is the body, its kind and name stand in the address."""

from functools import partial
from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import QueryParameter
from litestar.response.base import ASGIResponse

from sandbox_registry.api.cases.application_schemas import OriginalFileOut
from sandbox_registry.api.cases.downloads import download
from sandbox_registry.api.handling.requests import Id, Incoming, QueryText, perform, use_cases
from sandbox_registry.api.handling.schemas import Instant, Out, shown
from sandbox_registry.api.handling.uploads import until_left
from sandbox_registry.domain.cases.attachments import Attachment, AttachmentKind
from sandbox_registry.http.context import context_of
from sandbox_registry.http.declarations import declare

Kind = Annotated[AttachmentKind, QueryParameter()]


class AttachmentOut(Out):
    """A paper of the officials; its bytes are at `…/attachments/{id}/content`.

    `original` is what was sent where this is a cleaned copy of it, else null.
    """

    id: UUID
    version: int
    kind: AttachmentKind
    filename: str
    media_type: str
    size: int
    sha256: str
    attached_by: UUID
    attached_at: Instant
    original: OriginalFileOut | None
    is_scanned: bool


class AttachmentsOut(Out):
    """The papers you may read, oldest first."""

    items: tuple[AttachmentOut, ...]


attachment_out = shown(AttachmentOut)


def attachments_out(found: tuple[Attachment, ...]) -> AttachmentsOut:
    """Show papers."""
    return AttachmentsOut(items=tuple(map(attachment_out, found)))


class AttachmentsController(Controller):
    """Signed minutes, letters of agencies, notices and the signed decision, as files."""

    path = "/applications/{application_id:uuid}/attachments"
    tags = ("documents",)

    @post(status_code=201, opt=declare(takes_file=True, is_keyed=False))
    async def attach(
        self, request: Incoming, application_id: Id, kind: Kind, filename: QueryText
    ) -> Response[AttachmentOut]:
        """Attach a paper as an official; the request body is the file itself.

        A paper is attached by those who may perform the act it belongs to: the minutes by the chair or the secretary, for instance.
        """
        return await perform(
            request,
            lambda context: use_cases(request).attachments.attach(
                context,
                application_id,
                kind=kind,
                filename=filename,
                chunks=request.stream(),
                left=partial(until_left, request),
            ),
            out=attachment_out,
        )

    @get()
    async def list_attachments(self, request: Incoming, application_id: Id) -> Response[AttachmentsOut]:
        """List the papers of the case that you may read; each kind has its own readers."""
        return await perform(
            request,
            lambda context: use_cases(request).attachments.list_attachments(context, application_id),
            out=attachments_out,
        )

    @get("/{attachment_id:uuid}/content", opt=declare(media_type="application/octet-stream"))
    async def content(self, request: Incoming, application_id: Id, attachment_id: Id) -> ASGIResponse:
        """Download a paper; bytes that are not those that were attached are not sent."""
        found = await use_cases(request).attachments.download(context_of(request), application_id, attachment_id)
        return download(found.attachment, found.content)
