"""The frame of every act: one transaction, one decision of the policy, one audit leaf, whatever happens.

A use case opens a transaction, lets the domain decide, saves what changed, and leaves; the frame writes the leaf as the
last statement and commits. A refusal of authority is a leaf too. Whatever an act is about, four things are looked at in
one order: hidden, forbidden, stale, not now. What is hidden from somebody is to them what does not exist.
"""

from collections.abc import AsyncIterator, Callable
from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sandbox_registry.authz import Action, AuthorizationDecision, Authorizer
from sandbox_registry.authz.enforcer import OUT_OF_PROCEDURES
from sandbox_registry.db.core.engine import Database
from sandbox_registry.db.core.queries import Queries, queries_on
from sandbox_registry.db.core.unit_of_work import UnitOfWork
from sandbox_registry.domain.audit import Pseudonyms
from sandbox_registry.domain.errors import (
    DeclarationOwed,
    DomainError,
    NotFound,
    PermissionDenied,
    StaleVersion,
    TransitionNotAllowed,
)
from sandbox_registry.domain.identity.people import READ_ALL_ROLES, Actor, Capacity, Standing
from sandbox_registry.domain.stages import Stage
from sandbox_registry.rulebook.rule_book import RuleBook
from sandbox_registry.usecases.transaction import idempotency
from sandbox_registry.usecases.transaction.audit_entries import leaf_of
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.subjects import CASE, PERMIT, KnownPermit, Subject, SubjectKind, Viewer
from sandbox_registry.usecases.transaction.transaction import (
    CaseTransaction,
    PermitTransaction,
    SubjectTransaction,
    Transaction,
)

