"""What is open to everybody about cases: how far one is by its code, and how long decided ones took."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.stages import Stage

_CASES = tables.applications
_STAGE = Statement(select(_CASES.c.stage).where(_CASES.c.code == bindparam("code")))
_SPANS = Statement(
    select(_CASES.c.submitted_at, _CASES.c.decided_at).where(
        _CASES.c.procedure_code == bindparam("procedure_code"), _CASES.c.decided_at.is_not(None)
    )
)


async def stage_by_code(connection: AsyncConnection, code: str) -> Stage | None:
    """Return the stage of the case with that code; null when there is none."""
    stage = await _STAGE.value(connection, {"code": code})
    return None if stage is None else Stage(stage)


async def decided_spans(connection: AsyncConnection, procedure_code: str) -> tuple[tuple[datetime, datetime], ...]:
    """List when decided cases of a procedure were filed and decided."""
    return tuple(
        (filed, decided) for filed, decided in await _SPANS.rows(connection, {"procedure_code": procedure_code})
    )
