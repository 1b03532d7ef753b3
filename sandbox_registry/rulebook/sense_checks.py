"""What a procedure cannot mean although each of its lines is well formed: it contradicts itself, is empty, or is useless."""

import re
from collections import Counter
from fractions import Fraction

from sandbox_registry.documents.uploads.kinds import is_accepted
from sandbox_registry.domain.identity.people import OrganisationKind
from sandbox_registry.domain.permits.permits import PermitKind
from sandbox_registry.domain.rules.calendars import Unit
from sandbox_registry.domain.rules.form_fields import Field, FieldKind, FormRule, RuleKind
from sandbox_registry.domain.rules.form_values import LONGEST, MOST_ROWS
from sandbox_registry.domain.rules.procedures import BINDING, PUBLISHED, Audience, DutyStart, Procedure
from sandbox_registry.domain.stages import Stage
from sandbox_registry.domain.texts import search_form
from sandbox_registry.rulebook.condition_checks import NUMBERS
from sandbox_registry.rulebook.faults import Faults, fault, quoted
from sandbox_registry.rulebook.term_checks import HOURS

_TEXTS = frozenset(LONGEST)
_PERSONAL_KINDS = frozenset({FieldKind.EMAIL, FieldKind.PHONE})
_PERSONAL_PLACES = frozenset({"contact", "legal.confidential"})
"""A section and a field of every form: who is to be called, and what is a trade secret."""
_NEVER_PUBLIC = frozenset({"appraisal", "personal_data"})
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
_PROPOSAL = "Đề xuất"
_LABELLED = {
    "parts": "key",
    "criteria": "key",
    "levels": "key",
    "duties": "key",
    "publication": "key",
    "refusal_reasons": "code",
}
"""What is chosen or read by its label, and by what a finding names it."""
_COUNTS_PEOPLE = frozenset({"council.min_members"})
_SMALLEST_COUNCIL = 3
_HALF = Fraction(1, 2)
_LARGEST_FILE = 50_000_000
_HIGHEST_SCORE = 100
_HOURS_AT_MOST = {Unit.H: 1, Unit.WD: 2 * 24, Unit.CD: 24, Unit.MO: 31 * 24, Unit.Y: 366 * 24}

_MEANINGLESS_AT_ZERO = {
    "clarification.max_rounds": ("clarification.term", "clarification.clock_policy"),
    "extension.max_count": (
        "extension.apply_before",
        "extension.decide",
        "extension.late_policy",
        "extension.max_length",
        "extension.pending_keeps_alive",
    ),
    "supplement.max_rounds": ("supplement.term", "supplement.clock_policy"),
}
_NOT_LONGER = (
    ("consult.term", "appraisal.term"),
    ("apology.before", "appraisal.term"),
    ("incident.first_report", "incident.full_report"),
    ("incident.preliminary_report", "incident.full_report"),
    ("report.period", "duration.max"),
    ("extension.max_length", "duration.max"),
    ("extension.apply_before", "duration.max"),
    ("final_report.due", "duration.max"),
    ("suspend.max", "duration.max"),
    ("start.deadline", "duration.max"),
    ("extension.decide", "extension.apply_before"),
)
_TIMES = {
    Stage.DRAFT: {"draft.ttl"},
    Stage.SUBMITTED: {"completeness.term"},
    Stage.SUPPLEMENT_REQUESTED: {"supplement.term"},
    Stage.ACCEPTED: {"appraisal.term", "transfer.term"},
    Stage.UNDER_APPRAISAL: {"appraisal.term"},
    Stage.AWAITING_DECISION: {"decision.term"},
    Stage.APPROVED: {"issue.term"},
    Stage.PERMIT_ENDED: {"evaluation.term", "wind_down.term"},
    Stage.PERMIT_ISSUED: {"start.deadline"},
    Stage.PERMIT_SUSPENDED: {"suspend.max"},
    Stage.PERMIT_TRANSITION: {"transition.max"},
}
_YES_OR_NO = frozenset({RuleKind.IMPLIES, RuleKind.EXCLUDES})
_STARTS = {
    "incident.first_report": DutyStart.EVENT,
    "incident.preliminary_report": DutyStart.EVENT,
    "incident.full_report": DutyStart.PRELIMINARY_REPORT,
    "limit_breach.report": DutyStart.EVENT,
}
"""What alone starts a term of the trial."""


