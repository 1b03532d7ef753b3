"""The lint behind `rules check`: what a procedure file may not say, in plain words, found over all files at once."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from sandbox_registry.authz.policy import AuthorizationPolicy, read_policy
from sandbox_registry.domain.rules.calendars import LONGEST_TERM, Unit
from sandbox_registry.domain.rules.form_fields import (
    Condition,
    Conditions,
    Field,
    FieldKind,
    FormRule,
    RuleKind,
    every_condition,
)
from sandbox_registry.domain.rules.procedures import (
    BINDING,
    COUNT_BEFORE_CLASSIFICATION,
    PARAMETERS,
    SPECIMEN,
    UNITS,
    WORDS,
    Confidence,
    FeeKind,
    Parameter,
    ParameterKind,
    Procedure,
    ProcedureStatus,
)
from sandbox_registry.rulebook.authority_checks import authority_faults
from sandbox_registry.rulebook.condition_checks import condition_faults, rules_for_some
from sandbox_registry.rulebook.faults import Fault, Faults, as_parameter, fault, quoted
from sandbox_registry.rulebook.permit_checks import fee_faults, permit_faults
from sandbox_registry.rulebook.procedure_files import (
    ProcedureFileError,
    ProcedureFinding,
    convert_procedure,
    finding_of,
    read_toml,
    shape_faults,
)
from sandbox_registry.rulebook.sense_checks import sense_faults
from sandbox_registry.rulebook.stage_checks import stage_faults, trap_faults
from sandbox_registry.rulebook.term_checks import term_faults
from sandbox_registry.runtime.shipped import shipped

_FULL_WEIGHT = 100
_SHAPES: dict[ParameterKind, type] = {
    ParameterKind.TERM: int,
    ParameterKind.COUNT: int,
    ParameterKind.PERCENT: int,
    ParameterKind.MONEY: int,
    ParameterKind.RATIO: str,
    ParameterKind.FLAG: bool,
    ParameterKind.WORD: str,
    ParameterKind.LIST: tuple,
    ParameterKind.FORMAT: str,
}
_NUMBERED = re.compile(r"\{n(?::0[2-9])?\}|\{year\}")
_TOUCHING = re.compile(r"\d\{|\}\d|\}\{")
_NUMBERS = frozenset({FieldKind.INTEGER, FieldKind.DECIMAL, FieldKind.MONEY})
_RULED = {
    RuleKind.NOT_BEFORE: frozenset({FieldKind.DATE}),
    RuleKind.WITHIN_TERM: frozenset({FieldKind.DATE}),
    RuleKind.AT_MOST: _NUMBERS,
    RuleKind.ROWS_WITHIN: frozenset({FieldKind.TABLE}),
    RuleKind.IMPLIES: frozenset({FieldKind.BOOLEAN}),
    RuleKind.EXCLUDES: frozenset({FieldKind.BOOLEAN}),
}


def check_procedures(path: Path, *, policy: AuthorizationPolicy | None = None) -> list[ProcedureFinding]:
    """Check one procedure file or every one in a folder beside a policy, or the shipped one; empty when all is well.

    A single file is judged beside its neighbours, so that its referral targets can be found.
    """
    folder = path if path.is_dir() else path.parent
    policy = policy or read_policy(shipped("policies") / "casbin")
    all_findings, procedures = [], {}
    for file in sorted(folder.glob("*.toml")):
        findings, procedure = _read(file)
        all_findings += findings
        if procedure is not None:
            procedures[file.name] = procedure
    codes = Counter(procedure.code for procedure in procedures.values())
    for name, procedure in procedures.items():
        if not path.is_dir() and name != path.name:
            continue
        beside = tuple(_faults_between(procedure, codes))
        if name != f"{procedure.code}.toml":
            beside = (*beside, fault("wrong_file_name", "code", code=procedure.code))
        all_findings += [finding_of(name, each) for each in faults_of(procedure, policy, beside=beside)]
    return [finding for finding in all_findings if path.is_dir() or finding.file == path.name]


def faults_of(procedure: Procedure, policy: AuthorizationPolicy, *, beside: tuple[Fault, ...] = ()) -> Faults:
    """List the faults: everything one procedure gets wrong by itself, and beside a policy.

    It is judged as it counts before the level of a case is fixed, and at each level with values of its own. `beside` are
    its faults among other procedures. Cases are walked, which takes seconds, under a procedure that is otherwise sound.
    """
    levels = [procedure, *(procedure.at_level(level.key) for level in procedure.levels)]
    differing = [each for index, each in enumerate(levels) if each not in levels[:index]]
    faults: list[Fault] = []
    for at_level in differing:
        faults += (each for each in _faults_by_rule(at_level, policy) if each not in faults)
    faults += beside
    yield from faults
    if not procedure.takes_dossiers or faults:
        return
    for at_level in differing:
        faults += (each for each in trap_faults(at_level, policy) if each not in faults)
    yield from faults


def _faults_by_rule(procedure: Procedure, policy: AuthorizationPolicy) -> Faults:
    yield from _parameter_faults(procedure)
    yield from _confidence_faults(procedure)
    yield from _key_faults(procedure)
    yield from _form_faults(procedure)
    yield from _rule_faults(procedure)
    yield from permit_faults(procedure)
    yield from fee_faults(procedure)
    yield from _permit_condition_faults(procedure)
    yield from stage_faults(procedure, policy)
    yield from _timer_faults(procedure)
    yield from _council_faults(procedure)
    yield from _criteria_faults(procedure)
    yield from condition_faults(procedure)
    yield from sense_faults(procedure)
    yield from authority_faults(procedure)
    yield from term_faults(procedure)
    if procedure.effective_from and procedure.effective_to and procedure.effective_to <= procedure.effective_from:
        yield fault("ends_before_start", "effective_to")


def _read(file: Path) -> tuple[list[ProcedureFinding], Procedure | None]:
    """Read a file as far as it goes: a misshapen one is still reported whole, but not judged further."""
    try:
        content = file.read_bytes()
        raw = read_toml(content, file=file.name)
        findings = [finding_of(file.name, each) for each in shape_faults(raw)]
        return findings, None if findings else convert_procedure(raw, content, file=file.name)
    except ProcedureFileError as error:
        return list(error.findings), None


def _faults_between(procedure: Procedure, codes: Counter[str]) -> Faults:
    if codes[procedure.code] > 1:
        yield fault("duplicate_key.procedure", "code", code=procedure.code)
    for index, route in enumerate(procedure.routes):
        if route.target is None:
            continue
        if route.target not in codes:
            yield fault("unknown_target", f"routes.{index}.target", code=route.target)
        elif route.target == procedure.code:
            yield fault("route_to_itself", f"routes.{index}.target")


def _parameter_faults(procedure: Procedure) -> Faults:
    for name, parameter in procedure.parameters.items():
        key = f"parameters.{name}"
        kind = PARAMETERS.get(name)
        if kind is None:
            yield fault("unknown_key.parameter", key, name=name)
        elif parameter.value is None and not parameter.by_level and parameter.confidence is not Confidence.NS:
            yield fault("null_without_reason", key)
        elif (parameter.value is not None or parameter.by_level) and parameter.confidence is Confidence.NS:
            yield fault("value_without_source.parameter", key)
        else:
            yield from _value_faults(key, parameter, kind)
            yield from _level_faults(procedure, key, parameter, kind)


def _level_faults(procedure: Procedure, key: str, parameter: Parameter, kind: ParameterKind) -> Faults:
    known = {level.key for level in procedure.levels}
    if parameter.by_level and parameter.name in COUNT_BEFORE_CLASSIFICATION:
        yield fault("level_unknown_yet", key, name=parameter.name)
    for level, value in (parameter.by_level or {}).items():
        if level not in known:
            yield fault("unknown_level", f"{key}.by_level.{level}", level=level)
        yield from _value_faults(f"{key}.by_level.{level}", replace(parameter, value=value), kind)


def _value_faults(key: str, parameter: Parameter, kind: ParameterKind) -> Faults:
    if parameter.value is None:
        return
    if parameter.unit not in UNITS[kind]:
        yield fault("wrong_unit.accepted", key, unit=parameter.unit, accepted=quoted(sorted(UNITS[kind])))
    if type(parameter.value) is not _SHAPES[kind] or not _is_sensible(parameter, kind):
        yield _wrong_value(key, parameter.name, kind)


def _wrong_value(key: str, name: str, kind: ParameterKind) -> Fault:
    """Say what a parameter of this kind holds."""
    match kind:
        case ParameterKind.WORD:
            return fault("wrong_value.word", key, accepted=quoted(sorted(WORDS[name])))
        case ParameterKind.TERM:
            return fault("wrong_value.term", key, most=LONGEST_TERM)
        case ParameterKind.FORMAT:
            return fault("wrong_value.format", key, serial="{n}", year="{year}", specimen=SPECIMEN)
        case _:
            return fault(f"wrong_value.{kind}", key)


def _is_sensible(parameter: Parameter, kind: ParameterKind) -> bool:
    value = parameter.value
    if kind is ParameterKind.WORD:
        return value in WORDS[parameter.name]
    if kind is ParameterKind.TERM:
        return isinstance(value, int) and 0 < value <= LONGEST_TERM
    if kind in (ParameterKind.COUNT, ParameterKind.MONEY, ParameterKind.PERCENT):
        return isinstance(value, int) and value >= 0 and (kind is not ParameterKind.PERCENT or value <= _FULL_WEIGHT)
    if isinstance(value, str) and kind is ParameterKind.FORMAT:
        return _is_number_format(value, names_year=parameter.name == "permit.number_format")
    if isinstance(value, str) and kind is ParameterKind.RATIO:
        return _is_share(value)
    return True


def _is_number_format(value: str, *, names_year: bool) -> bool:
    """Tell whether a format makes one number of every serial, and of nothing else, that nobody takes for a specimen's.

    It names the serial once, maybe padded with zeros, and at most once the year, apart from each other and from digits; a
    permit's names the year, for no two permits share a number.
    """
    named, between = _NUMBERED.findall(value), _NUMBERED.split(value)
    return (
        len(named) - named.count("{year}") == 1
        and named.count("{year}") in ({1} if names_year else {0, 1})
        and not any(brace in text for text in between for brace in "{}")
        and not _TOUCHING.search(value)
        and value == value.strip()
        and SPECIMEN not in value.upper()
    )


def _is_share(value: str) -> bool:
    try:
        return 0 < Fraction(value) <= 1
    except (ValueError, ZeroDivisionError):
        return False


def _confidence_faults(procedure: Procedure) -> Faults:
    """A procedure in force may only carry what was read in an instrument; what is open stays open."""
    if procedure.status is not ProcedureStatus.IN_FORCE:
        return
    if procedure.effective_from is None:
        yield fault("missing_key.since", "effective_from")
    rows = [(f"parameters.{name}", item.confidence) for name, item in procedure.parameters.items()]
    for group in ("legal_documents", "levels", "routes", "duties", "publication", "consultations"):
        rows += [(f"{group}.{index}", item.confidence) for index, item in enumerate(getattr(procedure, group))]
    permit = procedure.permit
    rows += [(f"permit.ceilings.{item.name}", item.confidence) for item in permit.ceilings]
    rows += [(f"permit.hours.{index}", item.confidence) for index, item in enumerate(permit.hours)]
    rows += [(f"permit.signers.{index}", item.confidence) for index, item in enumerate(permit.signers)]
    rows += [(f"permit.conditions.{index}", item.confidence) for index, item in enumerate(permit.conditions)]
    rows += [("permit.phases", permit.phases.confidence)] if permit.phases is not None else []
    laid_down = (each for each in procedure.fees if each.kind is not FeeKind.NOT_LAID_DOWN)
    rows += [(f"fees.{procedure.fees.index(item)}", item.confidence) for item in laid_down]
    for key, confidence in rows:
        if confidence not in BINDING and not (confidence is Confidence.NS and key.startswith("parameters.")):
            yield fault("draft_value_in_force", key, confidence=confidence)


def _key_faults(procedure: Procedure) -> Faults:
    yield from _repeats("sections", (section.key for section in procedure.sections))
    for section in procedure.sections:
        yield from _repeats(f"sections.{section.key}", (field.key for field in section.fields))
        for field in section.fields:
            path = f"sections.{section.key}.{field.key}"
            yield from _repeats(path, (column.key for column in field.columns))
            for each in (field, *field.columns):
                yield from _repeats(f"{path}.choices", (choice.value for choice in each.choices))
    for group, name in (
        ("parts", "key"),
        ("extension_parts", "key"),
        ("criteria", "key"),
        ("levels", "key"),
        ("duties", "key"),
        ("consultations", "key"),
        ("publication", "key"),
    ):
        yield from _repeats(group, (getattr(item, name) for item in getattr(procedure, group)))
    yield from _repeats("stages", (rule.stage for rule in procedure.stages))
    yield from _repeats("refusal_reasons", (reason.code for reason in procedure.refusal_reasons))


def _repeats(key: str, names: Iterable[str]) -> Faults:
    for name, count in Counter(names).items():
        if count > 1:
            yield fault("duplicate_key.times", f"{key}.{name}", name=name, times=count)


def _form_faults(procedure: Procedure) -> Faults:
    earlier: set[str] = set()
    for section in procedure.sections:
        for field in section.fields:
            path = f"sections.{section.key}.{field.key}"
            yield from _field_faults(path, field)
            yield from _condition_faults(procedure, f"{path}.required_when", field.required_when)
            yield from _condition_faults(procedure, f"{path}.shown_when", field.shown_when)
            for condition in every_condition(field.shown_when):
                if procedure.field(condition.field) is not None and condition.field not in earlier:
                    yield fault("condition_on_later_field", f"{path}.shown_when", field=condition.field)
            earlier.add(f"{section.key}.{field.key}")
    for component in procedure.parts:
        yield from _condition_faults(procedure, f"parts.{component.key}.required_when", component.required_when)
    for index, route in enumerate(procedure.routes):
        yield from _condition_faults(procedure, f"routes.{index}.when", route.when)
        if not route.when:
            yield fault("missing_key.route", f"routes.{index}.when")
        if (route.target is None) is not (route.authority is None):
            yield fault("half_a_target", f"routes.{index}.target")


def _permit_condition_faults(procedure: Procedure) -> Faults:
    for key, conditions in rules_for_some(procedure):
        yield from _condition_faults(procedure, key, conditions)
    for index, signer in enumerate(procedure.permit.signers):
        if any(not title.strip() for title in signer.titles) or len(set(signer.titles)) < len(signer.titles):
            yield fault("wrong_value.items", f"permit.signers.{index}.titles")
        if not signer.when or not signer.titles:
            yield fault("missing_key.signers", f"permit.signers.{index}")


def _field_faults(path: str, field: Field) -> Faults:
    for asked, where in ((field, path), *((column, f"{path}.{column.key}") for column in field.columns)):
        if (asked.kind in (FieldKind.CHOICE, FieldKind.CHOICES)) is not bool(asked.choices):
            yield fault("wrong_choices.kind", where)
        if asked.maximum is not None and asked.minimum is not None and asked.maximum < asked.minimum:
            yield fault("wrong_bounds.order", where)
        if asked.max_length is not None and asked.max_length < max(asked.min_length, 1):
            yield fault("wrong_bounds.length", where)
    if (field.kind is FieldKind.TABLE) is not bool(field.columns):
        yield fault("wrong_columns.kind", path)
    for column in field.columns:
        if column.kind is FieldKind.TABLE or column.required_when or column.shown_when:
            yield fault("wrong_columns.nested", f"{path}.{column.key}")


def _condition_faults(procedure: Procedure, key: str, conditions: Conditions) -> Faults:
    for condition in every_condition(conditions):
        field = procedure.field(condition.field)
        if field is None:
            yield fault("absent_field", key, field=condition.field)
        elif not _may_equal(field, condition):
            yield fault("impossible_condition", key, field=condition.field, value=as_parameter(condition.value))


def _may_equal(field: Field, condition: Condition) -> bool:
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    if field.choices:
        return set(values) <= {choice.value for choice in field.choices}
    if field.kind is FieldKind.BOOLEAN:
        return all(isinstance(value, bool) for value in values)
    if field.kind in _NUMBERS:
        return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return True


def _rule_faults(procedure: Procedure) -> Faults:
    for index, rule in enumerate(procedure.rules):
        key = f"rules.{index}"
        for path in (rule.field, rule.other, rule.until):
            if path is not None and procedure.field(path) is None:
                yield fault("absent_field", key, field=path)
        yield from _rule_kind_faults(procedure, key, rule)
        try:
            rule.message.format(limit="", latest="")
        except (KeyError, IndexError, ValueError):
            yield fault("wrong_value.message", f"{key}.message", limit="{limit}", latest="{latest}")


def _rule_kind_faults(procedure: Procedure, key: str, rule: FormRule) -> Faults:
    if rule.kind is RuleKind.WITHIN_TERM:
        if PARAMETERS.get(rule.parameter or "") is not ParameterKind.TERM:
            yield fault("unknown_key.term", f"{key}.parameter", name=rule.parameter or "")
        elif (term := procedure.parameters.get(rule.parameter or "")) and term.unit in (Unit.WD, Unit.H):
            yield fault("wrong_unit.dates", f"{key}.parameter")
    field = procedure.field(rule.field)
    if field is not None and field.kind not in _RULED[rule.kind]:
        yield fault("wrong_field_kind.rule", f"{key}.field", rule=rule.kind, kind=field.kind)


def _timer_faults(procedure: Procedure) -> Faults:
    timers = [(f"stages.{rule.stage}.term", rule.term) for rule in procedure.stages if rule.term is not None]
    timers += [(f"duties.{duty.key}.term", duty.term) for duty in procedure.duties]
    for key, name in timers:
        if PARAMETERS.get(name) is not ParameterKind.TERM:
            yield fault("unknown_key.term", key, name=name)
        elif _is_open(procedure, name):
            yield fault("timer_on_null", key, name=name)


def _is_open(procedure: Procedure, name: str) -> bool:
    """Tell whether a parameter has no value at some level."""
    parameter = procedure.parameters.get(name)
    if parameter is None or (parameter.value is None and not parameter.by_level):
        return True
    return parameter.value is None and any(level.key not in (parameter.by_level or {}) for level in procedure.levels)


def _council_faults(procedure: Procedure) -> Faults:
    if not procedure.has_council:
        return
    members = procedure.number("council.min_members")
    if members is not None and members % 2 == 0 and not procedure.flag("council.even_allowed"):
        yield fault("even_council", "parameters.council.min_members")
    for name in ("min_members", "quorum", "pass_rule"):
        if _is_open(procedure, f"council.{name}"):
            yield fault("council_gap", f"parameters.council.{name}", name=f"council.{name}")


def _criteria_faults(procedure: Procedure) -> Faults:
    if procedure.criteria and sum(criterion.weight for criterion in procedure.criteria) != _FULL_WEIGHT:
        yield fault("wrong_weights", "criteria", total=_FULL_WEIGHT)
    for criterion in procedure.criteria:
        if criterion.max_score < 1 or criterion.weight < 0:
            yield fault("wrong_bounds.score", f"criteria.{criterion.key}")
