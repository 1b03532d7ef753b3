"""People as entities, and who is behind a request."""

import hashlib
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, TypeVar
from uuid import UUID, uuid4

from fastapi import Depends, Header, HTTPException, Request
from sqlalchemy import DateTime, ForeignKey, LargeBinary, Text, Uuid, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

from sandbox_registry.domain.identity.people import Actor, Role

USE_KEPT_EVERY = timedelta(minutes=1)


class Base(DeclarativeBase):
    """The tables of the registry as entities, with every column but those of the search."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's way.
        datetime: DateTime(timezone=True),
        str: Text,
        dict[str, Any]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(none_as_null=True),
        bytes: LargeBinary,
        list[str]: ARRAY(Text),
        list[UUID]: ARRAY(Uuid),
    }


class Organisation(Base):
    """An applicant or a unit."""

    __tablename__ = "organisations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    tax_code: Mapped[str | None]
    address: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]
    licence_end: Mapped[datetime | None]
    agency_code: Mapped[str | None]
    handles: Mapped[list[str]]
    created_at: Mapped[datetime]


class RoleGrant(Base):
    """An office."""

    __tablename__ = "role_grants"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str]
    unit_id: Mapped[UUID]
    title: Mapped[str]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class Membership(Base):
    """How somebody stands to an applicant."""

    __tablename__ = "memberships"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    organisation_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]


class Person(Base):
    """Somebody with an account."""

    __tablename__ = "people"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    full_name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    grants: Mapped[list[RoleGrant]] = relationship()
    memberships: Mapped[list[Membership]] = relationship()
    borrowed: Mapped[list["Delegation"]] = relationship(foreign_keys="Delegation.to_person_id")


class Delegation(Base):
    """Power to sign, lent."""

    __tablename__ = "delegations"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    from_person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    to_person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    unit_id: Mapped[UUID]
    document: Mapped[str]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    lender: Mapped[Person] = relationship(foreign_keys=from_person_id)


class Token(Base):
    """A bearer token."""

    __tablename__ = "tokens"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str]
    method: Mapped[str]
    hash: Mapped[bytes]
    scopes: Mapped[list[str] | None]
    procedures: Mapped[list[str] | None]
    addresses: Mapped[list[str] | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()


Lasting = TypeVar("Lasting", RoleGrant, Membership, Delegation)
_WHO = joinedload(Token.person)
_WITH_WHO = (
    _WHO.selectinload(Person.grants),
    _WHO.selectinload(Person.memberships),
    _WHO.selectinload(Person.borrowed).joinedload(Delegation.lender).selectinload(Person.grants),
)


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    """Give each request one session."""
    async with request.app.state.sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of)]


async def actor_of(request: Request, session: Session, authorization: Annotated[str, Header()]) -> Actor:
    """Return who holds the token, with all that is in force; a use is written down once a minute."""
    digest = hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest()
    token = (await session.scalars(select(Token).where(Token.hash == digest).options(*_WITH_WHO))).one_or_none()
    now = datetime.now(UTC)
    if token is None or not _is_good(token, address=request.client.host, at=now):
        raise HTTPException(401)
    if token.last_used_at is None or token.last_used_at < now - USE_KEPT_EVERY:
        token.last_used_at = now
        await session.commit()
    return _actor(token, at=now)


Acting = Annotated[Actor, Depends(actor_of)]


def _is_good(token: Token, *, address: str, at: datetime) -> bool:
    from_there = token.addresses is None or any(ip_address(address) in ip_network(each) for each in token.addresses)
    return token.revoked_at is None and token.expires_at > at and from_there and token.person.disabled_at is None


def _actor(token: Token, *, at: datetime) -> Actor:
    person = token.person
    offices = {(Role(each.role), each.unit_id) for each in _in_force(person.grants, at=at)}
    signs_for = None
    if all(role is not Role.DECISION_MAKER for role, _ in offices):
        lent = [each for each in _in_force(person.borrowed, at=at) if _is_lent(each, at=at)]
        signs_for = min((each.from_person_id for each in lent), default=None)
        offices |= {(Role.DECISION_MAKER, each.unit_id) for each in lent if each.from_person_id == signs_for}
    held = _in_force(person.memberships, at=at)
    return Actor(
        person_id=person.id,
        offices=frozenset(offices),
        signs_for_organisations=frozenset(each.organisation_id for each in held if each.kind != "editor"),
        drafts_for_organisations=frozenset(each.organisation_id for each in held if each.kind == "editor"),
        signs_for=signs_for,
        auth_method=token.method,
        token_scopes=None if token.scopes is None else frozenset(token.scopes),
        token_procedures=None if token.procedures is None else frozenset(token.procedures),
        request_id=str(uuid4()),
    )


def _in_force(rows: Iterable[Lasting], *, at: datetime) -> list[Lasting]:
    return [each for each in rows if each.valid_from <= at and (each.valid_to is None or each.valid_to > at)]


def _is_lent(delegation: Delegation, *, at: datetime) -> bool:
    grants = _in_force(delegation.lender.grants, at=at)
    holds = any(each.role == Role.DECISION_MAKER and each.unit_id == delegation.unit_id for each in grants)
    return delegation.revoked_at is None and delegation.lender.disabled_at is None and holds
