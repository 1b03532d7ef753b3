"""What ends an appraisal: the recommendation to the signer, and the decision that allows the trial or refuses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.db.cases import histories
from sandbox_registry.domain.cases import decisions
from sandbox_registry.domain.cases.applications import Application, Reason
from sandbox_registry.domain.cases.appraisal import (
    Advice,
    Consultation,
    Decision,
    DisagreementAnswer,
    Participation,
    Recommendation,
)
from sandbox_registry.domain.cases.appraisal_guards import unmet
from sandbox_registry.domain.cases.decisions import Signing
from sandbox_registry.domain.cases.possible_acts import records_needed
from sandbox_registry.domain.errors import FieldError, NotFound
from sandbox_registry.domain.identity.offices import is_in_force
from sandbox_registry.domain.identity.people import (
    Capacity,
    Delegation,
    Organisation,
    Role,
    RoleGrant,
)
from sandbox_registry.domain.permits.bounds import open_bounds as bounds_left_open
from sandbox_registry.domain.permits.permits import Justification, OpenBound, PermitTerms
from sandbox_registry.domain.permits.proposals import propose
from sandbox_registry.domain.permits.supervision import supervision_errors
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.usecases.cases.participations import take_part
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction, Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions

DECIDING = (Action.DECISION_APPROVE, Action.DECISION_REFUSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended:
    """A case put before the signer, and the recommendation that did it."""

    application: Application
    recommendation: Recommendation

    @property
    def version(self) -> int:
        """The case's version."""
        return self.application.version


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """The terms that a dossier asks for, null where it asks for none, and the bounds that a decision must find a basis for."""

    terms: PermitTerms | None
    open_bounds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """A decision, with the names of those who signed it and delegated their authority.

    `leaf` is the leaf of the log that records it; null in the answer of the act itself, whose leaf comes last.
    """

    decision: Decision
    names: Mapping[UUID, str]
    leaf: int | None = None

    @property
    def version(self) -> int:
        """The decision's version."""
        return self.decision.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A case decided, and the decision."""

    application: Application
    view: DecisionView

    @property
    def version(self) -> int:
        """The case's version."""
        return self.application.version


