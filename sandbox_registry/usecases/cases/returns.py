"""A file returned to be completed: by the signer to the head, by the head to the officer, and put before the head again."""

from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.domain.cases import decisions, returns
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.appraisal import FileReturn, Recommendation
from sandbox_registry.domain.cases.possible_acts import records_needed
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.usecases.cases.participations import take_part
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transactions import Transactions


class Returns:
    """One method per way of a file back, and again up."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def to_head(
        self, context: RequestContext, application_id: UUID, *, expected_version: int, reason: str
    ) -> Application:
        """Return the file to the head, as its signer; the recommendation is superseded and stays on record."""
        async with self.transactions.open_case(
            context, Action.FILE_RETURN_TO_HEAD, application_id, expected_version=expected_version
        ) as act:
            moved, superseded, returned = returns.return_to_head(
                act.application,
                return_id=act.new_id(),
                recommendation=decisions.live(await act.all(Recommendation)),
                reason=reason,
                by=context.actor.person_id,
                at=act.at,
            )
            moved = await act.save(moved)
            await act.save(superseded)
            await act.add(returned)
            await take_part(act, Capacity.DECIDER)
            return act.respond(moved)

    async def to_officer(
        self, context: RequestContext, application_id: UUID, *, expected_version: int, reason: str
    ) -> Application:
        """Return the file to the officer who leads it, as head of the focal department."""
        async with self.transactions.open_case(
            context, Action.FILE_RETURN_TO_OFFICER, application_id, expected_version=expected_version
        ) as act:
            records = await act.records(also=records_needed({act.action}))
            moved, returned = returns.return_to_officer(
                act.application,
                return_id=act.new_id(),
                reason=reason,
                assignments=records.assignments,
                returns=records.returns,
                by=context.actor.person_id,
                at=act.at,
            )
            moved = await act.save(moved)
            await act.add(returned)
            return act.respond(moved)

    async def resubmit(
        self, context: RequestContext, application_id: UUID, *, expected_version: int, answer: str
    ) -> Application:
        """Put the completed file before the head again, as the officer who leads it."""
        async with self.transactions.open_case(
            context, Action.FILE_RESUBMIT, application_id, expected_version=expected_version
        ) as act:
            moved, answered = returns.resubmit(
                act.application,
                returns=await act.all(FileReturn),
                answer=answer,
                by=context.actor.person_id,
                at=act.at,
            )
            moved = await act.save(moved)
            await act.save(answered)
            return act.respond(moved)

    async def list_returns(self, context: RequestContext, application_id: UUID) -> tuple[FileReturn, ...]:
        """List every return of the file, oldest first, for those who may read the reviews of the case."""
        async with self.transactions.read_case(context, Action.REVIEW_READ, application_id) as act:
            return act.respond(await act.all(FileReturn))
