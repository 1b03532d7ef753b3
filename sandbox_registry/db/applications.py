"""Applications as rows: a case with how a person stands to it, lists inside a scope, versions of the dossier."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Uuid, and_, bindparam, exists, false, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.records import Records, as_dict
from sandbox_registry.domain.applications import Application
from sandbox_registry.domain.people import MUST_DECLARE, Capacity, Standing
from sandbox_registry.domain.scopes import Scope
from sandbox_registry.domain.stages import OPEN_STAGES, Stage
from sandbox_registry.domain.texts import folded

K = TypeVar("K")

_APPLICATIONS = tables.applications
_PARTICIPATIONS = tables.participations
_DECLARATIONS = tables.declarations
_CONSULTATIONS = tables.consultations


def search_words(application: Application) -> str:
    """Return the folded text under which a case is found: its code, title and the words of its form."""
    words = [application.code or "", application.title, *_strings(application.answers)]
    return folded(" ".join(words))[:20_000]


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [word for child in value.values() for word in _strings(child)]
    if isinstance(value, list | tuple):
        return [word for child in value for word in _strings(child)]
    return []


RECORDS = Records(_APPLICATIONS, Application, derive=lambda case: {"search_text": search_words(case)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An application and how one person stands to it, read in one statement."""

    application: Application
    standing: Standing


def _capacities(*, still: bool) -> Any:
    held = _PARTICIPATIONS.c
    ended = held.until.is_(None) if still else held.until.is_not(None)
    return (
        select(func.array_agg(held.capacity))
        .where(held.application_id == _APPLICATIONS.c.id, held.person_id == bindparam("person_id"), ended)
        .scalar_subquery()
    )


_CASE = RECORDS.query.add_columns(
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
).where(_APPLICATIONS.c.id == bindparam("id"))
_LOCK = select(_APPLICATIONS.c.id).where(_APPLICATIONS.c.id == bindparam("id")).with_for_update()


