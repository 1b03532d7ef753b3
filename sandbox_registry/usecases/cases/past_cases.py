"""A case as it stood at a moment, put together from its records: what its reader may read of it now, and no more."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from sandbox_registry.authz import Action
from sandbox_registry.db.cases import dossiers
from sandbox_registry.domain.cases import reviews
from sandbox_registry.domain.cases.applications import Application, Complaint, DossierVersion, SupplementRequest
from sandbox_registry.domain.cases.appraisal import (
    Clarification,
    Consultation,
    CouncilSession,
    Decision,
    Declaration,
    FileReturn,
    Participation,
    Recommendation,
    Review,
    SiteVisit,
    Vote,
)
from sandbox_registry.domain.cases.deadlines import CaseDeadline, CaseFacts, ResponsibleParty, case_deadlines
from sandbox_registry.domain.cases.promises import Promise, with_appointment
from sandbox_registry.domain.errors import FieldError, Invalid
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.kinds.every import is_shown_of_past
from sandbox_registry.domain.permits.permits import Permit
from sandbox_registry.domain.rules.calendars import local_date, start_of
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.cases.appraisal import declarations_for
from sandbox_registry.usecases.cases.councils import SessionView, session_view
from sandbox_registry.usecases.cases.decisions import DecisionView, decision_view
from sandbox_registry.usecases.cases.recorded_states import Done, LastStates
from sandbox_registry.usecases.cases.reviews import ScoredReview
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions

T = TypeVar("T")
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAt:
    """A case as it stood at a moment, as far as its reader may read it now; what they may not is null.

    `may` is what its reader may do; `leaf` is the last leaf that counted. `erased` are leaves up to then whose records were erased: what they wrote is
    missing here; the application is null when it is the application itself.
    """

    at: datetime
    may: frozenset[Action]
    leaf: int | None
    procedure: Procedure
    application: Application | None
    dossier: DossierVersion | None
    deadlines: tuple[CaseDeadline, ...]
    supplements: tuple[SupplementRequest, ...] | None
    complaints: tuple[Complaint, ...] | None
    clarifications: tuple[Clarification, ...] | None
    consultations: tuple[Consultation, ...] | None
    participations: tuple[Participation, ...] | None
    declarations: tuple[Declaration, ...] | None
    site_visits: tuple[SiteVisit, ...] | None
    reviews: tuple[ScoredReview, ...] | None
    sessions: tuple[SessionView, ...] | None
    recommendation: Recommendation | None
    returns: tuple[FileReturn, ...] | None
    decision: DecisionView | None
    permit: Permit | None
    erased: tuple[Done, ...]


@dataclass(frozen=True, slots=True)
class PastCase:
    """Puts together what the reader of a case may see of a moment."""

    transactions: Transactions
    act: CaseTransaction
    states: LastStates
    at: datetime

    async def show(self) -> CaseAt:
        """Read what the records do not hold, and leave out what the reader may not read."""
        application_id = self.act.application.id
        may = self.transactions.authorizer.may_do(self.act.actor, self.act.standing, self.act.application.stage)
        dossier = await self.act.run(dossiers.version_at, application_id, at=self.at)
        application = self._application(dossier)
        procedure = await self.act.procedure(application, at=self.at)

        def is_shown(kind: type[Any]) -> bool:
            return is_shown_of_past(kind, may)

        def of(kind: type[T]) -> tuple[T, ...] | None:
            return self.states.of(kind) if is_shown(kind) else None

        is_read = is_shown(Application)
        return CaseAt(
            at=self.at,
            may=may,
            leaf=self.states.leaf,
            procedure=procedure,
            application=application if is_read else None,
            dossier=dossier if is_read else None,
            deadlines=await self._deadlines(application, procedure, may) if is_read else (),
            supplements=of(SupplementRequest),
            complaints=of(Complaint),
            clarifications=of(Clarification),
            consultations=self._consultations() if is_shown(Consultation) else None,
            participations=of(Participation),
            declarations=self._declarations() if is_shown(Declaration) else None,
            site_visits=of(SiteVisit),
            reviews=self._reviews(procedure) if is_shown(Review) else None,
            sessions=self._sessions() if is_shown(CouncilSession) else None,
            recommendation=_last(of(Recommendation)),
            returns=of(FileReturn),
            decision=await self._decision() if is_shown(Decision) else None,
            permit=self._permit(),
            erased=tuple(self.states.erased),
        )

    def _application(self, dossier: DossierVersion | None) -> Application | None:
        """Return the case with the dossier of that moment: the edits of a draft are versions of the dossier only."""
        application = _last(self.states.of(Application))
        if application is not None:
            application = with_appointment(application, self.states.of(Promise))
        if application is None or dossier is None:
            return application
        return replace(application, title=dossier.title, answers=dossier.answers)

    async def _deadlines(
        self, application: Application | None, procedure: Procedure, may: frozenset[Action]
    ) -> tuple[CaseDeadline, ...]:
        if application is None:
            return ()
        facts = CaseFacts(
            application=application,
            supplements=self.states.of(SupplementRequest),
            clarifications=self.states.of(Clarification),
            consultations=self.states.of(Consultation),
            complaints=self.states.of(Complaint),
            promises=self.states.of(Promise),
        )
        calendar = await self.act.run(self.transactions.rules.calendar, at=self.at)
        return tuple(
            each
            for each in case_deadlines(facts, procedure=procedure, calendar=calendar, at=self.at)
            if each.responsible is not ResponsibleParty.CONSULTED or Action.CONSULTATION_READ in may
        )

    def _consultations(self) -> tuple[Consultation, ...]:
        consultations = self.states.of(Consultation)
        if self.transactions.would_allow(self.act, Action.CONSULTATION_READ, without={Capacity.CONSULTED}):
            return consultations
        return tuple(each for each in consultations if each.unit_id in self.act.actor.consulted_units)

    def _declarations(self) -> tuple[Declaration, ...]:
        return declarations_for(self.transactions, self.act, self.states.of(Declaration))

    def _reviews(self, procedure: Procedure) -> tuple[ScoredReview, ...]:
        counted = reviews.counting(self.states.of(Review), self.states.of(Declaration))
        if Capacity.REVIEWER in self.act.standing.capacities:
            counted = reviews.shown_to_reviewer(counted, reviewer_id=self.act.actor.person_id)
        return tuple(ScoredReview(review=each, score=reviews.weighted(each, procedure)) for each in counted)

    def _sessions(self) -> tuple[SessionView, ...]:
        votes, reader = self.states.of(Vote), self.act.actor.person_id
        return tuple(session_view(each, votes, reader=reader) for each in self.states.of(CouncilSession))

    async def _decision(self) -> DecisionView | None:
        decision = _last(self.states.of(Decision))
        if decision is None:
            return None
        return await decision_view(self.act, decision, leaf=self.states.leaf_of(decision))

    def _permit(self) -> Permit | None:
        permit = _last(self.states.of(Permit))
        if permit is None:
            return None
        stage = permit.stage(at=self.act.at)
        is_read = self.transactions.authorizer.judge(
            self.act.actor, self.act.standing, stage, Action.PERMIT_READ
        ).allowed
        return permit if is_read else None


def moment_of(at: date | datetime, *, now: datetime, begun: datetime) -> datetime:
    """Return the moment that is meant: of a day its end in Cà Mau, of today now.

    Raises:
        Invalid: it is yet to come, or lies before the case was begun.

    """
    if isinstance(at, datetime):
        moment, is_ahead = at.astimezone(UTC), at > now
    else:
        moment, is_ahead = min(start_of(at + timedelta(days=1)) - _MOMENT, now), at > local_date(now)
    if is_ahead:
        raise Invalid((FieldError(field="at", code="in_the_future", message=Phrase("past_case.in_future")),))
    if moment < begun:
        raise Invalid(
            (FieldError(field="at", code="before_the_case", message=Phrase("past_case.not_begun", since=begun)),)
        )
    return moment


def _last(states: tuple[T, ...] | None) -> T | None:
    return states[-1] if states else None