class Decisions:
    """One method per thing the focal department's head and the signer do."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def recommend(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        advice: Advice,
        report: str,
        conditions: tuple[str, ...] = (),
        justifications: tuple[Justification, ...] = (),
        departure: str | None = None,
        terms: PermitTerms | None = None,
        supervising_unit_id: UUID | None = None,
        open_bounds: tuple[OpenBound, ...] = (),
        disagreements: tuple[DisagreementAnswer, ...] = (),
        return_answer: str | None = None,
    ) -> Recommended:
        """Put the appraisal report before the signer (A18); `departure` says why it goes against the council's vote.

        `disagreements` answer the agencies that had to be asked and disagree, `return_answer` the signer who returned the
        file. Without `terms`, the advice to allow is for what the dossier asks, supervised by `supervising_unit_id`, resting
        on `open_bounds` where the procedure leaves a bound open. `justifications` say why conditions and limits stand.

        Raises:
            AppraisalIncomplete: with everything the appraisal still lacks.
            Invalid: conditions, terms or a departure that do not fit the advice, terms that no permit may have, or a
                disagreement or a return without answer.

        """
        async with self.transactions.open_case(
            context, Action.APPLICATION_RECOMMEND, application_id, expected_version=expected_version
        ) as act:
            records = await act.records(also=records_needed({act.action}))
            procedure = await act.procedure()
            if terms is None and advice is not Advice.REFUSE:
                unit_id = supervising_unit_id or await _supervising_unit(act)
                terms = propose(
                    procedure,
                    act.application.answers,
                    supervising_unit_id=unit_id,
                    open_bounds=open_bounds,
                    at=act.at,
                )
            moved, recommendation, settled = decisions.recommend(
                act.application,
                recommendation_id=act.new_id(),
                advice=advice,
                report=report,
                conditions=conditions,
                justifications=justifications,
                departure=departure,
                terms=terms,
                sessions=records.sessions,
                unmet=unmet(procedure, act.application.answers, records),
                procedure=procedure,
                licence_end=(await act.get(Organisation, act.application.organisation_id)).licence_end,
                by=context.actor.person_id,
                at=act.at,
                disagreements=disagreements,
                consultations=records.consultations,
                agencies=await _agencies(act, records.consultations),
                return_answer=return_answer,
                returns=records.returns,
                errors=() if terms is None else await _unit_errors(act, terms.supervising_unit_id),
            )
            moved = await act.save(moved)
            await act.add(recommendation)
            if settled is not None:
                await act.save(settled)
            await take_part(act, Capacity.RECOMMENDER)
            return act.respond(Recommended(application=moved, recommendation=recommendation))

    async def approve(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        legal_basis: tuple[str, ...],
        terms: PermitTerms | None = None,
        conditions: tuple[str, ...] = (),
        justifications: tuple[Justification, ...] = (),
    ) -> Decided:
        """Allow the trial (A19), by right or on behalf of the signer who delegated it, under the recommended terms or others.

        Raises:
            AppraisalIncomplete: agencies whose disagreement the recommendation does not answer.
            Invalid: every rule the decision or its terms break.

        """
        async with self.transactions.open_case(
            context, Action.DECISION_APPROVE, application_id, expected_version=expected_version
        ) as act:
            holder = await act.get(Organisation, act.application.organisation_id)
            recommendation = decisions.live(await act.all(Recommendation))
            consultations = (await act.records()).consultations
            allowed = terms or recommendation.terms
            moved, decision = decisions.approve(
                act.application,
                signing=await _signing(act, legal_basis=legal_basis),
                terms=terms,
                conditions=conditions,
                justifications=justifications,
                recommendation=recommendation,
                procedure=await act.procedure(),
                licence_end=holder.licence_end,
                consultations=consultations,
                agencies=await _agencies(act, consultations),
                errors=() if allowed is None else await _unit_errors(act, allowed.supervising_unit_id),
            )
            return await _keep_decision(act, moved, decision)

    async def refuse(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        legal_basis: tuple[str, ...],
        reasons: tuple[Reason, ...],
    ) -> Decided:
        """Refuse the trial, with reasons from the procedure's list (A20).

        Raises:
            Invalid: every rule the decision breaks.

        """
        async with self.transactions.open_case(
            context, Action.DECISION_REFUSE, application_id, expected_version=expected_version
        ) as act:
            moved, decision = decisions.refuse(
                act.application,
                signing=await _signing(act, legal_basis=legal_basis),
                reasons=reasons,
                procedure=await act.procedure(),
            )
            return await _keep_decision(act, moved, decision)

    async def read(self, context: RequestContext, application_id: UUID) -> DecisionView:
        """Read the decision on a case; `NotFound` while there is none."""
        async with self.transactions.read_case(context, Action.DECISION_READ, application_id) as act:
            decisions.require_decided(act.application)
            decision = (await act.all(Decision))[0]
            leaf = await act.run(histories.leaf_of_act, application_id, DECIDING)
            return act.respond(await decision_view(act, decision, leaf=leaf))

    async def read_proposal(
        self, context: RequestContext, application_id: UUID, *, supervising_unit_id: UUID | None = None
    ) -> ProposalView:
        """Read the terms that the dossier asks for, as a recommendation made now would take them over."""
        async with self.transactions.read_case(context, Action.REVIEW_READ, application_id) as act:
            procedure, unit_id = await act.procedure(), supervising_unit_id or await _supervising_unit(act)
            terms = propose(procedure, act.application.answers, supervising_unit_id=unit_id, at=act.at)
            return act.respond(
                ProposalView(terms=terms, open_bounds=bounds_left_open(procedure, act.application.answers))
            )

    async def read_recommendation(self, context: RequestContext, application_id: UUID) -> Recommendation:
        """Read the last appraisal report, also one that was returned; it is for those who may read the reviews it rests on."""
        async with self.transactions.read_case(context, Action.REVIEW_READ, application_id) as act:
            recommendations = await act.all(Recommendation)
            if not recommendations:
                raise NotFound(what="recommendation")
            return act.respond(recommendations[-1])

    async def list_recommendations(self, context: RequestContext, application_id: UUID) -> tuple[Recommendation, ...]:
        """List every appraisal report put before the signer, oldest first; at most the last one counts."""
        async with self.transactions.read_case(context, Action.REVIEW_READ, application_id) as act:
            return act.respond(await act.all(Recommendation))


async def _signing(act: CaseTransaction, *, legal_basis: tuple[str, ...]) -> Signing:
    """Say who signs where, and take the agency's next number of the year; it goes back if the decision fails."""
    actor, year = act.actor, local_date(act.at).year
    unit_id = min(
        unit for role, unit in actor.offices if role is Role.DECISION_MAKER and unit in act.application.unit_ids
    )
    procedure = await act.procedure()
    number = await act.next_number(procedure.series_of("decision", within=f"{unit_id} {year}"))
    return Signing(
        decision_id=act.new_id(),
        unit_id=unit_id,
        number=procedure.number_of("decision", serial=number, year=year),
        signer_id=actor.person_id,
        signer_title=await _title(act, unit_id),
        on_behalf_of=actor.signs_for,
        legal_basis=legal_basis,
        at=act.at,
    )


