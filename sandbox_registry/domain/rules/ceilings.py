"""The bounds that a procedure sets on numbers: which apply to a dossier, and which of its answers pass them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.rules.form_fields import Answers, answer_at, holds
from sandbox_registry.domain.rules.form_values import error
from sandbox_registry.domain.rules.procedures import Ceiling, Procedure
from sandbox_registry.domain.texts import Phrase

QUANTITY = "quantity"
"""The column of a table of technical limits that names what a row limits."""


def applying(procedure: Procedure, visible_answers: Answers) -> tuple[Ceiling, ...]:
    """Return the ceilings whose conditions hold for the answers to the questions asked."""
    return tuple(each for each in procedure.permit.ceilings if holds(each.when, visible_answers))


def ceiling_errors(procedure: Procedure, visible_answers: Answers) -> Iterator[FieldError]:
    """List every answer beyond a ceiling that applies."""
    for ceiling in applying(procedure, visible_answers):
        for path, value in _answered(ceiling, visible_answers):
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if (code := passed(Fraction(Decimal(str(value))), ceiling)) is not None:
                yield error(f"answers.{path}", code, ceiling.label, limit=measure(ceiling))


def passed(value: Fraction, ceiling: Ceiling) -> str | None:
    """Say which side of the bound a number passes, null for neither; compared exactly, for there are no floats in law."""
    if ceiling.maximum is not None and value > _exact(ceiling.maximum):
        return "too_big"
    if ceiling.minimum is not None and value < _exact(ceiling.minimum):
        return "too_small"
    return None


def measure(ceiling: Ceiling) -> Phrase:
    """Word the bound: the most that is allowed, or else the least."""
    amount = ceiling.minimum if ceiling.maximum is None else ceiling.maximum
    return Phrase("format.measure", amount=Decimal(str(amount)), unit=ceiling.unit)


def _exact(bound: float) -> Fraction:
    return Fraction(Decimal(str(bound)))


def _answered(ceiling: Ceiling, visible_answers: Answers) -> Iterator[tuple[str, object]]:
    value = answer_at(visible_answers, ceiling.field)
    if not ceiling.column:
        yield ceiling.field, len(value) if isinstance(value, list | tuple) else value
        return
    for index, row in enumerate(value if isinstance(value, list | tuple) else ()):
        if isinstance(row, Mapping) and (not ceiling.quantity or row.get(QUANTITY) == ceiling.quantity):
            yield f"{ceiling.field}.{index}.{ceiling.column}", row.get(ceiling.column)
