"""The bounds that a procedure sets on numbers: which apply to a dossier, and which of its answers pass them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from sandbox_registry.domain.errors import FieldError
from sandbox_registry.domain.rules.form_fields import Answers, answer_at, holds
from sandbox_registry.domain.rules.form_values import error
from sandbox_registry.domain.rules.procedures import Ceiling, Procedure
from sandbox_registry.domain.texts import Phrase

TOO_BIG, TOO_SMALL = "too_big", "too_small"
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
                yield error(f"answers.{path}", code, ceiling.label, limit=measure(ceiling, code))


def passed(value: Fraction, ceiling: Ceiling) -> str | None:
    """Say which side of the bound a number passes, null for neither; compared exactly, for there are no floats in law."""
    if ceiling.maximum is not None and value > _exact(ceiling.maximum):
        return TOO_BIG
    if ceiling.minimum is not None and value < _exact(ceiling.minimum):
        return TOO_SMALL
    return None


def measure(ceiling: Ceiling, side: str) -> Phrase:
    """Word the bound on the side that a number passes, as `passed` says it."""
    amount = ceiling.maximum if side == TOO_BIG else ceiling.minimum
    return Phrase("format.measure", amount=Decimal(str(amount)), unit=ceiling.unit)


def sides(ceiling: Ceiling) -> tuple[str, ...]:
    """List the sides on which a ceiling bounds, as `passed` says them."""
    bounds = {TOO_BIG: ceiling.maximum, TOO_SMALL: ceiling.minimum}
    return tuple(side for side, bound in bounds.items() if bound is not None)


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
