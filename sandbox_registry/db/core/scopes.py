"""A scope in SQL: one condition for each shape of scope, with its values as parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from sandbox_registry.db import tables
from sandbox_registry.db.core.statements import as_array
from sandbox_registry.domain.identity.people import MUST_DECLARE, Capacity
from sandbox_registry.domain.identity.scopes import Scope
from sandbox_registry.domain.stages import Stage

K = TypeVar("K")

_APPLICATIONS = tables.applications
_PARTICIPATIONS = tables.participations
_DECLARATIONS = tables.declarations
_CONSULTATIONS = tables.consultations
STAGE: ColumnElement[str] = _APPLICATIONS.c.stage


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeShape:
    """Which clauses a scope has at all, and how many groups of units and capacities differ in their stages."""

    is_everywhere: bool = False
    units: int = 0
    desks: int = 0
    is_own: bool = False
    is_delegate: bool = False
    capacities: int = 0
    is_consulted: bool = False
    is_conflicted: bool = False
    hides_conflicted: bool = False
    hides_undeclared: bool = False
    has_procedures: bool = False

    @property
    def is_broad(self) -> bool:
        """Tell whether the scope lets in cases for what they are, and not only those a person has to do with."""
        return self.is_everywhere or self.units > 0 or self.desks > 0


@lru_cache(maxsize=1000)
def shape_of(scope: Scope) -> ScopeShape:
    """Return what decides about the wording of a scope, and nothing of its values."""
    return ScopeShape(
        is_everywhere=bool(scope.all_stages),
        units=len(grouped(scope.unit_stages)),
        desks=len(grouped(_at_desks(scope))),
        is_own=bool(scope.own_organisations and scope.own_stages),
        is_delegate=bool(scope.delegate_organisations and scope.delegate_stages),
        capacities=len(grouped(scope.capacities)),
        is_consulted=bool(scope.consulted_units and scope.capacities.get(Capacity.CONSULTED)),
        is_conflicted=bool(scope.conflicted_stages),
        hides_conflicted=scope.hides_conflicted,
        hides_undeclared=scope.hides_undeclared,
        has_procedures=scope.procedures is not None,
    )


@lru_cache(maxsize=1000)
def values_of(scope: Scope) -> Mapping[str, object]:
    """Return the values of a scope's parameters; needless ones do no harm. Shared by all who ask: not to be changed."""
    values: dict[str, object] = {
        "me": scope.person_id,
        "must_declare": _MUST_DECLARE,
        "procedures": sorted(scope.procedures or ()),
        "all_stages": _listed(scope.all_stages),
        "own_organisations": list(scope.own_organisations),
        "own_stages": _listed(scope.own_stages),
        "delegate_organisations": list(scope.delegate_organisations),
        "delegate_stages": _listed(scope.delegate_stages),
        "consulted_units": list(scope.consulted_units),
        "consulted_stages": _listed(scope.capacities.get(Capacity.CONSULTED, frozenset())),
        "conflicted_stages": _listed(scope.conflicted_stages),
    }
    for place, (stages, units) in enumerate(grouped(scope.unit_stages).items()):
        values |= {f"units_{place}": list(units), f"unit_stages_{place}": _listed(stages)}
    for place, (stages, units) in enumerate(grouped(_at_desks(scope)).items()):
        values |= {f"desks_{place}": list(units), f"desk_stages_{place}": _listed(stages)}
    for place, (stages, capacities) in enumerate(grouped(scope.capacities).items()):
        values |= {f"capacities_{place}": _listed(capacities), f"capacity_stages_{place}": _listed(stages)}
    return values


def visible_to(scope: Scope, stage: ColumnElement[str] = STAGE) -> ColumnElement[bool]:
    """Return the condition that a scope lets a case through; a listing cannot be written without it.

    `stage` is where the listed thing stands, when that is not the case itself.
    """
    values = values_of(scope)

    def bind(name: str, type_: TypeEngine[Any]) -> BindParameter[Any]:
        return bindparam(name, values[name], type_=type_, unique=True)

    return Condition(shape_of(scope), stage, bind=bind).to_sql()


def known_to(shapes: Sequence[ScopeShape], stage: ColumnElement[str] = STAGE) -> ColumnElement[bool]:
    """Say in SQL that some scope of these shapes lets in one thing that is looked up by its identity.

    Its values are left open, to be given as `known_values` names them.
    """

    def bind(place: int) -> Callable[[str, TypeEngine[Any]], BindParameter[Any]]:
        return lambda name, type_: parameter(f"scope_{place}_{name}", type_)

    return or_(
        *(Condition(shape, stage, bind=bind(place), is_of_one=True).to_sql() for place, shape in enumerate(shapes))
    )


@lru_cache(maxsize=1000)
def known_values(scopes: tuple[Scope, ...]) -> Mapping[str, object]:
    """Return the values of `known_to`, their arrays written already; shared by all who ask: not to be changed."""
    return {
        f"scope_{place}_{name}": as_array(value) if isinstance(value, list) else value
        for place, scope in enumerate(scopes)
        for name, value in values_of(scope).items()
    }


def parameter(name: str, type_: TypeEngine[Any]) -> BindParameter[Any]:
    """Leave a value open, to be given by its name when the statement runs."""
    return bindparam(name, type_=type_)


