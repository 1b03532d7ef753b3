"""Who works on a case: claimed by an officer, assigned, reassigned and released by the head, fit for it or refused."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from sandbox_registry.authz import Action, Authorizer
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.identity import people as people_rows
from sandbox_registry.domain.cases import assignments, desks
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.appraisal import Participation, Review
from sandbox_registry.domain.cases.links import with_links
from sandbox_registry.domain.errors import Duplicate, FieldError, Invalid, NotFound, PermissionDenied
from sandbox_registry.domain.identity.people import Actor, Capacity, Organisation, Relation, Role, Standing, relations
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import Phrase
from sandbox_registry.usecases.cases.participations import add_participation, end_participation, holders
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions

WORK: Mapping[Capacity, Action] = {
    Capacity.CHAIR: Action.COUNCIL_VOTE,
    Capacity.COUNCIL_MEMBER: Action.COUNCIL_VOTE,
    Capacity.FOCAL: Action.CONSULTATION_ASK,
    Capacity.REVIEWER: Action.REVIEW_SUBMIT,
    Capacity.SECRETARY: Action.COUNCIL_CONCLUDE,
}
"""The act a capacity is given for: who would be refused it by the policy is not given the capacity."""
APART = frozenset(
    {
        Relation.ACTED_AS_DECIDER,
        Relation.ACTED_AS_FILER,
        Relation.ACTED_AS_INTAKE,
        Relation.ACTED_AS_REVIEWER,
        Relation.DELEGATE,
        Relation.LINKED,
        Relation.OWN,
    }
)
"""What a supervisor never was in the case (hard rule 1)."""


class Assignments:
    """One method per thing an officer or a head does to spread the work."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def claim(self, context: RequestContext, application_id: UUID) -> Participation:
        """Take a case on as its focal officer (A11); `Duplicate` when it has one."""
        async with self.transactions.open_case(context, Action.ASSIGNMENT_CLAIM, application_id) as act:
            holding = await holders(act, Capacity.FOCAL)
            bar = bar_to(Capacity.FOCAL, context.actor, act.standing, authorizer=self.transactions.authorizer)
            assignments.require_claimable(holding, bar=bar)
            return act.respond(await add_participation(act, context.actor.person_id, Capacity.FOCAL))

    async def assign(
        self, context: RequestContext, application_id: UUID, *, person_id: UUID, capacity: Capacity
    ) -> Participation:
        """Give a case to a focal officer, a reviewer or a supervisor (A11, A13).

        Raises:
            Invalid: the person does not hold the office, or has or had a part in the case that bars this one.
            Duplicate: the person has this part, or the case has its focal officer.

        """
        async with self.transactions.open_case(context, Action.ASSIGNMENT_ASSIGN, application_id) as act:
            if capacity not in assignments.ASSIGNABLE:
                raise Invalid(
                    (FieldError(field="capacity", code="not_assignable", message=Phrase("assignments.not_assignable")),)
                )
            if capacity is Capacity.FOCAL:
                assignments.require_no_focal(await holders(act, Capacity.FOCAL))
            await self.check_candidate(act, person_id, capacity, field="person_id")
            return act.respond(await add_participation(act, person_id, capacity))

    async def reassign(
        self, context: RequestContext, application_id: UUID, assignment_id: UUID, *, person_id: UUID, reason: str
    ) -> Participation:
        """Pass a part on to another person, with the reason on record."""
        async with self.transactions.open_case(context, Action.ASSIGNMENT_ASSIGN, application_id) as act:
            assignment = await _assignment(act, assignment_id)
            if assignment.person_id == person_id:
                raise Duplicate(what="assignment")
            await self.check_candidate(act, person_id, assignment.capacity, field="person_id")
            await _end(act, assignment, reason=reason)
            return act.respond(await add_participation(act, person_id, assignment.capacity))

    async def release(
        self, context: RequestContext, application_id: UUID, assignment_id: UUID, *, reason: str
    ) -> Participation:
        """End a part, with the reason on record. An officer gives back their own; the head may end any.

        That the person once had it stays on record for separation of duty.
        """
        async with self.transactions.open_case(context, Action.ASSIGNMENT_RELEASE, application_id) as act:
            assignment = await _assignment(act, assignment_id)
            is_head = Role.FOCAL_HEAD in context.actor.roles_towards(act.standing)
            if not assignments.may_release(assignment, by=context.actor.person_id, is_head=is_head):
                raise PermissionDenied(action=Action.ASSIGNMENT_RELEASE, line=act.decision.line)
            return act.respond(await _end(act, assignment, reason=reason))

    async def entrust(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        unit_id: UUID,
        as_desk: bool,
        reason: str,
    ) -> Application:
        """Give a case to a unit that did not have it when it was filed, with the reason on record.

        Raises:
            Invalid: the unit does not work on such cases, or takes no dossiers in.
            Duplicate: it has the case already.
            NotFound: there is no such unit.

        """
        async with self.transactions.open_case(
            context, Action.APPLICATION_ENTRUST, application_id, expected_version=expected_version
        ) as act:
            unit = await act.get(Organisation, unit_id)
            entrusted = await act.save(desks.entrust(act.application, unit=unit, as_desk=as_desk, at=act.at))
            said = {"unit_id": str(unit_id), "as_desk": as_desk, "reason": reason}
            act.record_state("entrusting", application_id, entrusted.version, said)
            return act.respond(entrusted)

    async def list_participations(self, context: RequestContext, application_id: UUID) -> tuple[Participation, ...]:
        """List who has or had which part in the case; a reviewer sees others only after filing."""
        async with self.transactions.read_case(context, Action.REVIEW_READ, application_id) as act:
            participations = await act.all(Participation)
            if Capacity.REVIEWER not in act.standing.capacities:
                return act.respond(participations)
            filed = await act.all(Review, reviewer_id=context.actor.person_id)
            return act.respond(
                participations
                if filed
                else tuple(each for each in participations if each.person_id == context.actor.person_id)
            )

    async def check_candidate(self, act: CaseTransaction, person_id: UUID, capacity: Capacity, *, field: str) -> None:
        """Refuse to give a part to a person who may not have it; `Invalid` names the field.

        What counts is the office in force now and everything the person ever was in this case.
        """
        candidate = await act.run(people_rows.actor_for_person, person_id, at=act.at, method="", request_id="")
        bar = "unknown_person" if candidate is None else await self._bar(act, candidate, capacity)
        assignments.require_fit(bar, field=field)

    async def _bar(self, act: CaseTransaction, candidate: Actor, capacity: Capacity) -> str | None:
        case = await act.run(
            case_rows.load_case,
            act.application.id,
            person_id=candidate.person_id,
            consulted_unit_ids=candidate.consulted_units,
        )
        if case is None:
            raise NotFound(what="application")
        standing = with_links(case.standing, case.links, procedure=await act.procedure(), at=act.at)
        return bar_to(capacity, candidate, standing, authorizer=self.transactions.authorizer)


