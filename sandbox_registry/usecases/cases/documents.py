"""Files of a dossier: received as a stream, told by their content, kept under their digest, attached in one act."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from uuid import UUID

from sandbox_registry.domain.cases.applications import Document
from sandbox_registry.usecases.cases.applications import Applications
from sandbox_registry.usecases.cases.cases import Cases
from sandbox_registry.usecases.cases.reception import Left, Reception
from sandbox_registry.usecases.cases.stored_files import StoredFiles
from sandbox_registry.usecases.transaction.context import RequestContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A document and its bytes, checked against their digest while they are read."""

    document: Document
    content: AsyncGenerator[bytes, None]


class Documents:
    """One method per thing a person does with a file."""

    def __init__(self, *, applications: Applications, cases: Cases, reception: Reception, stored: StoredFiles) -> None:
        self.applications = applications
        self.cases = cases
        self.reception = reception
        self.stored = stored

    async def attach(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        part: str,
        filename: str,
        chunks: AsyncIterable[bytes],
        left: Left | None = None,
    ) -> Document:
        """Receive a file and attach it to a part of the dossier.

        Authority is asked before the first byte is read, so that nobody fills the disk without a right to.

        Raises:
            Invalid: no such part; or the file is refused by `Reception.inspect`.
            FileTooLarge: it exceeds the limit; told as soon as it does.
            InspectionsBusy: too many files wait to be inspected.

        """
        await self.applications.check_component(context, application_id, part=part)
        async with self.reception.inspect(context, chunks, filename=filename, left=left) as file:
            return await self.applications.add_document(
                context,
                application_id,
                part=part,
                filename=file.filename,
                media_type=file.media_type,
                size=file.size,
                sha256=file.sha256,
                original=file.original,
                is_scanned=file.is_scanned,
                keep=file.keep,
            )

    async def download(self, context: RequestContext, application_id: UUID, document_id: UUID) -> Download:
        """Open a document of a case the actor may read; an overseer's reading is a leaf. Raises as `StoredFiles.open`."""
        document = await self.cases.document(context, application_id, document_id)
        return Download(document=document, content=await self.stored.open(document.sha256))