def sense_faults(procedure: Procedure) -> Faults:
    """List what a procedure says that cannot be meant."""
    yield from _name_faults(procedure)
    yield from _sameness_faults(procedure)
    yield from _source_faults(procedure)
    yield from _list_faults(procedure)
    yield from _contradictions(procedure)
    yield from _council_size_faults(procedure)
    yield from _permit_faults(procedure)
    yield from _answerable(procedure)
    yield from _part_faults(procedure)
    yield from _whole_form_faults(procedure)
    yield from _publicity_faults(procedure)
    yield from _duty_faults(procedure)
    yield from _stage_term_faults(procedure)
    yield from _translation_faults(procedure)
    if procedure.takes_dossiers:
        yield from _empty_groups(procedure)
        yield from _unreached_outcomes(procedure)
    elif procedure.stages or procedure.sections:
        yield fault("referral_with_dossier", "status")


def _name_faults(procedure: Procedure) -> Faults:
    """Keys are joined with dots to paths and stand in addresses and files."""
    names = [("code", procedure.code.replace("-", "_"))]
    for section in procedure.sections:
        names.append((f"sections.{section.key}", section.key))
        for field in section.fields:
            names += [(f"sections.{section.key}.{each.key}", each.key) for each in (field, *field.columns)]
    for group in ("parts", "criteria", "levels", "duties", "publication", "consultations"):
        names += [(f"{group}.{item.key}", item.key) for item in getattr(procedure, group)]
    names += [(f"permit.kinds.{kind.value}", kind.value) for kind in procedure.permit.kinds]
    names += [(f"refusal_reasons.{reason.code}", reason.code) for reason in procedure.refusal_reasons]
    for key, name in names:
        if not _NAME.fullmatch(name):
            yield fault("wrong_name", key, name=name)


def _sameness_faults(procedure: Procedure) -> Faults:
    """Two things of one name are not told apart by the people who read them."""
    codes = Counter(document.code for document in procedure.legal_documents)
    for code, count in codes.items():
        if count > 1:
            yield fault("duplicate_key.times", f"legal_documents.{code}", name=code, times=count)
    for group, identity in _LABELLED.items():
        labels = Counter(search_form(item.label.vi) for item in getattr(procedure, group))
        for item in getattr(procedure, group):
            if labels[search_form(item.label.vi)] > 1:
                yield fault("duplicate_key.label", f"{group}.{getattr(item, identity)}.label")


def _source_faults(procedure: Procedure) -> Faults:
    for name, parameter in procedure.parameters.items():
        if parameter.confidence in BINDING and parameter.basis.startswith(_PROPOSAL):
            yield fault("proposal_as_law", f"parameters.{name}")
        if parameter.unit == "people" and name not in _COUNTS_PEOPLE:
            yield fault("wrong_unit.times", f"parameters.{name}")
        if parameter.unit == "times" and name in _COUNTS_PEOPLE:
            yield fault("wrong_unit.people", f"parameters.{name}")


def _list_faults(procedure: Procedure) -> Faults:
    allowed_values = {
        "applicant_kinds": frozenset(OrganisationKind) - {OrganisationKind.STATE_UNIT},
        "permit_kind": frozenset((*PermitKind, *(each.value for each in procedure.permit.kinds))),
    }
    for name, parameter in procedure.parameters.items():
        key = f"parameters.{name}"
        if not isinstance(parameter.value, tuple):
            continue
        if not parameter.value:
            yield fault("empty_list.parameter", key)
        if any(not item.strip() for item in parameter.value) or len(set(parameter.value)) < len(parameter.value):
            yield fault("wrong_value.items", key)
        # Other authorities call their permits what they like; only ours are issued here.
        if procedure.takes_dossiers and name in allowed_values:
            for item in parameter.value:
                if item not in allowed_values[name]:
                    yield fault("unknown_item", key, item=item, accepted=quoted(sorted(allowed_values[name])))


def _contradictions(procedure: Procedure) -> Faults:
    for count, others in _MEANINGLESS_AT_ZERO.items():
        for name in others:
            if _count(procedure, count) == 0 and _is_set(procedure, name):
                yield fault("contradiction.zero", f"parameters.{name}", bound=count, name=name)
    for shorter, longer in _NOT_LONGER:
        first, second = _term(procedure, shorter), _term(procedure, longer)
        if first and second and _is_longer(first, second):
            yield fault("contradiction.longer", f"parameters.{shorter}", shorter=shorter, longer=longer)
    yield from _idle_parameters(procedure)


