"""What hangs on a case and is shown or reckoned with it: read in one statement, so that all of it is of one instant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Table, Text, Uuid, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.db.rules.rule_versions import IN_FORCE
from sandbox_registry.domain.cases.applications import Complaint, Document, SupplementRequest
from sandbox_registry.domain.cases.appraisal import Clarification, Consultation
from sandbox_registry.domain.rules.rule_versions import RuleKind


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecords:
    """The records of one case, each kind oldest first; of documents those that were not removed.

    `calendar` is the checksum of the calendar of days off by which they are reckoned; null when none is in force.
    """

    supplements: tuple[SupplementRequest, ...] = ()
    clarifications: tuple[Clarification, ...] = ()
    consultations: tuple[Consultation, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    documents: tuple[Document, ...] = ()
    calendar: str | None = None


def _all_of(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    rows = func.json_agg(aggregate_order_by(func.to_json(table.table_valued()), table.c.id))
    is_of_case = table.c.application_id == bindparam("application_id", type_=Uuid)
    return func.coalesce(select(rows).where(is_of_case, *conditions).scalar_subquery(), func.json_build_array())


_RECORDS = Statement(
    select(
        cast(
            func.json_build_object(
                "supplements",
                _all_of(tables.supplement_requests),
                "clarifications",
                _all_of(tables.clarifications),
                "consultations",
                _all_of(tables.consultations),
                "complaints",
                _all_of(tables.complaints),
                "documents",
                _all_of(tables.documents, tables.documents.c.removed_at.is_(None)),
                "calendar",
                IN_FORCE.scalar_subquery(),
            ),
            Text,
        )
    )
)
_DECODER = msgspec.json.Decoder(CaseRecords)


async def records_of(connection: AsyncConnection, application_id: UUID, *, calendar: str, at: datetime) -> CaseRecords:
    """Read everything that hangs on a case, and which version of a calendar, by its code, is in force at a moment."""
    given = {"application_id": application_id, "kind": RuleKind.CALENDAR.value, "code": calendar, "at": at}
    rows = await _RECORDS.rows(connection, given)
    return _DECODER.decode(rows[0][0])
