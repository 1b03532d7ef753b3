"""Exports the log of a case as an offline bundle, with the records its reader may see; the export itself is on record.

What is read goes into a temporary file, batch by batch, each in a statement of its own; only then is anything sent, so
that a slow client holds neither a connection nor a lock.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import UUID

from anyio import move_on_after, to_thread

from sandbox_registry.auditlog.publishing.bundle_files import BundleLeaf, BundleWriter
from sandbox_registry.auditlog.publishing.folder import LogFolder
from sandbox_registry.auditlog.publishing.proofs import newest_note, size_of
from sandbox_registry.auditlog.verifying.entries import read_record
from sandbox_registry.authz import Action
from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.db.cases import case_people, histories
from sandbox_registry.db.cases.histories import SLICE, HistoryRow
from sandbox_registry.db.core.queries import Queries
from sandbox_registry.db.permits import permits
from sandbox_registry.domain.acts import Audience
from sandbox_registry.domain.audiences import REVEALED, Revealed, audience_of
from sandbox_registry.domain.cases.appraisal import CouncilSession
from sandbox_registry.domain.errors import ConditionNotMet
from sandbox_registry.domain.kinds.every import KINDS
from sandbox_registry.domain.operations.quotas import TooManyRequests
from sandbox_registry.domain.stages import Stage
from sandbox_registry.runtime.files import MissingFile
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.subjects import CASE
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions

MAX_CONCURRENT_BUNDLES = 2
"""How many bundles one process writes at the same time; each keeps a thread busy."""
IN_MEMORY = 1024 * 1024
"""Bytes of a bundle that are kept in memory; the rest goes to the disk."""
PATIENCE = 5.0
"""Seconds to wait until the leaf of the reading itself is published."""
_LOOK = 0.1
_BUSY_FOR = 10
_IDENTITY = re.compile(rb'"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"')
_CARRIED = {kind.name: kind.read_by for kind in KINDS if kind.in_bundle}
"""What one must be allowed to read to be handed a record that holds this kind of object; of other kinds none is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """What a bundle may hold for whom it is made: leaves of `revealed` acts, and records of `kinds` that name `known` people.

    Where `known` is null, they may name anybody. `own_leaf` is that of this very reading.
    """

    case_id: UUID
    revealed: Revealed
    kinds: frozenset[str]
    known: frozenset[UUID] | None
    own_leaf: int = -1