def _idle_parameters(procedure: Procedure) -> Faults:
    if _value(procedure, "council.required") is False:
        for name in procedure.parameters:
            if name.startswith("council.") and name != "council.required" and _is_set(procedure, name):
                yield fault("contradiction.no_council", f"parameters.{name}", name=name)
    in_quorum = _value(procedure, "council.written_opinions_in_quorum")
    if in_quorum is True and _value(procedure, "council.written_opinions_count") is not True:
        yield fault("contradiction.written_opinions", "parameters.council.written_opinions_in_quorum")
    if _value(procedure, "decision.included_in_appraisal") is True and _is_set(procedure, "decision.term"):
        yield fault("contradiction.decision_term", "parameters.decision.term")
    if _value(procedure, "council.casting_vote") is True and "unanimity" in str(_value(procedure, "council.pass_rule")):
        yield fault("contradiction.casting_vote", "parameters.council.casting_vote")
    for name, parameter in procedure.parameters.items():
        if parameter.value == 0 and name in {"support.max_share", "support.max_amount"}:
            yield fault("contradiction.support", f"parameters.{name}")
    if procedure.number_form("decision") == procedure.number_form("permit"):
        yield fault("contradiction.numbers", "parameters.permit.number_format")


def _council_size_faults(procedure: Procedure) -> Faults:
    members, quorum = _count(procedure, "council.min_members"), _value(procedure, "council.quorum")
    if members is not None and members < _SMALLEST_COUNCIL:
        yield fault("no_council", "parameters.council.min_members", least=_SMALLEST_COUNCIL)
    try:
        share = Fraction(quorum) if isinstance(quorum, str) else None
    except (ValueError, ZeroDivisionError):
        return
    if share is not None and share < _HALF:
        yield fault("weak_quorum", "parameters.council.quorum")


def _permit_faults(procedure: Procedure) -> Faults:
    rules = procedure.permit
    kinds = tuple(choice.value for choice in rules.kinds)
    for name, key, offered in (
        ("permit_kind", "permit.kinds", kinds),
        ("space_kinds", "permit.space_kinds", tuple(choice.value for choice in rules.space_kinds)),
        ("permit_kind", f"sections.{rules.asked.kind}", _choices(procedure, rules.asked.kind)),
        ("space_kinds", f"sections.{rules.asked.space_kinds}", _choices(procedure, rules.asked.space_kinds)),
    ):
        values = _value(procedure, name)
        if offered and isinstance(values, tuple) and set(offered) != set(values):
            yield fault("contradiction.offers", key, name=name, offered=quoted(offered), listed=quoted(values))
        if len(set(offered)) < len(offered):
            yield fault("duplicate_key.offer", key)


def _answerable(procedure: Procedure) -> Faults:
    for section in procedure.sections:
        if not section.fields:
            yield fault("empty_list.section", f"sections.{section.key}")
        for field in section.fields:
            path = f"sections.{section.key}.{field.key}"
            yield from _field_faults(path, field)
            for column in field.columns:
                yield from _field_faults(f"{path}.{column.key}", column)
            if field.columns and not any(column.required for column in field.columns):
                yield fault("wrong_columns.empty_row", path)


def _field_faults(path: str, field: Field) -> Faults:
    if field.kind not in _TEXTS and (field.min_length or field.max_length is not None):
        yield fault("wrong_bounds.no_length", path, kind=field.kind)
    elif field.max_length is None and field.min_length > LONGEST.get(field.kind, 0):
        yield fault("wrong_bounds.longest", path, kind=field.kind, most=LONGEST[field.kind])
    if field.unit is not None and field.kind not in NUMBERS:
        yield fault("wrong_unit.not_measured", path, kind=field.kind)
    yield from _bound_faults(path, field)
    yield from _choice_faults(path, field)


def _bound_faults(path: str, field: Field) -> Faults:
    bounds = [bound for bound in (field.minimum, field.maximum) if bound is not None]
    if bounds and field.kind not in NUMBERS | {FieldKind.TABLE}:
        yield fault("wrong_bounds.no_bounds", path, kind=field.kind)
    if field.kind is FieldKind.TABLE and any(bound > MOST_ROWS for bound in bounds):
        yield fault("wrong_bounds.rows", path, most=MOST_ROWS)
    if field.kind is not FieldKind.DECIMAL and any(bound != int(bound) for bound in bounds):
        yield fault("wrong_bounds.whole", path)
    if field.kind in (FieldKind.MONEY, FieldKind.TABLE) and any(bound < 0 for bound in bounds):
        yield fault("wrong_bounds.negative", path, kind=field.kind)