def bar_to(capacity: Capacity, candidate: Actor, standing: Standing, *, authorizer: Authorizer) -> str | None:
    """Say what keeps a person from a capacity in a case, by the code of the refusal; null when nothing does."""
    if not candidate.roles_towards(standing) & assignments.OFFICES[capacity]:
        return "role_not_held"
    if standing.conflicted:
        return "conflicted"
    return "separation_of_duty" if _is_barred(candidate, standing, capacity, authorizer) else None


def _is_barred(candidate: Actor, standing: Standing, capacity: Capacity, authorizer: Authorizer) -> bool:
    """Ask the policy whether the person could do the work of the part, a declaration of interest granted."""
    if capacity is Capacity.SUPERVISOR:
        return bool(relations(candidate, standing) & APART)
    if Capacity.SUPERVISOR in standing.capacities | standing.past_capacities:
        return True
    sitting = replace(standing, capacities=standing.capacities | {capacity}, conflicted=False)
    full = replace(candidate, token_scopes=None)
    return not authorizer.judge(full, sitting, Stage.UNDER_APPRAISAL, WORK[capacity]).allowed


async def _assignment(act: CaseTransaction, assignment_id: UUID) -> Participation:
    for assignment in await act.all(Participation, id=assignment_id):
        if assignments.is_assignment(assignment):
            return assignment
    raise NotFound(what="assignment")


async def _end(act: CaseTransaction, assignment: Participation, *, reason: str) -> Participation:
    ended = await end_participation(act, assignment)
    act.record_state("release", ended.id, ended.version, {"reason": reason})
    return ended