@dataclass(frozen=True, slots=True)
class Condition:
    """The condition for one shape of scope, on `cases`, with its values put in or left open as `bind` does.

    With `is_of_one` the case is looked up by its identity, so that the database need not be told where to begin.
    """

    shape: ScopeShape
    stage: ColumnElement[str] = STAGE
    cases: FromClause = _APPLICATIONS
    bind: Callable[[str, TypeEngine[Any]], BindParameter[Any]] = parameter
    is_of_one: bool = False

    def to_sql(self) -> ColumnElement[bool]:
        """Return the whole condition."""
        clauses = list(self._clauses())
        if not clauses:
            return false()
        others: list[ColumnElement[bool]] = []
        if not self.shape.is_broad and not self.is_of_one:
            # Implied by the clauses, and tells the database where to begin: with the few cases somebody has to do with.
            others.append(self.cases.c.id.in_(union(*self._known_cases())))
        if self.shape.hides_conflicted:
            others.append(~exists().where(self.declared(), _DECLARATIONS.c.conflicted))
        if self.shape.hides_undeclared:
            others.append(~and_(self.holding("must_declare"), ~exists().where(self.declared())))
        return and_(or_(*clauses), *others, *self.within_procedures())

    def within_procedures(self) -> tuple[ColumnElement[bool], ...]:
        """Say that the case is of a procedure the token is for; nothing when it is for all."""
        if not self.shape.has_procedures:
            return ()
        return (self.cases.c.procedure_code == self.any_text("procedures"),)

    def declared(self) -> ColumnElement[bool]:
        """Say that the person declared interests in the case, whatever the declaration says."""
        return and_(_DECLARATIONS.c.application_id == self.cases.c.id, _DECLARATIONS.c.person_id == self._me())

    def holding(self, capacities: str) -> ColumnElement[bool]:
        """Say that the person holds one of the capacities of this name in the case now."""
        participations = _PARTICIPATIONS.c
        return exists().where(
            participations.application_id == self.cases.c.id,
            participations.person_id == self._me(),
            participations.capacity == self.any_text(capacities),
            participations.until.is_(None),
        )

    def any_text(self, name: str) -> ColumnElement[str]:
        """Return what equals any of the texts of this name."""
        return func.any(self.bind(name, ARRAY(Text)))

    def _any_id(self, name: str) -> ColumnElement[UUID]:
        return func.any(self.bind(name, ARRAY(Uuid)))

    def _me(self) -> BindParameter[Any]:
        return self.bind("me", Uuid())

    def _clauses(self) -> Iterator[ColumnElement[bool]]:
        columns, stage, any_text = self.cases.c, self.stage, self.any_text
        if self.shape.is_everywhere:
            yield stage == any_text("all_stages")
        for place in range(self.shape.units):
            units = columns.unit_ids.overlap(self.bind(f"units_{place}", ARRAY(Uuid)))
            yield and_(stage == any_text(f"unit_stages_{place}"), units)
        for place in range(self.shape.desks):
            units = columns.unit_ids.overlap(self.bind(f"desks_{place}", ARRAY(Uuid)))
            addressed = columns.receiving_unit_id == self._any_id(f"desks_{place}")
            yield and_(stage == any_text(f"desk_stages_{place}"), units, addressed)
        for way in self._of_applicants():
            yield and_(
                stage == any_text(f"{way}_stages"), columns.organisation_id == self._any_id(f"{way}_organisations")
            )
        for place in range(self.shape.capacities):
            yield and_(stage == any_text(f"capacity_stages_{place}"), self.holding(f"capacities_{place}"))
        if self.shape.is_consulted:
            consultations = _CONSULTATIONS.c
            is_consulted = exists().where(
                consultations.application_id == columns.id, consultations.unit_id == self._any_id("consulted_units")
            )
            yield and_(stage == any_text("consulted_stages"), is_consulted)
        if self.shape.is_conflicted:
            yield and_(
                stage == any_text("conflicted_stages"), exists().where(self.declared(), _DECLARATIONS.c.conflicted)
            )

    def _known_cases(self) -> Iterator[Select[Any]]:
        applications = _APPLICATIONS.alias("mine")
        for way in self._of_applicants():
            yield select(applications.c.id).where(
                applications.c.organisation_id == self._any_id(f"{way}_organisations")
            )
        participations = _PARTICIPATIONS.alias("held")
        for place in range(self.shape.capacities):
            counts = participations.c.capacity == self.any_text(f"capacities_{place}")
            yield select(participations.c.application_id).where(
                participations.c.person_id == self._me(), participations.c.until.is_(None), counts
            )
        if self.shape.is_consulted:
            consultations = _CONSULTATIONS.alias("asked")
            yield select(consultations.c.application_id).where(
                consultations.c.unit_id == self._any_id("consulted_units")
            )
        if self.shape.is_conflicted:
            declarations = _DECLARATIONS.alias("told")
            yield select(declarations.c.application_id).where(
                declarations.c.person_id == self._me(), declarations.c.conflicted
            )

    def _of_applicants(self) -> tuple[str, ...]:
        ways = {"own": self.shape.is_own, "delegate": self.shape.is_delegate}
        return tuple(way for way, is_there in ways.items() if is_there)


def _at_desks(scope: Scope) -> dict[UUID, frozenset[Stage]]:
    """Return what only the desk of a unit opens, beyond what the unit opens in every case it handles."""
    return {unit: stages - scope.unit_stages.get(unit, frozenset()) for unit, stages in scope.desk_stages.items()}


def _listed(names: frozenset[Stage] | frozenset[Capacity] | set[Capacity]) -> list[str]:
    return sorted(str(name) for name in names)


def grouped(stages_by: Mapping[K, frozenset[Stage]]) -> dict[frozenset[Stage], set[K]]:
    """Put together what opens the same stages, leaving out what opens none."""
    groups: dict[frozenset[Stage], set[K]] = {}
    for key, stages in stages_by.items():
        if stages:
            groups.setdefault(stages, set()).add(key)
    return groups


_MUST_DECLARE = _listed(MUST_DECLARE)
