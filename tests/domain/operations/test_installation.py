"""Facts of an installation, and a clock that was set."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox_registry.domain.operations.installation import (
    Fact,
    FactChange,
    Known,
    Reading,
    change_of,
    clock_step,
    fact_id,
    step_while_away,
)

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)
TOLERANCE = timedelta(seconds=5)


@pytest.mark.parametrize("known", [None, Known(version=4, value=None)])
def test_a_fact_nobody_spoke_of_that_has_no_value_is_no_change(known: Known | None) -> None:
    assert change_of(Fact.WITNESS_POLICY, None, known=known) is None


def test_a_fact_that_became_another_says_what_it_was() -> None:
    assert change_of(Fact.LOG_KEY, "b", known=Known(version=1, value="b")) is None
    assert change_of(Fact.LOG_KEY, "b", known=Known(version=1, value="a"), details={"vkey": "x"}) == FactChange(
        id=fact_id(Fact.LOG_KEY),
        version=2,
        fact=Fact.LOG_KEY,
        of="",
        before="a",
        after="b",
        details={"vkey": "x"},
    )


def test_facts_of_two_witnesses_are_two() -> None:
    assert fact_id(Fact.WITNESS_VERDICT, "w1") != fact_id(Fact.WITNESS_VERDICT, "w2")


def reading(*, wall: float, steady: float) -> Reading:
    return Reading(wall=NOON + timedelta(seconds=wall), steady=1000 + steady)


@pytest.mark.parametrize(
    ("wall", "steady", "step"),
    [
        (60, 60, None),
        (60, 64.9, None),
        (64.9, 60, None),
        (60, 66, -6),
        (-3600, 60, -3660),
        (60 + 86400, 60, 86400),
    ],
)
def test_a_clock_that_was_set(wall: float, steady: float, step: float | None) -> None:
    found = clock_step(reading(wall=0, steady=0), reading(wall=wall, steady=steady), tolerance=TOLERANCE)
    assert found == (None if step is None else timedelta(seconds=step))


@pytest.mark.parametrize(
    ("last", "step"), [(None, None), (NOON - timedelta(days=9), None), (NOON, None), (NOON + timedelta(hours=1), -3600)]
)
def test_a_clock_behind_the_last_leaf(last: datetime | None, step: float | None) -> None:
    found = step_while_away(last, NOON, tolerance=TOLERANCE)
    assert found == (None if step is None else timedelta(seconds=step))
