"""Taking out everything the actor may list, as a stream of one instant; who does it from an office leaves a leaf.

A stream holds a connection and a snapshot until it ends, so few run at once, and its sender ends it in time.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec

from sandbox_registry.authz import Action
from sandbox_registry.authz.enforcer import TOKEN_SCOPE
from sandbox_registry.db.cases import case_people
from sandbox_registry.db.integrations import exports
from sandbox_registry.domain.audiences import revealed_to
from sandbox_registry.domain.audit import EPOCH, FORMAT
from sandbox_registry.domain.errors import PermissionDenied
from sandbox_registry.domain.identity.people import FILING, READ_ALL_ROLES, Actor, towards_organisation
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.integrations.exports import Batch, ExportFilter, FeedRow
from sandbox_registry.domain.operations.quotas import TooManyRequests
from sandbox_registry.usecases.transaction.audit_entries import DONE
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transactions import Transactions

MAX_CONCURRENT_EXPORTS = 4
"""How many streams one process sends at the same time; each holds one of its twenty connections."""
_BUSY_FOR = 10
Reading = Callable[..., AsyncGenerator[Batch, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table under way: `batches` opens the snapshot when it is first asked and must be closed."""

    fields: tuple[str, ...]
    batches: AsyncGenerator[Batch, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogObject:
    """A thing events are about. `relations` are (qualifier, id of another object); `at` is when `facts` became true."""

    id: str
    kind: str
    at: datetime = EPOCH
    facts: tuple[tuple[str, str], ...] = ()
    relations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """Something done in a case, by a pseudonym. `relations` are (qualifier, id of an object).

    `is_of_case` says whether the pseudonym is of that case only, as in all leaves but those of the first format.
    """

    id: str
    activity: str
    actor: str
    is_of_case: bool
    at: datetime
    facts: tuple[tuple[str, str], ...]
    relations: tuple[tuple[str, str], ...]


LogBatch = list[LogObject] | list[LogEvent]


class _Actor(msgspec.Struct):
    pid: str


class _Object(msgspec.Struct):
    type: str
    id: str
    ver: int


class _Entry(msgspec.Struct):
    """What is read of a leaf."""

    v: int
    t: int
    actor: _Actor
    act: str
    obj: _Object
    result: str


_ENTRIES = msgspec.json.Decoder(_Entry)


class Exports:
    """One method per thing that can be taken out."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions
        self._room = asyncio.Semaphore(MAX_CONCURRENT_EXPORTS)

    async def cases(self, context: RequestContext, *, narrowed: ExportFilter) -> Table:
        """Stream every case the actor may read.

        Raises:
            PermissionDenied: the policy, or the token, does not allow it.
            TooManyRequests: this process sends as many streams as it can.

        """
        scope = await self._begin(context, Action.APPLICATION_READ, what="applications", narrowed=narrowed)
        reading = self._streamed(partial(exports.cases, scope=scope, narrowed=narrowed))
        return Table(fields=exports.CASE_FIELDS, batches=reading)

    async def permits(self, context: RequestContext, *, narrowed: ExportFilter) -> Table:
        """Stream every permit the actor may read, as it stands now; raises as `cases` does."""
        scope = await self._begin(context, Action.PERMIT_READ, what="permits", narrowed=narrowed)
        at = self.transactions.now()
        reading = self._streamed(partial(exports.permits_of, scope=scope, narrowed=narrowed, at=at))
        return Table(fields=exports.PERMIT_FIELDS, batches=reading)

    async def events(self, context: RequestContext) -> AsyncGenerator[LogBatch, None]:
        """Stream what was done in every case whose timeline the actor may read: all events, then all objects.

        The events of each case are those that its timeline shows the actor, but for refusals. People are named by
        pseudonyms only, by another one in each case. Raises as `cases` does.
        """
        scope = await self._begin(context, Action.APPLICATION_READ_TIMELINE, what="events", narrowed=ExportFilter())
        return self._events(context.actor, scope)

    async def case_feed(
        self, context: RequestContext, *, since: datetime | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> tuple[FeedRow, ...]:
        """List the cases changed last; raises PermissionDenied. A page is a list, so only oversight leaves a leaf."""
        scope = await self._begin(
            context, Action.APPLICATION_READ, what="applications feed", narrowed=ExportFilter(updated_since=since)
        )
        async with self.transactions.replica() as replica:
            return await replica.run(exports.feed_of_cases, scope=scope, since=since, after=after, limit=limit)

    async def permit_feed(
        self, context: RequestContext, *, since: datetime | None, after: tuple[datetime, UUID] | None, limit: int
    ) -> tuple[FeedRow, ...]:
        """List the permits changed last, as they stand now; raises and is logged as `case_feed` is."""
        scope = await self._begin(
            context, Action.PERMIT_READ, what="permits feed", narrowed=ExportFilter(updated_since=since)
        )
        async with self.transactions.replica() as replica:
            return await replica.run(
                exports.feed_of_permits, scope=scope, since=since, after=after, limit=limit, at=self.transactions.now()
            )

    async def _begin(self, context: RequestContext, reading: Action, *, what: str, narrowed: ExportFilter) -> Scope:
        """Ask the policy, write the leaf, and say what the stream may hold."""
        is_stream = not what.endswith("feed")
        if context.actor.token_scopes is not None and reading not in context.actor.token_scopes:
            refusal = PermissionDenied(action=reading, line=TOKEN_SCOPE)
            await self.transactions.record_refusal(context, reading, refusal)
            raise refusal
        if is_stream and self._room.locked():
            raise TooManyRequests(limit="exports at once", seconds=_BUSY_FOR)
        async with self.transactions.open(context, Action.EXPORT_READ) as act:
            if context.actor.offices if is_stream else context.actor.roles & READ_ALL_ROLES:
                act.record_state("export", act.new_id(), 1, {"what": what, "narrowed": _filters(narrowed)})
            else:
                act.skip_audit()
        return self.transactions.authorizer.scope(context.actor, reading)

    async def _streamed(self, reading: Reading) -> AsyncGenerator[Batch, None]:
        async with (
            self._room,
            self.transactions.read_snapshot() as snapshot,
            aclosing(snapshot.stream(reading)) as batches,
        ):
            async for batch in batches:
                yield batch

    async def _events(self, actor: Actor, scope: Scope) -> AsyncGenerator[LogBatch, None]:
        async with self._room, self.transactions.read_snapshot() as snapshot:
            revealing = _Revealing(actor, await snapshot.run(case_people.cases_filed_by, actor.person_id))
            async with aclosing(snapshot.stream(exports.case_leaves, scope=scope)) as batches:
                async for batch in batches:
                    yield [event for row in batch if (event := _event(*row, revealing=revealing)) is not None]
            people = _People()  # Read once more rather than remembered: there are some of them in every case.
            async with aclosing(snapshot.stream(exports.case_leaves, scope=scope)) as batches:
                async for batch in batches:
                    yield [
                        LogObject(id=event.actor, kind="person")
                        for row in batch
                        if (event := _event(*row, revealing=revealing)) is not None
                        and people.is_new(event, case=row[1])
                    ]
            for reading, make in _OBJECTS:
                async with aclosing(snapshot.stream(reading, scope=scope)) as batches:
                    async for batch in batches:
                        yield [make(*row) for row in batch]


def _filters(narrowed: ExportFilter) -> Mapping[str, object]:
    filters: Mapping[str, object] = msgspec.to_builtins({k: v for k, v in asdict(narrowed).items() if v is not None})
    return filters


def _case(identity: UUID, procedure: str, organisation: UUID, at: datetime) -> LogObject:
    return LogObject(
        id=str(identity),
        kind="application",
        at=at,
        facts=(("procedure", procedure),),
        relations=(("applicant", str(organisation)),),
    )


def _permit(identity: UUID, case: UUID, at: datetime) -> LogObject:
    return LogObject(id=str(identity), kind="permit", at=at, relations=(("issued on", str(case)),))


def _organisation(identity: UUID) -> LogObject:
    return LogObject(id=str(identity), kind="organisation")


_OBJECTS: tuple[tuple[Callable[..., AsyncGenerator[Batch, None]], Callable[..., LogObject]], ...] = (
    (exports.case_objects, _case),
    (exports.permit_objects, _permit),
    (exports.organisation_objects, _organisation),
)


@dataclass(slots=True)
class _People:
    """Who was seen before: in the case that is being read, since leaves come case by case and each has its pseudonyms.

    Leaves of the first format have one pseudonym for a person in all cases.
    """

    _case: UUID | None = None
    _in_case: set[str] = field(default_factory=set)
    _in_all: set[str] = field(default_factory=set)

    def is_new(self, event: LogEvent, *, case: UUID) -> bool:
        """Say whether the actor of an event was not seen before."""
        if case != self._case:
            self._case, self._in_case = case, set()
        seen = self._in_case if event.is_of_case else self._in_all
        is_new = event.actor not in seen
        seen.add(event.actor)
        return is_new


@dataclass(slots=True)
class _Revealing:
    """Which acts somebody may learn of, case by case: who reads as an official here may be the applicant there."""

    actor: Actor
    filed: frozenset[UUID]
    _acts_by_case: dict[tuple[UUID, bool], frozenset[Action]] = field(default_factory=dict)

    def acts(self, case: UUID, organisation: UUID) -> frozenset[Action]:
        """Return the acts to be revealed of a case, which this organisation filed."""
        key = organisation, case in self.filed
        if key not in self._acts_by_case:
            standing = towards_organisation(organisation)
            standing = replace(standing, past_capacities=FILING) if case in self.filed else standing
            self._acts_by_case[key] = revealed_to(self.actor, standing).acts
        return self._acts_by_case[key]


def _event(index: int, case: UUID, organisation: UUID, statement: bytes, *, revealing: _Revealing) -> LogEvent | None:
    """Return what a leaf says was done; null for what was refused, and for what is not to be revealed."""
    entry = _ENTRIES.decode(statement)
    if entry.result != DONE or entry.act not in revealing.acts(case, organisation):
        return None
    about = (("permit", entry.obj.id),) if entry.obj.type == "permit" else ()
    return LogEvent(
        id=f"leaf-{index}",
        activity=entry.act,
        actor=entry.actor.pid,
        is_of_case=entry.v >= FORMAT,
        at=EPOCH + timedelta(milliseconds=entry.t),
        facts=(("object", entry.obj.type), ("version", str(entry.obj.ver))),
        relations=(("case", str(case)), ("applicant", str(organisation)), *about, ("actor", entry.actor.pid)),
    )
