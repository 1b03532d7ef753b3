"""Facts of many cases at once, to compute their deadlines under other rules: five statements, however many cases."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.kinds import RECORDS
from sandbox_registry.db.core.records import Records
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.cases.applications import Application, SupplementRequest
from sandbox_registry.domain.cases.appraisal import Clarification, Consultation
from sandbox_registry.domain.cases.deadlines import CaseFacts
from sandbox_registry.domain.cases.promises import Promise
from sandbox_registry.domain.stages import OPEN_STAGES, Stage

T = TypeVar("T")


async def filed_cases(connection: AsyncConnection, *, procedure_code: str | None, limit: int) -> tuple[CaseFacts, ...]:
    """Load the facts of the newest filed cases, of one procedure or of all."""
    columns = tables.applications.c
    records = RECORDS[Application]
    query = records.query.where(columns.stage != Stage.DRAFT.value).order_by(columns.id.desc()).limit(limit)
    if procedure_code is not None:
        query = query.where(columns.procedure_code == procedure_code)
    return await _with_facts(connection, [records.read(row) for row in await Statement(query).rows(connection)])


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """The facts of an open case, and the nearest due date kept beside it for lists."""

    facts: CaseFacts
    next_due_at: datetime | None


async def lock_open_case(connection: AsyncConnection, application_id: UUID) -> CaseFacts | None:
    """Load an open case and lock it until the transaction ends; null when it is open no more."""
    columns, records = tables.applications.c, RECORDS[Application]
    query = records.query.where(columns.id == application_id, columns.stage.in_(sorted(OPEN_STAGES)))
    rows = await Statement(query.with_for_update(key_share=True)).rows(connection)
    for facts in await _with_facts(connection, [records.read(row) for row in rows]):
        return facts
    return None


async def lock_open_cases(connection: AsyncConnection, *, after: UUID | None, limit: int) -> tuple[OpenCase, ...]:
    """Load open cases in the order of their ids, each locked until the transaction ends, from after one of them on."""
    columns = tables.applications.c
    records = RECORDS[Application]
    query = records.query.add_columns(columns.next_due_at).where(columns.stage.in_(sorted(OPEN_STAGES)))
    query = query.order_by(columns.id).limit(limit).with_for_update(key_share=True)
    if after is not None:
        query = query.where(columns.id > after)
    rows = await Statement(query).rows(connection)
    facts_of_cases = await _with_facts(connection, [records.read(row) for row in rows])
    return tuple(OpenCase(facts=facts, next_due_at=row[-1]) for facts, row in zip(facts_of_cases, rows, strict=True))


async def _with_facts(connection: AsyncConnection, cases: Sequence[Application]) -> tuple[CaseFacts, ...]:
    ids = [case.id for case in cases]
    supplements = await _by_case(connection, SupplementRequest, ids)
    clarifications = await _by_case(connection, Clarification, ids)
    consultations = await _by_case(connection, Consultation, ids)
    promises = await _by_case(connection, Promise, ids)
    return tuple(
        CaseFacts(
            application=case,
            supplements=tuple(supplements[case.id]),
            clarifications=tuple(clarifications[case.id]),
            consultations=tuple(consultations[case.id]),
            promises=tuple(promises[case.id]),
        )
        for case in cases
    )


async def _by_case(connection: AsyncConnection, kind: type[T], ids: Sequence[UUID]) -> defaultdict[UUID, list[Any]]:
    records: Records[Any] = RECORDS[kind]
    query = records.query.where(records.table.c.application_id.in_(ids)).order_by(records.table.c.id)
    by_case: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in await Statement(query).rows(connection):
        obj = records.read(row)
        by_case[obj.application_id].append(obj)
    return by_case
