"""Putting on record that the traces of erased data went from the database's files: when, and of which erasures."""

from datetime import datetime

from sandbox_registry.authz import Action
from sandbox_registry.db.operations.rewriting import Rewritten
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transactions import Transactions


async def note_rewriting(
    transactions: Transactions, context: RequestContext, done: Rewritten, *, begun_at: datetime
) -> None:
    """Record a rewriting that is complete.

    Raises:
        PermissionDenied: the policy does not let this actor; the refusal is a leaf.

    """
    async with transactions.open(context, Action.STORAGE_REWRITE) as act:
        identity = act.new_id()
        state = {
            "id": str(identity),
            "version": 1,
            "begun_at": begun_at,
            "ended_at": act.at,
            "tables": list(done.tables),
            "erasures": list(done.erasures),
            "wal_until": done.wal_until,
        }
        act.record_state("rewriting", identity, 1, state)
