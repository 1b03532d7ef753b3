"""Lists of cases inside a scope: one statement for each shape of query, as fast over a million as over a thousand."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import starmap
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.core.scopes import Condition, ScopeShape, grouped, shape_of, values_of
from sandbox_registry.db.core.statements import Row, Statement
from sandbox_registry.domain.cases.case_lists import CaseFilter, CaseRow
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.stages import OPEN_STAGES, Stage
from sandbox_registry.domain.texts import search_form

_APPLICATIONS = tables.applications
_PARTICIPATIONS = tables.participations
_LIMIT = bindparam("limit", type_=Integer)
_AFTER = bindparam("after", type_=Uuid)
_WORDS = func.plainto_tsquery("simple", bindparam("words", type_=Text))
RECENT_CASES = 4000
"""How many of the newest cases are looked through for common words before the index of all words is used."""


def _row(cases: FromClause) -> Select[Any]:
    """Begin a list of these cases. What is looked up for shown rows alone is no join, which costs planning."""
    organisation, columns = tables.organisations.c, cases.c
    name = select(organisation.name).where(organisation.id == columns.organisation_id).scalar_subquery()
    return select(
        columns.id,
        columns.version,
        columns.code,
        columns.stage,
        columns.title,
        columns.procedure_code,
        columns.organisation_id,
        name.label("organisation_name"),
        columns.level,
        columns.submitted_at,
        columns.next_due_at,
        columns.updated_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryShape:
    """What decides about the wording of a list, and nothing of its values."""

    scope: ScopeShape
    stages: int | None
    has_procedure: bool
    has_organisation: bool
    has_officer: bool
    is_overdue: bool
    has_words: bool
    by_change: bool
    goes_on: bool
    is_recent: bool = False

    @property
    def may_be_recent(self) -> bool:
        """Tell whether to look for words among the newest first: not where few cases are somebody's anyway."""
        is_few = self.has_officer or self.has_organisation or not self.scope.is_broad
        return self.has_words and not (is_few or self.by_change)

    @property
    def cache_plan(self) -> bool:
        """Tell whether one plan is good for all values: not for stages and words that many or few cases have."""
        if self.is_recent:
            return True  # However many cases have the words, the newest are looked through.
        if self.has_words or self.is_overdue:
            return False
        return self.has_officer or not self.scope.is_broad or self.stages in {None, 1}


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
    if narrowed.stages is not None:
        # An official who asks for drafts, of which only writers see any, does not wait while all are looked at.
        scope = _at(scope, narrowed.stages)
    words = search_form(narrowed.text or "").strip()
    by_change = narrowed.updated_since is not None
    shape = QueryShape(
        scope=shape_of(scope),
        stages=None if narrowed.stages is None else min(len(narrowed.stages), 2),
        has_procedure=narrowed.procedure_code is not None,
        has_organisation=narrowed.organisation_id is not None,
        has_officer=narrowed.officer_id is not None,
        is_overdue=narrowed.overdue_at is not None,
        has_words=bool(words),
        by_change=by_change,
        goes_on=isinstance(after, tuple if by_change else UUID),
    )
    values = {**values_of(scope), **_values(narrowed, words=words, limit=limit)}
    values |= {"after": after} if not isinstance(after, tuple) else {"after_change": after[0], "after": after[1]}
    if shape.may_be_recent:
        # Words that many cases have: walking back from the newest finds enough of them at once.
        newest = await _statement(replace(shape, is_recent=True)).rows(connection, values)
        if len(newest) == limit:
            return _rows(newest)
    return _rows(await _statement(shape).rows(connection, values))


_at = lru_cache(maxsize=1000)(Scope.at)


def _values(narrowed: CaseFilter, *, words: str, limit: int) -> dict[str, object]:
    stages = sorted(str(stage) for stage in narrowed.stages or ())
    return {
        "stages": stages,
        "stage": stages[0] if stages else None,
        "open_stages": _OPEN,
        "procedure_code": narrowed.procedure_code,
        "organisation_id": narrowed.organisation_id,
        "officer_id": narrowed.officer_id,
        "overdue_at": narrowed.overdue_at,
        "updated_since": narrowed.updated_since,
        "words": words,
        "limit": limit,
    }


_OPEN = sorted(str(stage) for stage in OPEN_STAGES)


