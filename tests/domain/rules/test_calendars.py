"""The clock: the worked example, the law's edges, and what must hold for every term."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.domain.rules.calendars import (
    LOCAL_ZONE,
    Calendar,
    CalendarGap,
    DayKind,
    DayMark,
    Deadline,
    Pause,
    Term,
    Unit,
    add_months,
    deadline,
    last_day_of,
    latest_before,
    start_of,
)
from sandbox_registry.domain.texts import Text

NAME = Text(vi="Ngày Văn hóa Việt Nam", en="Vietnamese Culture Day", fr="Journée de la culture")
WAITING = Text(vi="Chờ bổ sung", en="Waiting for the applicant", fr="En attente")


def mark(day: date, kind: DayKind = DayKind.HOLIDAY) -> DayMark:
    return DayMark(date=day, kind=kind, name=NAME, source="Nghị quyết 28/2026/QH16")


def calendar(*marks: DayMark) -> Calendar:
    return Calendar(
        code="test",
        version="test-1",
        marks={item.date: item for item in marks},
        covered_from=date(2020, 1, 1),
        covered_to=date(2045, 12, 31),
        official_to=date(2027, 12, 31),
    )


CALENDAR = calendar(mark(date(2026, 11, 24)))


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LOCAL_ZONE)


# The end of Wednesday 30 June 2027, 24:00, as the exclusive end of a permit's window.
TRIAL_END = local(2027, 7, 1)


@pytest.mark.parametrize(
    ("found", "due"),
    [
        (deadline(Term(3, Unit.WD), start=local(2026, 11, 20, 14), calendar=CALENDAR), local(2026, 11, 27)),
        (deadline(Term(10, Unit.WD), start=local(2026, 11, 26, 9), calendar=CALENDAR), local(2026, 12, 11)),
        (latest_before(Term(15, Unit.WD), end=TRIAL_END, calendar=CALENDAR), local(2027, 6, 10)),
        (latest_before(Term(15, Unit.CD), end=TRIAL_END, calendar=CALENDAR), local(2027, 6, 16)),
        (deadline(Term(15, Unit.WD), start=local(2027, 6, 15, 9), calendar=CALENDAR), local(2027, 7, 7)),
        (deadline(Term(6, Unit.MO), start=local(2026, 12, 15, 9), calendar=CALENDAR), local(2027, 6, 16)),
        (deadline(Term(72, Unit.H), start=local(2026, 11, 21, 10, 30), calendar=CALENDAR), local(2026, 11, 24, 10, 30)),
    ],
    ids=["completeness", "appraisal", "extension request", "final report", "evaluation", "periodic report", "incident"],
)
def test_worked_example_of_the_rules_of_the_field(found: Deadline, due: datetime) -> None:
    assert found.due == due.astimezone(UTC)


def test_due_date_is_the_last_day_and_due_the_midnight_after_it() -> None:
    found = deadline(Term(3, Unit.WD), start=local(2026, 11, 20, 14), calendar=CALENDAR)
    assert (found.due_date, found.due) == (date(2026, 11, 26), datetime(2026, 11, 26, 17, tzinfo=UTC))
    assert [found.is_over(local(2026, 11, 26, 23, 59)), found.is_over(local(2026, 11, 27))] == [False, True]


def test_ledger_explains_every_day_of_the_completeness_check() -> None:
    found = deadline(Term(3, Unit.WD), start=local(2026, 11, 20, 14), calendar=CALENDAR)
    assert [(line.date.day, line.counted, line.running_count, line.reason.en) for line in found.ledger] == [
        (20, False, 0, "Day of the event, not counted."),
        (21, False, 0, "Weekly day of rest."),
        (22, False, 0, "Weekly day of rest."),
        (23, True, 1, "Working day."),
        (24, False, 1, "Vietnamese Culture Day"),
        (25, True, 2, "Working day."),
        (26, True, 3, "Working day."),
    ]
    assert found.ledger[4].source == "Nghị quyết 28/2026/QH16"


def test_ledger_of_a_backward_term_runs_back_from_the_end() -> None:
    found = latest_before(Term(2, Unit.WD), end=local(2027, 6, 22), calendar=CALENDAR)
    assert [(line.date.day, line.counted, line.running_count) for line in found.ledger] == [
        (21, False, 0),
        (20, False, 0),
        (19, False, 0),
        (18, True, 1),
        (17, True, 2),
    ]


@pytest.mark.parametrize(
    ("term", "start", "due_date"),
    [
        (Term(1, Unit.MO), date(2027, 1, 31), date(2027, 3, 1)),
        (Term(1, Unit.MO), date(2028, 1, 31), date(2028, 2, 29)),
        (Term(1, Unit.Y), date(2028, 2, 29), date(2029, 2, 28)),
        (Term(24, Unit.MO), date(2026, 11, 26), date(2028, 11, 27)),
        (Term(15, Unit.CD), date(2026, 11, 6), date(2026, 11, 23)),
        (Term(1, Unit.CD), date(2026, 11, 23), date(2026, 11, 25)),
    ],
    ids=["28 Feb is a Sunday", "29 Feb", "leap day", "Sunday moves on", "Saturday moves on", "holiday moves on"],
)
def test_month_ends_and_days_off(term: Term, start: date, due_date: date) -> None:
    assert deadline(term, start=start_of(start), calendar=CALENDAR).due_date == due_date


@pytest.mark.parametrize(
    ("term", "start", "last"),
    [
        (Term(2, Unit.Y), date(2026, 12, 15), date(2028, 12, 14)),
        (Term(1, Unit.Y), date(2028, 2, 29), date(2029, 2, 28)),
        (Term(24, Unit.MO), date(2028, 2, 29), date(2030, 2, 28)),
        (Term(4, Unit.Y), date(2028, 2, 29), date(2032, 2, 28)),
        (Term(1, Unit.Y), date(2027, 3, 1), date(2028, 2, 29)),
        (Term(1, Unit.MO), date(2027, 1, 31), date(2027, 2, 28)),
        (Term(1, Unit.MO), date(2027, 1, 28), date(2027, 2, 27)),
        (Term(30, Unit.CD), date(2027, 1, 31), date(2027, 3, 1)),
    ],
)
def test_a_window_ends_with_the_month_that_has_no_such_day(term: Term, start: date, last: date) -> None:
    assert last_day_of(start, term) == last


def test_backward_term_in_calendar_days_may_end_on_a_day_off() -> None:
    found = latest_before(Term(10, Unit.CD), end=local(2026, 12, 2), calendar=CALENDAR)
    assert found.due_date == date(2026, 11, 21)


def test_makeup_saturday_counts_and_swapped_monday_does_not() -> None:
    swapped = calendar(mark(date(2026, 8, 31), DayKind.SWAPPED_OFF), mark(date(2026, 8, 22), DayKind.MAKEUP_WORKING))
    found = deadline(Term(2, Unit.WD), start=local(2026, 8, 20, 9), calendar=swapped)
    over = deadline(Term(1, Unit.WD), start=local(2026, 8, 28, 9), calendar=swapped)
    assert (found.due_date, over.due_date) == (date(2026, 8, 22), date(2026, 9, 1))


def test_paused_days_are_not_counted_and_stand_in_the_ledger_with_the_reason() -> None:
    pause = Pause(start=local(2026, 11, 23, 10), end=local(2026, 11, 25, 11), reason=WAITING)
    found = deadline(Term(3, Unit.WD), start=local(2026, 11, 20, 14), calendar=CALENDAR, pauses=(pause,))
    assert found.due_date == date(2026, 11, 30)
    assert [line.date.day for line in found.ledger if line.reason == WAITING] == [23, 24, 25]


def test_open_pause_leaves_no_due_date_until_it_ends() -> None:
    pause = Pause(start=local(2026, 11, 25, 10), end=None, reason=WAITING)
    found = deadline(Term(3, Unit.WD), start=local(2026, 11, 20, 14), calendar=CALENDAR, pauses=(pause,))
    assert (found.due, found.due_date, found.paused) == (None, None, True)
    assert found.is_over(local(2040, 1, 1)) is False
    assert (found.ledger[-1].date, found.ledger[-1].reason) == (date(2026, 11, 25), WAITING)


def test_open_pause_after_the_end_changes_nothing() -> None:
    pause = Pause(start=local(2026, 11, 30), end=None, reason=WAITING)
    plain = deadline(Term(3, Unit.WD), start=local(2026, 11, 20, 14), calendar=CALENDAR)
    assert deadline(Term(3, Unit.WD), start=local(2026, 11, 20, 14), calendar=CALENDAR, pauses=(pause,)) == plain


def test_hours_stand_still_during_a_pause() -> None:
    pause = Pause(start=local(2026, 11, 21, 12), end=local(2026, 11, 21, 18), reason=WAITING)
    found = deadline(Term(72, Unit.H), start=local(2026, 11, 21, 10, 30), calendar=CALENDAR, pauses=(pause,))
    assert found.due == local(2026, 11, 24, 16, 30)
    assert found.ledger[-1].running_count == 72


def test_days_outside_the_coverage_are_an_error_and_never_guessed() -> None:
    with pytest.raises(CalendarGap) as caught:
        deadline(Term(24, Unit.MO), start=local(2045, 1, 1), calendar=CALENDAR)
    assert caught.value.parameter == "2047-01-01"


def test_reckoning_past_the_published_schedule_is_provisional() -> None:
    near = deadline(Term(3, Unit.WD), start=local(2026, 11, 20), calendar=CALENDAR)
    far = deadline(Term(2, Unit.Y), start=local(2026, 11, 20), calendar=CALENDAR)
    assert (near.provisional, far.provisional) == (False, True)


def test_naive_moments_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        deadline(Term(3, Unit.WD), start=datetime(2026, 11, 20), calendar=CALENDAR)  # noqa: DTZ001 - the point.


def test_long_ledger_is_cheap() -> None:
    def best(term: Term) -> float:
        times = []
        for _ in range(15):
            begun = process_time()
            assert deadline(term, start=local(2026, 11, 26, 9), calendar=CALENDAR).ledger
            times.append(process_time() - begun)
        return min(times)

    assert best(Term(24, Unit.MO)) < 0.02  # About 1.5 ms, whatever else the machine does.


DAYS = st.dates(min_value=date(2026, 1, 1), max_value=date(2034, 12, 31))
MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001 - the strategy adds the zone.
    max_value=datetime(2034, 12, 31),  # noqa: DTZ001 - as above.
    timezones=st.just(LOCAL_ZONE),
)
TERMS = st.builds(Term, st.integers(1, 60), st.sampled_from(Unit)).filter(
    lambda term: term.unit is not Unit.Y or term.value < 5
)
HOLIDAYS = st.lists(DAYS, max_size=30).map(lambda days: calendar(*map(mark, days)))


def pauses() -> st.SearchStrategy[tuple[Pause, ...]]:
    one = st.builds(
        lambda start, hours: Pause(start=start, end=start + timedelta(hours=hours), reason=WAITING),
        MOMENTS,
        st.integers(0, 24 * 40),
    )
    return st.lists(one, max_size=4).map(tuple)


@given(term=TERMS, first=MOMENTS, second=MOMENTS, days=HOLIDAYS)
def test_starting_later_never_ends_earlier(term: Term, first: datetime, second: datetime, days: Calendar) -> None:
    early, late = (deadline(term, start=at, calendar=days).due for at in sorted((first, second)))
    assert early is not None
    assert late is not None
    assert early <= late


@given(term=TERMS, start=MOMENTS, days=HOLIDAYS, held=pauses())
def test_a_longer_term_never_ends_earlier(term: Term, start: datetime, days: Calendar, held: tuple[Pause, ...]) -> None:
    longer = Term(term.value + 1, term.unit)
    one, other = (deadline(item, start=start, calendar=days, pauses=held).due for item in (term, longer))
    assert one is not None
    assert other is not None
    assert one <= other


@given(term=TERMS, start=MOMENTS, days=HOLIDAYS, held=pauses())
def test_pausing_never_shortens(term: Term, start: datetime, days: Calendar, held: tuple[Pause, ...]) -> None:
    plain = deadline(term, start=start, calendar=days).due
    paused = deadline(term, start=start, calendar=days, pauses=held).due
    assert plain is not None
    assert paused is not None
    assert plain <= paused


@given(value=st.integers(1, 60), day=DAYS, days=HOLIDAYS)
def test_backward_is_the_inverse_of_forward_from_a_working_day(value: int, day: date, days: Calendar) -> None:
    day = days.next_working(day)
    forward = deadline(Term(value, Unit.WD), start=start_of(day), calendar=days)
    assert forward.due is not None
    assert latest_before(Term(value, Unit.WD), end=forward.due, calendar=days).due_date == day


@given(term=TERMS, start=MOMENTS, days=HOLIDAYS, held=pauses())
@settings(max_examples=60)
def test_ledger_ends_on_the_due_date_and_counts_to_the_term(
    term: Term, start: datetime, days: Calendar, held: tuple[Pause, ...]
) -> None:
    found = deadline(term, start=start, calendar=days, pauses=held)
    lines = found.ledger
    assert lines[-1].date == found.due_date
    assert [line.date for line in lines] == [lines[0].date + timedelta(days=index) for index in range(len(lines))]
    if term.unit in (Unit.WD, Unit.CD, Unit.H):
        assert lines[-1].running_count == term.value


def test_a_calendar_knows_its_earlier_versions() -> None:
    first = replace(CALENDAR, version="test-0", since=local(2026, 1, 1))
    now = replace(CALENDAR, since=local(2026, 11, 1), earlier=(first,))
    assert now.at(local(2026, 11, 1)) is now
    assert now.at(local(2026, 10, 31)) is now.at(local(2020, 1, 1)) is now.named("test-0") is first
    assert now.named("test-2") is None


@given(day=DAYS, months=st.integers(0, 60))
def test_months_keep_the_day_number_or_take_the_last_day(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)
