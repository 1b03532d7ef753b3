"""Lists, and one case with its deadlines."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import HTTPException, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from bench.peers.orm import bodies
from bench.peers.orm.acting import COMPUTED_FROM, Tools, facts_of
from bench.peers.orm.cases import Application, Participation
from bench.peers.orm.people import Acting, Session
from sandbox_registry.api.cases.application_schemas import DeadlineOut, FeeOut
from sandbox_registry.domain.cases.deadlines import case_deadlines
from sandbox_registry.domain.rules.forms import visible
from sandbox_registry.domain.stages import Stage, stage_name


async def list_cases(
    session: Session,
    actor: Acting,
    officer: UUID,
    stage: Annotated[list[str], Query()],
    limit: int = 50,
) -> bodies.PageShown:
    """List the cases of an officer at some stages, newest first."""
    if not actor.offices:
        raise HTTPException(403)
    held = select(Participation.application_id).where(Participation.person_id == officer, Participation.until.is_(None))
    query = (
        select(Application)
        .where(Application.id.in_(held), Application.stage.in_(stage))
        .options(selectinload(Application.organisation))
        .order_by(Application.id.desc())
        .limit(limit)
    )
    found = (await session.scalars(query)).all()
    after = str(found[-1].id) if len(found) == limit else None
    return bodies.PageShown(items=[bodies.RowShown.model_validate(each) for each in found], after=after)


async def read_case(
    request: Request, response: Response, session: Session, actor: Acting, application_id: UUID
) -> bodies.CaseShown:
    """Read one case with what hangs on it and its deadlines."""
    related = selectinload(Application.documents), selectinload(Application.complaints), *COMPUTED_FROM
    found = await session.get(Application, application_id, options=related)
    if found is None or not actor.offices:
        raise HTTPException(404)
    tools: Tools = request.app.state.tools
    connection, at = await session.connection(), datetime.now(UTC)
    procedure = await tools.rules.pinned(connection, facts_of(found).application, at=at)
    calendar = await tools.rules.calendar(connection, at=at)
    computed = case_deadlines(facts_of(found), procedure=procedure, calendar=calendar, at=at)
    response.headers["ETag"] = f'"{found.version}"'
    return bodies.CaseShown(
        application=bodies.ApplicationShown.model_validate(found),
        stage_name=bodies.TextShown.model_validate(stage_name(Stage(found.stage))),
        procedure_title=bodies.TextShown.model_validate(procedure.title),
        is_draft_procedure=procedure.status == "draft",
        documents=[bodies.DocumentShown.model_validate(each) for each in found.documents if each.removed_at is None],
        supplements=[bodies.SupplementShown.model_validate(each) for each in found.supplements],
        complaints=[bodies.ComplaintShown.model_validate(each) for each in found.complaints],
        deadlines=[bodies.DeadlineShown.model_validate(DeadlineOut.of(each)) for each in computed],
        fees=[
            msgspec.to_builtins(msgspec.convert(each, FeeOut, from_attributes=True))
            for each in procedure.fees_for(visible(procedure, found.answers))
        ],
    )