@lru_cache(maxsize=1000)
def _statement(shape: QueryShape) -> Statement:
    cases = _recent(shape) if shape.is_recent else _APPLICATIONS
    condition, columns = Condition(shape.scope, cases.c.stage, cases=cases), cases.c
    query = _row(cases).where(condition.to_sql(), *_narrowing(shape, cases)).limit(_LIMIT)
    if shape.by_change:
        position = tuple_(columns.updated_at, columns.id)
        query = query.order_by(columns.updated_at, columns.id)
        if shape.goes_on:
            query = query.where(position > tuple_(bindparam("after_change", type_=tables.Stamp), _AFTER))
    elif shape.has_officer:
        # The officer's own cases are few, and stand in order; joined to, not looked for, they give the order of the list.
        of_officer = _held_by_officer(shape)
        query = query.join(of_officer, of_officer.c.application_id == columns.id).order_by(
            of_officer.c.application_id.desc()
        )
    else:
        query = query.order_by(columns.id.desc())
        if shape.goes_on:
            query = query.where(columns.id < _AFTER)
    return Statement(query, cache_plan=shape.cache_plan)


def _recent(shape: QueryShape) -> FromClause:
    """Return the newest cases, or those before where the list goes on: read one by one, until the page is full."""
    columns = _APPLICATIONS.c
    newest = select(_APPLICATIONS).order_by(columns.id.desc()).limit(RECENT_CASES)
    return (newest.where(columns.id < _AFTER) if shape.goes_on else newest).subquery("newest")


def _held_by_officer(shape: QueryShape) -> Any:
    participations = _PARTICIPATIONS.c
    query = select(participations.application_id).where(
        participations.person_id == bindparam("officer_id", type_=Uuid), participations.until.is_(None)
    )
    if shape.goes_on:
        query = query.where(participations.application_id < _AFTER)
    return query.distinct().order_by(participations.application_id.desc()).subquery("held")


def _narrowing(shape: QueryShape, cases: FromClause) -> Iterator[ColumnElement[bool]]:
    columns = cases.c
    if shape.stages == 1:
        yield columns.stage == bindparam("stage", type_=Text)
    elif shape.stages is not None:
        yield columns.stage == _any_text("stages")
    if shape.has_procedure:
        yield columns.procedure_code == bindparam("procedure_code", type_=Text)
    if shape.has_organisation:
        yield columns.organisation_id == bindparam("organisation_id", type_=Uuid)
    if shape.has_officer and shape.by_change:
        officer = _PARTICIPATIONS.alias("officer")
        yield exists().where(
            officer.c.application_id == columns.id,
            officer.c.person_id == bindparam("officer_id", type_=Uuid),
            officer.c.until.is_(None),
        )
    if shape.is_overdue:
        yield columns.next_due_at <= bindparam("overdue_at", type_=tables.Stamp)
        yield columns.stage == _any_text("open_stages")
    if shape.has_words:
        # Row by row, the words are parsed once; for the index, the planner must see them.
        yield columns.search.bool_op("@@")(select(_WORDS).scalar_subquery() if shape.is_recent else _WORDS)
    if shape.by_change:
        yield columns.updated_at >= bindparam("updated_since", type_=tables.Stamp)


def _any_text(name: str) -> ColumnElement[str]:
    return func.any(bindparam(name, type_=ARRAY(Text)))


def _rows(raw: list[Row]) -> tuple[CaseRow, ...]:
    rows = tuple(starmap(CaseRow, raw))
    for row in rows:
        row.stage = _STAGES[row.stage]
    return rows


_STAGES = {str(stage): stage for stage in Stage}


async def awaiting_declaration(connection: AsyncConnection, *, scope: Scope) -> tuple[CaseRow, ...]:
    """List the cases that a person must declare interests for before opening them; only what a list row shows."""
    groups = grouped(scope.awaiting_declaration)
    if not groups:
        return ()
    values: dict[str, object] = {"me": scope.person_id, "procedures": sorted(scope.procedures or ())}
    for place, (stages, capacities) in enumerate(groups.items()):
        values |= {f"owed_{place}": sorted(map(str, capacities)), f"owed_stages_{place}": sorted(map(str, stages))}
    return _rows(await _owing(len(groups), has_procedures=scope.procedures is not None).rows(connection, values))


@lru_cache
def _owing(groups: int, *, has_procedures: bool) -> Statement:
    condition, participations = Condition(ScopeShape(has_procedures=has_procedures)), _PARTICIPATIONS.alias("mine")
    clauses = (
        and_(_APPLICATIONS.c.stage == condition.any_text(f"owed_stages_{place}"), condition.holding(f"owed_{place}"))
        for place in range(groups)
    )
    own_cases = select(participations.c.application_id).where(
        participations.c.person_id == bindparam("me", type_=Uuid), participations.c.until.is_(None)
    )
    query = _row(_APPLICATIONS).where(
        _APPLICATIONS.c.id.in_(own_cases), or_(*clauses), ~exists().where(condition.declared())
    )
    query = query.where(*condition.within_procedures())
    return Statement(query.order_by(_APPLICATIONS.c.id.desc()).limit(100))
