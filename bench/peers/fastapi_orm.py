"""What most people would write: FastAPI, SQLAlchemy ORM entities in one session a request, pydantic, uvicorn."""

import hashlib
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ARRAY, DateTime, ForeignKey, LargeBinary, Text, Uuid, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from sandbox_registry.api.application_schemas import DeadlineOut
from sandbox_registry.domain.applications import Application as DomainApplication
from sandbox_registry.domain.deadlines import CaseFacts, case_deadlines
from sandbox_registry.shipped import shipped
from sandbox_registry.usecases.calendar_files import load_calendar
from sandbox_registry.usecases.procedure_files import load_procedures


class Base(DeclarativeBase):
    """Tables of the registry as entities, columns as far as they are used here."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's way.
        datetime: DateTime(timezone=True),
        str: Text,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        bytes: LargeBinary,
        list[UUID]: ARRAY(Uuid),
    }


class Organisation(Base):
    """An applicant or a unit."""

    __tablename__ = "organisations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class Person(Base):
    """Somebody with an account."""

    __tablename__ = "people"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    disabled_at: Mapped[datetime | None]
    grants: Mapped[list["RoleGrant"]] = relationship()


class RoleGrant(Base):
    """An office."""

    __tablename__ = "role_grants"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str]


class Token(Base):
    """A bearer token."""

    __tablename__ = "tokens"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    hash: Mapped[bytes]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()


class Participation(Base):
    """A part somebody has in a case."""

    __tablename__ = "participations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"))
    person_id: Mapped[UUID]
    capacity: Mapped[str]
    given_by: Mapped[UUID]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Document(Base):
    """A file of a dossier."""

    __tablename__ = "documents"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"))
    part: Mapped[str]
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    removed_at: Mapped[datetime | None]


class History(Base):
    """A case as it stood after a change."""

    __tablename__ = "orm_history"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    application_id: Mapped[UUID]
    state: Mapped[dict[str, Any]]


class AuditHead(Base):
    """The end of the audit chain; its one row is locked while a link is added."""

    __tablename__ = "orm_audit_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[bytes]


class AuditEvent(Base):
    """A link of the audit chain."""

    __tablename__ = "orm_audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    action: Mapped[str]
    at: Mapped[datetime]
    previous: Mapped[bytes]
    hash: Mapped[bytes]


class Application(Base):
    """A case."""

    __tablename__ = "applications"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    stage: Mapped[str]
    procedure_code: Mapped[str]
    procedure_version: Mapped[str | None]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    receiving_unit_id: Mapped[UUID]
    unit_ids: Mapped[list[UUID]]
    title: Mapped[str]
    answers: Mapped[dict[str, Any]]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    code: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    submitted_by: Mapped[UUID | None]
    received_at: Mapped[datetime | None]
    completeness_from: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    appointment_at: Mapped[datetime | None]
    level: Mapped[str | None]
    recommended_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    organisation: Mapped[Organisation] = relationship()
    documents: Mapped[list[Document]] = relationship()
    participations: Mapped[list[Participation]] = relationship()


class Shown(BaseModel):
    """A body read off an entity."""

    model_config = ConfigDict(from_attributes=True)


class OrganisationShown(Shown):
    """The applicant of a row."""

    id: UUID
    name: str


class RowShown(Shown):
    """One line of a list."""

    id: UUID
    version: int
    code: str | None
    stage: str
    title: str
    procedure_code: str
    organisation: OrganisationShown
    level: str | None
    submitted_at: datetime | None
    next_due_at: datetime | None
    updated_at: datetime


class PageShown(BaseModel):
    """A page of a list."""

    items: list[RowShown]


class DocumentShown(Shown):
    """A file of a dossier."""

    id: UUID
    part: str
    filename: str
    media_type: str
    size: int
    sha256: str


class ApplicationShown(Shown):
    """A case."""

    id: UUID
    version: int
    stage: str
    procedure_code: str
    procedure_version: str | None
    title: str
    code: str | None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    accepted_at: datetime | None
    appointment_at: datetime | None
    level: str | None
    decided_at: datetime | None
    answers: dict[str, Any]


class LineShown(Shown):
    """One day of a reckoning."""

    date: str
    counted: bool
    running_count: int
    source: str


class DeadlineShown(Shown):
    """A deadline with its days."""

    name: str
    due: datetime | None
    basis: str
    ledger: list[LineShown]


class CaseShown(ApplicationShown):
    """A case with its documents and deadlines."""

    documents: list[DocumentShown]
    deadlines: list[DeadlineShown]


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    """Give each request one session."""
    async with request.app.state.sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of)]


async def person_of(session: Session, authorization: Annotated[str, Header()]) -> Person:
    """Return who holds the token."""
    digest = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest()
    query = select(Token).where(Token.hash == digest).options(selectinload(Token.person).selectinload(Person.grants))
    token = (await session.scalars(query)).one_or_none()
    if token is None or token.revoked_at is not None or token.expires_at < datetime.now(UTC):
        raise HTTPException(401)
    return token.person


Acting = Annotated[Person, Depends(person_of)]


async def list_cases(
    session: Session,
    person: Acting,
    officer: UUID,
    stage: Annotated[list[str], Query()],
    limit: int = 50,
) -> PageShown:
    """List the cases of an officer at some stages, newest first."""
    if not person.grants:
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
    return PageShown(items=[RowShown.model_validate(each) for each in found])


async def read_case(
    request: Request, response: Response, session: Session, person: Acting, application_id: UUID
) -> CaseShown:
    """Read one case with its documents and deadlines."""
    related = selectinload(Application.documents), selectinload(Application.participations)
    found = await session.get(Application, application_id, options=related)
    if found is None or not person.grants:
        raise HTTPException(404)
    response.headers["ETag"] = f'"{found.version}"'
    shown = ApplicationShown.model_validate(found).model_dump()
    documents = [DocumentShown.model_validate(each) for each in found.documents if each.removed_at is None]
    return CaseShown(**shown, documents=documents, deadlines=_deadlines(request, found))


def _deadlines(request: Request, found: Application) -> list[DeadlineShown]:
    procedures, calendar = request.app.state.rules
    fields = {name: getattr(found, name) for name in DomainApplication.__dataclass_fields__ if hasattr(found, name)}
    facts = CaseFacts(application=DomainApplication(**fields))
    reckoned = case_deadlines(
        facts, procedure=procedures[found.procedure_version], calendar=calendar, at=datetime.now(UTC)
    )
    return [DeadlineShown.model_validate(DeadlineOut.of(each)) for each in reckoned]


MOVES = {
    "submission": ("draft", "submitted", "filer"),
    "acceptance": ("submitted", "accepted", "intake"),
    "refusal": ("awaiting_decision", "refused", "decider"),
}


async def move(request: Request, session: Session, person: Acting, application_id: UUID, act: str) -> ApplicationShown:
    """Move a case on, with its history and a link of the audit chain."""
    before, after, capacity = MOVES[act]
    related = selectinload(Application.documents), selectinload(Application.participations)
    case = await session.get(Application, application_id, options=related, with_for_update=True)
    if case is None or case.stage != before:
        raise HTTPException(409)
    now = datetime.now(UTC)
    case.stage, case.version, case.updated_at = after, case.version + 1, now
    case.submitted_at = case.submitted_at or now
    case.procedure_version = case.procedure_version or next(iter(request.app.state.rules[0]))
    part = Participation(
        id=uuid4(), version=1, person_id=person.id, capacity=capacity, given_by=person.id, since=now, until=None
    )
    case.participations.append(part)
    state: ApplicationShown = ApplicationShown.model_validate(case)
    session.add(History(id=uuid4(), application_id=case.id, state=state.model_dump(mode="json")))
    head = await session.get_one(AuditHead, 1, with_for_update=True)
    event = _event(head.hash, case.id, person.id, act, now)
    head.hash = event.hash
    session.add(event)
    await session.commit()
    return state


def _event(previous: bytes, case_id: UUID, actor_id: UUID, action: str, at: datetime) -> AuditEvent:
    said = json.dumps({"case": str(case_id), "actor": str(actor_id), "action": action, "at": at.isoformat()})
    digest = hashlib.sha256(previous + said.encode()).digest()
    return AuditEvent(application_id=case_id, actor_id=actor_id, action=action, at=at, previous=previous, hash=digest)


def app() -> FastAPI:
    """Build the application over the database in DATABASE_URL."""
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    made = FastAPI()
    engine = create_async_engine(url, pool_size=10, max_overflow=10)
    made.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    procedures = {each.checksum: each for each in load_procedures(shipped("policies") / "procedures").values()}
    made.state.rules = procedures, load_calendar(shipped("policies") / "calendars" / "vn.toml")
    made.get("/applications")(list_cases)
    made.get("/applications/{application_id}")(read_case)
    made.post("/applications/{application_id}/{act}")(move)
    return made
