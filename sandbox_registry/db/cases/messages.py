"""Letters of a case as rows."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.kinds import MESSAGES
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.cases.applications import Message


async def messages_of(
    connection: AsyncConnection, application_id: UUID, *, after: UUID | None, limit: int
) -> tuple[Message, ...]:
    """List the letters of one case, newest first; `after` is the last one already seen."""
    columns = tables.messages.c
    query = MESSAGES.query.where(columns.application_id == application_id).order_by(columns.id.desc()).limit(limit)
    if after is not None:
        query = query.where(columns.id < after)
    return tuple(MESSAGES.read(row) for row in await Statement(query).rows(connection))
