"""Receiving a file from an applicant or an official: received as a stream, told by its content, scanned, kept only when all is well."""

import asyncio
import math
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Never

from sandbox_registry.documents.uploads.fair_queue import Sender
from sandbox_registry.documents.uploads.inspection import Inspector, Judgement
from sandbox_registry.documents.uploads.kinds import check_extension, clean_filename
from sandbox_registry.documents.uploads.scanning import Scanner
from sandbox_registry.documents.uploads.store import Received, Store
from sandbox_registry.domain.cases.original_files import OriginalFile
from sandbox_registry.domain.errors import FieldError, Invalid
from sandbox_registry.domain.operations.quotas import By, Group
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.operations.quotas import RateLimits
from sandbox_registry.usecases.transaction.context import RequestContext


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFile:
    """A file that passed every inspection; `keep` puts its bytes into the store, and without it they are gone.

    Where only a cleaned copy is taken, this is the copy and `original` what was sent; both are kept.
    """

    filename: str
    media_type: str
    size: int
    sha256: str
    original: OriginalFile | None
    is_scanned: bool
    keep: Callable[[], Awaitable[None]]


Left = Callable[[], Coroutine[None, None, Never]]
"""Waits until the sender of a file has left, and raises then."""


class Reception:
    """Inspects files before they reach the store."""

    def __init__(
        self, *, store: Store, scanner: Scanner, inspector: Inspector, limits: RateLimits, max_bytes: int
    ) -> None:
        self.store = store
        self.scanner = scanner
        self.inspector = inspector
        self.limits = limits
        self.max_bytes = max_bytes

    @asynccontextmanager
    async def inspect(
        self, context: RequestContext, chunks: AsyncIterable[bytes], *, filename: str, left: Left | None = None
    ) -> AsyncIterator[IncomingFile]:
        """Receive a file and inspect it; for a sender who leaves meanwhile no process goes on looking.

        Raises:
            Invalid: it is empty, of a type not taken, broken, harmful, or not what its name says.
            FileTooLarge: it exceeds the limit; told as soon as it does.
            InspectionsBusy, TooManyRequests: as `Inspector.inspect` says.
            ScannerUnavailable: the scanner does not answer.
            StorageFull: the disk takes no more.

        """
        async with self.store.receive(chunks, max_bytes=self.max_bytes) as received:
            judgement = await _unless(left, self._inspected(context, received))
            kind = judgement.require_accepted()
            check_extension(filename, kind)
            verdict = await self.scanner.scan(received.path)
            if verdict.threat is not None:
                raise Invalid((FieldError(field="file", code="harmful", message=Phrase("documents.harmful")),))
            shown = await self.store.copy_of(received) if judgement.is_copy else received
            yield IncomingFile(
                filename=clean_filename(filename, extension=kind.extension),
                media_type=kind.media_type,
                size=shown.size,
                sha256=shown.sha256,
                original=OriginalFile(sha256=received.sha256, size=received.size) if judgement.is_copy else None,
                is_scanned=verdict.is_scanned,
                keep=partial(self._keep, received, shown),
            )

    async def _keep(self, received: Received, shown: Received) -> None:
        await self.store.keep(received)
        if shown is not received:
            await self.store.keep(shown)

    async def _inspected(self, context: RequestContext, received: Received) -> Judgement:
        """Have a file looked at; what that takes beyond a second counts as so many more uploads of its sender."""
        judgement = await self.inspector.inspect(received, senders=senders_of(context))
        if judgement.seconds > 1:
            subjects = {By.ACCOUNT: context.actor.person_id.bytes}
            await self.limits.charge(Group.UPLOADS, subjects, count=math.ceil(judgement.seconds) - 1)
        return judgement


async def _unless(left: Left | None, inspecting: Coroutine[None, None, Judgement]) -> Judgement:
    """Return what an inspection says, or raise what says that its sender has left; the other of the two is ended."""
    if left is None:
        return await inspecting
    tasks = [asyncio.ensure_future(each) for each in (inspecting, left())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(each for each in tasks if each.done()).result()
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def senders_of(context: RequestContext) -> frozenset[Sender]:
    """Return by what a file is counted: who sends it, whom they act for, the units they hold office in, and from where."""
    actor = context.actor
    acts_for = actor.organisations | {unit for _, unit in actor.offices}
    account = ("account", str(actor.person_id))
    address = [("address", context.address)] if context.address is not None else []
    return frozenset({account, *(("organisation", str(each)) for each in acts_for), *address})
