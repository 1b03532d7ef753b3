"""What a form asks: typed fields with labels in three languages, the conditions between them, and dossier parts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sandbox_registry.domain.texts import Text


class FieldKind(StrEnum):
    """Types of an answer. JSON shapes: `date` is YYYY-MM-DD, `money` whole VND, `coordinates` `{lat, lon}`, `table` a list of rows."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"
    EMAIL = "email"
    PHONE = "phone"
    TAX_CODE = "tax_code"
    COORDINATES = "coordinates"
    TABLE = "table"


class Operator(StrEnum):
    """How a condition compares an answer with its value."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    CONTAINS = "contains"


Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A claim about one answer, `section.field`. An unanswered field satisfies no condition."""

    field: str
    op: Operator
    value: Scalar | tuple[Scalar, ...]


Conditions = tuple[Condition | tuple[Condition, ...], ...]
"""All must hold; of a list inside the list, one is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value that may be chosen."""

    value: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question. `required_when` and `shown_when` hold when all their conditions hold; a hidden field asks nothing.

    Lengths count characters; `minimum` and `maximum` bound numbers, or the rows of a table. `unit` is shown after the
    input. `columns` belong to a table, `choices` to choice fields. `public` marks what the public register may show.
    """

    key: str
    kind: FieldKind
    label: Text
    help: Text | None = None
    required: bool = False
    required_when: Conditions = ()
    shown_when: Conditions = ()
    min_length: int = 0
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    unit: str | None = None
    choices: tuple[Choice, ...] = ()
    columns: tuple["Field", ...] = ()
    public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A page of the form. Its answers stand under `answers[section.key][field.key]`."""

    key: str
    title: Text
    help: Text | None = None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierComponent:
    """A document the dossier must or may contain; `media` are the accepted media types, `max_bytes` bounds one file."""

    key: str
    label: Text
    help: Text | None = None
    required: bool = False
    required_when: Conditions = ()
    media: tuple[str, ...] = ("application/pdf",)
    max_bytes: int = 20_000_000
    max_files: int = 5
    basis: str


class RuleKind(StrEnum):
    """Rules over several answers.

    `not_before`: date `field` is on or after date `other`. `within_term`: date `field` is at most the procedure's term
    `parameter` after date `other`. `at_most`: number `field` does not exceed number `other`. `rows_within`: every row
    of table `field` has `start` <= `end`, both between dates `other` and `until`. `implies`: who says yes to `field` says
    yes to `other`; `excludes`: who says yes to `field` does not say yes to `other`.
    """

    NOT_BEFORE = "not_before"
    WITHIN_TERM = "within_term"
    AT_MOST = "at_most"
    ROWS_WITHIN = "rows_within"
    IMPLIES = "implies"
    EXCLUDES = "excludes"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRule:
    """One rule over the whole form; not applied while an answer it needs is missing or the parameter is null."""

    kind: RuleKind
    field: str
    other: str
    message: Text
    until: str | None = None
    parameter: str | None = None


Answers = Mapping[str, object]


def answer_at(answers: Answers, path: str) -> object:
    """Return the answer at `section.field`, or null."""
    section, _, key = path.partition(".")
    section_answers = answers.get(section)
    return section_answers.get(key) if isinstance(section_answers, Mapping) else None


def alternatives(condition: Condition | tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Return the conditions of which one is enough: several, or the only one."""
    return (condition,) if isinstance(condition, Condition) else condition


def every_condition(conditions: Conditions) -> Iterator[Condition]:
    """List every single condition, alternatives one after the other."""
    for each in conditions:
        yield from alternatives(each)


def holds(conditions: Conditions, answers: Answers) -> bool:
    """Tell whether the conditions hold; true for none."""
    return all(
        any(_holds_one(each, answer_at(answers, each.field)) for each in alternatives(condition))
        for condition in conditions
    )


def is_shown(field: Field, answers: Answers) -> bool:
    """Tell whether the field is asked, given the other answers."""
    return holds(field.shown_when, answers)


def is_required(field: Field, answers: Answers) -> bool:
    """Tell whether the field must be answered, given the other answers."""
    if not is_shown(field, answers):
        return False
    return field.required or (bool(field.required_when) and holds(field.required_when, answers))


def _holds_one(condition: Condition, answer: object) -> bool:
    if answer is None:
        return False
    value = condition.value
    match condition.op:
        case Operator.EQ:
            return _same(answer, value)
        case Operator.NE:
            return not _same(answer, value)
        case Operator.IN:
            return isinstance(value, tuple) and any(_same(answer, item) for item in value)
        case Operator.CONTAINS:
            return isinstance(answer, list | tuple) and value in answer
        case _:
            return _compares(condition.op, answer, value)


def _same(answer: object, value: object) -> bool:
    return isinstance(answer, bool) is isinstance(value, bool) and answer == value


def _compares(op: Operator, answer: object, value: object) -> bool:
    numbers = (int, float)
    if isinstance(answer, bool) or not isinstance(answer, numbers) or not isinstance(value, numbers):
        return False
    return {
        Operator.GT: answer > value,
        Operator.GTE: answer >= value,
        Operator.LT: answer < value,
        Operator.LTE: answer <= value,
    }[op]
