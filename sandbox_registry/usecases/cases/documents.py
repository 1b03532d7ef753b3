"""Files of a dossier: received as a stream, told by their content, kept under their digest, attached in one act."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from anyio import to_thread

from sandbox_registry.documents.uploads.kinds import clean_filename, recognise
from sandbox_registry.documents.uploads.scanning import Scanner
from sandbox_registry.documents.uploads.store import Store
from sandbox_registry.domain.cases.applications import Document
from sandbox_registry.domain.errors import FieldError, Invalid
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.cases.applications import Applications
from sandbox_registry.usecases.cases.cases import Cases
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transactions import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A document and its bytes, checked against their digest while they are read."""

    document: Document
    content: AsyncGenerator[bytes, None]


class Documents:
    """One method per thing a person does with a file."""

    def __init__(
        self,
        transactions: Transactions,
        *,
        applications: Applications,
        cases: Cases,
        store: Store,
        scanner: Scanner,
        max_bytes: int,
    ) -> None:
        self.transactions = transactions
        self.applications = applications
        self.cases = cases
        self.store = store
        self.scanner = scanner
        self.max_bytes = max_bytes

    async def attach(
        self, context: RequestContext, application_id: UUID, *, part: str, filename: str, chunks: AsyncIterable[bytes]
    ) -> Document:
        """Receive a file and attach it to a part of the dossier.

        Authority is asked before the first byte is read, so that nobody fills the disk without a right to.

        Raises:
            Invalid: no such part; or the file is empty, of a type not taken, broken, harmful, not what its name says.
            FileTooLarge: it exceeds the limit; told as soon as it does.

        """
        await self.applications.check_part(context, application_id, part=part)
        async with self.store.receive(chunks, max_bytes=self.max_bytes) as received:
            kind = await to_thread.run_sync(lambda: recognise(received.path, filename=filename))
            verdict = await self.scanner.scan(received.path)
            if not verdict.clean:
                raise Invalid((FieldError(field="file", code="harmful", message=Phrase("documents.harmful")),))
            return await self.applications.add_document(
                context,
                application_id,
                part=part,
                filename=clean_filename(filename, extension=kind.extension),
                media_type=kind.media_type,
                size=received.size,
                sha256=received.sha256,
                keep=partial(self.store.keep, received),
            )

    async def download(self, context: RequestContext, application_id: UUID, document_id: UUID) -> Download:
        """Open a document of a case the actor may read; an overseer's reading is a leaf."""
        document = await self.cases.document(context, application_id, document_id)
        return Download(document=document, content=await self.store.open(document.sha256))
