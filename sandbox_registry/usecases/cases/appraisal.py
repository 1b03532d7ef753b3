"""Opening an appraisal: the level fixed, interests declared before the dossier is opened, checks on site."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.domain.cases import intake, reviews
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.appraisal import Declaration, Participation, SiteVisit
from sandbox_registry.domain.errors import Duplicate, FieldError, Invalid
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.cases.participations import end_participation
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions


class Appraisal:
    """One method per thing that opens or accompanies an appraisal."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def classify(
        self, context: RequestContext, application_id: UUID, *, expected_version: int, level: str | None
    ) -> Application:
        """Fix the trial level and open the appraisal (A11, A13)."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_CLASSIFY, application_id, expected_version=expected_version
        ) as act:
            procedure = await act.procedure()
            classified = intake.classify(act.application, level=level, procedure=procedure, at=act.at)
            return act.respond(await act.save(classified))

    async def reclassify(
        self, context: RequestContext, application_id: UUID, *, expected_version: int, level: str, reason: str
    ) -> Application:
        """Put the level right before a decision, with the reason on record (A11)."""
        async with self.transactions.open_case(
            context, Action.APPLICATION_RECLASSIFY, application_id, expected_version=expected_version
        ) as act:
            corrected = intake.reclassify(
                act.application,
                level=level,
                reason=reason,
                procedure=await act.procedure(),
                by=context.actor.person_id,
                at=act.at,
            )
            return act.respond(await act.save(corrected))

    async def declare(
        self, context: RequestContext, application_id: UUID, *, conflicted: bool, statement: str
    ) -> Declaration:
        """Declare interests before opening the dossier (hard rule 2).

        A conflict, also one that shows only later, ends every part of the person in the case, for good; what the person
        scored no longer counts.

        Raises:
            Duplicate: declared before, and this declares no new conflict.
            Invalid: a conflict without a word on what it is.

        """
        async with self.transactions.open_case(context, Action.DECLARATION_MAKE, application_id) as act:
            if conflicted and not statement:
                raise Invalid(
                    (
                        FieldError(
                            field="statement", code="required", message=Phrase("declarations.conflict_not_described")
                        ),
                    )
                )
            declaration = await self._declaration(act, conflicted=conflicted, statement=statement)
            if conflicted:
                await _end_participations(act)
            return act.respond(declaration)

    async def list_declarations(self, context: RequestContext, application_id: UUID) -> tuple[Declaration, ...]:
        """List the declarations of a case; reviewers, members and conflicted people see their own."""
        async with self.transactions.read_case(context, Action.DECLARATION_READ, application_id) as act:
            declarations = await act.all(Declaration)
            return act.respond(declarations_for(self.transactions, act, declarations))

    async def record_visit(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        visited_at: datetime,
        place: str,
        minutes: str,
        applicant_attended: bool,
    ) -> SiteVisit:
        """Keep the minutes of a check on site (A15; Decree 61/2018 art. 19(3)).

        Raises:
            Invalid: the visit lies in the future.
            Duplicate: minutes of this visit are kept already.

        """
        async with self.transactions.open_case(context, Action.SITE_VISIT_RECORD, application_id) as act:
            if visited_at > act.at:
                raise Invalid(
                    (FieldError(field="visited_at", code="in_the_future", message=Phrase("site_visits.in_future")),)
                )
            recorded = await act.all(SiteVisit, visited_at=visited_at)
            if any(each.place == place for each in recorded):
                raise Duplicate(what="site_visit")
            visit = SiteVisit(
                id=act.new_id(),
                version=1,
                application_id=application_id,
                visited_at=visited_at,
                place=place,
                minutes=minutes,
                applicant_attended=applicant_attended,
                recorded_by=context.actor.person_id,
                recorded_at=act.at,
            )
            return act.respond(await act.add(visit))

    async def list_visits(self, context: RequestContext, application_id: UUID) -> tuple[SiteVisit, ...]:
        """List the checks on site, for those who may read the reviews of the case."""
        async with self.transactions.read_case(context, Action.REVIEW_READ, application_id) as act:
            return act.respond(await act.all(SiteVisit))

    async def _declaration(self, act: CaseTransaction, *, conflicted: bool, statement: str) -> Declaration:
        person_id = act.actor.person_id
        earlier = await act.all(Declaration, person_id=person_id)
        if not earlier:
            first = Declaration(
                id=act.new_id(),
                version=1,
                application_id=act.application.id,
                person_id=person_id,
                conflicted=conflicted,
                statement=statement,
                made_at=act.at,
            )
            return await act.add(first)
        reviews.require_declarable(conflicted=earlier[0].conflicted)
        if not conflicted:
            raise Duplicate(what="declaration")
        version = earlier[0].version + 1
        return await act.save(
            replace(earlier[0], version=version, conflicted=True, statement=statement, made_at=act.at)
        )


def declarations_for(
    transactions: Transactions, act: CaseTransaction, declarations: tuple[Declaration, ...]
) -> tuple[Declaration, ...]:
    """Leave only the reader's own, for reviewers, members and conflicted people."""
    partial = {Capacity.REVIEWER, Capacity.COUNCIL_MEMBER}
    if not act.standing.conflicted and transactions.would_allow(act, Action.DECLARATION_READ, without=partial):
        return declarations
    return tuple(each for each in declarations if each.person_id == act.actor.person_id)


async def _end_participations(act: CaseTransaction) -> None:
    participations = await act.all(Participation, person_id=act.actor.person_id, until=None)
    for each in participations:
        await end_participation(act, each)
