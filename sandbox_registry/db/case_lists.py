"""Lists of cases inside a scope: written once for each kind of question, and as fast over a million as over a thousand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import starmap
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Text, Uuid, and_, bindparam, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from sandbox_registry.db import tables
from sandbox_registry.db.applications import CaseFilter, CaseRow
from sandbox_registry.db.scopes import Condition, Kind, grouped, kind_of, values_of
from sandbox_registry.db.statements import Row, Statement
from sandbox_registry.domain.scopes import Scope
from sandbox_registry.domain.stages import OPEN_STAGES, Stage
from sandbox_registry.domain.texts import folded

_APPLICATIONS = tables.applications
_PARTICIPATIONS = tables.participations
_LIMIT = bindparam("limit", type_=Integer)
_AFTER = bindparam("after", type_=Uuid)
_WORDS = func.plainto_tsquery("simple", bindparam("words", type_=Text))
RECENT = 4000
"""How many of the newest cases are looked through for common words before the index of all words is asked."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What decides about the wording of a list, and nothing of its values."""

    scope: Kind
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
    def is_steady(self) -> bool:
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
    words = folded(narrowed.text or "").strip()
    by_change = narrowed.updated_since is not None
    asked: dict[str, Any] = {
        "scope": kind_of(scope),
        "stages": None if narrowed.stages is None else min(len(narrowed.stages), 2),
        "has_procedure": narrowed.procedure_code is not None,
        "has_organisation": narrowed.organisation_id is not None,
        "has_officer": narrowed.officer_id is not None,
        "is_overdue": narrowed.overdue_at is not None,
        "has_words": bool(words),
        "by_change": by_change,
        "goes_on": isinstance(after, tuple if by_change else UUID),
    }
    given = values_of(scope) | _values(narrowed, words=words, limit=limit)
    given |= {"after": after} if not isinstance(after, tuple) else {"after_change": after[0], "after": after[1]}
    if words and not by_change:
        # Words that many cases have: walking back from the newest finds enough of them at once.
        found = await _statement(_Question(**asked, is_recent=True)).rows(connection, given)
        if len(found) == limit:
            return _rows(found)
    return _rows(await _statement(_Question(**asked)).rows(connection, given))


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
        "recent": RECENT,
    }


_OPEN = sorted(str(stage) for stage in OPEN_STAGES)


@lru_cache(maxsize=1000)
def _statement(asked: _Question) -> Statement:
    query = _ROW.where(Condition(asked.scope).written(), *_narrowing(asked)).limit(_LIMIT)
    if asked.by_change:
        position = tuple_(_APPLICATIONS.c.updated_at, _APPLICATIONS.c.id)
        query = query.order_by(_APPLICATIONS.c.updated_at, _APPLICATIONS.c.id)
        if asked.goes_on:
            query = query.where(position > tuple_(bindparam("after_change", type_=tables.Stamp), _AFTER))
    elif asked.has_officer:
        # The officer's own cases are few, and stand in order; joined to, not looked for, they give the order of the list.
        held = _held_by_officer(asked)
        query = query.join(held, held.c.application_id == _APPLICATIONS.c.id).order_by(held.c.application_id.desc())
    else:
        query = query.order_by(_APPLICATIONS.c.id.desc())
        if asked.goes_on:
            query = query.where(_APPLICATIONS.c.id < _AFTER)
    return Statement(query, is_steady=asked.is_steady)


def _held_by_officer(asked: _Question) -> Any:
    held = _PARTICIPATIONS.c
    query = select(held.application_id).where(
        held.person_id == bindparam("officer_id", type_=Uuid), held.until.is_(None)
    )
    if asked.goes_on:
        query = query.where(held.application_id < _AFTER)
    return query.distinct().order_by(held.application_id.desc()).subquery("held")


def _narrowing(asked: _Question) -> Iterator[ColumnElement[bool]]:
    columns = _APPLICATIONS.c
    if asked.stages == 1:
        yield columns.stage == bindparam("stage", type_=Text)
    elif asked.stages is not None:
        yield columns.stage == _any_text("stages")
    if asked.has_procedure:
        yield columns.procedure_code == bindparam("procedure_code", type_=Text)
    if asked.has_organisation:
        yield columns.organisation_id == bindparam("organisation_id", type_=Uuid)
    if asked.has_officer and asked.by_change:
        officer = _PARTICIPATIONS.alias("officer")
        yield exists().where(
            officer.c.application_id == columns.id,
            officer.c.person_id == bindparam("officer_id", type_=Uuid),
            officer.c.until.is_(None),
        )
    if asked.is_overdue:
        yield columns.next_due_at <= bindparam("overdue_at", type_=tables.Stamp)
        yield columns.stage == _any_text("open_stages")
    if asked.has_words:
        yield from _with_words(asked)
    if asked.by_change:
        yield columns.updated_at >= bindparam("updated_since", type_=tables.Stamp)


def _any_text(name: str) -> ColumnElement[str]:
    return func.any(bindparam(name, type_=ARRAY(Text)))


def _with_words(asked: _Question) -> Iterator[ColumnElement[bool]]:
    columns = _APPLICATIONS.c
    if not asked.is_recent:
        yield columns.search.bool_op("@@")(_WORDS)
        return
    newest = _APPLICATIONS.alias("newest")
    oldest = select(newest.c.id).order_by(newest.c.id.desc()).offset(bindparam("recent", type_=Integer)).limit(1)
    if asked.goes_on:
        oldest = oldest.where(newest.c.id < _AFTER)
    # The function, not the operator, so that the index of all words is left alone; the words are read once, not for each.
    yield func.ts_match_vq(columns.search, select(_WORDS).scalar_subquery())
    yield columns.id >= func.coalesce(oldest.scalar_subquery(), UUID(int=0))


def _rows(found: list[Row]) -> tuple[CaseRow, ...]:
    rows = tuple(starmap(CaseRow, found))
    for row in rows:
        row.stage = _STAGES[row.stage]
    return rows


_STAGES = {str(stage): stage for stage in Stage}


async def awaiting_declaration(connection: AsyncConnection, *, scope: Scope) -> tuple[CaseRow, ...]:
    """List the cases that a person must declare interests for before opening them; only what a list row shows."""
    groups = grouped(scope.awaiting_declaration)
    if not groups:
        return ()
    given: dict[str, object] = {"me": scope.person_id, "procedures": sorted(scope.procedures or ())}
    for place, (stages, capacities) in enumerate(groups.items()):
        given |= {f"owed_{place}": sorted(map(str, capacities)), f"owed_stages_{place}": sorted(map(str, stages))}
    return _rows(await _owing(len(groups), has_procedures=scope.procedures is not None).rows(connection, given))


@lru_cache
def _owing(groups: int, *, has_procedures: bool) -> Statement:
    condition, mine = Condition(Kind(has_procedures=has_procedures)), _PARTICIPATIONS.alias("mine")
    ways = (
        and_(_APPLICATIONS.c.stage == condition.any_text(f"owed_stages_{place}"), condition.holding(f"owed_{place}"))
        for place in range(groups)
    )
    known = select(mine.c.application_id).where(mine.c.person_id == bindparam("me", type_=Uuid), mine.c.until.is_(None))
    query = _ROW.where(_APPLICATIONS.c.id.in_(known), or_(*ways), ~exists().where(condition.declared()))
    query = query.where(*condition.within_procedures())
    return Statement(query.order_by(_APPLICATIONS.c.id.desc()).limit(100))
