"""Reading cases: lists inside a scope, one case with its deadlines, versions and their differences, the timeline."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db import applications as case_rows
from sandbox_registry.db import audit, case_lists, dossiers
from sandbox_registry.db.case_records import records_of
from sandbox_registry.domain.applications import (
    Application,
    Change,
    Complaint,
    Document,
    DossierVersion,
    SupplementRequest,
    differences,
)
from sandbox_registry.domain.audit import EPOCH
from sandbox_registry.domain.deadlines import CaseDeadline, Duty, case_deadlines
from sandbox_registry.domain.errors import FieldError, NotFound
from sandbox_registry.domain.forms import Referral, route, validate
from sandbox_registry.domain.people import APPLICANT_SIDE, Actor, Role, relations
from sandbox_registry.domain.procedures import Procedure
from sandbox_registry.usecases.acts import DONE, Acts, facts_from

_ROLE = re.compile(r"p\d+ r:(\w+),")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """One case as its reader may see it: the dossier, what hangs on it, its deadlines, and what the reader may do."""

    application: Application
    procedure: Procedure
    documents: tuple[Document, ...]
    supplements: tuple[SupplementRequest, ...]
    complaints: tuple[Complaint, ...]
    deadlines: tuple[CaseDeadline, ...]
    may_do: frozenset[Action]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """What stands between a draft and its submission, and whether another authority seems competent."""

    errors: tuple[FieldError, ...]
    referral: Referral | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One leaf of a case, for people: who did what to what, under which policy line.

    `office` is the role under which it was done. `actor_id` and `actor_name` are null once erased, and for officials
    where the reader is on the applicant's side: an applicant learns which office acted, not who sits there.
    """

    index: int
    at: datetime
    office: str | None
    actor_id: UUID | None
    actor_name: str | None
    action: str
    kind: str
    identity: UUID
    version: int
    result: str
    reason: str | None
    line: str | None


