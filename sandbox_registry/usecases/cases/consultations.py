"""Asking other agencies for their opinion, and what came of it: an answer, a late one, or silence on record."""

from datetime import date
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.domain.cases import consultations
from sandbox_registry.domain.cases.appraisal import Consultation, Opinion, Participation
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.identity.people import Capacity, Organisation
from sandbox_registry.domain.rules.calendars import Term
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions


class Consultations:
    """One method per thing done with a consultation."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def ask(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        unit_id: UUID,
        question: str,
        term: Term | None,
        remind_on: date | None,
        is_required: bool,
        demanded_by: str | None = None,
    ) -> Consultation:
        """Ask another state unit (A14); the lead sets the term, or the procedure does.

        `demanded_by` names the rule of the procedure that demands the consultation.
        """
        async with self.transactions.open_case(context, Action.CONSULTATION_ASK, application_id) as act:
            procedure = await act.procedure()
            consultation = consultations.ask_unit(
                consultation_id=act.new_id(),
                application_id=application_id,
                unit=await act.get(Organisation, unit_id),
                handling_unit_ids=act.application.unit_ids,
                question=question,
                term=term,
                remind_on=remind_on,
                is_required=is_required,
                demanded_by=consultations.demanding_rule(
                    demanded_by, procedure=procedure, answers=act.application.answers
                ),
                earlier=await act.all(Consultation),
                procedure=procedure,
                calendar=await act.calendar(),
                by=context.actor.person_id,
                at=act.at,
            )
            return act.respond(await act.add(consultation))

    async def answer(
        self, context: RequestContext, application_id: UUID, consultation_id: UUID, *, opinion: Opinion, text: str
    ) -> Consultation:
        """Answer for one's own agency; a late answer is kept and marked."""
        async with self.transactions.open_case(context, Action.CONSULTATION_ANSWER, application_id) as act:
            consultation = await act.one(Consultation, consultation_id)
            if consultation.unit_id not in context.actor.consulted_units:
                raise NotFound(what="consultation")
            answered = consultations.answer_consultation(
                consultation,
                opinion=opinion,
                text=text,
                calendar=await act.calendar(),
                by=context.actor.person_id,
                at=act.at,
            )
            await act.save(answered)
            await _acted_as_consulted(act)
            return act.respond(answered)

    async def close_silent(self, context: RequestContext, application_id: UUID, consultation_id: UUID) -> Consultation:
        """Record that the agency let its term pass: silence, never consent."""
        async with self.transactions.open_case(context, Action.CONSULTATION_CLOSE, application_id) as act:
            closed = consultations.close_silent(
                await act.one(Consultation, consultation_id),
                calendar=await act.calendar(),
                at=act.at,
            )
            return act.respond(await act.save(closed))

    async def list_consultations(self, context: RequestContext, application_id: UUID) -> tuple[Consultation, ...]:
        """List the consultations of a case; a consulted agency sees the questions put to it and nothing else."""
        async with self.transactions.read_case(context, Action.CONSULTATION_READ, application_id) as act:
            visible = await act.all(Consultation)
            if not self.transactions.would_allow(act, act.action, without={Capacity.CONSULTED}):
                visible = tuple(each for each in visible if each.unit_id in context.actor.consulted_units)
            return act.respond(visible)


async def _acted_as_consulted(act: CaseTransaction) -> None:
    """Keep permanently that this person gave an opinion. It ends at once: what lets an agency in is its question alone."""
    if Capacity.CONSULTED in act.standing.past_capacities:
        return
    await act.add(
        Participation(
            id=act.new_id(),
            version=1,
            application_id=act.application.id,
            person_id=act.actor.person_id,
            capacity=Capacity.CONSULTED,
            given_by=act.actor.person_id,
            since=act.at,
            until=act.at,
        )
    )
