"""Files of a dossier: received as a stream, told by their content, kept under their digest, attached in one act."""

import math
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sandbox_registry.documents.uploads.contents.judgement import Kind
from sandbox_registry.documents.uploads.inspection import Inspector
from sandbox_registry.documents.uploads.kinds import check_extension, clean_filename
from sandbox_registry.documents.uploads.scanning import Scanner
from sandbox_registry.documents.uploads.store import Received, Store
from sandbox_registry.domain.cases.applications import Document
from sandbox_registry.domain.errors import FieldError, Invalid
from sandbox_registry.domain.operations.quotas import By, Group
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.cases.applications import Applications
from sandbox_registry.usecases.cases.cases import Cases
from sandbox_registry.usecases.operations.quotas import RateLimits
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
        inspector: Inspector,
        limits: RateLimits,
        max_bytes: int,
    ) -> None:
        self.transactions = transactions
        self.applications = applications
        self.cases = cases
        self.store = store
        self.scanner = scanner
        self.inspector = inspector
        self.limits = limits
        self.max_bytes = max_bytes

    async def attach(
        self, context: RequestContext, application_id: UUID, *, part: str, filename: str, chunks: AsyncIterable[bytes]
    ) -> Document:
        """Receive a file and attach it to a part of the dossier.

        Authority is asked before the first byte is read, so that nobody fills the disk without a right to.

        Raises:
            Invalid: no such part; or the file is empty, of a type not taken, broken, harmful, not what its name says.
            FileTooLarge: it exceeds the limit; told as soon as it does.
            InspectionsBusy: too many files wait to be inspected.

        """
        await self.applications.check_part(context, application_id, part=part)
        async with self.store.receive(chunks, max_bytes=self.max_bytes) as received:
            kind = await self._inspected(context, received)
            check_extension(filename, kind)
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

    async def _inspected(self, context: RequestContext, received: Received) -> Kind:
        """Have a file looked at; what that takes beyond a second counts as so many more uploads of its sender."""
        judgement = await self.inspector.inspect(received.path, account=context.actor.person_id)
        if judgement.seconds > 1:
            subjects = {By.ACCOUNT: context.actor.person_id.bytes}
            await self.limits.charge(Group.UPLOADS, subjects, count=math.ceil(judgement.seconds) - 1)
        return judgement.require_accepted()

    async def download(self, context: RequestContext, application_id: UUID, document_id: UUID) -> Download:
        """Open a document of a case the actor may read; an overseer's reading is a leaf."""
        document = await self.cases.document(context, application_id, document_id)
        return Download(document=document, content=await self.store.open(document.sha256))
