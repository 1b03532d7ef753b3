"""Opening stored files: bytes that are not those that were stored are never sent, and that they were found is on record."""

from collections.abc import AsyncGenerator

import structlog

from sandbox_registry.authz import Action
from sandbox_registry.db.operations import damaged_files
from sandbox_registry.documents.uploads.store import Damaged, Store
from sandbox_registry.domain.operations.stored_files import DamagedFile, FileDamaged
from sandbox_registry.usecases.transaction.operators import operator
from sandbox_registry.usecases.transaction.transactions import Transactions

logger = structlog.get_logger("documents")


class StoredFiles:
    """Opens files for those whose right to them was asked before."""

    def __init__(self, transactions: Transactions, *, store: Store) -> None:
        self.transactions = transactions
        self.store = store

    async def open(self, sha256: str) -> AsyncGenerator[bytes, None]:
        """Return the content stored under a digest, in pieces.

        Raises:
            NotFound: nothing is stored under it.
            FileDamaged: something else is; the first time that is found it is an alarm and a leaf.

        """
        try:
            return await self.store.open(sha256)
        except Damaged as error:
            await self._report(sha256)
            raise FileDamaged from error

    async def _report(self, sha256: str) -> None:
        context = operator(method="download", request_id="download")
        async with self.transactions.open(context, Action.STORED_FILE_REPORT) as act:
            if not await act.run(damaged_files.note, sha256, at=act.at):
                act.skip_audit()
                return
            damaged = DamagedFile(id=act.new_id(), version=1, sha256=sha256, found_at=act.at)
            act.record_state("damaged_file", damaged.id, damaged.version, damaged)
        logger.error("stored_file_damaged", sha256=sha256)