class CaseBundles:
    """Makes offline bundles of single cases."""

    def __init__(self, transactions: Transactions, *, patience: float = PATIENCE) -> None:
        self.transactions = transactions
        self.patience = patience
        self._room = asyncio.Semaphore(MAX_CONCURRENT_BUNDLES)

    async def take(self, context: RequestContext, application_id: UUID, *, folder: LogFolder) -> IO[bytes]:
        """Write the bundle of a case; the caller closes the file.

        Oversight gets every leaf and record of the case. An applicant gets the leaves of their timeline, and of the
        records those that name nobody they may not know.

        It ends with the leaf of this very reading, so that nobody can leave out what was done before; only where that is not
        published in time, it ends earlier and does not show so much.

        Raises:
            NotFound: no such case, or the actor may not know of it.
            PermissionDenied: the actor may read the case but not take it out.
            ConditionNotMet: `not_published`, while no checkpoint covers the case.
            TooManyRequests: this process writes as many bundles as it can.

        """
        if self._room.locked():
            raise TooManyRequests(limit="bundles at once", seconds=_BUSY_FOR)
        async with self._room:
            async with self.transactions.open_case(
                context, Action.APPLICATION_READ_BUNDLE, application_id, lock=False
            ) as act:
                note = await self._note(act, folder)
                reader = await self._reader(act)
                handed_out = {"records": sorted(reader.kinds), "of_everybody": reader.known is None}
                act.record_state(CASE.name, application_id, act.application.version, {"read": act.action} | handed_out)
            if act.work.index is not None:
                reader = replace(reader, own_leaf=act.work.index)
                note = await self._note_with(act.work.index, folder) or note
            file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - handed on to the caller.
            try:
                writer = await to_thread.run_sync(
                    partial(BundleWriter, file, folder=folder, note=note, is_of_case=True)
                )
                await self._write(writer, reader)
                await self._list(writer, reader)
                await to_thread.run_sync(writer.finish)
            except BaseException:
                file.close()
                raise
            file.seek(0)
            return file

    async def _note(self, act: CaseTransaction, folder: LogFolder) -> bytes:
        covering = await act.run(histories.last_leaf, act.application.id) + 1
        try:
            return await to_thread.run_sync(partial(newest_note, folder, covering=covering))
        except MissingFile:
            raise ConditionNotMet("not_published") from None

    async def _note_with(self, index: int, folder: LogFolder) -> bytes | None:
        """Wait for a checkpoint that covers a leaf; null when none comes in time."""
        with move_on_after(self.patience):
            while True:
                note = await to_thread.run_sync(partial(newest_note, folder, covering=index + 1))
                if size_of(note) > index:
                    return note
                await asyncio.sleep(_LOOK)
        return None

    async def _reader(self, act: CaseTransaction) -> _Reader:
        case = act.application
        may = self.transactions.authorizer.may_do(act.actor, act.standing, case.stage)
        kinds = {kind for kind, action in _CARRIED.items() if action in may}
        permit = await act.run(permits.of_case, case.id)
        if permit is not None:
            stage = permit.stage(at=act.at)
            if self.transactions.authorizer.judge(act.actor, act.standing, stage, Action.PERMIT_READ).allowed:
                kinds |= {kind for kind, action in _CARRIED.items() if action is Action.PERMIT_READ}
        sessions = await act.all(CouncilSession)
        if any(each.concluded_at is None for each in sessions):
            kinds -= {"vote"}  # Nobody reads a vote before the council has concluded.
        if self.transactions.authorizer.judge(act.actor, None, Stage.NONE, Action.ERASURE_READ).allowed:
            kinds |= {kind for kind, action in _CARRIED.items() if action is Action.ERASURE_READ}
        audience = audience_of(act.actor, act.standing)
        is_applicant = audience is Audience.APPLICANT
        if is_applicant:
            kinds |= {"participation"}  # Their own; those of others name people they do not know.
        return _Reader(
            case_id=case.id,
            revealed=REVEALED[audience],
            kinds=frozenset(kinds),
            known=await act.run(case_people.known_to_applicant, case.id) if is_applicant else None,
        )

    async def _write(self, writer: BundleWriter, reader: _Reader) -> None:
        after = -1
        while True:
            async with self.transactions.primary() as primary:  # A replica may not have the last leaves yet.
                rows = await primary.run(
                    histories.leaves_after,
                    reader.case_id,
                    after=after,
                    limit=SLICE,
                    revealed=reader.revealed,
                    own=reader.own_leaf,
                )
                leaves = await _handed_out(primary, rows, reader)
                names = await primary.run(audit.names_of, _doers(leaves))
            await to_thread.run_sync(partial(writer.add, leaves, names=names))
            if len(rows) < SLICE or rows[-1].index >= writer.size:
                return
            after = rows[-1].index

    async def _list(self, writer: BundleWriter, reader: _Reader) -> None:
        """Name every leaf of the case, with what stands for those whose act is not for this reader."""
        async with self.transactions.primary() as primary:
            leaves = await primary.run(
                histories.leaves_listed, reader.case_id, until=writer.size, revealed=reader.revealed
            )
        writer.list_case(
            reader.case_id,
            ((each.index, None if each.is_revealed or each.index == reader.own_leaf else each.item) for each in leaves),
        )


async def _handed_out(queries: Queries, rows: Sequence[HistoryRow], reader: _Reader) -> list[BundleLeaf]:
    """Leave out the records that are not for this reader; the statements themselves hold nothing personal."""
    named = {row.index: {UUID(found.decode()) for found in _IDENTITY.findall(row.record or b"")} for row in rows}
    unknown: frozenset[UUID] = frozenset()
    if reader.known is not None:
        unknown = await queries.run(case_people.people_among, set().union(*named.values())) - reader.known
    return [
        _bundle_leaf(row, is_open=_kinds_in(row.record) <= reader.kinds and named[row.index].isdisjoint(unknown))
        for row in rows
    ]


def _bundle_leaf(row: HistoryRow, *, is_open: bool) -> BundleLeaf:
    leaf = BundleLeaf(index=row.index, entry=row.entry, salt=row.salt, statement=row.statement)
    if not is_open:
        return replace(leaf, is_withheld=row.record is not None)
    return replace(leaf, nonce=row.nonce, record=row.record)


def _kinds_in(record: bytes | None) -> frozenset[str]:
    content = None if record is None else read_record(record)
    return frozenset() if content is None else frozenset(each["type"] for each in content["objects"])


def _doers(leaves: Sequence[BundleLeaf]) -> set[UUID]:
    records = [read_record(leaf.record) for leaf in leaves if leaf.record is not None]
    return {UUID(record["actor"]) for record in records if record is not None}
