"""What ends an appraisal: the recommendation to the signer, and the decision that allows the trial or refuses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.db.cases import histories
from sandbox_registry.domain.cases import decisions
from sandbox_registry.domain.cases.applications import Application, Reason
from sandbox_registry.domain.cases.appraisal import (
    Advice,
    Decision,
    Recommendation,
)
from sandbox_registry.domain.cases.appraisal_guards import unmet
from sandbox_registry.domain.cases.decisions import Signing
from sandbox_registry.domain.cases.possible_acts import parts_for
from sandbox_registry.domain.errors import FieldError, NotFound
from sandbox_registry.domain.identity.people import Capacity, Organisation, OrganisationKind, Role
from sandbox_registry.domain.permits.permits import PermitTerms
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.cases.participations import take_part
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction, Transaction
from sandbox_registry.usecases.transaction.transactions import Transactions

T = TypeVar("T")
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
        departure: str | None = None,
    ) -> Recommended:
        """Put the appraisal report before the signer (A18); `departure` says why it goes against the council's vote.

        Raises:
            AppraisalIncomplete: with everything the appraisal still lacks.
            Invalid: conditions or a departure that do not fit the advice.

        """
        async with self.transactions.open_case(
            context, Action.APPLICATION_RECOMMEND, application_id, expected_version=expected_version
        ) as act:
            records = await act.records(also=parts_for({act.action}))
            moved, recommendation = decisions.recommend(
                act.application,
                recommendation_id=act.new_id(),
                advice=advice,
                report=report,
                conditions=conditions,
                departure=departure,
                sessions=records.sessions,
                unmet=unmet(await act.procedure(), records),
                by=context.actor.person_id,
                at=act.at,
            )
            await act.save(moved)
            await act.add(recommendation)
            await take_part(act, Capacity.RECOMMENDER)
            return act.respond(Recommended(application=moved, recommendation=recommendation))

    async def approve(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        signer_title: str,
        legal_basis: tuple[str, ...],
        terms: PermitTerms,
        conditions: tuple[str, ...] = (),
    ) -> Decided:
        """Allow the trial under terms (A19), by right or on behalf of the signer who delegated it.

        Raises:
            Invalid: every rule the decision or its terms break.

        """
        async with self.transactions.open_case(
            context, Action.DECISION_APPROVE, application_id, expected_version=expected_version
        ) as act:
            holder = await act.get(Organisation, act.application.organisation_id)
            moved, decision = decisions.approve(
                act.application,
                signing=await _signing(act, signer_title=signer_title, legal_basis=legal_basis),
                terms=terms,
                conditions=conditions,
                procedure=await act.procedure(),
                licence_end=holder.licence_end,
                errors=await _unit_errors(act, terms.supervising_unit_id),
            )
            return await _kept(act, moved, decision)

    async def refuse(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        signer_title: str,
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
                signing=await _signing(act, signer_title=signer_title, legal_basis=legal_basis),
                reasons=reasons,
                procedure=await act.procedure(),
            )
            return await _kept(act, moved, decision)

    async def read(self, context: RequestContext, application_id: UUID) -> DecisionView:
        """Read the decision on a case; `NotFound` while there is none."""
        async with self.transactions.read_case(context, Action.DECISION_READ, application_id) as act:
            decisions.require_decided(act.application)
            decision = (await act.all(Decision))[0]
            leaf = await act.run(histories.leaf_of_act, application_id, DECIDING)
            return act.respond(await decision_view(act, decision, leaf=leaf))

    async def read_recommendation(self, context: RequestContext, application_id: UUID) -> Recommendation:
        """Read the appraisal report; it is for those who may read the reviews it rests on."""
        async with self.transactions.read_case(context, Action.REVIEW_READ, application_id) as act:
            found = await act.all(Recommendation)
            return act.respond(_only(found, what="recommendation"))


async def _signing(act: CaseTransaction, *, signer_title: str, legal_basis: tuple[str, ...]) -> Signing:
    """Say who signs where, and take the agency's next number of the year; it goes back if the decision fails."""
    actor, year = act.actor, local_date(act.at).year
    unit_id = min(
        unit for role, unit in actor.offices if role is Role.DECISION_MAKER and unit in act.application.unit_ids
    )
    number = await act.next_number(f"decision {unit_id} {year}")
    return Signing(
        decision_id=act.new_id(),
        unit_id=unit_id,
        number=f"{number}/QĐ-UBND",
        signer_id=actor.person_id,
        signer_title=signer_title,
        on_behalf_of=actor.signs_for,
        legal_basis=legal_basis,
        at=act.at,
    )


async def _unit_errors(act: CaseTransaction, unit_id: UUID) -> tuple[FieldError, ...]:
    found = await act.find(Organisation, id=unit_id, kind=OrganisationKind.STATE_UNIT.value)
    if found:
        return ()
    return (
        FieldError(
            field="terms.supervising_unit_id", code="unknown_unit", message=Phrase("decisions.unknown_supervising_unit")
        ),
    )


async def _kept(act: CaseTransaction, application: Application, decision: Decision) -> Decided:
    await act.save(application)
    await act.add(decision)
    await take_part(act, Capacity.DECIDER)
    return act.respond(Decided(application=application, view=await decision_view(act, decision)))


async def decision_view(act: Transaction, decision: Decision, *, leaf: int | None = None) -> DecisionView:
    """Put the names of who signed, and who delegated the authority to, beside a decision."""
    people = {decision.signer_id} | ({decision.on_behalf_of} if decision.on_behalf_of is not None else set())
    return DecisionView(decision=decision, names=await act.run(audit.names_of, people), leaf=leaf)


def _only(found: tuple[T, ...], *, what: str) -> T:
    if not found:
        raise NotFound(what=what)
    return found[0]
