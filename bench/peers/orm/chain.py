"""The log of acts: a hash chain whose one head is locked while a link is added."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bench.peers.orm.cases import Application
from bench.peers.orm.people import Base
from sandbox_registry.domain.audit import NONCE_SIZE, commitment

HEAD = 1


class ChainHead(Base):
    """The end of the chain; its one row is locked while a link is added."""

    __tablename__ = "orm_chain_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    hash: Mapped[bytes]


class Link(Base):
    """One act in the chain, without personal data."""

    __tablename__ = "orm_links"
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry: Mapped[bytes]
    hash: Mapped[bytes]
    object_type: Mapped[str]
    object_id: Mapped[UUID]
    case_id: Mapped[UUID | None]
    at: Mapped[datetime]


class Record(Base):
    """Everything an act changed; the link commits to it."""

    __tablename__ = "orm_records"
    index: Mapped[int] = mapped_column(ForeignKey("orm_links.index"), primary_key=True, autoincrement=False)
    nonce: Mapped[bytes]
    record: Mapped[bytes]


async def append(
    session: AsyncSession,
    *,
    entry: dict[str, Any],
    about: dict[str, Any],
    case: Application,
    beside: Iterable[Base],
    at: datetime,
) -> None:
    """Add a link about a case that changed, with its state and that of the rows beside it in the record."""
    objects = [{"type": row.__tablename__, "state": state_of(row)} for row in (case, *beside)]
    nonce, record = secrets.token_bytes(NONCE_SIZE), _written({**about, "objects": objects})
    # Everything else is written before the head is locked.
    await session.flush()
    head = await session.get_one(ChainHead, HEAD, with_for_update=True)
    content = _written({**entry, "prev": head.hash.hex(), "commit": commitment(nonce, record)})
    link = Link(
        index=head.size,
        entry=content,
        hash=hashlib.sha256(content).digest(),
        object_type="application",
        object_id=case.id,
        case_id=case.id,
        at=at,
    )
    session.add_all([link, Record(index=link.index, nonce=nonce, record=record)])
    head.size, head.hash = head.size + 1, link.hash


def state_of(row: Base) -> dict[str, Any]:
    """Return every column of a row."""
    return {each.key: getattr(row, each.key) for each in inspect(row).mapper.column_attrs}


def _written(said: dict[str, Any]) -> bytes:
    return json.dumps(said, default=str, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
