"""Organisations as rows: which ones a reader may know of, their members, and the lock on one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, Uuid, bindparam, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.kinds import MEMBERSHIPS, ORGANISATIONS
from sandbox_registry.db.core.searching import contains_words
from sandbox_registry.db.core.statements import Statement
from sandbox_registry.domain.identity.people import Membership, Organisation, OrganisationKind
from sandbox_registry.domain.identity.people_lists import Member
from sandbox_registry.domain.stages import Stage

_ORGANISATIONS, _MEMBERSHIPS, _PEOPLE = tables.organisations, tables.memberships, tables.people
_APPLICATIONS = tables.applications


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationScope:
    """Which applicants a reader may know of: their own, those with a case before their units or addressed to their desks, or all.

    State units are known to everybody.
    """

    own: frozenset[UUID]
    units: frozenset[UUID]
    desks: frozenset[UUID]
    is_all: bool


def _is_visible(scope: OrganisationScope) -> ColumnElement[bool]:
    files = (_APPLICATIONS.c.organisation_id == _ORGANISATIONS.c.id, _APPLICATIONS.c.stage != Stage.DRAFT.value)
    before_units = exists().where(*files, _APPLICATIONS.c.unit_ids.overlap(sorted(scope.units)))
    at_desks = exists().where(*files, _APPLICATIONS.c.receiving_unit_id.in_(sorted(scope.desks)))
    return or_(
        _ORGANISATIONS.c.kind == OrganisationKind.STATE_UNIT.value,
        true() if scope.is_all else false(),
        _ORGANISATIONS.c.id.in_(sorted(scope.own)),
        before_units if scope.units else false(),
        at_desks if scope.desks else false(),
    )


async def find(connection: AsyncConnection, identity: UUID, *, scope: OrganisationScope) -> Organisation | None:
    """Find an organisation inside a scope; what is outside and what is not there look the same."""
    query = ORGANISATIONS.query.where(_ORGANISATIONS.c.id == identity, _is_visible(scope))
    row = await Statement(query).row(connection)
    return None if row is None else ORGANISATIONS.read(row)


class _Object(msgspec.Struct):
    type: str
    state: msgspec.Raw


class _Record(msgspec.Struct):
    actor: UUID
    objects: tuple[_Object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOrganisation:
    """An organisation as an act left it."""

    at: datetime
    by: UUID
    state: Organisation


_RECORDS = msgspec.json.Decoder(_Record)
_WRITTEN = Statement(
    select(tables.audit_leaves.c.at, tables.audit_records.c.record)
    .join(tables.audit_records, tables.audit_records.c.index == tables.audit_leaves.c.index)
    .where(tables.audit_leaves.c.object_id == bindparam("organisation_id", type_=Uuid))
    .order_by(tables.audit_leaves.c.index)
)


async def states_of(connection: AsyncConnection, organisation_id: UUID) -> tuple[RecordedOrganisation, ...]:
    """List the states of an organisation that the log records, oldest first; readings are none."""
    found = list[RecordedOrganisation]()
    for at, record in await _WRITTEN.rows(connection, {"organisation_id": organisation_id}):
        said = _RECORDS.decode(record)
        for each in said.objects:
            facts = msgspec.json.decode(each.state)
            if each.type == "organisation" and "version" in facts:
                state = msgspec.convert(facts, Organisation)
                found.append(RecordedOrganisation(at=at, by=said.actor, state=state))
    return tuple(found)


async def list_organisations(
    connection: AsyncConnection,
    *,
    scope: OrganisationScope,
    kind: OrganisationKind | None,
    text: str | None,
    after: UUID | None,
    limit: int,
) -> tuple[Organisation, ...]:
    """List the organisations inside a scope, oldest first; the name has the words of `text`, or the tax code begins with it."""
    query: Select[Any] = ORGANISATIONS.query.where(_is_visible(scope)).order_by(_ORGANISATIONS.c.id).limit(limit)
    if kind is not None:
        query = query.where(_ORGANISATIONS.c.kind == kind.value)
    if text:
        in_name = contains_words(_ORGANISATIONS.c.search_text, text)
        query = query.where(or_(in_name, _ORGANISATIONS.c.tax_code.startswith(text.strip(), autoescape=True)))
    if after is not None:
        query = query.where(_ORGANISATIONS.c.id > after)
    return tuple(ORGANISATIONS.read(row) for row in await Statement(query).rows(connection))


async def members_of(connection: AsyncConnection, organisation_id: UUID) -> tuple[Member, ...]:
    """List everybody's standing in an organisation, past and future included, oldest first."""
    query = (
        MEMBERSHIPS.query.add_columns(_PEOPLE.c.full_name, _PEOPLE.c.email)
        .join(_PEOPLE, _PEOPLE.c.id == _MEMBERSHIPS.c.person_id)
        .where(_MEMBERSHIPS.c.organisation_id == organisation_id)
        .order_by(_MEMBERSHIPS.c.id)
    )
    return tuple(_member(row) for row in await Statement(query).dicts(connection))


def _member(row: dict[str, Any]) -> Member:
    full_name, email = row.pop("full_name"), row.pop("email")
    return Member(membership=msgspec.convert(row, Membership), full_name=full_name, email=email)


async def lock(connection: AsyncConnection, organisation_id: UUID) -> None:
    """Let changes of an organisation's members go one after another."""
    query = select(_ORGANISATIONS.c.id).where(_ORGANISATIONS.c.id == organisation_id)
    await Statement(query.with_for_update(key_share=True)).execute(connection)
