"""Complaints against a refusal: filed by the applicant's signatory, settled by a complaints officer."""

from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.domain.cases import complaints
from sandbox_registry.domain.cases.applications import Complaint, ComplaintOutcome
from sandbox_registry.domain.operations.account_mails import AccountMailKind, to_be_sent
from sandbox_registry.usecases.identity.account_mails import keep_mail
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.preconditions import check_version
from sandbox_registry.usecases.transaction.transactions import Transactions


class Complaints:
    """One method per thing done with a complaint."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def file(self, context: RequestContext, application_id: UUID, *, grounds: str) -> Complaint:
        """File a complaint against a refusal (A25): once, and marked when it comes after its term.

        Raises:
            Duplicate: there is a complaint against this decision already.

        """
        async with self.transactions.open_case(context, Action.APPLICATION_COMPLAIN, application_id) as act:
            records = await act.records()
            complaint = complaints.complain(
                act.application,
                complaint_id=act.new_id(),
                grounds=grounds,
                earlier=records.complaints,
                promises=records.promises,
                procedure=await act.procedure(),
                calendar=await act.calendar(),
                by=context.actor.person_id,
                at=act.at,
            )
            return act.respond(await act.add(complaint))

    async def settle(
        self,
        context: RequestContext,
        application_id: UUID,
        complaint_id: UUID,
        *,
        expected_version: int,
        outcome: ComplaintOutcome,
        reasons: str,
        document: str,
    ) -> Complaint:
        """Record how a complaint ended, by which decision and why; the case is no longer kept for its sake.

        Who filed it is written to, and finds the outcome in the case.

        Raises:
            NotFound: no such complaint in this case, or the actor may not know of the case.
            StaleVersion: it changed since it was read.
            Duplicate: its outcome is recorded already.

        """
        async with self.transactions.open_case(context, Action.COMPLAINT_SETTLE, application_id) as act:
            complaint = await act.one(Complaint, complaint_id)
            check_version(complaint.version, expected_version)
            settled = complaints.settle(
                complaint, outcome=outcome, reasons=reasons, document=document, by=context.actor.person_id, at=act.at
            )
            told = to_be_sent(
                act.new_id(),
                AccountMailKind.COMPLAINT_SETTLED,
                email=None,
                person_id=complaint.filed_by,
                at=act.at,
                about=act.application.code or str(application_id),
            )
            await keep_mail(act.work, told)
            return act.respond(await act.save(settled))
