"""Authenticators as rows: a sealed secret, the step used last, and digests of recovery codes. No record carries one."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.identity.second_factors import SecondFactor

_FACTORS = tables.second_factors
_DIGEST = bindparam("digest", type_=LargeBinary)
_FIND = Statement(
    select(
        _FACTORS.c.person_id,
        _FACTORS.c.sealed,
        _FACTORS.c.since,
        _FACTORS.c.last_step,
        func.cardinality(_FACTORS.c.codes).label("codes_left"),
    ).where(_FACTORS.c.person_id == bindparam("person_id"))
)
_USE_STEP = Statement(
    update(_FACTORS)
    .where(_FACTORS.c.person_id == bindparam("owner"), _FACTORS.c.last_step < bindparam("step"))
    .values(last_step=bindparam("step"))
)
_USE_CODE = Statement(
    update(_FACTORS)
    .where(_FACTORS.c.person_id == bindparam("owner"), func.array_position(_FACTORS.c.codes, _DIGEST).is_not(None))
    .values(codes=func.array_remove(_FACTORS.c.codes, _DIGEST))
)


async def find(connection: AsyncConnection, person_id: UUID) -> SecondFactor | None:
    """Return the authenticator of a person; null where they have none."""
    for row in await _FIND.dicts(connection, {"person_id": person_id}):
        return SecondFactor(**row)
    return None


async def keep(
    connection: AsyncConnection, person_id: UUID, *, sealed: bytes, at: datetime, step: int, codes: Iterable[bytes]
) -> None:
    """Store an authenticator in place of any before, with the step of the code that set it up."""
    kept = {"sealed": sealed, "since": at, "last_step": step, "codes": list(codes)}
    statement = upsert(_FACTORS).values(person_id=person_id, **kept)
    await Statement(statement.on_conflict_do_update(index_elements=["person_id"], set_=kept)).execute(connection)


async def use_step(connection: AsyncConnection, person_id: UUID, step: int) -> bool:
    """Use the code of a step; of two that try at once, one gets false."""
    return await _USE_STEP.execute(connection, {"owner": person_id, "step": step}) == 1


async def use_code(connection: AsyncConnection, person_id: UUID, digest: bytes) -> bool:
    """Use up a recovery code; of two that try at once, one gets false."""
    return await _USE_CODE.execute(connection, {"owner": person_id, "digest": digest}) == 1


async def remove(connection: AsyncConnection, person_id: UUID) -> bool:
    """Delete the authenticator of a person; false where there is none."""
    return await Statement(delete(_FACTORS).where(_FACTORS.c.person_id == person_id)).execute(connection) == 1