S = TypeVar("S", bound=Subject)
A = TypeVar("A", bound=SubjectTransaction[Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Generic[S, A]):
    """What somebody asks to do to which subject.

    `begin` makes the transaction of this kind of subject. `expected_version` is what the person saw; null for acts that
    add beside the subject.
    """

    context: RequestContext
    action: Action
    kind: SubjectKind[S]
    identity: UUID
    begin: Callable[..., A]
    expected_version: int | None = None


class Transactions:
    """Opens transactions. Everything that differs between runs comes in: clock, identities, policy, rules, pseudonyms."""

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

    def replica(self) -> AbstractAsyncContextManager[Queries]:
        """Open a connection for reads that may be a moment late; see `Database.replica`."""
        return queries_on(self.database.replica())

    def primary(self) -> AbstractAsyncContextManager[Queries]:
        """Open a connection for reads that must be as of now; see `Database.primary`."""
        return queries_on(self.database.primary())

    def read_snapshot(self) -> AbstractAsyncContextManager[Queries]:
        """Open a connection for reads that see one instant throughout; see `Database.read_snapshot`."""
        return queries_on(self.database.read_snapshot())

    @asynccontextmanager
    async def open(
        self,
        context: RequestContext,
        action: Action,
        *,
        standing: Standing | None = None,
        procedure_code: str | None = None,
    ) -> AsyncIterator[Transaction]:
        """Do something that concerns no case: accounts, offices, procedures, the creation of a draft.

        `standing` says how the actor stands to the organisation concerned, if one is; `procedure_code` under which
        procedure the act is done, if under one.

        Raises:
            PermissionDenied: the policy does not allow it; the refusal is a leaf.

        """
        at, actor = self.now(), context.actor
        decision = self.authorizer.judge(actor, standing, Stage.NONE, action)
        if decision.allowed and procedure_code is not None and not actor.reaches(procedure_code):
            decision = OUT_OF_PROCEDURES
        refusal = None if decision.allowed else _denied(action, decision)
        async with self.database.transaction() as work:
            act = self._begun(context, action, work=work, at=at, decision=decision)
            if refusal is None:
                await _begin_request(work, context)
                yield act
                await self._close(act)
            else:
                act.subject_of_leaf = ("person", actor.person_id, 0)
                self._log(act, refusal=refusal)
        if refusal is not None:
            raise refusal

    @asynccontextmanager
    async def open_subject(self, attempt: Attempt[S, A], *, lock: bool = True) -> AsyncIterator[A]:
        """Do something to a subject of any kind.

        With `lock`, nobody else changes the subject until the act is done; a reading does without.

        Raises:
            NotFound: there is no such subject, or the actor may not know of it.
            PermissionDenied: the actor may know of it but may not do this; `DeclarationOwed` if only for want of a declaration.
            StaleVersion: it changed since the person saw it.
            TransitionNotAllowed: the actor may do this, at another stage.
            ConditionNotMet: the rules of the subject have no such step.

        """
        async with self.database.transaction() as work:
            await _begin_request(work, attempt.context)
            subject = await attempt.kind.load(work, attempt.identity, self._viewer(attempt), lock=lock)
            at = self.now()  # Under the lock, so that the instants of a case stand in the order of its acts.
            decision = self._judge(attempt, subject, at=at)
            refusal = self._refusal(attempt, subject, decision, at=at)
            if subject is not None and refusal is None:
                act = attempt.begin(**self._fields_of(attempt, subject), work=work, at=at, decision=decision)
                await act.require_lawful()
                yield act
                await self._close(act)
            elif isinstance(refusal, NotFound | PermissionDenied):
                refused = self._begun(attempt.context, attempt.action, work=work, at=at, decision=decision)
                refused.case_id = attempt.kind.case_of(attempt.identity) if subject is None else subject.case_id
                refused.subject_of_leaf = (attempt.kind.name, attempt.identity, 0)
                self._log(refused, refusal=refusal)
        if refusal is not None:
            raise refusal

    @asynccontextmanager
    async def read_subject(self, attempt: Attempt[S, A]) -> AsyncIterator[A]:
        """Read a subject. An outsider's reading (People's Council, auditor) is itself on record; others leave no trace.

        Raises:
            NotFound: there is no such subject, or the actor may not know of it.
            PermissionDenied: the actor may know of it but may not read this of it.

        """
        async with self.database.primary() as connection:
            plain = await self._plain_reading(attempt, UnitOfWork(connection))
            if plain is not None:
                yield plain
                return
        # What leaves a leaf, a reading by an outsider or a refusal, is an act like any other.
        async with self.open_subject(attempt, lock=False) as act:
            if act.decision.role in READ_ALL_ROLES:
                act.record_state(attempt.kind.name, attempt.identity, act.subject.version, {"read": attempt.action})
            else:
                act.skip_audit()
            yield act

    def open_case(
        self,
        context: RequestContext,
        action: Action,
        application_id: UUID,
        *,
        expected_version: int | None = None,
        lock: bool = True,
    ) -> AbstractAsyncContextManager[CaseTransaction]:
        """Do something on a case; see `open_subject`."""
        attempt = Attempt(
            context=context,
            action=action,
            kind=CASE,
            identity=application_id,
            begin=CaseTransaction,
            expected_version=expected_version,
        )
        return self.open_subject(attempt, lock=lock)

    def read_case(
        self, context: RequestContext, action: Action, application_id: UUID
    ) -> AbstractAsyncContextManager[CaseTransaction]:
        """Read a case; see `read_subject`."""
        return self.read_subject(
            Attempt(context=context, action=action, kind=CASE, identity=application_id, begin=CaseTransaction)
        )

    def read_permit(self, context: RequestContext, permit_id: UUID) -> AbstractAsyncContextManager[PermitTransaction]:
        """Read a permit, by where it stands now; see `read_subject`."""
        return self.read_subject(
            Attempt(context=context, action=Action.PERMIT_READ, kind=PERMIT, identity=permit_id, begin=_begin_permit)
        )

    async def record_refusal(self, context: RequestContext, action: Action, refusal: DomainError) -> None:
        """Put on record a refusal that came before an act could begin: a wrong password. The caller raises it."""
        async with self.database.transaction() as work:
            decision = self.authorizer.judge(context.actor, None, Stage.NONE, action)
            act = self._begun(context, action, work=work, at=self.now(), decision=decision)
            act.subject_of_leaf = ("person", context.actor.person_id, 0)
            self._log(act, refusal=refusal)

    async def record_oversight(self, context: RequestContext, action: Action, kind: str, identity: UUID) -> None:
        """Put on record that an outsider (People's Council, auditor) read something that is no case; others leave no trace."""
        if context.actor.roles & READ_ALL_ROLES:
            async with self.open(context, action) as act:
                act.record_state(kind, identity, 0, {"read": action})

    def would_allow(self, act: CaseTransaction, action: Action, *, without: AbstractSet[Capacity]) -> bool:
        """Say whether the actor could do something in this case without some of their parts in it."""
        standing = replace(act.standing, capacities=act.standing.capacities - without)
        return self.authorizer.judge(act.actor, standing, act.application.stage, action).allowed

    async def _plain_reading(self, attempt: Attempt[S, A], work: UnitOfWork) -> A | None:
        """Begin a reading that leaves no trace: no lock and no transaction; null when it is none."""
        subject = await attempt.kind.load(work, attempt.identity, self._viewer(attempt), lock=False)
        at = self.now()
        decision = self._judge(attempt, subject, at=at)
        if subject is None or not decision.allowed or decision.role in READ_ALL_ROLES:
            return None
        return attempt.begin(**self._fields_of(attempt, subject), work=work, at=at, decision=decision, is_logged=False)

    def _viewer(self, attempt: Attempt[S, A]) -> Viewer:
        """Say what the actor may know of: where they may do what they ask for, or something that shows it."""
        actor = attempt.context.actor
        scopes = self.authorizer.scopes(actor, (*attempt.kind.known_through, attempt.action))
        return Viewer(actor=actor, scopes=scopes, now=self.now, rules=self.rules)

    def _judge(self, attempt: Attempt[S, A], subject: S | None, *, at: datetime) -> AuthorizationDecision:
        actor, action = attempt.context.actor, attempt.action
        if subject is None:
            return self.authorizer.judge(actor, None, Stage.NONE, action)
        return self.authorizer.judge(actor, subject.standing, subject.stage(at=at), action)

    def _refusal(
        self, attempt: Attempt[S, A], subject: S | None, decision: AuthorizationDecision, *, at: datetime
    ) -> DomainError | None:
        """Say what stands in the way: hidden before forbidden, forbidden before a stale view, that before not now."""
        actor, action, expected_version = attempt.context.actor, attempt.action, attempt.expected_version
        if subject is None:
            return NotFound(what=attempt.kind.name)
        if not decision.allowed and (decision.line is not None or not self._may_ever(actor, subject, action)):
            if subject.case_id is not None and self._waits_for_declaration(attempt, subject, at=at):
                return DeclarationOwed(action=action, line=decision.line, case_id=subject.case_id)
            return _denied(action, decision)
        if expected_version is not None and subject.version != expected_version:
            return StaleVersion(current=subject.version)
        return None if decision.allowed else TransitionNotAllowed(action=action, stage=subject.stage(at=at))

    def _waits_for_declaration(self, attempt: Attempt[S, A], subject: S, *, at: datetime) -> bool:
        """Tell whether the actor may declare interests here, and could do this once they declared that they have none."""
        if subject.standing.conflicted is not None:
            return False
        actor, stage, declared = (
            attempt.context.actor,
            subject.stage(at=at),
            replace(subject.standing, conflicted=False),
        )
        judge = self.authorizer.judge
        may_declare = judge(actor, subject.standing, stage, Action.DECLARATION_MAKE).allowed
        return may_declare and judge(actor, declared, stage, attempt.action).allowed

    def _may_ever(self, actor: Actor, subject: Subject, action: Action) -> bool:
        return any(self.authorizer.judge(actor, subject.standing, stage, action).allowed for stage in Stage)

    def _begun(self, context: RequestContext, action: Action, **fields: Any) -> Transaction:
        return Transaction(context=context, action=action, new_id=self.new_id, rules=self.rules, **fields)

    def _fields_of(self, attempt: Attempt[S, A], subject: S) -> dict[str, Any]:
        return {
            "context": attempt.context,
            "action": attempt.action,
            "new_id": self.new_id,
            "rules": self.rules,
            "subject": subject,
            "case_id": subject.case_id,
            "pinned_procedure": subject.pinned_procedure,
        }

    async def _close(self, act: Transaction) -> None:
        """Write what was held back, the response for a repeated request and, last, the leaf."""
        await act.complete()
        if act.context.idempotent is not None:
            await idempotency.store_response(
                act.work, act.context.idempotent, person_id=act.actor.person_id, result=act.result, at=act.at
            )
        if act.is_logged:
            self._log(act)

    def _log(self, act: Transaction, *, refusal: DomainError | None = None) -> None:
        act.work.stage_audit_entry(
            leaf_of(act, pseudonyms=self.pseudonyms, policy=self.authorizer.version, refusal=refusal)
        )


async def _begin_request(work: UnitOfWork, context: RequestContext) -> None:
    if context.idempotent is not None:
        await idempotency.begin(work, context.idempotent, person_id=context.actor.person_id)


def _begin_permit(*, subject: KnownPermit, **fields: Any) -> PermitTransaction:
    return PermitTransaction(subject=subject, permit=subject.permit, **fields)


def _denied(action: Action, decision: AuthorizationDecision) -> PermissionDenied:
    return PermissionDenied(action=action, line=decision.line)
