"""Permits: issued by the records office on an approval, read and listed by where they stand now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.cases import histories
from sandbox_registry.db.permits import condition_library as library
from sandbox_registry.db.permits import permits as rows
from sandbox_registry.domain.cases import decisions
from sandbox_registry.domain.cases.appraisal import Decision
from sandbox_registry.domain.cases.lifecycle import moved
from sandbox_registry.domain.errors import Invalid
from sandbox_registry.domain.identity.people import Organisation, RoleGrant
from sandbox_registry.domain.permits.condition_library import LibraryFilter, RestrictionUse
from sandbox_registry.domain.permits.obligations import PermitObligation, obligations_of
from sandbox_registry.domain.permits.permit_lists import PermitFilter, PermitRow
from sandbox_registry.domain.permits.permits import OpenBound, Permit, PermitVersion, first_version
from sandbox_registry.domain.permits.supervision import supervision_errors
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import Stage
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitView:
    """One permit as its reader may see it: where it stands now, who holds and supervises it, what is owed when.

    `leaf` is the leaf of the log that records this version; null in the answer of the act itself, whose leaf comes last.
    """

    permit: Permit
    stage: Stage
    title: str
    case_code: str | None
    decision_number: str
    decided_at: datetime
    holder: Organisation
    supervising_unit: Organisation
    procedure: Procedure
    versions: tuple[PermitVersion, ...]
    duties: tuple[PermitObligation, ...]
    may_do: frozenset[Action]
    leaf: int | None

    @property
    def version(self) -> int:
        """The permit's version."""
        return self.permit.version


class Permits:
    """One method per thing done with a permit."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def issue(
        self,
        context: RequestContext,
        application_id: UUID,
        *,
        expected_version: int,
        open_bounds: tuple[OpenBound, ...] = (),
    ) -> PermitView:
        """Issue the permit an approval allows (A23), numbered without gaps per year: `<n>/<year>/GPTN`.

        Under a draft procedure it is a specimen, of a series apart: `<n>/<year>/GPTN-MẪU`. `expected_version` is the case's;
        the case stays approved. `open_bounds` fill what a decision from before they had to be named left unsaid.

        Raises:
            Duplicate: the permit was issued already.
            ConditionNotMet: the decided window is over, or beyond what the holder's licence still covers.
            Invalid: the decision breaks a rule that every permit keeps, or a bound is open and without a basis.

        """
        async with self.transactions.open_case(
            context, Action.PERMIT_ISSUE, application_id, expected_version=expected_version
        ) as act:
            permit = await act.run(rows.of_case, application_id)
            decisions.require_unissued(act.application, has_permit=permit is not None)
            permit, ceiling = await self._issued(act, open_bounds)
            version = first_version(permit, ceiling=ceiling)
            await act.add(permit)
            await act.run(rows.add_version, version)
            act.record_state("permit_version", permit.id, version.terms_version, version)
            await act.save(moved(act.application, "issue", at=act.at, issued_at=act.at))
            return act.respond(await self._view(act, permit))

    async def read(self, context: RequestContext, permit_id: UUID) -> PermitView:
        """Read one permit. The People's Council and auditors leave a leaf by reading."""
        async with self.transactions.read_permit(context, permit_id) as act:
            return act.respond(await self._view(act, act.permit))

    async def list_permits(
        self, context: RequestContext, *, narrowed: PermitFilter, after: tuple[datetime, UUID] | UUID | None, limit: int
    ) -> tuple[PermitRow, ...]:
        """List the permits this actor may read as they stand now, newest first, or by change if `updated_since` is asked."""
        scope, at = self.transactions.authorizer.scope(context.actor, Action.PERMIT_READ), self.transactions.now()
        async with self.transactions.replica() as replica:
            return await replica.run(rows.list_permits, scope=scope, narrowed=narrowed, at=at, after=after, limit=limit)

    async def list_restrictions(
        self, context: RequestContext, *, narrowed: LibraryFilter, limit: int
    ) -> tuple[RestrictionUse, ...]:
        """List the conditions and limits of the permits this actor may read, with how often each was used and lifted."""
        scope, at = self.transactions.authorizer.scope(context.actor, Action.PERMIT_READ), self.transactions.now()
        async with self.transactions.replica() as replica:
            return await replica.run(library.most_used, scope=scope, narrowed=narrowed, at=at, limit=limit)

    async def _issued(self, act: CaseTransaction, open_bounds: tuple[OpenBound, ...]) -> tuple[Permit, datetime | None]:
        decision = await _decision(act)
        await _require_supervisor(act, decision)
        holder = await act.get(Organisation, act.application.organisation_id)
        procedure = await act.procedure()
        ceiling = decisions.ceiling_of(decision.terms, procedure=procedure, licence_end=holder.licence_end)
        year = local_date(act.at).year
        number = await act.next_number(procedure.series_of("permit", within=str(year)))
        permit = decisions.issue(
            act.application,
            decision=decision,
            permit_id=act.new_id(),
            number=procedure.number_of("permit", serial=number, year=year),
            procedure=procedure,
            licence_end=holder.licence_end,
            by=act.actor.person_id,
            at=act.at,
            open_bounds=open_bounds,
        )
        return permit, ceiling

    async def _view(self, act: CaseTransaction, permit: Permit) -> PermitView:
        decision = await _decision(act)
        procedure = await act.procedure()
        stage = permit.stage(at=act.at)
        return PermitView(
            permit=permit,
            stage=stage,
            title=act.application.title,
            case_code=act.application.code,
            decision_number=decision.number,
            decided_at=decision.decided_at,
            holder=await act.get(Organisation, permit.organisation_id),
            supervising_unit=await act.get(Organisation, permit.terms.supervising_unit_id),
            procedure=procedure,
            versions=await act.run(rows.versions_of, permit.id),
            duties=obligations_of(permit, procedure, await act.run(self.transactions.rules.calendar, at=act.at)),
            may_do=self.transactions.authorizer.may_do(act.actor, act.standing, stage),
            leaf=await act.run(histories.leaf_of_version, permit.id, permit.version),
        )


async def _require_supervisor(act: CaseTransaction, decision: Decision) -> None:
    """Refuse to issue a permit that no state agency supervises any more."""
    if decision.terms is None:
        return
    unit = await act.get(Organisation, decision.terms.supervising_unit_id)
    if errors := supervision_errors(unit, await act.find(RoleGrant, unit_id=unit.id), at=act.at):
        raise Invalid(errors)


async def _decision(act: CaseTransaction) -> Decision:
    """Load the decision of a case that has one."""
    return (await act.find(Decision, application_id=act.application.id))[0]
