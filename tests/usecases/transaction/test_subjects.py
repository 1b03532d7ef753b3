"""A kind of subject nobody has thought of yet: the frame takes it as it is, with the same order of checks as a case."""

from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from sandbox_registry.authz import Action
from sandbox_registry.db.core.unit_of_work import UnitOfWork
from sandbox_registry.domain.errors import DomainError, NotFound, PermissionDenied, StaleVersion, TransitionNotAllowed
from sandbox_registry.domain.identity.people import Standing, towards_organisation
from sandbox_registry.domain.stages import Stage
from sandbox_registry.usecases.transaction.subjects import SubjectKind, Viewer
from sandbox_registry.usecases.transaction.transaction import SubjectTransaction
from sandbox_registry.usecases.transaction.transactions import Attempt
from tests.support.leaves import leaves
from tests.support.scopes import admits
from tests.support.stages import OWNER
from tests.support.world import PROCEDURE, World

RIVAL, OVERSEER, COMPLAIN = "doi_thu", "dai_bieu", Action.APPLICATION_COMPLAIN


@dataclass(frozen=True, kw_only=True)
class Buoy:
    """A thing at sea that belongs to an applicant and to no case."""

    id: UUID = field(default_factory=uuid7)
    version: int = 3
    case_id: UUID | None = None
    pinned_procedure: str | None = None
    standing: Standing
    where: Stage = Stage.REFUSED

    def stage(self, *, at: datetime) -> Stage:  # noqa: ARG002 - a buoy stays where it is.
        return self.where


@dataclass
class Sea:
    """Where buoys are, and who asked for one under which lock."""

    buoys: dict[UUID, Buoy] = field(default_factory=dict)
    locked: list[bool] = field(default_factory=list)
    name: str = "complaint"
    """What buoys are called in the log: a kind that the acts of a test are declared to write."""

    def load(self, _work: UnitOfWork, identity: UUID, viewer: Viewer, *, lock: bool) -> Awaitable[Buoy | None]:
        async def found() -> Buoy | None:
            self.locked.append(lock)
            buoy = self.buoys.get(identity)
            if buoy is None:
                return None
            admitted = [admits(each, buoy.standing, buoy.where, procedure_code=PROCEDURE) for each in viewer.scopes]
            return buoy if any(admitted) else None

        return found()

    @property
    def kind(self) -> SubjectKind[Buoy]:
        return SubjectKind(name=self.name, known_through=(Action.APPLICATION_READ,), load=self.load)


def attempt(sea: Sea, world: World, buoy: UUID, *, by: str = OWNER, **how: Any) -> Attempt[Any, Any]:
    given: dict[str, Any] = {"action": COMPLAIN, "begin": SubjectTransaction} | how
    return Attempt(context=world.context(by), kind=sea.kind, identity=buoy, **given)


def afloat(world: World, **how: Any) -> tuple[Sea, Buoy]:
    buoy = Buoy(standing=towards_organisation(world.startup), **how)
    return Sea({buoy.id: buoy}), buoy


async def refusal_of(opened: AbstractAsyncContextManager[Any]) -> DomainError:
    with pytest.raises(DomainError) as caught:
        async with opened:
            pytest.fail("it was opened")
    return caught.value


async def test_a_new_kind_of_subject_is_acted_on_under_its_lock_and_leaves_its_leaf(world: World) -> None:
    sea, buoy = afloat(world)
    async with world.transactions.open_subject(attempt(sea, world, buoy.id, expected_version=3)) as act:
        assert (act.subject, act.actor.person_id, act.case_id) == (buoy, world.people[OWNER], None)
        act.record_state("complaint", buoy.id, 4, {"light": "on"})
    (leaf,) = await leaves(world)
    assert (leaf.action, leaf.kind, leaf.result, sea.locked) == (COMPLAIN, "complaint", "done", [True])


async def test_its_checks_come_in_one_order(world: World) -> None:
    """Each attempt breaks the rule it is refused by and every one that is looked at later."""
    sea, buoy = afloat(world)
    early = replace(buoy, id=uuid7(), where=Stage.SUBMITTED)
    sea.buoys[early.id] = early
    opening = world.transactions.open_subject
    hidden = await refusal_of(opening(attempt(sea, world, early.id, by=RIVAL, expected_version=9)))
    absent = await refusal_of(opening(attempt(sea, world, uuid7(), by=RIVAL, expected_version=9)))
    accept = attempt(sea, world, early.id, action=Action.APPLICATION_ACCEPT, expected_version=9)
    forbidden = await refusal_of(opening(accept))
    stale = await refusal_of(opening(attempt(sea, world, early.id, expected_version=9)))
    not_now = await refusal_of(opening(attempt(sea, world, early.id, expected_version=3)))
    assert [type(each) for each in (hidden, absent, forbidden, stale, not_now)] == [
        NotFound,
        NotFound,
        PermissionDenied,
        StaleVersion,
        TransitionNotAllowed,
    ]
    told = [(leaf.kind, leaf.result, leaf.entry["reason_code"]) for leaf in await leaves(world)]
    assert told == [("complaint", "refused", each) for each in ("not_found", "not_found", "permission_denied")]


async def test_it_is_read_without_a_trace_but_by_overseers(world: World) -> None:
    sea, buoy = afloat(world)
    sea.name = "application"
    for by in (OWNER, OVERSEER):
        read = attempt(sea, world, buoy.id, by=by, action=Action.APPLICATION_READ)
        async with world.transactions.read_subject(read) as act:
            assert act.subject == buoy
    (leaf,) = await leaves(world)
    assert (leaf.kind, leaf.entry["obj"]["ver"], leaf.record["objects"]) == (
        "application",
        3,
        [{"type": "application", "state": {"read": "application:read"}}],
    )
    assert not any(sea.locked)


async def test_who_may_do_the_act_knows_of_it_without_being_able_to_read_it(world: World) -> None:
    """The records office puts holds on files that it does not read."""
    standing = replace(towards_organisation(world.startup), unit_ids=frozenset({world.units["committee"]}))
    sea, buoy = afloat(world)
    sea.buoys[buoy.id] = replace(buoy, standing=standing, where=Stage.SUBMITTED)
    hold = attempt(sea, world, buoy.id, by="van_thu", action=Action.HOLD_PLACE)
    async with world.transactions.open_subject(hold) as act:
        act.skip_audit()
    read = attempt(sea, world, buoy.id, by="van_thu", action=Action.APPLICATION_READ)
    assert isinstance(await refusal_of(world.transactions.open_subject(read)), NotFound)
