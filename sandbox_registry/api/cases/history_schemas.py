"""Bodies of histories: what was done, and what differs between two versions."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from sandbox_registry.api.cases.application_schemas import application_out
from sandbox_registry.api.handling.cursors import BY_INDEX
from sandbox_registry.api.handling.log_links import ProofOut, PublishedLog, proof_of
from sandbox_registry.api.handling.schemas import Instant, Out, PageOut, TextOut, shown
from sandbox_registry.api.permits.permit_schemas import PermitStateOut
from sandbox_registry.domain.acts import done_name
from sandbox_registry.domain.cases.applications import Application, Change, changes_between
from sandbox_registry.domain.cases.field_names import field_name, value_name
from sandbox_registry.domain.identity.line_names import line_name
from sandbox_registry.domain.identity.office_names import office_name
from sandbox_registry.domain.permits.permits import Permit
from sandbox_registry.domain.rules.calendars import LOCAL_ZONE
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import Stage, stage_name
from sandbox_registry.domain.texts import Wording
from sandbox_registry.usecases.cases.histories import DossierChanges, TwoStates, Version
from sandbox_registry.usecases.cases.timelines import Event

T = TypeVar("T")


class EventOut(Out):
    """One leaf of the log about this case. Applicants see the office of an official, not the person.

    `at` is UTC, `at_local` the same moment in Cà Mau. `line` is the policy line that decided, `policy` the checksum of
    the policy it stands in, `procedure` the version of the procedure as `code@checksum`. `log` is null until the
    published checkpoint covers the leaf, a second or so. `is_erased` says that what was recorded was lawfully erased.
    """

    index: int
    at: Instant
    at_local: Instant
    office: str | None
    office_name: TextOut | None
    actor_id: UUID | None
    actor_name: str | None
    action: str
    action_name: TextOut
    kind: str
    identity: UUID
    version: int
    result: str
    reason: str | None
    line: str | None
    line_name: TextOut | None
    policy: str
    procedure: str | None
    is_erased: bool
    log: ProofOut | None


class TimelineOut(PageOut):
    """What was done in a case, in log order."""

    items: tuple[EventOut, ...]


class ChangeOut(Out):
    """One difference; null stands for absent. `name` says the path in words, and the other names a coded value."""

    path: str
    name: TextOut
    before: Any
    before_name: TextOut | None
    after: Any
    after_name: TextOut | None


class ChangesOut(Out):
    """The difference between two versions."""

    items: tuple[ChangeOut, ...]


class StateVersionOut(Out):
    """One recorded version, the act that made it, and its proof. `stage` is null once the record was erased."""

    version: int
    at: Instant
    at_local: Instant
    index: int
    action: str
    action_name: TextOut
    stage: Stage | None
    stage_name: TextOut | None
    is_erased: bool
    log: ProofOut | None


class StateVersionsOut(Out):
    """Every recorded version, oldest first."""

    items: tuple[StateVersionOut, ...]


class StateChangesOut(Out):
    """What differs between two recorded versions; nothing can be told once one of them was erased."""

    is_erased: bool
    items: tuple[ChangeOut, ...]


def timeline_out(events: tuple[Event, ...], *, limit: int, log: PublishedLog) -> TimelineOut:
    """Show a page of a timeline; there may be more when it is full."""
    after = BY_INDEX.after(events, limit=limit)
    return TimelineOut(items=tuple(_event_out(each, log) for each in events), after=after)


def _event_out(event: Event, log: PublishedLog) -> EventOut:
    return EventOut(
        index=event.index,
        at=event.at,
        at_local=local(event.at),
        office=event.office,
        office_name=None if event.office is None else TextOut.of(office_name(event.office)),
        actor_id=event.actor_id,
        actor_name=event.actor_name,
        action=event.action,
        action_name=TextOut.of(done_name(event.action, event.result)),
        kind=event.kind,
        identity=event.identity,
        version=event.version,
        result=event.result,
        reason=event.reason,
        line=event.line,
        line_name=None if (name := line_name(event.line)) is None else TextOut.of(name),
        policy=event.policy,
        procedure=event.procedure,
        is_erased=event.is_erased,
        log=proof_of(event.index, log),
    )


def local(moment: datetime) -> datetime:
    """Return a moment as clocks in Cà Mau show it."""
    return moment.astimezone(LOCAL_ZONE)


def dossier_changes_out(changes: DossierChanges) -> ChangesOut:
    """Show what differs between two versions of a dossier."""
    return ChangesOut(items=tuple(_change_out(each, changes.procedure) for each in changes.changes))


def versions_out(versions: tuple[Version, ...], *, log: PublishedLog) -> StateVersionsOut:
    """Show the recorded versions of a case or a permit."""
    return StateVersionsOut(items=tuple(_version_out(each, log) for each in versions))


def case_changes_out(states: TwoStates[Application]) -> StateChangesOut:
    """Show what differs between two recorded versions of a case."""
    return _state_changes_out(states, application_out)


def permit_changes_out(states: TwoStates[Permit]) -> StateChangesOut:
    """Show what differs between two recorded versions of a permit."""
    return _state_changes_out(states, shown(PermitStateOut))


def _state_changes_out(states: TwoStates[T], show: Callable[[T], Out]) -> StateChangesOut:
    older, newer = states.older.state, states.newer.state
    if older is None or newer is None:
        return StateChangesOut(is_erased=True, items=())
    changes = changes_between(_plain(show(older)), _plain(show(newer)))
    return StateChangesOut(is_erased=False, items=tuple(_change_out(each, states.procedure) for each in changes))


def _plain(body: Out) -> dict[str, object]:
    """Return every field that can differ: the number of the version, and when it was made, always do."""
    fields: dict[str, object] = msgspec.to_builtins(body)
    return {name: value for name, value in fields.items() if name not in {"version", "updated_at"}}


def _change_out(change: Change, procedure: Procedure) -> ChangeOut:
    return ChangeOut(
        path=change.path,
        name=TextOut.of(field_name(change.path, procedure)),
        before=change.before,
        before_name=_named(value_name(change.path, change.before, procedure)),
        after=change.after,
        after_name=_named(value_name(change.path, change.after, procedure)),
    )


def _version_out(version: Version, log: PublishedLog) -> StateVersionOut:
    stage = version.stage
    return StateVersionOut(
        version=version.version,
        at=version.leaf.at,
        at_local=local(version.leaf.at),
        index=version.leaf.index,
        action=version.leaf.action,
        action_name=TextOut.of(done_name(version.leaf.action)),
        stage=stage,
        stage_name=None if stage is None else TextOut.of(stage_name(stage)),
        is_erased=stage is None,
        log=proof_of(version.leaf.index, log),
    )


def _named(words: Wording | None) -> TextOut | None:
    return None if words is None else TextOut.of(words)