async def _title(act: CaseTransaction, unit_id: UUID) -> str:
    """Return what the signer signs as: by the office, or by the delegation; nobody types it."""
    person_id, delegator = act.actor.person_id, act.actor.signs_for
    grounds: tuple[RoleGrant | Delegation, ...]
    if delegator is None:
        grounds = await act.find(RoleGrant, person_id=person_id, unit_id=unit_id, role=Role.DECISION_MAKER.value)
    else:
        delegations = await act.find(Delegation, to_person_id=person_id, from_person_id=delegator, unit_id=unit_id)
        grounds = tuple(each for each in delegations if each.revoked_at is None)
    return next((each.title for each in grounds if is_in_force(each, act.at)), "")


async def _supervising_unit(act: CaseTransaction) -> UUID:
    """Return the unit of the case's supervisor; without one, that of the head who asks, or one that handles it."""
    for each in await act.all(Participation, capacity=Capacity.SUPERVISOR.value, until=None):
        for grant in await act.find(RoleGrant, person_id=each.person_id, role=Role.SUPERVISOR.value):
            if is_in_force(grant, act.at):
                return grant.unit_id
    own_units = [
        unit for role, unit in act.actor.offices if role is Role.FOCAL_HEAD and unit in act.application.unit_ids
    ]
    return min(own_units or act.application.unit_ids)


async def _unit_errors(act: CaseTransaction, unit_id: UUID) -> tuple[FieldError, ...]:
    unit = next(iter(await act.find(Organisation, id=unit_id)), None)
    return supervision_errors(unit, await act.find(RoleGrant, unit_id=unit_id), at=act.at)


async def _keep_decision(act: CaseTransaction, application: Application, decision: Decision) -> Decided:
    application = await act.save(application)
    await act.add(decision)
    await take_part(act, Capacity.DECIDER)
    return act.respond(Decided(application=application, view=await decision_view(act, decision)))


async def decision_view(act: Transaction, decision: Decision, *, leaf: int | None = None) -> DecisionView:
    """Put the names of who signed, and who delegated the authority to, beside a decision."""
    people = {decision.signer_id} | ({decision.on_behalf_of} if decision.on_behalf_of is not None else set())
    return DecisionView(decision=decision, names=await act.run(audit.names_of, people), leaf=leaf)


async def _agencies(act: CaseTransaction, consultations: tuple[Consultation, ...]) -> Mapping[UUID, str]:
    """Name the agencies that were asked."""
    return {
        unit_id: (await act.get(Organisation, unit_id)).name for unit_id in {each.unit_id for each in consultations}
    }
