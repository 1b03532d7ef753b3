"""Questions of substance to the applicant during appraisal, and the answers."""

from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.domain.cases import consultations
from sandbox_registry.domain.cases.appraisal import Clarification
from sandbox_registry.domain.cases.possible_acts import records_needed
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transactions import Transactions


class Clarifications:
    """One method per thing done with a clarification."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def ask(self, context: RequestContext, application_id: UUID, *, question: str) -> Clarification:
        """Ask the applicant (A17). Where the procedure states no number of rounds, that gap goes on record."""
        async with self.transactions.open_case(context, Action.CLARIFICATION_ASK, application_id) as act:
            procedure = await act.procedure()
            question_asked = consultations.ask_applicant(
                clarification_id=act.new_id(),
                application_id=application_id,
                question=question,
                earlier=await act.all(Clarification),
                procedure=procedure,
                by=context.actor.person_id,
                at=act.at,
            )
            await act.add(question_asked)
            if procedure.number("clarification.max_rounds") is None:
                act.record_state(
                    "rule_gap", application_id, act.application.version, {"parameter": "clarification.max_rounds"}
                )
            return act.respond(question_asked)

    async def answer(
        self, context: RequestContext, application_id: UUID, clarification_id: UUID, *, answer: str
    ) -> Clarification:
        """Answer for the applicant; the clock goes on or restarts as the procedure says."""
        async with self.transactions.open_case(context, Action.CLARIFICATION_ANSWER, application_id) as act:
            clarification = await act.one(Clarification, clarification_id)
            answered = consultations.answer_clarification(
                clarification,
                answer=answer,
                promises=(await act.records()).promises,
                procedure=await act.procedure(),
                calendar=await act.calendar(),
                by=context.actor.person_id,
                at=act.at,
            )
            return act.respond(await act.save(answered))

    async def close(
        self, context: RequestContext, application_id: UUID, clarification_id: UUID, *, reason: str | None
    ) -> Clarification:
        """Stop waiting for an answer once its term is over or, where no term is set, with a reason and after a letter."""
        async with self.transactions.open_case(context, Action.CLARIFICATION_CLOSE, application_id) as act:
            records = await act.records(also=records_needed({act.action}))
            closed = consultations.close_clarification(
                await act.one(Clarification, clarification_id),
                reason=reason,
                letters=records.letters,
                promises=records.promises,
                procedure=await act.procedure(),
                calendar=await act.calendar(),
                by=context.actor.person_id,
                at=act.at,
            )
            return act.respond(await act.save(closed))

    async def list_clarifications(self, context: RequestContext, application_id: UUID) -> tuple[Clarification, ...]:
        """List the questions put to the applicant and the answers, oldest first."""
        async with self.transactions.read_case(context, Action.CLARIFICATION_READ, application_id) as act:
            return act.respond(await act.all(Clarification))
