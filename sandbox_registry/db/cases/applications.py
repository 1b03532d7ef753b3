"""Applications as rows: a case with how a person stands to it, lists inside a scope, versions of the dossier."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Boolean, Text, Uuid, bindparam, exists, func, null, or_, select, union_all
from sqlalchemy import case as sql_case
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.kinds import APPLICATIONS
from sandbox_registry.db.core.scopes import ScopeShape, known_to, known_values, shape_of
from sandbox_registry.db.core.statements import Row, Statement, any_of
from sandbox_registry.domain.cases.applications import Application
from sandbox_registry.domain.cases.links import Link
from sandbox_registry.domain.identity.people import Capacity, Standing
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.stages import OPEN_STAGES, Stage

_APPLICATIONS = tables.applications
_PARTICIPATIONS = tables.participations
_DECLARATIONS = tables.declarations
_CONSULTATIONS = tables.consultations


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An application and how one person stands to it, read in one statement."""

    application: Application
    standing: Standing
    links: tuple[Link, ...]


def _links() -> Any:
    """Collect to which applicants a person is or was linked: as a member, or as an editor of one of their cases."""
    member, participation, case = (
        tables.memberships.c,
        _PARTICIPATIONS.alias("edited").c,
        _APPLICATIONS.alias("of_link").c,
    )
    is_running = any_of(case.stage, {Stage.DRAFT, *OPEN_STAGES})
    links = union_all(
        select(member.organisation_id, member.valid_to.label("until")).where(
            member.person_id == bindparam("person_id")
        ),
        select(
            case.organisation_id,
            sql_case(
                (participation.until.is_not(None), participation.until), (is_running, null()), else_=case.updated_at
            ),
        ).where(
            participation.application_id == case.id,
            participation.person_id == bindparam("person_id"),
            participation.capacity == Capacity.EDITOR.value,
        ),
    ).subquery("links")
    return select(func.jsonb_agg(func.jsonb_build_array(links.c.organisation_id, links.c.until))).scalar_subquery()


def _capacities(*, still: bool) -> Any:
    participations = _PARTICIPATIONS.c
    ended = participations.until.is_(None) if still else participations.until.is_not(None)
    return (
        select(func.array_agg(participations.capacity))
        .where(
            participations.application_id == _APPLICATIONS.c.id,
            participations.person_id == bindparam("person_id"),
            ended,
        )
        .scalar_subquery()
    )


STANDING = (
    _capacities(still=True).label("capacities"),
    _capacities(still=False).label("past_capacities"),
    select(_DECLARATIONS.c.conflicted)
    .where(_DECLARATIONS.c.application_id == _APPLICATIONS.c.id, _DECLARATIONS.c.person_id == bindparam("person_id"))
    .scalar_subquery()
    .label("conflicted"),
    exists()
    .where(
        _CONSULTATIONS.c.application_id == _APPLICATIONS.c.id,
        _CONSULTATIONS.c.unit_id == func.any(bindparam("consulted_unit_ids", type_=ARRAY(Uuid))),
    )
    .label("is_consulted"),
    _links().label("links"),
)
"""How a person stands to a case; `case_of` reads these columns behind those of the application."""
_IS_ASKED_FOR = _APPLICATIONS.c.id == bindparam("id", type_=Uuid)
_BY_ID = APPLICATIONS.query.add_columns(*STANDING).where(_IS_ASKED_FOR)
_ANY_CASE = Statement(_BY_ID)


@lru_cache(maxsize=1000)
def _find(shapes: tuple[ScopeShape, ...]) -> Statement:
    return Statement(_BY_ID.where(known_to(shapes)))


@lru_cache(maxsize=1000)
def _lock(shapes: tuple[ScopeShape, ...]) -> Statement:
    return Statement(select(_APPLICATIONS.c.id).where(_IS_ASKED_FOR, known_to(shapes)).with_for_update())


async def find_case(
    connection: AsyncConnection,
    application_id: UUID,
    *,
    person_id: UUID,
    scopes: tuple[Scope, ...],
    consulted_unit_ids: frozenset[UUID],
    lock: bool,
) -> Case | None:
    """Load a case that one of these scopes admits, and how a person stands to it; null when none does or there is none.

    With `lock`, nobody else changes it until the transaction ends.
    """
    shapes = tuple(map(shape_of, scopes))
    values = {"id": application_id, **known_values(scopes)}
    if lock:
        # A statement of its own: what is read in the same one would be as old as the wait for the lock.
        await _lock(shapes).rows(connection, values)
    values |= {"person_id": person_id, "consulted_unit_ids": list(consulted_unit_ids)}
    for row in await _find(shapes).rows(connection, values):
        return case_of(row)
    return None


