"""What conditions can mean together: which can never hold, which always hold, and what earlier routes leave.

Where one of several is enough, each way to fulfil the whole is a conjunction. A conjunction of conditions falls apart by field, and what a field may answer is decided by the constants it is compared
with: so a handful of answers to each field stands for all of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations, product

from sandbox_registry.domain.rules.form_fields import (
    Condition,
    Conditions,
    Field,
    FieldKind,
    Operator,
    alternatives,
    every_condition,
    holds,
)
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.rulebook.faults import Faults, fault

Conjunction = tuple[Condition, ...]
"""Conditions that must all hold."""
Region = Mapping[str, tuple[object, ...]]
NUMBERS = frozenset({FieldKind.INTEGER, FieldKind.DECIMAL, FieldKind.MONEY})
_ORDER = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})
_EQUAL = frozenset({Operator.EQ, Operator.NE, Operator.IN})
_FITTING: Mapping[FieldKind, frozenset[Operator]] = {
    **dict.fromkeys(FieldKind, _EQUAL),
    **dict.fromkeys(NUMBERS, _EQUAL | _ORDER),
    FieldKind.CHOICES: frozenset({Operator.CONTAINS}),
    FieldKind.TABLE: frozenset(),
    FieldKind.COORDINATES: frozenset(),
}
_MOST_CHOICES_TOGETHER = 3
_FEWEST_ALTERNATIVES = 2


def condition_faults(procedure: Procedure) -> Faults:
    """List the faults of conditions that cannot be meant: of fields, of parts, of what binds a permit, and of the routes.

    What lies beyond a ceiling of every dossier can no more be answered than what lies beyond the bounds of its field.
    """
    procedure = _under_ceilings(procedure)
    for section in procedure.sections:
        for field in section.fields:
            path, key = f"{section.key}.{field.key}", f"sections.{section.key}.{field.key}"
            yield from _faults_of(procedure, f"{key}.shown_when", field.shown_when)
            # What is asked only sometimes is required only when it is asked.
            yield from _faults_of(procedure, f"{key}.required_when", field.required_when, besides=field.shown_when)
            if field.required and field.required_when:
                yield fault("required_twice", f"{key}.required_when")
            if path in _needs(procedure, path):
                yield fault("circular_condition", key, field=path)
    for component in procedure.parts:
        yield from _faults_of(procedure, f"parts.{component.key}.required_when", component.required_when)
        if component.required and component.required_when:
            yield fault("required_twice", f"parts.{component.key}.required_when")
    for key, conditions in rules_for_some(procedure):
        yield from _faults_of(procedure, key, conditions)
    yield from _route_faults(procedure)


def _under_ceilings(procedure: Procedure) -> Procedure:
    """Return the procedure with the ceilings of every dossier as bounds of the fields themselves."""
    most = {each.field: each.maximum for each in procedure.permit.ceilings if not (each.column or each.when)}

    def bounded(section: str, field: Field) -> Field:
        ceiling = most.get(f"{section}.{field.key}")
        if ceiling is None or field.kind not in NUMBERS or (field.maximum is not None and field.maximum <= ceiling):
            return field
        return replace(field, maximum=ceiling)

    sections = (
        replace(section, fields=tuple(bounded(section.key, field) for field in section.fields))
        for section in procedure.sections
    )
    return replace(procedure, sections=tuple(sections))


def rules_for_some(procedure: Procedure) -> Iterator[tuple[str, Conditions]]:
    """List the rules that bind only dossiers for which some conditions hold, each with its key."""
    permit = procedure.permit
    for ceiling in permit.ceilings:
        yield f"permit.ceilings.{ceiling.name}.when", ceiling.when
    for group in ("hours", "signers", "conditions"):
        for index, rule in enumerate(getattr(permit, group)):
            yield f"permit.{group}.{index}.when", rule.when
    for index, fee in enumerate(procedure.fees):
        yield f"fees.{index}.when", fee.when
    for consultation in procedure.consultations:
        yield f"consultations.{consultation.key}.when", consultation.when


def leaves_out(procedure: Procedure, rules: Iterable[Conditions]) -> bool:
    """Tell whether some complete dossier fulfils the conditions of none of these rules."""
    return _may_escape(procedure, (), [way for each in rules for way in conjunctions(each)])


def conjunctions(conditions: Conditions) -> tuple[Conjunction, ...]:
    """Write conditions as conjunctions of which one must hold."""
    return tuple(product(*map(alternatives, conditions)))


def _faults_of(procedure: Procedure, key: str, conditions: Conditions, *, besides: Conditions = ()) -> Faults:
    single = tuple(every_condition(conditions))
    if not conditions or None in [procedure.field(condition.field) for condition in single]:
        return
    misfits = list(_misfits(procedure, key, single))
    yield from misfits
    if any(not isinstance(each, Condition) and len(each) < _FEWEST_ALTERNATIVES for each in conditions):
        yield fault("lone_alternative", key)
    elif not misfits:
        held = [way for way in conjunctions(conditions) if can_hold(procedure, way, besides)]
        if set(single) - {each for way in held for each in way}:
            yield fault("contradictory_conditions", key)
        elif always_holds(procedure, conditions):
            yield fault("empty_condition", key)
    if len(set(single)) < len(single):
        yield fault("repeated_condition", key)


def _misfits(procedure: Procedure, key: str, conditions: Conjunction) -> Faults:
    for condition in conditions:
        field = procedure.field(condition.field)
        if field is not None and condition.op not in _FITTING[field.kind]:
            yield fault("wrong_operator.kind", key, operator=condition.op, kind=field.kind)
        elif (condition.op is Operator.IN) is not isinstance(condition.value, tuple) or condition.value == ():
            compared = "list" if condition.op is Operator.IN else "single"
            yield fault(f"wrong_operator.{compared}", key, operator=condition.op)
        elif condition.op in _ORDER and (
            isinstance(condition.value, bool) or not isinstance(condition.value, int | float)
        ):
            yield fault("wrong_operator.number", key, operator=condition.op)


def _route_faults(procedure: Procedure) -> Faults:
    earlier: list[Conjunction] = []
    for index, route in enumerate(procedure.routes):
        key, single = f"routes.{index}.when", tuple(every_condition(route.when))
        faults = list(_faults_of(procedure, key, route.when))
        yield from faults
        if faults or not route.when or any(procedure.field(condition.field) is None for condition in single):
            continue
        ways = conjunctions(route.when)
        if not any(_may_escape(procedure, way, earlier) for way in ways):
            yield fault("unreachable_route", key)
        if any(not condition.field.startswith("competence.") for condition in single):
            yield fault("route_outside_competence", key, section="competence")
        earlier += ways
    if earlier and not _may_escape(procedure, (), earlier):
        yield fault("routes_take_all", "routes")


def can_hold(procedure: Procedure, conditions: Conjunction, besides: Conditions = ()) -> bool:
    """Tell whether some answers fulfil all conditions, and those under which their questions are asked."""
    return any(
        all(_fulfilling(procedure, path, required) for path in {condition.field for condition in required})
        for beside in conjunctions(besides)
        for required in _with_showing(procedure, conditions + beside)
    )


def always_holds(procedure: Procedure, conditions: Conditions) -> bool:
    """Tell whether every complete dossier fulfils the conditions."""
    return not _may_escape(procedure, (), conjunctions(conditions))


def _may_escape(procedure: Procedure, conditions: Conjunction, others: Sequence[Conjunction]) -> bool:
    """Tell whether some answers fulfil the conditions and none of the others."""
    return any(_escapes(region, others) for region in _regions(procedure, conditions, others))


def _escapes(region: Region, routes: Sequence[Conjunction]) -> bool:
    """Tell whether some answers of a region fulfil none of these routes.

    The part of the region outside the first route that touches it is tried field by field, beside the other routes.
    """
    for at, route in enumerate(routes):
        matching = {
            path: tuple(
                answer for answer in region[path] if all(_fulfils(each, answer) for each in route if each.field == path)
            )
            for path in dict.fromkeys(condition.field for condition in route)
        }
        if not all(matching.values()):
            continue
        for path, answers in matching.items():
            rest = tuple(answer for answer in region[path] if answer not in answers)
            if rest and _escapes({**region, path: rest}, routes[at + 1 :]):
                return True
            region = {**region, path: answers}
        return False
    return True


def _regions(procedure: Procedure, conditions: Conjunction, others: Sequence[Conjunction]) -> Iterator[Region]:
    """List the answers to each field that fulfil the conditions on it, told apart as all the others tell them apart.

    There is one region for each way in which the fields of the conditions come to be asked.
    """
    for required in _with_showing(procedure, conditions):
        compared = (*required, *(each for route in others for each in route))
        region: dict[str, tuple[object, ...]] = {}
        for path in dict.fromkeys(condition.field for condition in compared):
            answers = _fulfilling(procedure, path, compared, tuple(each for each in required if each.field == path))
            field = procedure.field(path)
            may_lack = field is not None and (not field.required or bool(field.shown_when))
            is_free = all(each.field != path for each in required)
            region[path] = (*answers, None) if may_lack and is_free else tuple(answers)
        yield region


def _with_showing(procedure: Procedure, conditions: Conjunction) -> Iterator[Conjunction]:
    """Add the conditions under which the fields are asked, and those of these fields: once for each way to be asked."""
    fields = (procedure.field(condition.field) for condition in conditions)
    showing = (each for field in fields if field is not None for each in field.shown_when)
    missing = next((each for each in showing if not set(alternatives(each)) & set(conditions)), None)
    if missing is None:
        yield conditions
        return
    for each in alternatives(missing):
        yield from _with_showing(procedure, (*conditions, each))


def _fulfilling(
    procedure: Procedure, path: str, conditions: Conjunction, required: Conjunction | None = None
) -> list[object]:
    """List answers to a field that fulfil the required conditions on it, drawn from the constants of all of them."""
    field = procedure.field(path)
    here = tuple(condition for condition in conditions if condition.field == path)
    required = here if required is None else required
    if field is None:
        return []
    return [answer for answer in _answers(field, here) if all(_fulfils(each, answer) for each in required)]


def _fulfils(condition: Condition, answer: object) -> bool:
    section, _, key = condition.field.partition(".")
    return holds((condition,), {section: {key: answer}})


@lru_cache(maxsize=10_000)
def _answers(field: Field, conditions: Conjunction) -> tuple[object, ...]:
    """List answers to a field, one for each way in which conditions may tell answers apart."""
    constants: list[object] = []
    for condition in conditions:
        constants += condition.value if isinstance(condition.value, tuple) else (condition.value,)
    if field.kind is FieldKind.BOOLEAN:
        return (False, True)
    if field.kind is FieldKind.CHOICE:
        return tuple(choice.value for choice in field.choices)
    if field.kind is FieldKind.CHOICES:
        values = [choice.value for choice in field.choices]
        most = min(max(len(constants), 1), _MOST_CHOICES_TOGETHER)
        return (*(chosen for size in range(1, most + 1) for chosen in combinations(values, size)), tuple(values))
    if field.kind in NUMBERS:
        return tuple(_numbers(field, [each for each in constants if isinstance(each, int | float)]))
    return (*(each for each in constants if isinstance(each, str)), "\x00")


def _numbers(field: Field, constants: list[int | float]) -> Iterator[float]:
    step = 0.5 if field.kind is FieldKind.DECIMAL else 1
    lowest = field.minimum if field.minimum is not None else (0 if field.kind is FieldKind.MONEY else None)
    bounds = [each for each in (lowest, field.maximum) if each is not None]
    for constant in dict.fromkeys([*constants, *bounds, 0]):
        for number in (constant - step, constant, constant + step):
            is_precise_enough = field.kind is FieldKind.DECIMAL or number == int(number)
            is_above_lowest = lowest is None or number >= lowest
            if is_precise_enough and is_above_lowest and (field.maximum is None or number <= field.maximum):
                yield number


def _needs(procedure: Procedure, path: str) -> set[str]:
    """List the fields whose answers decide, directly or not, whether a field is asked or required."""
    reached: set[str] = set()
    waiting = [path]
    while waiting:
        field = procedure.field(waiting.pop())
        if field is not None:
            new = {each.field for each in every_condition((*field.shown_when, *field.required_when))} - reached
            reached |= new
            waiting += new
    return reached