def _choice_faults(path: str, field: Field) -> Faults:
    if any(not choice.value.strip() for choice in field.choices):
        yield fault("wrong_choices.empty", f"{path}.choices")
    if len(field.choices) == 1 and field.kind is FieldKind.CHOICE:
        yield fault("wrong_choices.single", f"{path}.choices")
    if len({choice.label.vi for choice in field.choices}) < len(field.choices):
        yield fault("wrong_choices.same", f"{path}.choices")


def _part_faults(procedure: Procedure) -> Faults:
    lists = (("parts", procedure.parts), ("extension_parts", procedure.extension_parts))
    for group, part in ((group, part) for group, parts in lists for part in parts):
        key = f"{group}.{part.key}"
        if not part.media:
            yield fault("unsatisfiable_part.media", f"{key}.media")
        for media_type in part.media:
            if not is_accepted(media_type):
                yield fault("unsatisfiable_part.media_type", f"{key}.media", type=media_type)
        if not 0 < part.max_bytes <= _LARGEST_FILE:
            yield fault("unsatisfiable_part.size", f"{key}.max_bytes", most=_LARGEST_FILE)
        if part.max_files < 1:
            yield fault("unsatisfiable_part.files", f"{key}.max_files")


def _whole_form_faults(procedure: Procedure) -> Faults:
    for index, rule in enumerate(procedure.rules):
        key = f"rules.{index}"
        if (rule.until is not None) is not (rule.kind is RuleKind.ROWS_WITHIN):
            yield fault("wrong_rule.until", f"{key}.until", name="until", rule=RuleKind.ROWS_WITHIN)
        if rule.parameter is not None and rule.kind is not RuleKind.WITHIN_TERM:
            yield fault("wrong_rule.parameter", f"{key}.parameter", rule=rule.kind)
        if rule.parameter is not None and rule.parameter not in procedure.parameters:
            yield fault("rule_without_value", f"{key}.parameter", name=rule.parameter)
        if rule.field in (rule.other, rule.until) or rule.other == rule.until:
            yield fault("wrong_rule.itself", key)
        if rule in procedure.rules[:index]:
            yield fault("duplicate_key.rule", key)
        yield from _compared_faults(procedure, key, rule)


def _compared_faults(procedure: Procedure, key: str, rule: FormRule) -> Faults:
    field = procedure.field(rule.field)
    for path in filter(None, (rule.other, rule.until)):
        other = procedure.field(path)
        if other is None or field is None:
            continue
        if rule.kind is RuleKind.AT_MOST:
            fits = other.kind is field.kind or FieldKind.MONEY not in {other.kind, field.kind}
        else:
            fits = other.kind is (FieldKind.BOOLEAN if rule.kind in _YES_OR_NO else FieldKind.DATE)
        if not fits or (rule.kind is RuleKind.AT_MOST and other.kind not in NUMBERS):
            yield fault("wrong_field_kind.compared", key, field=path, kind=other.kind)
    if field is not None and rule.kind is RuleKind.ROWS_WITHIN:
        dates = {column.key for column in field.columns if column.kind is FieldKind.DATE}
        if not {"start", "end"} <= dates:
            yield fault("wrong_columns.dates", f"{key}.field", dates=quoted(("start", "end")))


def _publicity_faults(procedure: Procedure) -> Faults:
    for section in procedure.sections:
        for field in section.fields:
            place = f"{section.key}.{field.key}"
            kinds = {field.kind, *(column.kind for column in field.columns)}
            if field.public and (kinds & _PERSONAL_KINDS or {section.key, place} & _PERSONAL_PLACES):
                yield fault("personal_data_public", f"sections.{place}.public")
    for rule in procedure.publication:
        if rule.key not in PUBLISHED:
            yield fault("unknown_item", f"publication.{rule.key}", item=rule.key, accepted=quoted(sorted(PUBLISHED)))
        if rule.key in _NEVER_PUBLIC and rule.audience is not Audience.INTERNAL:
            yield fault("personal_data_public", f"publication.{rule.key}.audience")


def _duty_faults(procedure: Procedure) -> Faults:
    for duty in procedure.duties:
        key = f"duties.{duty.key}"
        if duty.recurring and duty.starts is not DutyStart.ISSUE:
            yield fault("wrong_duty.recurring", f"{key}.recurring")
        if _STARTS.get(duty.term, duty.starts) is not duty.starts or (
            duty.starts in _STARTS.values() and duty.term not in _STARTS
        ):
            yield fault("wrong_duty.start", f"{key}.starts", term=duty.term, start=duty.starts)
        if (duty.term == "report.period") is not duty.recurring:
            yield fault("wrong_duty.period", f"{key}.recurring")
    for term, count in Counter(duty.term for duty in procedure.duties).items():
        if count > 1:
            yield fault("duplicate_key.duties", "duties", term=term, times=count)


