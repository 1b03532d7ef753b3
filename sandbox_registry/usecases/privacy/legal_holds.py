"""Orders to keep a case as it is: placed and lifted by officers of its unit, each with a reason; no erasure passes one."""

from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.domain.privacy.erasures import HoldKind, LegalHold, lift
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.preconditions import check_version
from sandbox_registry.usecases.transaction.transactions import Transactions


class LegalHolds:
    """One method per thing done with a hold."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def place(
        self, context: RequestContext, application_id: UUID, *, kind: HoldKind, reason: str, reference: str
    ) -> LegalHold:
        """Order a case to be kept: an audit, an inspection, a complaint or a dispute needs it.

        Raises:
            NotFound: no such case, or the actor may not know of it.

        """
        async with self.transactions.open_case(context, Action.HOLD_PLACE, application_id) as act:
            hold = LegalHold(
                id=act.new_id(),
                version=1,
                application_id=application_id,
                kind=kind,
                reason=reason,
                reference=reference,
                placed_by=context.actor.person_id,
                placed_at=act.at,
            )
            return act.respond(await act.add(hold))

    async def lift(
        self, context: RequestContext, application_id: UUID, hold_id: UUID, *, expected_version: int, because: str
    ) -> LegalHold:
        """End a hold.

        Raises:
            NotFound: no such hold in this case, or the actor may not know of the case.
            StaleVersion: it changed since it was read.
            Duplicate: it is lifted already.

        """
        async with self.transactions.open_case(context, Action.HOLD_LIFT, application_id) as act:
            hold = await act.one(LegalHold, hold_id)
            check_version(hold.version, expected_version)
            return act.respond(await act.save(lift(hold, by=context.actor.person_id, at=act.at, because=because)))

    async def list_holds(self, context: RequestContext, application_id: UUID) -> tuple[LegalHold, ...]:
        """List the holds of a case, lifted ones included."""
        async with self.transactions.read_case(context, Action.HOLD_READ, application_id) as act:
            return act.respond(await act.all(LegalHold))
