"""What hangs on a case and is shown or computed with it: read in one statement, so that all of it is of one instant."""

from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Column, ColumnElement, Table, Text, Uuid, bindparam, cast, exists, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.db.rules.rule_versions import TOOK_FORCE
from sandbox_registry.domain.cases.assignments import ASSIGNABLE
from sandbox_registry.domain.cases.case_records import SHOWN, CaseRecords
from sandbox_registry.domain.identity.people import OrganisationKind
from sandbox_registry.domain.rules.rule_versions import RuleKind

_CASE = bindparam("application_id", type_=Uuid)


def _all_of(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    rows = func.json_agg(aggregate_order_by(func.to_json(table.table_valued()), table.c.id))
    of_case = select(rows).where(table.c.application_id == _CASE, *conditions)
    return func.coalesce(of_case.scalar_subquery(), func.json_build_array())


def _values(column: Column[Any], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    of_case = select(func.json_agg(column)).where(column.table.c.application_id == _CASE, *conditions)
    return func.coalesce(of_case.scalar_subquery(), func.json_build_array())


def _is_any(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(table.c.application_id == _CASE, *conditions)


def _of_organisation(column: ColumnElement[UUID], what: ColumnElement[Any]) -> ColumnElement[Any]:
    named = select(column).where(tables.applications.c.id == _CASE).scalar_subquery()
    return select(what).where(tables.organisations.c.id == named).scalar_subquery()


_TOOK_FORCE = TOOK_FORCE.subquery("took_force")
_ASSIGNED = literal(sorted(ASSIGNABLE), ARRAY(Text))
_ORGANISATIONS = tables.organisations.c
_PARTS: dict[str, ColumnElement[Any]] = {
    "assignments": _all_of(
        tables.participations,
        tables.participations.c.until.is_(None),
        tables.participations.c.capacity == func.any(_ASSIGNED),
    ),
    "agency_code": _of_organisation(tables.applications.c.receiving_unit_id, _ORGANISATIONS.agency_code),
    "applicant": _of_organisation(
        tables.applications.c.organisation_id,
        func.json_build_object("kind", _ORGANISATIONS.kind, "licence_end", _ORGANISATIONS.licence_end),
    ),
    "calendars": select(
        func.coalesce(
            func.json_agg(aggregate_order_by(func.to_json(_TOOK_FORCE.table_valued()), _TOOK_FORCE.c.since.desc())),
            func.json_build_array(),
        )
    ).scalar_subquery(),
    "clarifications": _all_of(tables.clarifications),
    "complaints": _all_of(tables.complaints),
    "conflicted": _values(tables.declarations.c.person_id, tables.declarations.c.conflicted),
    "consultations": _all_of(tables.consultations),
    "decisions": _all_of(tables.decisions),
    "documents": _all_of(tables.documents, tables.documents.c.removed_at.is_(None)),
    "handling_units": select(func.coalesce(func.json_agg(_ORGANISATIONS.id), func.json_build_array()))
    .where(
        _ORGANISATIONS.kind == OrganisationKind.STATE_UNIT.value,
        select(tables.applications.c.procedure_code).where(tables.applications.c.id == _CASE).scalar_subquery()
        == func.any(_ORGANISATIONS.handles),
    )
    .scalar_subquery(),
    "papers": _values(tables.attachments.c.kind),
    "promises": _all_of(tables.promises),
    "has_permit": _is_any(tables.permits),
    "has_hold": _is_any(tables.legal_holds, tables.legal_holds.c.lifted_at.is_(None)),
    "letters": _values(tables.messages.c.sent_at, tables.messages.c.from_applicant.is_(False)),
    "recommendations": _all_of(tables.recommendations),
    "returns": _all_of(tables.file_returns),
    "reviewed_by": _values(tables.reviews.c.reviewer_id),
    "sessions": _all_of(tables.council_sessions),
    "supplements": _all_of(tables.supplement_requests),
    "votes": _all_of(tables.votes),
}


@cache
def _statement(parts: frozenset[str]) -> Statement:
    """Write the statement that reads these parts; each costs the server time, so none is read for nothing."""
    named = chain.from_iterable((part, _PARTS[part]) for part in sorted(parts))
    return Statement(select(cast(func.json_build_object(*named), Text)))


_DECODER = msgspec.json.Decoder(CaseRecords)


async def records_of(
    connection: AsyncConnection,
    application_id: UUID,
    *,
    calendar: str,
    at: datetime,
    also: frozenset[str] = frozenset(),
) -> CaseRecords:
    """Read what is shown with a case, `also` other parts of `CaseRecords`, and which versions of a calendar took force."""
    values = {"application_id": application_id, "kind": RuleKind.CALENDAR.value, "code": calendar, "at": at}
    rows = await _statement(SHOWN | also).rows(connection, values)
    return _DECODER.decode(rows[0][0])
