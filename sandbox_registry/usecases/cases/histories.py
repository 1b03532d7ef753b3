"""What differs between any two versions of dossier, case and permit, and how a case stood at a moment."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.cases import dossiers
from sandbox_registry.domain.audiences import revealed_to
from sandbox_registry.domain.cases.applications import Application, Change, differences
from sandbox_registry.domain.errors import NotFound
from sandbox_registry.domain.permits.permits import Permit
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import Stage
from sandbox_registry.usecases.cases.past_cases import CaseAt, PastCase, moment_of
from sandbox_registry.usecases.cases.recorded_states import Done, State, last_states, states_of
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transaction import CaseTransaction
from sandbox_registry.usecases.transaction.transactions import Transactions

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierChanges:
    """What differs between two versions of a dossier, and the form that names its fields."""

    changes: tuple[Change, ...]
    procedure: Procedure


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One recorded version of a case or a permit; `stage` is null once erased."""

    version: int
    leaf: Done
    stage: Stage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoStates(Generic[T]):
    """Two recorded versions to compare, and the form that names the fields of the case."""

    older: State[T]
    newer: State[T]
    procedure: Procedure


class Histories:
    """One method per question about the past of a case."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def as_it_stood(self, context: RequestContext, application_id: UUID, *, at: date | datetime) -> CaseAt:
        """Show a case as it stood at a moment, or at the end of a day in Cà Mau.

        Raises:
            Invalid: the moment is yet to come, or lies before the case was begun.

        """
        async with self.transactions.read_case(context, Action.APPLICATION_READ_TIMELINE, application_id) as act:
            moment = moment_of(at, now=act.at, begun=act.application.created_at)
            states = await last_states(
                act, application_id, at=moment, acts=revealed_to(context.actor, act.standing).acts
            )
            return act.respond(await PastCase(self.transactions, act, states, moment).show())

    async def dossier_changes(
        self, context: RequestContext, application_id: UUID, *, older: int, newer: int
    ) -> DossierChanges:
        """Compare two versions of a dossier field by field; `NotFound` when there is no such version."""
        async with self.transactions.read_case(context, Action.APPLICATION_READ, application_id) as act:
            versions = await act.run(dossiers.some_versions, application_id, {older, newer})
            if not versions.keys() >= {older, newer}:
                raise NotFound(what="version")
            procedure = await act.procedure()
            return DossierChanges(changes=differences(versions[older], versions[newer]), procedure=procedure)

    async def versions(self, context: RequestContext, application_id: UUID) -> tuple[Version, ...]:
        """List the versions of a case that the log records; edits of a draft leave versions of the dossier instead."""
        async with self.transactions.read_case(context, Action.APPLICATION_READ_TIMELINE, application_id) as act:
            return act.respond(await _versions(act, Application, lambda state, _at: state.stage))

    async def changes(
        self, context: RequestContext, application_id: UUID, *, older: int, newer: int
    ) -> TwoStates[Application]:
        """Find two recorded versions of a case to compare; `NotFound` when one is not on record."""
        async with self.transactions.read_case(context, Action.APPLICATION_READ_TIMELINE, application_id) as act:
            return act.respond(await self._two_states(act, Application, older=older, newer=newer))

    async def permit_versions(self, context: RequestContext, permit_id: UUID) -> tuple[Version, ...]:
        """List the versions of a permit that the log records."""
        async with self.transactions.read_permit(context, permit_id) as act:
            return act.respond(await _versions(act, Permit, lambda state, at: state.stage(at=at)))

    async def permit_changes(
        self, context: RequestContext, permit_id: UUID, *, older: int, newer: int
    ) -> TwoStates[Permit]:
        """Find two recorded versions of a permit to compare; `NotFound` when one is not on record."""
        async with self.transactions.read_permit(context, permit_id) as act:
            return act.respond(await self._two_states(act, Permit, older=older, newer=newer))

    async def _two_states(self, act: CaseTransaction, kind: type[T], *, older: int, newer: int) -> TwoStates[T]:
        states = dict[int, State[T]]()
        acts = revealed_to(act.actor, act.standing).acts
        async for state in states_of(act, act.application.id, kind, until=act.at, acts=acts):
            if state.version in {older, newer}:
                states[state.version] = state
        if not states.keys() >= {older, newer}:
            raise NotFound(what="version")
        procedure = await act.procedure()
        return TwoStates(older=states[older], newer=states[newer], procedure=procedure)


async def _versions(
    act: CaseTransaction, kind: type[T], stage_of: Callable[[T, datetime], Stage]
) -> tuple[Version, ...]:
    acts = revealed_to(act.actor, act.standing).acts
    return tuple(
        [
            Version(
                version=each.version,
                leaf=each.leaf,
                stage=None if each.state is None else stage_of(each.state, each.leaf.at),
            )
            async for each in states_of(act, act.application.id, kind, until=act.at, acts=acts)
        ]
    )
