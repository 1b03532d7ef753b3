"""The papers of a dossier in words: what each must be, and after which answers it is needed."""

from collections.abc import Mapping

from sandbox_registry.documents.uploads.kinds import file_type
from sandbox_registry.domain.rules.form_fields import Condition, Conditions, DossierComponent, Operator, alternatives
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.texts import AnyOf, Parameter, Phrase, Wording, verbatim

_MEGABYTE = 1_000_000
COMPARISONS = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE, Operator.NE})
"""Operators that are said; the others name the answer itself."""


def file_limits(part: DossierComponent) -> Phrase:
    """Say which types of file are taken, how many and how large."""
    return Phrase(
        "web.papers.limits",
        types=AnyOf(tuple(map(file_type, part.media))),
        count=part.max_files,
        size=round(part.max_bytes / _MEGABYTE),
    )


def conditions_in_words(procedure: Procedure, conditions: Conditions) -> tuple[Wording, ...]:
    """Say each condition as a question of the form and its answer; of alternatives one is enough."""
    return tuple(
        Phrase(
            "web.condition.when", answer=AnyOf(tuple(_in_words(procedure, each) for each in alternatives(condition)))
        )
        for condition in conditions
    )


def _in_words(procedure: Procedure, condition: Condition) -> Wording:
    field = procedure.field(condition.field)
    labels = {} if field is None else {each.value: each.label for each in field.choices}
    values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    said: Parameter = AnyOf(tuple(_value(each, labels) for each in values))
    if condition.op in COMPARISONS:
        said = Phrase(f"web.condition.{condition.op}", value=said)
    question = verbatim(condition.field) if field is None else field.label
    return Phrase("web.condition.answer", question=question, value=said)


def _value(value: str | float | bool, labels: Mapping[str, Wording]) -> Parameter:  # noqa: FBT001 - an answer.
    if isinstance(value, bool):
        return Phrase("web.yes") if value else Phrase("web.no")
    return labels.get(value, value) if isinstance(value, str) else value
