"""What `rules check` says of terms and counts that nobody can mean, and of the longest trial against the form."""

from collections.abc import Mapping

from sandbox_registry.domain.rules.calendars import Unit
from sandbox_registry.domain.rules.form_fields import RuleKind
from sandbox_registry.domain.rules.procedures import PARAMETERS, Parameter, ParameterKind, Procedure
from sandbox_registry.rulebook.faults import Faults, fault

HOURS: Mapping[Unit, int] = {Unit.H: 1, Unit.WD: 24, Unit.CD: 24, Unit.MO: 28 * 24, Unit.Y: 365 * 24}
"""The least that a unit lasts: one term is called longer than another only if it always is."""
_MOST_YEARS = 50
_REPORTS = frozenset(
    {"incident.first_report", "incident.full_report", "incident.preliminary_report", "limit_breach.report"}
)
_FEWEST_HOURS = 4
"""Half a working day: nobody reads a dossier in less. Reports of what just happened may be due sooner."""
_LASTING = frozenset(
    {"duration.max", "extension.max_length", "report.period", "suspend.max", "start.deadline", "transition.max"}
)
_MOST: Mapping[str, int] = {
    "clarification.max_rounds": 10,
    "council.min_members": 50,
    "extension.max_count": 10,
    "supplement.max_rounds": 10,
}


def term_faults(procedure: Procedure) -> Faults:
    """List terms and counts out of all proportion, and a longest trial that the form does not hold to."""
    for name, parameter in procedure.parameters.items():
        if isinstance(parameter.value, bool) or not isinstance(parameter.value, int):
            continue
        if PARAMETERS.get(name) is ParameterKind.TERM and parameter.unit in set(Unit):
            yield from _proportion_faults(name, parameter)
        if parameter.value > _MOST.get(name, parameter.value):
            yield fault("absurd_count", f"parameters.{name}", name=name, most=_MOST[name])
    if procedure.takes_dossiers:
        yield from _window_faults(procedure)


def _proportion_faults(name: str, parameter: Parameter) -> Faults:
    key, unit = f"parameters.{name}", Unit(parameter.unit)
    hours = HOURS[unit] * int(str(parameter.value))
    if hours > _MOST_YEARS * HOURS[Unit.Y]:
        yield fault("absurd_term.long", key, name=name, most=_MOST_YEARS)
    if name in _LASTING and unit is Unit.H:
        yield fault("absurd_term.hours", key, name=name)
    elif name not in _REPORTS and hours < _FEWEST_HOURS:
        yield fault("absurd_term.short", key, name=name, least=_FEWEST_HOURS)


def _window_faults(procedure: Procedure) -> Faults:
    """The form takes no window that ends before it begins, or is longer than any permit."""
    asked = procedure.permit.asked
    start, end = asked.start, asked.end
    for index, rule in enumerate(procedure.rules):
        if rule.kind in {RuleKind.NOT_BEFORE, RuleKind.WITHIN_TERM} and (rule.field, rule.other) == (start, end):
            yield fault("reversed_rule", f"rules.{index}", field=start, other=end)
    found = {(rule.kind, rule.parameter) for rule in procedure.rules if (rule.field, rule.other) == (end, start)}
    if (RuleKind.NOT_BEFORE, None) not in found:
        yield fault("missing_rule.order", "rules", field=end, other=start)
    longest = procedure.parameters.get("duration.max")
    if longest is not None and longest.value is not None and (RuleKind.WITHIN_TERM, "duration.max") not in found:
        yield fault("missing_rule.longest", "rules", field=end, other=start, name="duration.max")
