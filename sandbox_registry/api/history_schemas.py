"""Bodies of histories: what was done, how a case stood, what differs."""

from datetime import datetime
from uuid import UUID

from sandbox_registry.api.cursors import index_cursor
from sandbox_registry.api.log_links import ProofOut, PublishedLog, proof_of
from sandbox_registry.api.schemas import Out, PageOut, TextOut
from sandbox_registry.authz.act_names import act_name
from sandbox_registry.domain.calendars import LOCAL_ZONE
from sandbox_registry.domain.office_names import OFFICE_NAMES
from sandbox_registry.domain.people import Role
from sandbox_registry.usecases.timelines import Event


class EventOut(Out):
    """One leaf of the log about this case. Applicants see the office of an official, not the person.

    `at` is UTC, `at_local` the same moment in Cà Mau. `line` is the policy line that decided, `policy` the checksum of
    the policy it stands in, `procedure` the version of the procedure as `code@checksum`. `log` is null until the
    published checkpoint covers the leaf, a second or so. `is_erased` says that what was recorded was lawfully erased.
    """

    index: int
    at: datetime
    at_local: datetime
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
    policy: str
    procedure: str | None
    is_erased: bool
    log: ProofOut | None


class TimelineOut(PageOut):
    """What was done in a case, in log order."""

    items: tuple[EventOut, ...]


def timeline_out(events: tuple[Event, ...], *, limit: int, log: PublishedLog) -> TimelineOut:
    """Show a page of a timeline; there may be more when it is full."""
    after = index_cursor(events[-1].index) if len(events) == limit else None
    return TimelineOut(items=tuple(_event_out(each, log) for each in events), after=after)


def _event_out(event: Event, log: PublishedLog) -> EventOut:
    return EventOut(
        index=event.index,
        at=event.at,
        at_local=local(event.at),
        office=event.office,
        office_name=None if event.office is None else TextOut.of(OFFICE_NAMES[Role(event.office)]),
        actor_id=event.actor_id,
        actor_name=event.actor_name,
        action=event.action,
        action_name=TextOut.of(act_name(event.action)),
        kind=event.kind,
        identity=event.identity,
        version=event.version,
        result=event.result,
        reason=event.reason,
        line=event.line,
        policy=event.policy,
        procedure=event.procedure,
        is_erased=event.is_erased,
        log=proof_of(event.index, log),
    )


def local(moment: datetime) -> datetime:
    """Return a moment as clocks in Cà Mau show it."""
    return moment.astimezone(LOCAL_ZONE)
