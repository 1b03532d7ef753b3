"""The frame of every act: one transaction, one decision of the policy, one audit leaf, whatever happens.

A use case opens an act, lets the domain decide, saves what changed, and leaves; the frame writes the leaf as the last
statement and commits. A refusal of authority is a leaf too. Who may not know that a case exists gets `NotFound`, and
the same statements run whether it exists or not.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from sandbox_registry.authz import Action, AuthorizationDecision, Authorizer
from sandbox_registry.authz.enforcer import OUT_OF_PROCEDURES
from sandbox_registry.db.cases import applications as case_rows
from sandbox_registry.db.cases.case_records import records_of
from sandbox_registry.db.core.audit_entries import NewLeaf
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.records import Versioned
from sandbox_registry.db.core.unit_of_work import UnitOfWork
from sandbox_registry.db.integrations import webhooks
from sandbox_registry.db.permits import permits
from sandbox_registry.domain.audit import NONCE_SIZE, Entry, Pseudonyms, commitment
from sandbox_registry.domain.cases.applications import Application, SupplementRequest
from sandbox_registry.domain.cases.appraisal import Clarification, Consultation
from sandbox_registry.domain.cases.case_records import CaseRecords
from sandbox_registry.domain.cases.deadlines import CaseFacts, next_due
from sandbox_registry.domain.errors import DomainError, NotFound, PermissionDenied, StaleVersion, TransitionNotAllowed
from sandbox_registry.domain.identity.people import READ_ALL_ROLES, Actor, Capacity, Standing
from sandbox_registry.domain.kinds.events import case_events
from sandbox_registry.domain.kinds.every import kind_of
from sandbox_registry.domain.permits.permits import Permit
from sandbox_registry.domain.rules.calendars import Calendar
from sandbox_registry.domain.stages import OPEN_STAGES, Stage
from sandbox_registry.rulebook.rule_book import CALENDAR, RuleBook
from sandbox_registry.transparency.canonical_json import canonical
from sandbox_registry.usecases.transaction import idempotency
from sandbox_registry.usecases.transaction.operators import kind_of_actor

T = TypeVar("T")
V = TypeVar("V", bound=Versioned)
DONE, REFUSED = "done", "refused"


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One act being done: who, what, when, and everything it changed. Its leaf names the first object it touched."""

    work: UnitOfWork
    actor: Actor
    action: Action
    at: datetime
    decision: AuthorizationDecision
    new_id: Callable[[], UUID]
    case_id: UUID | None = None
    procedure: str | None = None
    changed: list[tuple[str, object]] = field(default_factory=list)
    subject: tuple[str, UUID, int] | None = None
    erased: tuple[int, ...] = ()
    is_logged: bool = True
    result: object = None

    async def add(self, obj: V) -> V:
        """Insert an object and put its whole state into the record of this act."""
        await self.work.add(obj)
        self.record_state(kind_of(obj), obj.id, obj.version, obj)
        return obj

    async def save(self, obj: V) -> V:
        """Write a changed object and put its whole state into the record of this act."""
        await self._write(obj)
        self.record_state(kind_of(obj), obj.id, obj.version, obj)
        return obj

    def record_state(self, kind: str, identity: UUID, version: int, state: object) -> None:
        """Put something that a use case wrote by other means, or only read, into the record of this act."""
        self.subject = self.subject or (kind, identity, version)
        self.changed.append((kind, state))

    def skip_audit(self) -> None:
        """Keep this act out of the log: the edit of a draft leaves a version, its submission records it whole."""
        self.is_logged = False

    def respond(self, result: T) -> T:
        """Name the result, which is also what a repeated request is answered with."""
        self.result = result
        return result

    async def _write(self, obj: Versioned) -> None:
        await self.work.save(obj)


@dataclass(slots=True, kw_only=True)
class CaseTransaction(Transaction):
    """An act on a case, whose row stays locked until the act is done.

    `application` is the case before the act, `moved` after it: its row is written last, with the due date that
    everything else leads to.
    """

    application: Application
    standing: Standing
    rules: RuleBook
    moved: Application | None = None
    found: CaseRecords | None = None

    async def records(self, *, also: frozenset[str] = frozenset()) -> CaseRecords:
        """Return what hangs on the case; nobody else adds to it, and what this act changed it knows.

        It is read once: who needs `also` other parts of it than are shown with a case asks first.
        """
        if self.found is None:
            self.found = await records_of(
                self.work.connection, self.application.id, calendar=CALENDAR, at=self.at, also=also
            )
        return self.found

    async def calendar(self) -> Calendar:
        """Return the calendar in force at the moment of this act."""
        return await self.rules.calendar_version(self.work.connection, (await self.records()).calendar)

    async def facts(self) -> CaseFacts:
        """Return what the deadlines of this case are derived from, as this act leaves it."""
        records, changed = await self.records(), [state for _, state in self.changed]
        return CaseFacts(
            application=self.moved or self.application,
            supplements=_latest(records.supplements, changed, SupplementRequest),
            clarifications=_latest(records.clarifications, changed, Clarification),
            consultations=_latest(records.consultations, changed, Consultation),
        )

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