async def load_case(
    connection: AsyncConnection,
    application_id: UUID,
    *,
    person_id: UUID,
    consulted_unit_ids: frozenset[UUID],
    lock: bool,
) -> Case | None:
    """Load a case and how a person stands to it, null when there is none.

    With `lock`, nobody else changes it until the transaction ends.
    """
    if lock:
        # A statement of its own: what is read in the same one would be as old as the wait for the lock.
        await connection.execute(_LOCK, {"id": application_id})
    found = await connection.execute(
        _CASE,
        {"id": application_id, "person_id": person_id, "consulted_unit_ids": list(consulted_unit_ids)},
    )
    row = found.first()
    if row is None:
        return None
    capacities = {Capacity(name) for name in row.capacities or ()}
    if row.is_consulted:
        capacities.add(Capacity.CONSULTED)
    application = RECORDS.read(row)
    return Case(
        application=application,
        standing=Standing(
            organisation_id=application.organisation_id,
            unit_ids=frozenset(application.unit_ids),
            capacities=frozenset(capacities),
            past_capacities=frozenset(Capacity(name) for name in row.past_capacities or ()),
            conflicted=row.conflicted,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What a list is narrowed by; null leaves a question open. `text` finds without diacritics."""

    stages: frozenset[Stage] | None = None
    procedure_code: str | None = None
    officer_id: UUID | None = None
    organisation_id: UUID | None = None
    overdue_at: datetime | None = None
    text: str | None = None
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One line of a list."""

    id: UUID
    version: int
    code: str | None
    stage: Stage
    title: str
    procedure_code: str
    organisation_id: UUID
    organisation_name: str
    level: str | None
    submitted_at: datetime | None
    next_due_at: datetime | None
    updated_at: datetime


_ROW = select(
    _APPLICATIONS.c.id,
    _APPLICATIONS.c.version,
    _APPLICATIONS.c.code,
    _APPLICATIONS.c.stage,
    _APPLICATIONS.c.title,
    _APPLICATIONS.c.procedure_code,
    _APPLICATIONS.c.organisation_id,
    tables.organisations.c.name.label("organisation_name"),
    _APPLICATIONS.c.level,
    _APPLICATIONS.c.submitted_at,
    _APPLICATIONS.c.next_due_at,
    _APPLICATIONS.c.updated_at,
).join(tables.organisations, tables.organisations.c.id == _APPLICATIONS.c.organisation_id)


async def list_cases(
    connection: AsyncConnection,
    *,
    scope: Scope,
    narrowed: CaseFilter,
    after: tuple[datetime, UUID] | UUID | None,
    limit: int,
) -> tuple[CaseRow, ...]:
    """List cases inside a scope, newest first; with `updated_since`, oldest change first so that a reader can follow.

    `after` is the last row already seen: its id, or its change time and id when following changes.
    """
    query = _ROW.where(inside(scope), *_narrowing(narrowed)).limit(limit)
    if narrowed.updated_since is not None:
        position = tuple_(_APPLICATIONS.c.updated_at, _APPLICATIONS.c.id)
        query = query.order_by(_APPLICATIONS.c.updated_at, _APPLICATIONS.c.id)
        if isinstance(after, tuple):
            query = query.where(position > tuple_(*after))
    else:
        query = query.order_by(_APPLICATIONS.c.id.desc())
        if isinstance(after, UUID):
            query = query.where(_APPLICATIONS.c.id < after)
    return tuple(msgspec.convert(as_dict(row), CaseRow) for row in await connection.execute(query))


def _narrowing(narrowed: CaseFilter) -> list[ColumnElement[bool]]:
    columns = _APPLICATIONS.c
    wanted: list[ColumnElement[bool]] = []
    if narrowed.stages is not None:
        wanted.append(columns.stage.in_(sorted(narrowed.stages)))
    if narrowed.procedure_code is not None:
        wanted.append(columns.procedure_code == narrowed.procedure_code)
    if narrowed.organisation_id is not None:
        wanted.append(columns.organisation_id == narrowed.organisation_id)
    if narrowed.officer_id is not None:
        wanted.append(_holds(narrowed.officer_id, set(Capacity)))
    if narrowed.overdue_at is not None:
        wanted.append(columns.next_due_at <= narrowed.overdue_at)
        wanted.append(columns.stage.in_(sorted(OPEN_STAGES)))
    if narrowed.text and not narrowed.text.isspace():
        wanted.append(columns.search.bool_op("@@")(func.plainto_tsquery("simple", folded(narrowed.text))))
    if narrowed.updated_since is not None:
        wanted.append(columns.updated_at >= narrowed.updated_since)
    return wanted


def _holds(person_id: UUID, capacities: set[Capacity]) -> ColumnElement[bool]:
    held = _PARTICIPATIONS.c
    return exists().where(
        held.application_id == _APPLICATIONS.c.id,
        held.person_id == person_id,
        held.capacity.in_(sorted(capacities)),
        held.until.is_(None),
    )


def inside(scope: Scope, stage: ColumnElement[str] = _APPLICATIONS.c.stage) -> ColumnElement[bool]:
    """Say in SQL what `Scope.admits` says in Python; a listing cannot be written without it.

    `stage` is where the listed thing stands, when that is not the case itself.
    """
    ways = [way for way in _ways(scope, stage) if way is not None]
    barred = []
    if scope.hides_conflicted:
        barred.append(~exists().where(_declared_by(scope.person_id), _DECLARATIONS.c.conflicted))
    if scope.hides_undeclared:
        barred.append(~_owes_declaration(scope.person_id))
    return and_(or_(*ways) if ways else false(), *barred)


def _ways(scope: Scope, stage: ColumnElement[str]) -> Iterator[ColumnElement[bool] | None]:
    columns = _APPLICATIONS.c
    yield _at(stage, scope.all_stages)
    for stages, units in _grouped(scope.unit_stages).items():
        yield _at(stage, stages, columns.unit_ids.overlap(sorted(units)))
    yield _at(stage, scope.own_stages, columns.organisation_id.in_(sorted(scope.own_organisations)))
    yield _at(stage, scope.delegate_stages, columns.organisation_id.in_(sorted(scope.delegate_organisations)))
    for stages, capacities in _grouped(scope.capacities).items():
        yield _at(stage, stages, _holds(scope.person_id, capacities))
    asked = exists().where(
        _CONSULTATIONS.c.application_id == columns.id, _CONSULTATIONS.c.unit_id.in_(sorted(scope.consulted_units))
    )
    yield _at(stage, scope.capacities.get(Capacity.CONSULTED, frozenset()), asked)


def _at(
    stage: ColumnElement[str], stages: frozenset[Stage], *conditions: ColumnElement[bool]
) -> ColumnElement[bool] | None:
    """Join a way of standing to a case with the stages it opens; null when it opens none."""
    return and_(stage.in_(sorted(stages)), *conditions) if stages else None


def _grouped(stages_by: Mapping[K, frozenset[Stage]]) -> dict[frozenset[Stage], set[K]]:
    groups: dict[frozenset[Stage], set[K]] = {}
    for key, stages in stages_by.items():
        groups.setdefault(stages, set()).add(key)
    return groups


def _declared_by(person_id: UUID) -> ColumnElement[bool]:
    return and_(_DECLARATIONS.c.application_id == _APPLICATIONS.c.id, _DECLARATIONS.c.person_id == person_id)


def _owes_declaration(person_id: UUID) -> ColumnElement[bool]:
    return and_(_holds(person_id, set(MUST_DECLARE)), ~exists().where(_declared_by(person_id)))


_OWES = _ROW.order_by(_APPLICATIONS.c.id.desc()).limit(100)


async def awaiting_declaration(connection: AsyncConnection, *, scope: Scope) -> tuple[CaseRow, ...]:
    """List the cases that a person must declare interests for before opening them; only what a list row shows."""
    ways = [
        way
        for stages, capacities in _grouped(scope.awaiting_declaration).items()
        if (way := _at(_APPLICATIONS.c.stage, stages, _holds(scope.person_id, capacities))) is not None
    ]
    query = _OWES.where(or_(*ways) if ways else false(), ~exists().where(_declared_by(scope.person_id)))
    return tuple(msgspec.convert(as_dict(row), CaseRow) for row in await connection.execute(query))


async def set_next_due(connection: AsyncConnection, application_id: UUID, due: datetime | None) -> None:
    """Keep the nearest derived due date beside the case, for lists only; the facts stay the truth."""
    await connection.execute(
        _APPLICATIONS.update().where(_APPLICATIONS.c.id == bindparam("case_id")).values(next_due_at=bindparam("due")),
        {"case_id": application_id, "due": due},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How many open cases a person holds in a capacity."""

    person_id: UUID
    full_name: str
    capacity: Capacity
    cases: int


async def workload(connection: AsyncConnection, *, unit_ids: frozenset[UUID]) -> tuple[Load, ...]:
    """Count the open cases handled by these units that each officer and reviewer holds."""
    held = _PARTICIPATIONS.c
    query = (
        select(held.person_id, tables.people.c.full_name, held.capacity, func.count().label("cases"))
        .join(_APPLICATIONS, _APPLICATIONS.c.id == held.application_id)
        .join(tables.people, tables.people.c.id == held.person_id)
        .where(
            held.until.is_(None),
            held.capacity.in_([Capacity.FOCAL, Capacity.REVIEWER]),
            _APPLICATIONS.c.stage.in_(sorted(OPEN_STAGES)),
            _APPLICATIONS.c.unit_ids.overlap(sorted(unit_ids)),
        )
        .group_by(held.person_id, tables.people.c.full_name, held.capacity)
        .order_by(tables.people.c.full_name, held.capacity)
    )
    return tuple(msgspec.convert(as_dict(row), Load) for row in await connection.execute(query))
