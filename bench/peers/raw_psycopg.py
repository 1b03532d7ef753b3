"""The same handlers by hand: Litestar and granian, SQL on psycopg, msgspec out; it knows the token, and no policy."""

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.exceptions import NotAuthorizedException, NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery
from psycopg import AsyncConnection
from psycopg.rows import class_row, dict_row, tuple_row
from psycopg_pool import AsyncConnectionPool

from sandbox_registry.api.cases.application_schemas import (
    ApplicationOut,
    ComplaintOut,
    DeadlineOut,
    DocumentOut,
    FeeOut,
    SupplementOut,
)
from sandbox_registry.api.handling.schemas import TextOut
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.case_records import CaseRecords
from sandbox_registry.domain.cases.deadlines import CaseFacts, case_deadlines
from sandbox_registry.domain.rules.calendars import Calendar
from sandbox_registry.domain.rules.forms import visible
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import stage_name
from sandbox_registry.rulebook.calendar_files import load_calendar
from sandbox_registry.rulebook.procedure_files import load_procedures
from sandbox_registry.runtime.shipped import shipped

Connection = AsyncConnection[Any]

PERSON = """
WITH used AS (
    UPDATE tokens SET last_used_at = now()
    WHERE hash = %(hash)s AND revoked_at IS NULL AND expires_at > now()
        AND (addresses IS NULL OR %(address)s::inet <<= ANY(addresses::cidr[]))
        AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
    RETURNING set_config('synchronous_commit', 'off', true)
)
SELECT tokens.person_id, tokens.method, tokens.scopes, tokens.procedures, tokens.addresses, tokens.expires_at, (
    SELECT jsonb_agg(jsonb_build_array(role, unit_id)) FROM role_grants
    WHERE person_id = tokens.person_id AND valid_from <= now() AND (valid_to IS NULL OR valid_to > now())
) AS offices, (
    SELECT jsonb_agg(jsonb_build_array(lent.from_person_id, lent.unit_id))
    FROM delegations AS lent
    JOIN people AS lender ON lender.id = lent.from_person_id AND lender.disabled_at IS NULL
    JOIN role_grants AS office ON office.person_id = lender.id AND office.unit_id = lent.unit_id
        AND office.role = 'decision_maker' AND office.valid_from <= now()
        AND (office.valid_to IS NULL OR office.valid_to > now())
    WHERE lent.to_person_id = tokens.person_id AND lent.revoked_at IS NULL
        AND lent.valid_from <= now() AND lent.valid_to > now()
) AS borrowed, (
    SELECT jsonb_agg(jsonb_build_array(kind, organisation_id)) FROM memberships
    WHERE person_id = tokens.person_id AND valid_from <= now() AND (valid_to IS NULL OR valid_to > now())
) AS memberships
FROM tokens JOIN people ON people.id = tokens.person_id
WHERE hash = %(hash)s AND revoked_at IS NULL AND expires_at > now() AND disabled_at IS NULL
    AND (addresses IS NULL OR %(address)s::inet <<= ANY(addresses::cidr[]))
"""
_OFFICES = 6
"""The place of the offices in a row of PERSON."""
LIST = """
SELECT a.id, a.version, a.code, a.stage, a.title, a.procedure_code, a.organisation_id, o.name AS organisation_name,
    a.level, a.submitted_at, a.next_due_at, a.updated_at
FROM (
    SELECT DISTINCT application_id FROM participations WHERE person_id = %(officer)s AND until IS NULL
    ORDER BY application_id DESC
) AS held
JOIN applications AS a ON a.id = held.application_id
JOIN organisations AS o ON o.id = a.organisation_id
WHERE a.stage = ANY(%(stages)s) AND NOT EXISTS (
    SELECT FROM declarations AS d WHERE d.application_id = a.id AND d.person_id = %(person_id)s AND d.conflicted
)
ORDER BY held.application_id DESC LIMIT %(limit)s
"""
SEARCH = """
SELECT a.id, a.version, a.code, a.stage, a.title, a.procedure_code, a.organisation_id, o.name AS organisation_name,
    a.level, a.submitted_at, a.next_due_at, a.updated_at
FROM applications AS a JOIN organisations AS o ON o.id = a.organisation_id
WHERE a.search @@ plainto_tsquery('simple', %(words)s) AND a.stage <> 'draft'
ORDER BY a.id DESC LIMIT %(limit)s
"""
ONE = "SELECT * FROM applications WHERE id = %(id)s"
RECORDS = """
SELECT json_build_object(
    'supplements', (
        SELECT coalesce(json_agg(each ORDER BY id), '[]') FROM supplement_requests AS each WHERE application_id = %(id)s
    ),
    'clarifications', (
        SELECT coalesce(json_agg(each ORDER BY id), '[]') FROM clarifications AS each WHERE application_id = %(id)s
    ),
    'consultations', (
        SELECT coalesce(json_agg(each ORDER BY id), '[]') FROM consultations AS each WHERE application_id = %(id)s
    ),
    'complaints', (
        SELECT coalesce(json_agg(each ORDER BY id), '[]') FROM complaints AS each WHERE application_id = %(id)s
    ),
    'documents', (
        SELECT coalesce(json_agg(each ORDER BY id), '[]') FROM documents AS each
        WHERE application_id = %(id)s AND removed_at IS NULL
    )
)::text
"""