async def load_case(
    connection: AsyncConnection, application_id: UUID, *, person_id: UUID, consulted_unit_ids: frozenset[UUID]
) -> Case | None:
    """Load any case and how a person stands to it, null when there is none: for what the program itself wants to know."""
    values = {"id": application_id, "person_id": person_id, "consulted_unit_ids": list(consulted_unit_ids)}
    for row in await _ANY_CASE.rows(connection, values):
        return case_of(row)
    return None


async def earlier_case(
    connection: AsyncConnection, application_id: UUID, *, organisation_id: UUID, procedures: frozenset[str] | None
) -> Application | None:
    """Load a case that an organisation filed under one of these procedures, or any; null for every other, and for none."""
    values = {
        "id": application_id,
        "organisation_id": organisation_id,
        "is_any": procedures is None,
        "procedures": sorted(procedures or ()),
    }
    for row in await _EARLIER.rows(connection, values):
        return APPLICATIONS.read(row)
    return None


_EARLIER = Statement(
    APPLICATIONS.query.where(
        _IS_ASKED_FOR,
        _APPLICATIONS.c.organisation_id == bindparam("organisation_id", type_=Uuid),
        or_(
            bindparam("is_any", type_=Boolean),
            _APPLICATIONS.c.procedure_code == func.any(bindparam("procedures", type_=ARRAY(Text))),
        ),
    )
)


def case_of(row: Row) -> Case:
    """Read the columns of an application and of `STANDING`."""
    current, past, conflicted, is_consulted, links = row[-len(STANDING) :]
    capacities = {Capacity(name) for name in current or ()}
    if is_consulted:
        capacities.add(Capacity.CONSULTED)
    application = APPLICATIONS.read(row)
    return Case(
        application=application,
        standing=Standing(
            organisation_id=application.organisation_id,
            unit_ids=frozenset(application.unit_ids),
            other_desks=frozenset(application.unit_ids) - {application.receiving_unit_id},
            capacities=frozenset(capacities),
            past_capacities=frozenset(Capacity(name) for name in past or ()),
            conflicted=conflicted,
        ),
        links=tuple(
            Link(organisation_id=UUID(organisation), until=until and datetime.fromisoformat(until))
            for organisation, until in links or ()
        ),
    )


async def save_case(
    connection: AsyncConnection, application: Application, *, before: Application, due: datetime | None
) -> None:
    """Write a case that was locked and read as `before`, and beside it its nearest due date; see `set_next_due`."""
    await APPLICATIONS.save(connection, application, before=before, extra={"next_due_at": due})


async def set_next_due(connection: AsyncConnection, application_id: UUID, due: datetime | None) -> None:
    """Keep the nearest derived due date beside the case, for lists only; the facts stay the truth."""
    await _KEEP_DUE.execute(connection, {"case_id": application_id, "due": due})


_DUE = bindparam("due", type_=tables.Stamp)
_KEEP_DUE = Statement(
    _APPLICATIONS.update()
    .where(_APPLICATIONS.c.id == bindparam("case_id", type_=Uuid), _APPLICATIONS.c.next_due_at.is_distinct_from(_DUE))
    .values(next_due_at=_DUE)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many open cases a person holds in a capacity."""

    person_id: UUID
    full_name: str
    capacity: Capacity
    cases: int


async def workload(
    connection: AsyncConnection, *, unit_ids: frozenset[UUID], procedures: frozenset[str] | None
) -> tuple[Load, ...]:
    """Count the open cases handled by these units that each officer and reviewer holds; of these procedures, or all."""
    participations = _PARTICIPATIONS.c
    query = (
        select(
            participations.person_id, tables.people.c.full_name, participations.capacity, func.count().label("cases")
        )
        .join(_APPLICATIONS, _APPLICATIONS.c.id == participations.application_id)
        .join(tables.people, tables.people.c.id == participations.person_id)
        .where(
            participations.until.is_(None),
            participations.capacity.in_([Capacity.FOCAL, Capacity.REVIEWER]),
            _APPLICATIONS.c.stage.in_(sorted(OPEN_STAGES)),
            _APPLICATIONS.c.unit_ids.overlap(sorted(unit_ids)),
        )
        .group_by(participations.person_id, tables.people.c.full_name, participations.capacity)
        .order_by(tables.people.c.full_name, participations.capacity)
    )
    if procedures is not None:
        query = query.where(_APPLICATIONS.c.procedure_code.in_(sorted(procedures)))
    return msgspec.convert(await Statement(query).dicts(connection), tuple[Load, ...])
