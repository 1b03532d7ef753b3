"""Which stored files were found damaged and have not been stored again since."""

from datetime import datetime

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement

_DAMAGED = tables.damaged_files
_NOTE = Statement(
    insert(_DAMAGED)
    .values(sha256=bindparam("digest"), found_at=bindparam("at"))
    .on_conflict_do_nothing()
    .returning(_DAMAGED.c.sha256)
)
_HEAL = Statement(delete(_DAMAGED).where(_DAMAGED.c.sha256 == bindparam("digest")))


async def note(connection: AsyncConnection, sha256: str, *, at: datetime) -> bool:
    """Note that a file is damaged; say whether nobody knew."""
    return await _NOTE.row(connection, {"digest": sha256, "at": at}) is not None


async def heal(connection: AsyncConnection, sha256: str) -> None:
    """Forget that a file was damaged: its bytes were stored again."""
    await _HEAL.execute(connection, {"digest": sha256})