class Row(msgspec.Struct):
    """One line of a list."""

    id: UUID
    version: int
    code: str | None
    stage: str
    title: str
    procedure_code: str
    organisation_id: UUID
    organisation_name: str
    level: str | None
    submitted_at: datetime | None
    next_due_at: datetime | None
    updated_at: datetime


class Page(msgspec.Struct):
    """A page of a list."""

    items: list[Row]
    after: str | None


class Case(msgspec.Struct):
    """A case with what hangs on it and its deadlines."""

    application: ApplicationOut
    stage_name: TextOut
    procedure_title: TextOut
    is_draft_procedure: bool
    documents: list[DocumentOut]
    supplements: list[SupplementOut]
    complaints: list[ComplaintOut]
    deadlines: list[DeadlineOut]
    fees: list[FeeOut]


def app() -> Litestar:
    """Build the application over the database in DATABASE_URL."""
    pool = AsyncConnectionPool(
        os.environ["DATABASE_URL"], open=False, min_size=10, max_size=20, kwargs={"autocommit": True}
    )
    procedures = {each.checksum: each for each in load_procedures(shipped("policies") / "procedures").values()}
    calendar = load_calendar(shipped("policies") / "calendars" / "vn.toml")

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        async with pool:
            app.state.pool = pool
            app.state.rules = procedures, calendar
            yield

    return Litestar([list_cases, read_case], lifespan=[lifespan], openapi_config=None, logging_config=None)


@get("/applications")
async def list_cases(
    request: Request[Any, Any, Any],
    limit: FromQuery[int] = 50,
    stage: FromQuery[list[str] | None] = None,
    officer: FromQuery[UUID | None] = None,
    q: FromQuery[str | None] = None,
) -> Response[bytes]:
    """List the cases of an officer at some stages, or those with some words."""
    async with request.app.state.pool.connection() as connection:
        person_id = await _person(connection, request)
        given = {"officer": officer, "stages": stage, "person_id": person_id, "limit": limit, "words": q}
        async with connection.cursor(row_factory=class_row(Row), binary=True) as cursor:
            rows = await (await cursor.execute(LIST if q is None else SEARCH, given)).fetchall()
    page = Page(items=rows, after=str(rows[-1].id) if len(rows) == limit else None)
    return Response(msgspec.json.encode(page), media_type="application/json")


@get("/applications/{application_id:uuid}")
async def read_case(request: Request[Any, Any, Any], application_id: FromPath[UUID]) -> Response[bytes]:
    """Read one case with its deadlines."""
    procedures, calendar = request.app.state.rules
    async with request.app.state.pool.connection() as connection:
        await _person(connection, request)
        async with connection.cursor(row_factory=dict_row, binary=True) as cursor:
            case = await _case(cursor, application_id, procedures, calendar)
    headers = {"ETag": f'"{case.application.version}"'}
    return Response(msgspec.json.encode(case), media_type="application/json", headers=headers)


async def _case(cursor: Any, application_id: UUID, procedures: dict[str, Procedure], calendar: Calendar) -> Case:
    given = {"id": application_id}
    row = await (await cursor.execute(ONE, given)).fetchone()
    if row is None:
        raise NotFoundException
    application = msgspec.convert(row, Application)
    kept = await (await cursor.execute(RECORDS, given)).fetchone()
    records = msgspec.json.decode(kept["json_build_object"], type=CaseRecords)
    facts = CaseFacts(
        application=application,
        supplements=records.supplements,
        clarifications=records.clarifications,
        consultations=records.consultations,
    )
    procedure = procedures[application.procedure_version or ""]
    deadlines = case_deadlines(facts, procedure=procedure, calendar=calendar, at=datetime.now(UTC))
    return Case(
        application=msgspec.convert(application, ApplicationOut, from_attributes=True),
        stage_name=TextOut.of(stage_name(application.stage)),
        procedure_title=TextOut.of(procedure.title),
        is_draft_procedure=procedure.status == "draft",
        documents=msgspec.convert(records.documents, list[DocumentOut], from_attributes=True),
        supplements=msgspec.convert(records.supplements, list[SupplementOut], from_attributes=True),
        complaints=msgspec.convert(records.complaints, list[ComplaintOut], from_attributes=True),
        deadlines=[DeadlineOut.of(each) for each in deadlines],
        fees=msgspec.convert(
            procedure.fees_for(visible(procedure, application.answers)), list[FeeOut], from_attributes=True
        ),
    )


async def _person(connection: Connection, request: Request[Any, Any, Any]) -> UUID:
    """Return who holds the token, and some office."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    given = {
        "hash": hashlib.sha256(token.encode()).digest(),
        "address": request.client.host if request.client else None,
    }
    async with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        row = await (await cursor.execute(PERSON, given)).fetchone()
    if row is None:
        raise NotAuthorizedException
    found: UUID = row[0]
    if not row[_OFFICES]:
        raise PermissionDeniedException
    return found
