"""The appraisal council of a case: called, recomposed, voting, concluding."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.domain.cases import councils
from sandbox_registry.domain.cases.appraisal import Choice, CouncilSession, Participation, Vote
from sandbox_registry.domain.cases.councils import Composition
from sandbox_registry.domain.cases.possible_acts import records_needed
from sandbox_registry.domain.errors import StaleVersion
from sandbox_registry.domain.identity.people import Capacity
from sandbox_registry.domain.rules.procedures import Council
from sandbox_registry.usecases.cases.assignments import Assignments
from sandbox_registry.usecases.cases.participations import add_participation, end_participation, holders
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions

SEATS = (Capacity.CHAIR, Capacity.COUNCIL_MEMBER, Capacity.SECRETARY)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A sitting and the votes its reader may see: all once concluded, before that only one's own."""

    session: CouncilSession
    votes: tuple[Vote, ...]


class Councils:
    """One method per thing a council does."""

    def __init__(self, transactions: Transactions, assignments: Assignments) -> None:
        self.transactions = transactions
        self.assignments = assignments

    async def convene(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        composition: Composition,
        scheduled_at: datetime,
        place: str,
    ) -> CouncilSession:
        """Call the council (A16): every member gets a part in the case and declares interests before opening it.

        Raises:
            ConditionNotMet: `no_council`, where the procedure has none.
            Invalid: who sits breaks a rule, or a person may not sit; each with its field.
            Duplicate: the case has its council already.

        """
        async with self.transactions.open_case(context, Action.COUNCIL_CONVENE, application_id) as act:
            session = councils.convene(
                session_id=act.new_id(),
                application_id=application_id,
                composition=composition,
                scheduled_at=scheduled_at,
                place=place,
                earlier=await act.all(CouncilSession),
                council=await self._rules(act),
                by=context.actor.person_id,
                at=act.at,
            )
            await self._check_people(act, composition)
            await act.add(session)
            await _seat(act, composition)
            return act.respond(session)

    async def recompose(
        self,
        context: RequestContext,
        application_id: UUID,
        session_id: UUID,
        *,
        expected_version: int,
        composition: Composition,
        scheduled_at: datetime,
        place: str,
        reason: str | None = None,
    ) -> CouncilSession:
        """Change who sits, when or where, while no conclusion binds; `expected_version` is the session's.

        `reason` says why minutes that wait for their confirmation are drawn up again.
        """
        async with self.transactions.open_case(context, Action.COUNCIL_CONVENE, application_id) as act:
            session = councils.recompose(
                await _session(act, session_id, expected_version=expected_version),
                composition=composition,
                scheduled_at=scheduled_at,
                place=place,
                reason=reason,
                council=await self._rules(act),
                by=context.actor.person_id,
                at=act.at,
            )
            await self._check_people(act, composition)
            await act.save(session)
            await _seat(act, composition)
            return act.respond(session)

    async def vote(
        self,
        context: RequestContext,
        application_id: UUID,
        session_id: UUID,
        *,
        choice: Choice,
        is_written: bool,
        dissent: str,
    ) -> Vote:
        """Vote, once; an absent member sends a written opinion, which counts only if the procedure says so."""
        async with self.transactions.open_case(context, Action.COUNCIL_VOTE, application_id) as act:
            cast = councils.cast(
                await _session(act, session_id),
                vote_id=act.new_id(),
                earlier=await act.find(Vote, session_id=session_id, member_id=context.actor.person_id),
                choice=choice,
                is_written=is_written,
                dissent=dissent,
                by=context.actor.person_id,
                at=act.at,
            )
            return act.respond(await act.add(cast))

    async def conclude(
        self,
        context: RequestContext,
        application_id: UUID,
        session_id: UUID,
        *,
        expected_version: int,
        present_ids: tuple[UUID, ...],
        minutes: str,
        reason: str | None = None,
    ) -> CouncilSession:
        """Close the sitting with its minutes; chair or secretary, as the policy says.

        `reason` says why earlier minutes, which nobody confirmed, are replaced.
        """
        async with self.transactions.open_case(context, Action.COUNCIL_CONCLUDE, application_id) as act:
            records = await act.records(also=records_needed({act.action}))
            concluded = councils.conclude(
                await _session(act, session_id, expected_version=expected_version),
                votes=records.votes,
                present_ids=present_ids,
                minutes=minutes,
                reason=reason,
                conflicted=records.conflicted,
                council=await self._rules(act),
                by=context.actor.person_id,
                at=act.at,
            )
            return act.respond(await act.save(concluded))

    async def confirm(
        self, context: RequestContext, application_id: UUID, session_id: UUID, *, expected_version: int
    ) -> CouncilSession:
        """Confirm the minutes as the other one of chair and secretary; `expected_version` is the session's."""
        async with self.transactions.open_case(context, Action.COUNCIL_CONFIRM, application_id) as act:
            confirmed = councils.confirm(
                await _session(act, session_id, expected_version=expected_version),
                council=await self._rules(act),
                by=context.actor.person_id,
                at=act.at,
            )
            return act.respond(await act.save(confirmed))

    async def list_sessions(self, context: RequestContext, application_id: UUID) -> tuple[SessionView, ...]:
        """List the sittings of a case; how others voted shows only once the council concluded."""
        async with self.transactions.read_case(context, Action.COUNCIL_READ, application_id) as act:
            sessions = await act.all(CouncilSession)
            votes = await act.all(Vote)
            return act.respond(tuple(session_view(each, votes, reader=context.actor.person_id) for each in sessions))

    async def _rules(self, act: CaseTransaction) -> Council:
        return councils.council_of(await act.procedure())

    async def _check_people(self, act: CaseTransaction, composition: Composition) -> None:
        for index, person in enumerate(composition.member_ids):
            capacity = Capacity.CHAIR if person == composition.chair_id else Capacity.COUNCIL_MEMBER
            await self.assignments.check_candidate(act, person, capacity, field=f"member_ids.{index}")
        await self.assignments.check_candidate(act, composition.secretary_id, Capacity.SECRETARY, field="secretary_id")


async def _session(act: CaseTransaction, session_id: UUID, *, expected_version: int | None = None) -> CouncilSession:
    session = await act.one(CouncilSession, session_id)
    if expected_version is not None and session.version != expected_version:
        raise StaleVersion(current=session.version)
    return session


async def _seat(act: CaseTransaction, composition: Composition) -> None:
    """Give everybody the part they sit in, and end the parts of those who no longer do."""
    seats = composition.seats()
    current: dict[tuple[UUID, Capacity], Participation] = {}
    for capacity in SEATS:
        current |= {(each.person_id, capacity): each for each in await holders(act, capacity)}
    for seat in sorted(current.keys() - seats):
        await end_participation(act, current[seat])
    for person_id, capacity in sorted(seats - current.keys()):
        await add_participation(act, person_id, capacity)


def session_view(session: CouncilSession, votes: tuple[Vote, ...], *, reader: UUID) -> SessionView:
    """Show a sitting with the votes its reader may see: all once it concluded, before that only one's own."""
    is_open = session.concluded_at is None
    return SessionView(
        session=session,
        votes=tuple(
            each for each in votes if each.session_id == session.id and (not is_open or each.member_id == reader)
        ),
    )