class Cases:
    """One method per thing a reader does."""

    def __init__(self, acts: Acts) -> None:
        self.acts = acts

    async def list_cases(
        self,
        actor: Actor,
        *,
        narrowed: case_rows.CaseFilter,
        after: tuple[datetime, UUID] | UUID | None,
        limit: int,
    ) -> tuple[case_rows.CaseRow, ...]:
        """List the cases this actor may read, newest first, or by change when `updated_since` is asked for."""
        scope = self.acts.authorizer.scope(actor)
        async with self.acts.database.reading() as connection:
            return await case_lists.list_cases(connection, scope=scope, narrowed=narrowed, after=after, limit=limit)

    async def awaiting_declaration(self, actor: Actor) -> tuple[case_rows.CaseRow, ...]:
        """List the cases this actor must declare interests for before opening them."""
        async with self.acts.database.reading() as connection:
            return await case_lists.awaiting_declaration(connection, scope=self.acts.authorizer.scope(actor))

    async def read(self, actor: Actor, application_id: UUID) -> CaseView:
        """Read one case. The People's Council and auditors leave a leaf by reading."""
        async with self.acts.reading(actor, Action.APPLICATION_READ, application_id) as act:
            connection = act.work.connection
            procedure = await self.acts.rules.pinned(connection, act.application, at=act.at)
            records = await records_of(connection, application_id)
            may_do = self.acts.authorizer.may_do(actor, act.standing, act.application.stage)
            deadlines = case_deadlines(
                facts_from(act.application, records),
                procedure=procedure,
                calendar=await self.acts.rules.calendar(connection, at=act.at),
                at=act.at,
            )
            view = CaseView(
                application=act.application,
                procedure=procedure,
                documents=records.documents,
                supplements=records.supplements,
                complaints=records.complaints,
                # That an agency was asked, and whether it was late, is for those who may read the consultation.
                deadlines=tuple(
                    each for each in deadlines if each.duty is not Duty.CONSULTED or Action.CONSULTATION_READ in may_do
                ),
                may_do=may_do,
            )
            return act.done(view)

    async def problems(self, actor: Actor, application_id: UUID) -> Problems:
        """List what a dossier still lacks, without submitting it."""
        async with self.acts.reading(actor, Action.APPLICATION_READ, application_id) as act:
            procedure = await self.acts.rules.pinned(act.work.connection, act.application, at=act.at)
            documents = await dossiers.live_documents(act.work.connection, application_id)
            return Problems(
                errors=validate(procedure, act.application.answers, frozenset(each.part for each in documents)),
                referral=route(procedure, act.application.answers),
            )

    async def document(self, actor: Actor, application_id: UUID, document_id: UUID) -> Document:
        """Read about one document of a case, removed ones included."""
        async with self.acts.reading(actor, Action.APPLICATION_READ, application_id) as act:
            document = await act.work.get(Document, document_id)
            if document.application_id != application_id:
                raise NotFound(what="document")
            return document

    async def versions(self, actor: Actor, application_id: UUID) -> tuple[DossierVersion, ...]:
        """List every version of a dossier."""
        async with self.acts.reading(actor, Action.APPLICATION_READ, application_id) as act:
            return await dossiers.versions_of(act.work.connection, application_id)

    async def changes(self, actor: Actor, application_id: UUID, *, before: int, after: int) -> tuple[Change, ...]:
        """Compare two versions of a dossier field by field."""
        known = {each.number: each for each in await self.versions(actor, application_id)}
        try:
            return differences(known[before], known[after])
        except KeyError:
            raise NotFound(what="version") from None

    async def timeline(self, actor: Actor, application_id: UUID) -> tuple[Event, ...]:
        """List what was done in a case, by whom and under which policy line, from the log itself.

        The applicant's side sees what was done and by which office; neither the names of officials (a reviewer stays
        unknown to the applicant: hard rule 9) nor what others tried in vain or read.
        """
        async with self.acts.reading(actor, Action.APPLICATION_READ_TIMELINE, application_id) as act:
            leaves = await audit.leaves_of_case(act.work.connection, application_id)
            events = tuple(_event(leaf) for leaf in leaves)
            if relations(actor, act.standing) & APPLICANT_SIDE:
                events = tuple(_for_applicant(each) for each in events if _concerns_applicant(each))
            names = await audit.names_of(act.work.connection, {each.actor_id for each in events if each.actor_id})
            return tuple(_named(each, names) for each in events)

    async def workload(self, actor: Actor) -> tuple[case_rows.Load, ...]:
        """Count the open cases each officer of the actor's units holds."""
        async with self.acts.general(actor, Action.WORKLOAD_READ) as act:
            act.leave_no_leaf()
            return await case_rows.workload(act.work.connection, unit_ids=frozenset(unit for _, unit in actor.offices))


def _event(leaf: audit.LeafRow) -> Event:
    entry = json.loads(leaf.entry)
    record = None if leaf.record is None else json.loads(leaf.record)
    return Event(
        index=leaf.index,
        at=EPOCH + timedelta(milliseconds=entry["t"]),
        office=_office(entry["policy"]["line"]),
        actor_id=None if record is None else UUID(record["actor"]),
        actor_name=None,
        action=entry["act"],
        kind=entry["obj"]["type"],
        identity=UUID(entry["obj"]["id"]),
        version=entry["obj"]["ver"],
        result=entry["result"],
        reason=entry["reason_code"],
        line=entry["policy"]["line"],
    )


def _office(line: str | None) -> str | None:
    """Return the role that a policy line speaks about, as `PolicyLine.text` names it; null for a line about everyone."""
    named = None if line is None else _ROLE.match(line)
    return None if named is None else named[1]


def _concerns_applicant(event: Event) -> bool:
    return event.result == DONE and not event.action.partition(":")[2].startswith("read")


def _for_applicant(event: Event) -> Event:
    return event if event.office == Role.APPLICANT else replace(event, actor_id=None)


def _named(event: Event, names: Mapping[UUID, str]) -> Event:
    return event if event.actor_id is None else replace(event, actor_name=names.get(event.actor_id))
