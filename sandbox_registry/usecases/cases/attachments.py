"""Papers that officials attach to a case: signed minutes, letters of agencies, notices, the decision as it was signed."""

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.operations import damaged_files
from sandbox_registry.domain.cases import attachments
from sandbox_registry.domain.cases.attachments import Attachment, AttachmentKind
from sandbox_registry.domain.cases.original_files import OriginalFile
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.usecases.cases.reception import Left, Reception
from sandbox_registry.usecases.cases.stored_files import StoredFiles
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentDownload:
    """A paper and its bytes, checked against their digest while they are read."""

    attachment: Attachment
    content: AsyncGenerator[bytes, None]


class Attachments:
    """One method per thing done with the papers of a case."""

    def __init__(self, transactions: Transactions, *, reception: Reception, stored: StoredFiles) -> None:
        self.transactions = transactions
        self.reception = reception
        self.stored = stored

    async def attach(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        kind: AttachmentKind,
        filename: str,
        chunks: AsyncIterable[bytes],
        left: Left | None = None,
    ) -> Attachment:
        """Receive a file and attach it; inspected like the files of an applicant, authority asked before its first byte.

        Raises:
            Invalid: `not_yours`, a paper of a kind that somebody else attaches; or the file is refused by
                `Reception.inspect`.
            Duplicate: the case has this very file as such a paper.
            FileTooLarge: it exceeds the limit; told as soon as it does.

        """
        async with self.transactions.open_case(context, Action.ATTACHMENT_ADD, application_id) as act:
            attachments.require_kind(kind, self._allowed(act))
            act.skip_audit()
        async with self.reception.inspect(context, chunks, filename=filename, left=left) as file:
            return await self.add(
                context,
                application_id,
                kind=kind,
                filename=file.filename,
                media_type=file.media_type,
                size=file.size,
                sha256=file.sha256,
                original=file.original,
                is_scanned=file.is_scanned,
                keep=file.keep,
            )

    async def add(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        kind: AttachmentKind,
        filename: str,
        media_type: str,
        size: int,
        sha256: str,
        original: OriginalFile | None = None,
        is_scanned: bool = False,
        keep: Callable[[], Awaitable[None]] | None = None,
    ) -> Attachment:
        """Attach a file that was inspected. `keep` puts its bytes into the store; null when they are there.

        The same person who sends the same file again gets what was made of it: its first answer may have been lost.
        """
        async with self.transactions.open_case(context, Action.ATTACHMENT_ADD, application_id) as act:
            attachments.require_kind(kind, self._allowed(act))
            known = attachments.known(
                await act.all(Attachment),
                kind=kind,
                sha256=sha256,
                original=original,
                filename=filename,
                by=context.actor.person_id,
            )
            if known is not None:
                act.skip_audit()
                return act.respond(known)
            if keep is not None:
                await keep()
                await act.run(damaged_files.heal, sha256)
            made = Attachment(
                id=act.new_id(),
                version=1,
                application_id=application_id,
                kind=kind,
                filename=filename,
                media_type=media_type,
                size=size,
                sha256=sha256,
                original=original,
                is_scanned=is_scanned,
                attached_by=context.actor.person_id,
                attached_at=act.at,
            )
            return act.respond(await act.add(made))

    async def list_attachments(self, context: RequestContext, application_id: UUID) -> tuple[Attachment, ...]:
        """List the papers of a case that the actor may read, oldest first."""
        async with self.transactions.read_case(context, Action.APPLICATION_READ, application_id) as act:
            return act.respond(await self._readable(act))

    async def download(self, context: RequestContext, application_id: UUID, attachment_id: UUID) -> AttachmentDownload:
        """Open a paper that the actor may read; any other does not exist to them. An overseer's reading is a leaf."""
        async with self.transactions.read_case(context, Action.APPLICATION_READ, application_id) as act:
            found = [each for each in await self._readable(act) if each.id == attachment_id]
            if not found:
                raise NotFound(what="attachment")
        content = await self.stored.open(found[0].sha256)
        return AttachmentDownload(attachment=found[0], content=content)

    async def _readable(self, act: CaseTransaction) -> tuple[Attachment, ...]:
        return attachments.readable(await act.all(Attachment), self._allowed(act))

    def _allowed(self, act: CaseTransaction) -> frozenset[Action]:
        return self.transactions.authorizer.may_do(act.actor, act.standing, act.application.stage)
