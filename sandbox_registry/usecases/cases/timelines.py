"""Who did what in a case, when, under which policy line: page by page, out of the log itself."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sandbox_registry.authz import Action
from sandbox_registry.db.auditlog import leaves as audit
from sandbox_registry.db.cases import histories
from sandbox_registry.db.cases.histories import HistoryRow
from sandbox_registry.domain.acts import Audience
from sandbox_registry.domain.audiences import REVEALED, audience_of
from sandbox_registry.domain.audit import EPOCH
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.usecases.transaction.context import RequestContext
from sandbox_registry.usecases.transaction.transactions import Transactions

PAGE = 100
_ROLE = re.compile(r"p\d+ r:(\w+),")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One leaf of a case, for people: who did what to what, under which policy line and which rules.

    `office` is the role under which it was done. `actor_id` and `actor_name` are null once erased, and for officials
    where the reader is on the applicant's side: an applicant learns which office acted, not who sits there. `policy`
    is the checksum of the policy the line stands in, `procedure` the pinned procedure as `code@checksum`.
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
    policy: str
    procedure: str | None
    is_erased: bool


class Timelines:
    """Reads what was done in a case."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions

    async def read(
        self, context: RequestContext, application_id: UUID, *, after: int = -1, limit: int = PAGE
    ) -> tuple[Event, ...]:
        """List what was done in a case from behind a leaf on, in log order.

        Each audience sees the acts that are declared to be known to it. The applicant's side sees what was done and by
        which office; neither the names of officials (a reviewer stays unknown to the applicant: hard rule 9) nor what
        others tried in vain.
        """
        async with self.transactions.read_case(context, Action.APPLICATION_READ_TIMELINE, application_id) as act:
            audience = audience_of(context.actor, act.standing)
            rows = await act.run(
                histories.leaves_after, application_id, after=after, limit=limit, revealed=REVEALED[audience]
            )
            events = tuple(map(_event, rows))
            if audience is Audience.APPLICANT:
                events = tuple(map(_for_applicant, events))
            names = await act.run(audit.names_of, {each.actor_id for each in events if each.actor_id})
            return act.respond(tuple(_named(each, names) for each in events))


def _event(row: HistoryRow) -> Event:
    statement = json.loads(row.said)
    record = None if row.record is None else json.loads(row.record)
    return Event(
        index=row.index,
        at=EPOCH + timedelta(milliseconds=statement["t"]),
        office=office_of(statement["policy"]["line"]),
        actor_id=None if record is None else UUID(record["actor"]),
        actor_name=None,
        action=statement["act"],
        kind=statement["obj"]["type"],
        identity=UUID(statement["obj"]["id"]),
        version=statement["obj"]["ver"],
        result=statement["result"],
        reason=statement["reason_code"],
        line=statement["policy"]["line"],
        policy=statement["policy"]["version"],
        procedure=statement["procedure"],
        is_erased=record is None,
    )


def office_of(line: str | None) -> str | None:
    """Return the role that a policy line speaks about, as `PolicyLine.text` names it; null for a line about everyone."""
    named = None if line is None else _ROLE.match(line)
    return None if named is None else named[1]


def _for_applicant(event: Event) -> Event:
    return event if event.office == Role.APPLICANT else replace(event, actor_id=None)


def _named(event: Event, names: Mapping[UUID, str]) -> Event:
    return event if event.actor_id is None else replace(event, actor_name=names.get(event.actor_id))
