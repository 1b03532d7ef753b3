"""A dossier's answers against its procedure: every error at once, drafts left incomplete, and the competent authority."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.rules.calendars import last_day_of
from sandbox_registry.domain.rules.ceilings import ceiling_errors
from sandbox_registry.domain.rules.form_fields import (
    Answers,
    Conditions,
    FormRule,
    RuleKind,
    answer_at,
    every_condition,
    holds,
    is_required,
    is_shown,
)
from sandbox_registry.domain.rules.form_values import check, clean, error, few_unknown, is_empty, read_date, unknown
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import Parameter, Phrase, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """Why a case belongs elsewhere: the procedure to follow, the authority, and the answers that drove it by path.

    Both are null when it belongs to nobody: it lies outside the mechanism.
    """

    target: str | None
    authority: Text | None
    reason: Text
    basis: str
    answers: Mapping[str, object]


def validate(procedure: Procedure, answers: Answers, attached_components: frozenset[str]) -> tuple[FieldError, ...]:
    """List every broken rule of a dossier about to be submitted: fields, whole-form rules, and missing documents.

    Paths are `answers.<section>.<field>[.<row>.<column>]` and `documents.<part>`. Empty when the dossier may be filed.
    """
    visible_answers = visible(procedure, answers)
    return (
        *few_unknown(_check_answers(procedure, answers, visible_answers, complete=True)),
        *_check_rules(procedure, visible_answers),
        *_check_components(procedure, visible_answers, attached_components),
    )


def validate_shape(procedure: Procedure, answers: Answers) -> tuple[FieldError, ...]:
    """List what is wrong with a partial draft: unknown keys, types, limits, forbidden characters; nothing is required."""
    return tuple(few_unknown(_check_answers(procedure, answers, visible(procedure, answers), complete=False)))


def route(procedure: Procedure, answers: Answers) -> Referral | None:
    """Say which other authority is competent, by the first route whose conditions all hold; null when it is ours."""
    visible_answers = visible(procedure, answers)
    for candidate in procedure.routes:
        if candidate.when and holds(candidate.when, visible_answers):
            return Referral(
                target=candidate.target,
                authority=candidate.authority,
                reason=candidate.reason,
                basis=candidate.basis,
                answers=_answers_of(candidate.when, visible_answers),
            )
    return None


def normalise(answers: Answers) -> dict[str, object]:
    """Return the answers with every text in NFC and stripped at its ends; call it before storing, digesting or comparing."""
    return {clean(key): _normalise(value) for key, value in answers.items()}


def visible(procedure: Procedure, answers: Answers) -> dict[str, dict[str, object]]:
    """Return the answers to questions that are asked: what was answered before a question was hidden does not count."""
    shown: dict[str, dict[str, object]] = {}
    for section in procedure.sections:
        section_answers = answers.get(section.key)
        shown_in_section = shown.setdefault(section.key, {})
        if not isinstance(section_answers, Mapping):
            continue
        for field in section.fields:
            if not is_empty(section_answers.get(field.key)) and is_shown(field, shown):
                shown_in_section[field.key] = section_answers[field.key]
    return shown


def _normalise(value: object) -> object:
    if isinstance(value, str):
        return clean(value).strip()
    if isinstance(value, Mapping):
        return {clean(str(key)): _normalise(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_normalise(item) for item in value]
    return value


def _answers_of(conditions: Conditions, answers: Answers) -> dict[str, object]:
    held = (each for each in every_condition(conditions) if holds((each,), answers))
    return {each.field: answer_at(answers, each.field) for each in held}


def _check_answers(
    procedure: Procedure, answers: Answers, visible_answers: Answers, *, complete: bool
) -> Iterator[FieldError]:
    sections = {section.key: section for section in procedure.sections}
    yield from unknown("answers", answers, known=sections)
    for section in procedure.sections:
        path = f"answers.{section.key}"
        section_answers = answers.get(section.key, {})
        if not isinstance(section_answers, Mapping):
            yield error(path, "bad_format", section.title)
            continue
        fields = {field.key: field for field in section.fields}
        yield from unknown(path, section_answers, known=fields)
        for key, field in fields.items():
            value = section_answers.get(key)
            if is_empty(value) and complete and is_required(field, visible_answers):
                yield error(f"{path}.{key}", "required", field.label)
            else:
                yield from check(field, value, path=f"{path}.{key}", complete=complete)


def _check_components(procedure: Procedure, visible_answers: Answers, attached: frozenset[str]) -> Iterator[FieldError]:
    keys = {component.key for component in procedure.parts}
    yield from unknown("documents", sorted(attached), known=keys)
    for component in procedure.parts:
        needed = component.required or (
            bool(component.required_when) and holds(component.required_when, visible_answers)
        )
        if needed and component.key not in attached:
            message = Phrase("form.missing_document", label=component.label)
            yield FieldError(field=f"documents.{component.key}", code="missing_document", message=message)


def _check_rules(procedure: Procedure, visible_answers: Answers) -> Iterator[FieldError]:
    for rule in procedure.rules:
        yield from _RULES[rule.kind](procedure, rule, visible_answers)
    yield from ceiling_errors(procedure, visible_answers)


def _broken(rule: FormRule, *, path: str | None = None, **values: Parameter) -> FieldError:
    where = f"answers.{path or rule.field}"
    return FieldError(field=where, code=rule.kind.value, message=rule.message.format(**values))


def _not_before(_procedure: Procedure, rule: FormRule, visible_answers: Answers) -> Iterator[FieldError]:
    day, other = read_date(answer_at(visible_answers, rule.field)), read_date(answer_at(visible_answers, rule.other))
    if day is not None and other is not None and day < other:
        yield _broken(rule)


def _within_term(procedure: Procedure, rule: FormRule, visible_answers: Answers) -> Iterator[FieldError]:
    day, other = read_date(answer_at(visible_answers, rule.field)), read_date(answer_at(visible_answers, rule.other))
    term = procedure.term(rule.parameter) if rule.parameter else None
    if day is None or other is None or term is None:
        return
    latest = last_day_of(other, term)
    if day > latest:
        yield _broken(rule, latest=latest, limit=term.wording)


def _at_most(_procedure: Procedure, rule: FormRule, visible_answers: Answers) -> Iterator[FieldError]:
    value, other = answer_at(visible_answers, rule.field), answer_at(visible_answers, rule.other)
    if isinstance(value, int | float) and isinstance(other, int | float) and value > other:
        yield _broken(rule)


def _rows_within(_procedure: Procedure, rule: FormRule, visible_answers: Answers) -> Iterator[FieldError]:
    rows, first = answer_at(visible_answers, rule.field), read_date(answer_at(visible_answers, rule.other))
    last = read_date(answer_at(visible_answers, rule.until)) if rule.until else None
    if not isinstance(rows, list | tuple):
        return
    for index, row in enumerate(rows):
        start, end = (read_date(row.get(key)) if isinstance(row, Mapping) else None for key in ("start", "end"))
        if start is None or end is None:
            continue
        if end < start or (first is not None and start < first) or (last is not None and end > last):
            yield _broken(rule, path=f"{rule.field}.{index}.end")


def _implies(_procedure: Procedure, rule: FormRule, visible_answers: Answers) -> Iterator[FieldError]:
    if answer_at(visible_answers, rule.field) is True and answer_at(visible_answers, rule.other) is False:
        yield _broken(rule)


def _excludes(_procedure: Procedure, rule: FormRule, visible_answers: Answers) -> Iterator[FieldError]:
    if answer_at(visible_answers, rule.field) is True and answer_at(visible_answers, rule.other) is True:
        yield _broken(rule)


_RULES = {
    RuleKind.NOT_BEFORE: _not_before,
    RuleKind.WITHIN_TERM: _within_term,
    RuleKind.AT_MOST: _at_most,
    RuleKind.ROWS_WITHIN: _rows_within,
    RuleKind.IMPLIES: _implies,
    RuleKind.EXCLUDES: _excludes,
}
