"""Letters between the applicant and the officers of a case."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.cases import messages as message_rows
from sandbox_registry.domain.cases.applications import Message
from sandbox_registry.domain.identity.people import Relation, relations
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter as its reader sees it: to the other side it comes from an office or a firm, and `author_id` is null."""

    id: UUID
    version: int
    from_applicant: bool
    body: str
    sent_at: datetime
    author_id: UUID | None


class Messages:
    """One method per thing done with letters."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def send(self, context: RequestContext, application_id: UUID, *, body: str) -> Letter:
        """Write to the other side (Decree 224/2026 art. 15(1)(g))."""
        async with self.transactions.open_case(context, Action.MESSAGE_SEND, application_id) as act:
            is_applicant = _is_applicant(act)
            message = Message(
                id=act.new_id(),
                version=1,
                application_id=application_id,
                author_id=context.actor.person_id,
                from_applicant=is_applicant,
                body=body,
                sent_at=act.at,
            )
            await act.add(message)
            return act.respond(_letter(message, to_applicant=is_applicant))

    async def list_messages(
        self, context: RequestContext, application_id: UUID, *, after: UUID | None, limit: int
    ) -> tuple[Letter, ...]:
        """List the letters of a case, newest first."""
        async with self.transactions.read_case(context, Action.MESSAGE_READ, application_id) as act:
            letters = await act.run(message_rows.messages_of, application_id, after=after, limit=limit)
            to_applicant = _is_applicant(act)
            return act.respond(tuple(_letter(each, to_applicant=to_applicant) for each in letters))


def _is_applicant(act: CaseTransaction) -> bool:
    return bool(relations(act.actor, act.standing) & {Relation.OWN, Relation.DELEGATE})


def _letter(message: Message, *, to_applicant: bool) -> Letter:
    return Letter(
        id=message.id,
        version=message.version,
        from_applicant=message.from_applicant,
        body=message.body,
        sent_at=message.sent_at,
        author_id=message.author_id if message.from_applicant is to_applicant else None,
    )
