"""What a use case holds while somebody acts: it asks, changes and records through this, and sees no connection."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar
from uuid import UUID

from sandbox_registry.authz import Action, AuthorizationDecision
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.cases import dossiers
from sandbox_registry.db.cases.case_records import records_of
from sandbox_registry.db.core.engine import Connection
from sandbox_registry.db.core.jobs import Task
from sandbox_registry.db.core.records import Versioned
from sandbox_registry.db.core.unit_of_work import UnitOfWork
from sandbox_registry.db.integrations import webhooks
from sandbox_registry.domain.acts import Logged
from sandbox_registry.domain.cases.applications import Application, Complaint, DossierVersion, SupplementRequest
from sandbox_registry.domain.cases.appraisal import Clarification, Consultation
from sandbox_registry.domain.cases.case_records import CaseRecords
from sandbox_registry.domain.cases.deadlines import CaseFacts, next_due
from sandbox_registry.domain.cases.lifecycle import require_step, step_of
from sandbox_registry.domain.cases.promises import Promise, with_appointment
from sandbox_registry.domain.cases.recalculation import dates_given
from sandbox_registry.domain.identity.people import Actor, Standing
from sandbox_registry.domain.kinds.events import case_events
from sandbox_registry.domain.kinds.every import kind_of
from sandbox_registry.domain.permits.permits import Permit
from sandbox_registry.domain.rules.calendars import Calendar
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import OPEN_STAGES, Stage
from sandbox_registry.rulebook.rule_book import CALENDAR, RuleBook
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.dossiers import bound_version
from sandbox_registry.usecases.transaction.subjects import KnownCase, Subject

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V", bound=Versioned)
S = TypeVar("S", bound=Subject)


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One act being done: who, what, when, and everything it changed. Its leaf names the first object it touched."""

    work: UnitOfWork
    context: RequestContext
    action: Action
    at: datetime
    decision: AuthorizationDecision
    new_id: Callable[[], UUID]
    rules: RuleBook
    case_id: UUID | None = None
    pinned_procedure: str | None = None
    changed: list[tuple[str, object]] = field(default_factory=list)
    subject_of_leaf: tuple[str, UUID, int] | None = None
    erased: tuple[int, ...] = ()
    is_logged: bool = True
    result: object = None

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.context.actor

    def run(
        self, query: Callable[Concatenate[Connection, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Awaitable[T]:
        """Run a query or a change of `db` in this transaction."""
        return self.work.run(query, *args, **kwargs)

    def stream(
        self, query: Callable[Concatenate[Connection, P], AsyncGenerator[T, None]], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncGenerator[T, None]:
        """Run a query of `db` whose rows come one by one."""
        return self.work.stream(query, *args, **kwargs)

    async def get(self, kind: type[V], identity: UUID) -> V:
        """Load one object; `NotFound` when there is none."""
        return await self.work.get(kind, identity)

    async def find(self, kind: type[V], /, **equal: object) -> tuple[V, ...]:
        """List the objects whose columns equal the given values, oldest first."""
        return await self.work.find(kind, **equal)

    async def add(self, obj: V) -> V:
        """Insert an object and put its whole state into the record of this act."""
        await self.work.add(obj)
        self.record_state(kind_of(obj), obj.id, obj.version, obj)
        return obj

    async def save(self, obj: V) -> V:
        """Write a changed object and put its whole state into the record of this act; return it as written."""
        current: V = await self._current(obj)
        await self._write(current)
        self.record_state(kind_of(current), current.id, current.version, current)
        return current

    async def next_number(self, series: str) -> int:
        """Take the next number of a gap-free series: a rollback gives it back, a second taker waits."""
        return await self.work.next_number(series)

    async def defer(self, task: Task, *, at: datetime | None = None, **args: object) -> None:
        """Have a worker do something once this act is done, not before `at`; see `UnitOfWork.defer`."""
        await self.work.defer(task, at=at, **args)

    def record_state(self, kind: str, identity: UUID, version: int, state: object) -> None:
        """Put something that a use case wrote by other means, or only read, into the record of this act."""
        if not self.action.may_write(kind):
            message = f"{self.action} does not declare that it writes {kind}"
            raise LookupError(message)
        self.subject_of_leaf = self.subject_of_leaf or (kind, identity, version)
        self.changed.append((kind, state))

    def skip_audit(self) -> None:
        """Keep this act out of the log: the edit of a draft leaves a version, its submission records it whole.

        An act that is declared to be always logged may be kept out only while it changed nothing.
        """
        if self.action.logged is Logged.ALWAYS and self.changed:
            message = f"{self.action} is declared to be logged"
            raise LookupError(message)
        self.is_logged = False

    def respond(self, result: T) -> T:
        """Name the result, of which a keyed request's response is made."""
        self.result = result
        return result

    async def require_lawful(self) -> None:
        """Refuse to anybody an act that the rules of its subject leave no room for."""

    async def complete(self) -> None:
        """Write what was held back until everything else is known."""

    async def _current(self, obj: Any) -> Any:
        """Bring into an object what it shows of others."""
        return obj

    async def _write(self, obj: Versioned) -> None:
        await self.work.save(obj)


@dataclass(slots=True, kw_only=True)
class SubjectTransaction(Transaction, Generic[S]):
    """An act on a subject, as its actor may know it."""

    subject: S

    @property
    def standing(self) -> Standing:
        """How the actor stands to the subject."""
        return self.subject.standing


@dataclass(slots=True, kw_only=True)
class CaseTransaction(SubjectTransaction[KnownCase]):
    """An act on a case, or on what belongs to one.

    `application` is the case before the act, `moved` after it: its row is written last, with the due date that
    everything else leads to.
    """

    moved: Application | None = None
    read: CaseRecords | None = None
    rules_now: Procedure | None = None

    @property
    def application(self) -> Application:
        """The case before the act."""
        return self.subject.application

    async def all(self, kind: type[V], /, **equal: object) -> tuple[V, ...]:
        """List the objects of a kind that belong to the case, oldest first."""
        return await self.find(kind, application_id=self.application.id, **equal)

    async def one(self, kind: type[V], identity: UUID) -> V:
        """Load an object that belongs to the case; `NotFound` for none, and for one of another case."""
        return await self.work.get_of(kind, identity, application_id=self.application.id)

    async def records(self, *, also: frozenset[str] = frozenset()) -> CaseRecords:
        """Return what hangs on the case; nobody else adds to it, and what this act changed it knows.

        It is read once: who needs `also` other parts of it than are shown with a case asks first.
        """
        if self.read is None:
            self.read = await self.run(records_of, self.application.id, calendar=CALENDAR, at=self.at, also=also)
        return self.read

    async def procedure(self, of: Application | None = None, *, at: datetime | None = None) -> Procedure:
        """Return the procedure the case is pinned to; for a draft the one in force.

        Another state of the case may be named, and another moment than that of the act.
        """
        if of is not None or at is not None:
            return await self.run(self.rules.pinned, of or self.application, at=at or self.at)
        if self.rules_now is None:
            self.rules_now = await self.run(self.rules.pinned, self.application, at=self.at)
        return self.rules_now

    async def calendar(self) -> Calendar:
        """Return the calendar in force at the moment of this act, with those before it."""
        return await self.run(self.rules.calendar_of, (await self.records()).calendars)

    async def facts(self) -> CaseFacts:
        """Return what the deadlines of this case are derived from, as this act leaves it."""
        records, changed = await self.records(), [state for _, state in self.changed]
        return CaseFacts(
            application=self.moved or self.application,
            supplements=_latest(records.supplements, changed, SupplementRequest),
            clarifications=_latest(records.clarifications, changed, Clarification),
            consultations=_latest(records.consultations, changed, Consultation),
            complaints=_latest(records.complaints, changed, Complaint),
            promises=_latest(records.promises, changed, Promise),
        )

    async def require_lawful(self) -> None:
        """Refuse a step that the procedure of the case does not have; see `require_step`."""
        if step_of(self.action, self.application.stage) is not None:
            require_step(self.application, self.action, await self.procedure())

    async def complete(self) -> None:
        """Give the dates that follow, write the case with the nearest of them, and announce what happened."""
        case = self.moved or self.application
        if self.moved is not None:
            await self._record_unfiled(case)
            await self._give_dates(case)
            await self.run(case_rows.save_case, case, before=self.application, due=await self._next_due(case))
        elif any(isinstance(state, _MOVES_DEADLINES) for _, state in self.changed):
            await self._give_dates(case)
            await self.run(case_rows.set_next_due, case.id, await self._next_due(case))
        happened = case_events((state for _, state in self.changed), before=self.application)
        await self.run(webhooks.announce, happened, case=case, at=self.at, new_id=self.new_id)

    async def _record_unfiled(self, case: Application) -> None:
        """Put on record what a draft or an open supplement held when it ended without being filed: edits leave no leaf."""
        is_filed = any(kind == "dossier_version" for kind, _ in self.changed)
        if self.application.stage in _EDITED and case.stage not in _EDITED and not is_filed:
            version = await self.run(dossiers.version_at, case.id, at=self.at)
            if version is not None:
                await self.record_dossier(version)

    async def record_dossier(self, version: DossierVersion) -> None:
        """Put a version of the dossier on record, and bind all that was written before it."""
        state = await bound_version(self.run, version)
        self.record_state("dossier_version", version.application_id, version.number, state)

    async def _give_dates(self, case: Application) -> None:
        """Put on record each date that this act gave, or moved."""
        for each in await self._dates_of(await self.facts(), case):
            await self.add(each)

    async def _dates_of(self, facts: CaseFacts, case: Application) -> tuple[Promise, ...]:
        """List the dates that this act gives by leaving these facts; none where it is declared to give none."""
        if case.procedure_version is None or not self.action.gives_dates:
            return ()
        return dates_given(
            facts,
            procedure=await self.procedure(case),
            calendar=await self.calendar(),
            cause=self.action,
            at=self.at,
            new_id=self.new_id,
        )

    async def _next_due(self, case: Application) -> datetime | None:
        """Derive the nearest due date of a case as the act leaves it; what is over or not begun has none."""
        if case.stage not in OPEN_STAGES:
            return None
        return next_due(
            await self.facts(), procedure=await self.procedure(case), calendar=await self.calendar(), at=self.at
        )

    async def _current(self, obj: Any) -> Any:
        """Have a case say the day of the result as it is promised last, by this act or before, unless it says one itself."""
        if not isinstance(obj, Application) or obj.appointment_at != self.application.appointment_at:
            return obj
        facts = replace(await self.facts(), application=obj)
        given = () if obj.accepted_at is None else await self._dates_of(facts, obj)
        return with_appointment(obj, (*facts.promises, *given))

    async def _write(self, obj: Versioned) -> None:
        if not isinstance(obj, Application):
            await self.work.save(obj)
        elif self.moved is None:
            self.moved = obj
        else:
            message = "an act moves its case once"
            raise RuntimeError(message)


@dataclass(slots=True, kw_only=True)
class PermitTransaction(CaseTransaction):
    """An act on a permit, judged by where the permit stands."""

    permit: Permit


_EDITED = frozenset({Stage.DRAFT, Stage.SUPPLEMENT_REQUESTED})
_MOVES_DEADLINES = (Clarification, Consultation, SupplementRequest)


def _latest(stored: Iterable[V], changed: Iterable[object], kind: type[V]) -> tuple[V, ...]:
    """Put what was changed in the place of what was found, oldest first."""
    by_id = {each.id: each for each in (*stored, *(state for state in changed if isinstance(state, kind)))}
    return tuple(by_id[identity] for identity in sorted(by_id))