class Transactions:
    """Opens the transactions in which people act. Everything that differs between runs comes in: the clock, identities, policy, rules, pseudonyms."""

    def __init__(
        self,
        *,
        database: Database,
        authorizer: Authorizer,
        rules: RuleBook,
        pseudonyms: Pseudonyms,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self.database = database
        self.authorizer = authorizer
        self.rules = rules
        self.pseudonyms = pseudonyms
        self.now = now
        self.new_id = new_id

    @asynccontextmanager
    async def open(
        self, actor: Actor, action: Action, *, standing: Standing | None = None, procedure_code: str | None = None
    ) -> AsyncIterator[Transaction]:
        """Do something that concerns no case: accounts, offices, procedures, the creation of a draft.

        `standing` says how the actor stands to the organisation concerned, if one is; `procedure_code` under which
        procedure the act is done, if under one.

        Raises:
            PermissionDenied: the policy does not allow it; the refusal is a leaf.

        """
        at = self.now()
        decision = self.authorizer.judge(actor, standing, Stage.NONE, action)
        if decision.allowed and procedure_code is not None and not actor.reaches(procedure_code):
            decision = OUT_OF_PROCEDURES
        refusal = None if decision.allowed else _denied(action, decision)
        async with self.database.transaction() as work:
            act = Transaction(work=work, actor=actor, action=action, at=at, decision=decision, new_id=self.new_id)
            if refusal is None:
                await idempotency.begin(work, actor)
                yield act
                await self._close(act)
            else:
                act.subject = ("person", actor.person_id, 0)
                self._log(act, refusal=refusal)
        if refusal is not None:
            raise refusal

    @asynccontextmanager
    async def open_case(
        self,
        actor: Actor,
        action: Action,
        application_id: UUID,
        *,
        expected_version: int | None = None,
        lock: bool = True,
    ) -> AsyncIterator[CaseTransaction]:
        """Do something on a case. `expected_version` is what the person saw; null for acts that add beside the case.

        With `lock`, nobody else changes the case until the act is done; a reading does without.

        Raises:
            NotFound: no such case, or the actor may not know of it.
            PermissionDenied: the actor may read the case but may not do this.
            TransitionNotAllowed: the actor may do this, at another stage.
            StaleVersion: the case changed since the person saw it.

        """
        refusal: DomainError | None = None
        async with self.database.transaction() as work:
            await idempotency.begin(work, actor)
            case = await self._case(work, actor, application_id, lock=lock)
            at = self.now()  # Under the lock, so that the instants of a case stand in the order of its acts.
            if case is None:
                refusal, decision = NotFound(what=CASE), self.authorizer.judge(actor, None, Stage.NONE, action)
            else:
                decision = self.authorizer.judge(actor, case.standing, case.application.stage, action)
                refusal = self._refusal(actor, action, case, decision, expected_version)
            if case is not None and refusal is None:
                act = CaseTransaction(
                    work=work,
                    actor=actor,
                    action=action,
                    at=at,
                    decision=decision,
                    new_id=self.new_id,
                    case_id=application_id,
                    procedure=procedure_of(case.application),
                    application=case.application,
                    standing=case.standing,
                    rules=self.rules,
                )
                yield act
                await self._close(act)
            elif isinstance(refusal, NotFound | PermissionDenied):
                refused = Transaction(
                    work=work, actor=actor, action=action, at=at, decision=decision, new_id=self.new_id
                )
                refused.case_id, refused.subject = application_id, (CASE, application_id, 0)
                self._log(refused, refusal=refusal)
        if refusal is not None:
            raise refusal

    @asynccontextmanager
    async def read_case(self, actor: Actor, action: Action, application_id: UUID) -> AsyncIterator[CaseTransaction]:
        """Read a case. An outsider's reading (People's Council, auditor) is itself on record; others leave no trace.

        Raises:
            NotFound: no such case, or the actor may not know of it.
            PermissionDenied: the actor may read the case but not this part of it.

        """
        async with self.database.primary() as connection:
            plain = await self._plain_reading(UnitOfWork(connection), actor, action, application_id)
            if plain is not None:
                yield plain
                return
        # What leaves a leaf, a reading by an outsider or a refusal, is an act like any other.
        async with self.open_case(actor, action, application_id, lock=False) as act:
            if act.decision.role in READ_ALL_ROLES:
                act.record_state("application", application_id, act.application.version, {"read": action})
            else:
                act.skip_audit()
            yield act

    async def _plain_reading(
        self, work: UnitOfWork, actor: Actor, action: Action, application_id: UUID
    ) -> CaseTransaction | None:
        """Begin a reading that leaves no trace: no lock and no transaction; null when it is none."""
        case = await self._case(work, actor, application_id, lock=False)
        if case is None:
            return None
        at, decision = self.now(), self.authorizer.judge(actor, case.standing, case.application.stage, action)
        if not decision.allowed or decision.role in READ_ALL_ROLES:
            return None
        return CaseTransaction(
            work=work,
            actor=actor,
            action=action,
            at=at,
            decision=decision,
            new_id=self.new_id,
            case_id=application_id,
            procedure=procedure_of(case.application),
            is_logged=False,
            application=case.application,
            standing=case.standing,
            rules=self.rules,
        )

    async def record_refusal(self, actor: Actor, action: Action, refusal: DomainError) -> None:
        """Put on record a refusal that came before an act could begin: a wrong password. The caller raises it."""
        async with self.database.transaction() as work:
            decision = self.authorizer.judge(actor, None, Stage.NONE, action)
            act = Transaction(
                work=work, actor=actor, action=action, at=self.now(), decision=decision, new_id=self.new_id
            )
            act.subject = ("person", actor.person_id, 0)
            self._log(act, refusal=refusal)

    async def record_oversight(self, actor: Actor, action: Action, kind: str, identity: UUID) -> None:
        """Put on record that an outsider (People's Council, auditor) read something that is no case; others leave no trace."""
        if actor.roles & READ_ALL_ROLES:
            async with self.open(actor, action) as act:
                act.record_state(kind, identity, 0, {"read": action})

    @asynccontextmanager
    async def read_permit(self, actor: Actor, permit_id: UUID) -> AsyncIterator[PermitTransaction]:
        """Read a permit, by where it stands now. An outsider's reading is itself on record; others leave no trace.

        Raises:
            NotFound: no such permit, or the actor may not know of it.

        """
        at, action = self.now(), Action.PERMIT_READ
        refusal: NotFound | None = None
        async with self.database.transaction() as work:
            await idempotency.begin(work, actor)
            permit = await permits.find(work.connection, permit_id)
            case = await self._case(work, actor, permit_id if permit is None else permit.application_id, lock=False)
            if permit is None or case is None:
                decision = self.authorizer.judge(actor, None, Stage.NONE, action)
            else:
                decision = self.authorizer.judge(actor, case.standing, permit.stage(at=at), action)
            if permit is not None and case is not None and decision.allowed:
                act = PermitTransaction(
                    work=work,
                    actor=actor,
                    action=action,
                    at=at,
                    decision=decision,
                    new_id=self.new_id,
                    case_id=permit.application_id,
                    procedure=procedure_of(case.application),
                    application=case.application,
                    standing=case.standing,
                    rules=self.rules,
                    permit=permit,
                )
                if decision.role in READ_ALL_ROLES:
                    act.record_state(PERMIT, permit.id, permit.version, {"read": action})
                else:
                    act.skip_audit()
                yield act
                await self._close(act)
            else:
                refusal = NotFound(what=PERMIT)
                refused = Transaction(
                    work=work, actor=actor, action=action, at=at, decision=decision, new_id=self.new_id
                )
                refused.case_id = None if permit is None else permit.application_id
                refused.subject = (PERMIT, permit_id, 0)
                self._log(refused, refusal=refusal)
        if refusal is not None:
            raise refusal

    def _refusal(
        self,
        actor: Actor,
        action: Action,
        case: case_rows.Case,
        decision: AuthorizationDecision,
        expected_version: int | None,
    ) -> DomainError | None:
        """Say what stands in the way: hidden before forbidden, forbidden before too early, then a stale view."""
        application, standing = case.application, case.standing
        is_stale = expected_version is not None and application.version != expected_version
        if decision.allowed:
            return StaleVersion(current=application.version) if is_stale else None
        if not self._may_know(actor, standing, application.stage):
            return NotFound(what=CASE)
        if decision.line is not None or not self._would_be_allowed(actor, standing, action):
            return _denied(action, decision)
        if is_stale:
            return StaleVersion(current=application.version)
        return TransitionNotAllowed(action=action, stage=application.stage)

    def _may_know(self, actor: Actor, standing: Standing, stage: Stage) -> bool:
        return any(
            self.authorizer.judge(actor, standing, stage, action).allowed
            for action in (Action.APPLICATION_READ, Action.DECLARATION_MAKE)
        )

    def would_allow(self, act: CaseTransaction, action: Action, *, without: AbstractSet[Capacity]) -> bool:
        """Say whether the actor could do something in this case without some of their parts in it."""
        standing = replace(act.standing, capacities=act.standing.capacities - without)
        return self.authorizer.judge(act.actor, standing, act.application.stage, action).allowed

    def _would_be_allowed(self, actor: Actor, standing: Standing, action: Action) -> bool:
        return any(self.authorizer.judge(actor, standing, stage, action).allowed for stage in Stage)

    async def _case(
        self, work: UnitOfWork, actor: Actor, application_id: UUID, *, lock: bool = True
    ) -> case_rows.Case | None:
        """Load a case as this actor may know it: for a token of other procedures there is none."""
        case = await case_rows.load_case(
            work.connection,
            application_id,
            person_id=actor.person_id,
            consulted_unit_ids=actor.consulted_units,
            lock=lock,
        )
        return case if case is not None and actor.reaches(case.application.procedure_code) else None

    async def _close(self, act: Transaction) -> None:
        """Write the case, what machines are told, the answer for a repeated request and, last, the leaf."""
        if isinstance(act, CaseTransaction):
            await self._close_case(act)
        await idempotency.store_response(act.work, act.actor, result=act.result, at=act.at)
        if act.is_logged:
            self._log(act)

    async def _close_case(self, act: CaseTransaction) -> None:
        states = [state for _, state in act.changed]
        connection, case = act.work.connection, act.moved or act.application
        if act.moved is not None:
            await case_rows.save_case(connection, case, before=act.application, due=await self._next_due(act, case))
        elif any(isinstance(state, _MOVES_DEADLINES) for state in states):
            await case_rows.set_next_due(connection, case.id, await self._next_due(act, case))
        happened = case_events(states, before=act.application)
        await webhooks.announce(connection, happened, case=case, at=act.at, new_id=act.new_id)

    async def _next_due(self, act: CaseTransaction, case: Application) -> datetime | None:
        """Derive the nearest due date of a case as the act leaves it; what is over or not begun has none."""
        if case.stage not in OPEN_STAGES:
            return None
        procedure = await self.rules.pinned(act.work.connection, case)
        calendar = await act.calendar()
        return next_due(await act.facts(), procedure=procedure, calendar=calendar, at=act.at)

    def _log(self, act: Transaction, *, refusal: DomainError | None = None) -> None:
        if act.subject is None:
            message = f"{act.action} changed nothing that a leaf could name"
            raise AssertionError(message)
        kind, identity, version = act.subject
        record = canonical(
            {
                "actor": str(act.actor.person_id),
                "signs_for": None if act.actor.signs_for is None else str(act.actor.signs_for),
                "asked": _asked(act.decision),
                "objects": [{"type": each, "state": msgspec.to_builtins(state)} for each, state in act.changed],
            }
        )
        nonce = secrets.token_bytes(NONCE_SIZE)
        entry = Entry(
            at=act.at,
            actor=self.pseudonyms.of(act.actor.person_id),
            actor_kind=kind_of_actor(act.actor),
            method=act.actor.auth_method,
            action=act.action,
            kind=kind,
            identity=identity,
            version=version,
            result=DONE if refusal is None else REFUSED,
            reason=None if refusal is None else refusal.code,
            request_id=act.actor.request_id,
            line=act.decision.line,
            policy=self.authorizer.version,
            procedure=act.procedure,
            commitment=commitment(nonce, record),
            erased=act.erased,
        )
        act.work.stage_audit_entry(
            NewLeaf(
                entry=canonical(entry.as_json()),
                nonce=nonce,
                record=record,
                object_type=kind,
                object_id=identity,
                case_id=act.case_id,
                at=act.at,
            )
        )


CASE, PERMIT = "application", "permit"
_MOVES_DEADLINES = (Clarification, Consultation, SupplementRequest)


def _asked(decision: AuthorizationDecision) -> dict[str, list[str] | str] | None:
    asked = decision.asked
    if asked is None:
        return None
    return {"roles": sorted(asked.roles), "relations": sorted(asked.relations), "stage": str(asked.stage)}


def _latest(found: Iterable[V], changed: Iterable[object], kind: type[V]) -> tuple[V, ...]:
    """Put what was changed in the place of what was found, oldest first."""
    by_id = {each.id: each for each in (*found, *(state for state in changed if isinstance(state, kind)))}
    return tuple(by_id[identity] for identity in sorted(by_id))


def _denied(action: Action, decision: AuthorizationDecision) -> PermissionDenied:
    return PermissionDenied(action=action, line=decision.line, reason=decision.basis)


def procedure_of(application: Application) -> str | None:
    """Name the pinned procedure of a case as `code@checksum`; null while it is a draft."""
    if application.procedure_version is None:
        return None
    return f"{application.procedure_code}@{application.procedure_version}"
