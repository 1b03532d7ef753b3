"""What anybody may know of cases: how far one is, and how long decisions took, of enough of them."""

from datetime import date, timedelta

import pytest

from sandbox_registry.domain.cases.durations import ENOUGH, Waiting, waiting
from sandbox_registry.domain.cases.progress import STEPS, progress
from sandbox_registry.domain.stages import APPLICATION_STAGES, Stage
from tests.domain.small import CALENDAR, local

FILED = local(2026, 11, 16, 9)  # A Monday.


def spans(*days: int) -> list[tuple[object, object]]:
    return [(FILED, FILED + timedelta(days=each)) for each in days]


def test_too_few_decisions_say_nothing() -> None:
    assert waiting(spans(*[1] * 9), calendar=CALENDAR) == Waiting(count=9, median=None, ninth_decile=None)  # type: ignore[arg-type]
    assert waiting((), calendar=CALENDAR).count == 0


def test_half_and_nine_in_ten_are_said_in_working_days() -> None:
    found = waiting(spans(1, 1, 1, 2, 2, 4, 4, 7, 7, 8), calendar=CALENDAR)  # type: ignore[arg-type]
    assert found.count == ENOUGH
    assert found.median == 2
    assert found.ninth_decile is not None
    assert found.ninth_decile >= 4
    assert waiting(spans(*[0] * 10), calendar=CALENDAR).median == 0  # type: ignore[arg-type]


def test_a_case_beyond_the_calendar_is_left_out() -> None:
    long_ago = (local(1990, 1, 2, 9), local(1990, 2, 2, 9))
    assert waiting([long_ago] * ENOUGH, calendar=CALENDAR).count == 0
    assert CALENDAR.covered_from > date(1990, 2, 2)


@pytest.mark.parametrize("stage", [each for each in APPLICATION_STAGES if each is not Stage.DRAFT])
def test_how_a_case_ended_is_not_told(stage: Stage) -> None:
    ended = {Stage.APPROVED, Stage.REFUSED, Stage.WITHDRAWN, Stage.LAPSED, Stage.INTAKE_REFUSED, Stage.REFERRED}
    found = progress("H12", stage)
    assert (found.done == STEPS) == (stage in ended)
    assert 1 <= found.done <= found.steps == STEPS


def test_a_case_goes_forward_by_steps() -> None:
    way = (Stage.SUBMITTED, Stage.ACCEPTED, Stage.AWAITING_DECISION, Stage.APPROVED)
    assert [progress("H12", stage).done for stage in way] == [1, 2, 3, 4]
