"""What machines are told: written down in the transaction of the act."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from bench.peers.orm.cases import Application
from bench.peers.orm.people import Base
from sandbox_registry.db.core import jobs
from sandbox_registry.domain.integrations.webhooks import ATTEMPTS, SOURCE, names_for


class Endpoint(Base):
    """An address of a machine, and what it wants to hear."""

    __tablename__ = "webhook_endpoints"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID]
    events: Mapped[list[str]]
    state: Mapped[str]


class Delivery(Base):
    """One event for one endpoint."""

    __tablename__ = "webhook_deliveries"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID]
    event_id: Mapped[UUID]
    type: Mapped[str]
    application_id: Mapped[UUID]
    data: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]
    state: Mapped[str]
    attempts: Mapped[int]
    budget: Mapped[int]


async def announce(session: AsyncSession, case: Application, *, at: datetime) -> None:
    """Write down what is to be sent to who listens, with its jobs."""
    event, event_id = f"application.{case.stage}", uuid7()
    listening = select(Endpoint).where(
        Endpoint.state == "active",
        Endpoint.organisation_id.in_([case.organisation_id, *case.unit_ids]),
        Endpoint.events.overlap(names_for(event)),
    )
    about = {
        "application_id": str(case.id),
        "code": case.code,
        "stage": case.stage,
        "version": case.version,
        "procedure_code": case.procedure_code,
        "url": f"{SOURCE}/applications/{case.id}",
    }
    for endpoint in await session.scalars(listening):
        delivery = Delivery(
            id=uuid7(),
            endpoint_id=endpoint.id,
            event_id=event_id,
            type=event,
            application_id=case.id,
            data=about,
            occurred_at=at,
            state="pending",
            attempts=0,
            budget=ATTEMPTS,
        )
        session.add(delivery)
        args = {"delivery_id": str(delivery.id), "attempt": 1}
        await jobs.defer(await session.connection(), jobs.Task.DELIVER_WEBHOOK, at=None, args=args)
