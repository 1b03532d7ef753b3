"""The unit of work: one transaction and the repositories that share it."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.db.cases import applications
from sandbox_registry.db.core import jobs
from sandbox_registry.db.core.records import Records, Versioned, name_of
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.db.identity import organisations, people
from sandbox_registry.db.permits import permits
from sandbox_registry.db.rules import rule_versions
from sandbox_registry.domain.cases.applications import Application, Complaint, Document, Message, SupplementRequest
from sandbox_registry.domain.cases.appraisal import (
    Clarification,
    Consultation,
    CouncilSession,
    Decision,
    Declaration,
    Participation,
    Recommendation,
    Review,
    SiteVisit,
    Vote,
)
from sandbox_registry.domain.identity.people import Delegation, Membership, Organisation, Person, RoleGrant
from sandbox_registry.domain.permits.permits import Permit
from sandbox_registry.domain.privacy.erasures import Erasure, LegalHold
from sandbox_registry.domain.rules.calendars import local_date
from sandbox_registry.domain.rules.rule_versions import RuleVersion

T = TypeVar("T", bound=Versioned)

RECORDS: dict[type[Any], Records[Any]] = {
    Application: applications.RECORDS,
    Clarification: Records(tables.clarifications, Clarification),
    Complaint: Records(tables.complaints, Complaint),
    Consultation: Records(tables.consultations, Consultation),
    CouncilSession: Records(tables.council_sessions, CouncilSession),
    Decision: Records(
        tables.decisions, Decision, derive=lambda decision: {"year": local_date(decision.decided_at).year}
    ),
    Declaration: Records(tables.declarations, Declaration),
    Delegation: Records(tables.delegations, Delegation),
    Document: Records(tables.documents, Document),
    Erasure: Records(tables.erasures, Erasure),
    LegalHold: Records(tables.legal_holds, LegalHold),
    Membership: Records(tables.memberships, Membership),
    Message: Records(tables.messages, Message),
    Organisation: organisations.RECORDS,
    Participation: Records(tables.participations, Participation),
    Permit: permits.RECORDS,
    Person: people.RECORDS,
    RuleVersion: rule_versions.RECORDS,
    Recommendation: Records(tables.recommendations, Recommendation),
    Review: Records(tables.reviews, Review),
    RoleGrant: Records(tables.role_grants, RoleGrant),
    SiteVisit: Records(tables.site_visits, SiteVisit),
    SupplementRequest: Records(tables.supplement_requests, SupplementRequest),
    Vote: Records(tables.votes, Vote),
}


def kind_of(obj: Versioned) -> str:
    """Return the name under which an object stands in the log: `supplement_request`, `council_session`."""
    return _KINDS[type(obj)]


_KINDS = {kind: name_of(kind, between="_") for kind in RECORDS}
NAMED: dict[str, type[Any]] = {name: kind for kind, name in _KINDS.items()}
"""Kinds of objects by the name under which they stand in the log."""


class UnitOfWork:
    """Everything one use case reads and writes; it commits or rolls back as a whole (see `Database.transaction`)."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.index: int | None = None
        """Where the leaf stands in the log; null until it is committed, and where there is none."""
        self._leaf: audit.NewLeaf | None = None

    def stage_audit_entry(self, leaf: audit.NewLeaf) -> None:
        """Have the leaf appended with the COMMIT, so that the head of the log is locked no longer than for that.

        Nothing can then happen after the leaf, or without it.
        """
        if self._leaf is not None:
            message = "a transaction has one leaf"
            raise RuntimeError(message)
        self._leaf = leaf

    async def finish(self) -> None:
        """Append the leaf, if there is one, and commit with it; without one, `Database.transaction` commits."""
        if self._leaf is not None:
            self.index = await audit.append_and_commit(self.connection, self._leaf)

    async def get(self, kind: type[T], identity: UUID) -> T:
        """Load one object; `NotFound` when there is none."""
        found: T = await RECORDS[kind].get(self.connection, identity)
        return found

    async def add(self, obj: Versioned) -> None:
        """Insert a new object; `Duplicate` when a unique rule says it is there already."""
        await RECORDS[type(obj)].add(self.connection, obj)

    async def save(self, obj: Versioned) -> None:
        """Write a changed object; `StaleVersion` when somebody was faster."""
        await RECORDS[type(obj)].save(self.connection, obj)

    async def of(self, kind: type[T], /, **equal: object) -> tuple[T, ...]:
        """List the objects whose columns equal the given values, oldest first."""
        found: tuple[T, ...] = await RECORDS[kind].of(self.connection, **equal)
        return found

    async def next_number(self, series: str) -> int:
        """Take the next number of a gap-free series: a rollback gives it back, a second taker waits."""
        rows = await _NEXT_NUMBER.rows(self.connection, {"series": series})
        return int(rows[0][0])

    async def defer(self, task: jobs.Task, *, at: datetime | None = None, **args: object) -> None:
        """Have a worker do something once this transaction has committed, not before `at`; a rollback takes it back.

        `args` become JSON: give identities, not what they stand for, since jobs and their logs are kept.
        """
        await jobs.defer(self.connection, task, at=at, args=args)


_COUNTERS = tables.counters
_NEXT_NUMBER = Statement(
    insert(_COUNTERS)
    .values(series=bindparam("series", type_=_COUNTERS.c.series.type), last=1)
    .on_conflict_do_update(index_elements=[_COUNTERS.c.series], set_={"last": _COUNTERS.c.last + 1})
    .returning(_COUNTERS.c.last)
)