def _stage_term_faults(procedure: Procedure) -> Faults:
    for rule in procedure.stages:
        key = f"stages.{rule.stage}"
        if rule.term is not None and rule.term not in _TIMES.get(rule.stage, ()):
            yield fault("wrong_timer", f"{key}.term", term=rule.term, stage=rule.stage)
        if len(set(rule.next)) < len(rule.next) or rule.stage in rule.next:
            yield fault("duplicate_key.next", f"{key}.next")


def _translation_faults(procedure: Procedure) -> Faults:
    """A Vietnamese text copied into another language is none of that language."""
    texts = [("title", procedure.title), ("summary", procedure.summary), ("issuing_body", procedure.issuing_body)]
    for group in ("criteria", "levels", "parts", "extension_parts", "duties", "publication"):
        texts += [(f"{group}.{item.key}.label", item.label) for item in getattr(procedure, group)]
    texts += [(f"refusal_reasons.{reason.code}.label", reason.label) for reason in procedure.refusal_reasons]
    for section in procedure.sections:
        texts.append((f"sections.{section.key}.title", section.title))
        texts += [(f"sections.{section.key}.{field.key}.label", field.label) for field in section.fields]
    for key, text in texts:
        if not text.vi.isascii() and text.vi in (text.en, text.fr):
            yield fault("untranslated", key)


def _empty_groups(procedure: Procedure) -> Faults:
    for group, sentence in (
        ("legal_documents", "empty_list.legal_documents"),
        ("sections", "empty_list.sections"),
        ("parts", "empty_list.parts"),
        ("criteria", "no_criteria"),
        ("levels", "empty_list.levels"),
        ("refusal_reasons", "no_refusal_reasons"),
        ("duties", "empty_list.duties"),
        ("publication", "empty_list.publication"),
    ):
        # Where the law says of no report when it is due, nothing is owed by a date.
        if not getattr(procedure, group) and (group != "duties" or _knows_reports(procedure)):
            yield fault(sentence, group)
    for criterion in procedure.criteria:
        if criterion.weight == 0 or criterion.max_score > _HIGHEST_SCORE:
            yield fault("wrong_bounds.weight", f"criteria.{criterion.key}", most=_HIGHEST_SCORE)
    if procedure.sections and not any(part.required for part in procedure.parts):
        yield fault("empty_list.required_parts", "parts")
    if procedure.routes and procedure.sections and procedure.sections[0].key != "competence":
        yield fault("competence_not_first", "sections")


def _knows_reports(procedure: Procedure) -> bool:
    return any(_is_set(procedure, name) for name in (*_STARTS, "final_report.due", "report.period"))


def _unreached_outcomes(procedure: Procedure) -> Faults:
    """A procedure can be lived through to approval and to refusal."""
    steps = {rule.stage: rule.next for rule in procedure.stages}
    reached, frontier = {Stage.DRAFT}, {Stage.DRAFT}
    while frontier:
        frontier = {stage for stage_before in frontier for stage in steps.get(stage_before, ())} - reached
        reached |= frontier
    for stage, code in ((Stage.APPROVED, "no_approval"), (Stage.REFUSED, "no_refusal")):
        if steps and stage not in reached:
            yield fault(code, "stages", stage=stage)


def _choices(procedure: Procedure, path: str) -> tuple[str, ...]:
    field = procedure.field(path)
    return tuple(choice.value for choice in field.choices) if field else ()


def _value(procedure: Procedure, name: str) -> object:
    parameter = procedure.parameters.get(name)
    return None if parameter is None else parameter.value


def _is_set(procedure: Procedure, name: str) -> bool:
    return _value(procedure, name) is not None


def _count(procedure: Procedure, name: str) -> int | None:
    value = _value(procedure, name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _term(procedure: Procedure, name: str) -> tuple[int, Unit] | None:
    """Return a term whose unit is one; the lint of single values has reported the others."""
    parameter = procedure.parameters.get(name)
    if parameter is None or not isinstance(parameter.value, int) or parameter.unit not in set(Unit):
        return None
    return parameter.value, Unit(parameter.unit)


def _is_longer(first: tuple[int, Unit], second: tuple[int, Unit]) -> bool:
    """Tell whether a term is longer than another wherever on the calendar both may lie."""
    return first[0] * HOURS[first[1]] > second[0] * _HOURS_AT_MOST[second[1]]
