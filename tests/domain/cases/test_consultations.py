"""Questions to agencies and to the applicant: terms, lateness, silence, rounds."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from sandbox_registry.domain.cases.appraisal import Clarification, Consultation, Opinion
from sandbox_registry.domain.cases.consultations import (
    answer_clarification,
    answer_consultation,
    ask_applicant,
    ask_unit,
    close_clarification,
    close_silent,
    consultation_deadline,
    is_waiting,
)
from sandbox_registry.domain.errors import ConditionNotMet, Duplicate, Invalid, RuleGap
from sandbox_registry.domain.identity.people import Organisation, OrganisationKind
from sandbox_registry.domain.rules.calendars import Term, Unit
from sandbox_registry.domain.rules.procedures import Confidence, Parameter, Procedure
from tests.support.dossiers import CALENDAR, DRAFT, LAW

NOW = datetime(2026, 11, 20, 7, tzinfo=UTC)  # Friday; the next Tuesday is a holiday.
CASE, BY, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
POLICE = Organisation(
    id=UUID(int=10),
    version=1,
    kind=OrganisationKind.STATE_UNIT,
    name="Công an tỉnh",
    tax_code=None,
    address="",
    email="",
    phone="",
    licence_end=None,
    agency_code=None,
    handles=(),
    created_at=NOW,
)


def asked(**changes: object) -> Consultation:
    how: dict[str, object] = {
        "unit": POLICE,
        "handling_unit_ids": (OTHER,),
        "term": None,
        "remind_on": None,
        "earlier": (),
        "procedure": DRAFT,
    }
    return ask_unit(
        consultation_id=UUID(int=20),
        application_id=CASE,
        question="Có ảnh hưởng an ninh không?",
        is_required=True,
        calendar=CALENDAR,
        by=BY,
        at=NOW,
        **(how | changes),  # type: ignore[arg-type]  # Named by the test.
    )


def test_question_takes_the_term_of_the_procedure_unless_the_lead_sets_one() -> None:
    assert (asked().term_value, asked().term_unit) == (7, "wd")
    own = asked(term=Term(value=72, unit=Unit.H), procedure=LAW)
    assert (own.term_value, own.term_unit) == (72, "h")


def test_question_without_any_term_is_a_gap() -> None:
    with pytest.raises(RuleGap) as caught:
        asked(procedure=LAW)
    assert caught.value.parameter == "consult.term"


def test_due_date_skips_the_holiday() -> None:
    assert consultation_deadline(asked(), calendar=CALENDAR).due_date == date(2026, 12, 2)


@pytest.mark.parametrize(
    ("remind_on", "is_fine"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 12, 2), True),
        (date(2026, 11, 19), False),
        (date(2026, 12, 3), False),
    ],
)
def test_reminder_lies_inside_the_term(remind_on: date, *, is_fine: bool) -> None:
    if is_fine:
        assert asked(remind_on=remind_on).remind_on == remind_on
        return
    with pytest.raises(Invalid) as caught:
        asked(remind_on=remind_on)
    assert [(each.field, each.code) for each in caught.value.errors] == [("remind_on", "outside_term")]


@pytest.mark.parametrize(
    "changes", [{"unit": replace(POLICE, kind=OrganisationKind.ENTERPRISE)}, {"handling_unit_ids": (POLICE.id,)}]
)
def test_only_another_state_unit_is_asked(changes: dict[str, object]) -> None:
    with pytest.raises(Invalid) as caught:
        asked(**changes)
    assert [(each.field, each.code) for each in caught.value.errors] == [("unit_id", "not_another_unit")]


def test_one_open_question_per_agency() -> None:
    with pytest.raises(Duplicate):
        asked(earlier=(asked(),))
    settled = (replace(asked(), answered_at=NOW), replace(asked(), closed_silent_at=NOW))
    assert asked(earlier=settled).unit_id == POLICE.id


@pytest.mark.parametrize(
    ("at", "is_late"),
    [
        (datetime(2026, 12, 2, 16, 59, 59, tzinfo=UTC), False),  # 23:59:59 in Ca Mau.
        (datetime(2026, 12, 2, 17, tzinfo=UTC), True),
    ],
)
def test_answer_is_late_from_the_end_of_the_last_day(at: datetime, *, is_late: bool) -> None:
    found = answer_consultation(asked(), opinion=Opinion.AGREE, text="Không.", calendar=CALENDAR, by=OTHER, at=at)
    assert found == replace(
        asked(),
        version=2,
        answered_by=OTHER,
        answered_at=at,
        opinion=Opinion.AGREE,
        text="Không.",
        is_late=is_late,
    )
    with pytest.raises(Duplicate):
        answer_consultation(found, opinion=Opinion.AGREE, text="", calendar=CALENDAR, by=OTHER, at=at)


def test_silence_is_recorded_only_after_the_term_and_is_no_opinion() -> None:
    with pytest.raises(ConditionNotMet) as caught:
        close_silent(asked(), calendar=CALENDAR, at=NOW + timedelta(days=1))
    assert caught.value.condition == "consultation_term_open"
    later = NOW + timedelta(days=20)
    silent = close_silent(asked(), calendar=CALENDAR, at=later)
    assert silent == replace(asked(), version=2, closed_silent_at=later)
    with pytest.raises(Duplicate):
        close_silent(silent, calendar=CALENDAR, at=later)


def test_answer_after_recorded_silence_is_kept_and_late() -> None:
    later = NOW + timedelta(days=20)
    silent = close_silent(asked(), calendar=CALENDAR, at=later)
    found = answer_consultation(silent, opinion=Opinion.DISAGREE, text="Có.", calendar=CALENDAR, by=OTHER, at=later)
    assert (found.is_late, found.closed_silent_at, found.opinion) == (True, later, Opinion.DISAGREE)


def clarified(*earlier: Clarification, procedure: object = DRAFT) -> Clarification:
    return ask_applicant(
        clarification_id=UUID(int=30 + len(earlier)),
        application_id=CASE,
        question="Nguồn điện dự phòng?",
        earlier=earlier,
        procedure=procedure,  # type: ignore[arg-type]  # A procedure.
        by=BY,
        at=NOW,
    )


def answered(clarification: Clarification, *, at: datetime = NOW, procedure: Procedure = LAW) -> Clarification:
    return answer_clarification(
        clarification, answer="Máy phát.", promises=(), procedure=procedure, calendar=CALENDAR, by=OTHER, at=at
    )


def test_clarification_rounds_are_limited_where_the_procedure_says_so() -> None:
    first = answered(clarified())
    assert (first.round, first.version, first.answer, first.answered_by) == (1, 2, "Máy phát.", OTHER)
    with pytest.raises(ConditionNotMet) as caught:
        clarified(first)
    assert caught.value.condition == "clarification_rounds_used"
    assert clarified(first, procedure=LAW).round == 2


def test_one_clarification_waits_at_a_time_and_is_answered_once() -> None:
    with pytest.raises(Duplicate):
        clarified(clarified(), procedure=LAW)
    with pytest.raises(Duplicate):
        answered(answered(clarified()))


def closed(
    asked_before: Clarification,
    *,
    at: datetime,
    letters: tuple[datetime, ...] = (),
    reason: str | None = None,
    procedure: Procedure = LAW,
) -> Clarification:
    return close_clarification(
        asked_before, reason=reason, letters=letters, promises=(), procedure=procedure, calendar=CALENDAR, by=BY, at=at
    )


WITH_TERM = replace(
    LAW,
    parameters={
        **LAW.parameters,
        "clarification.term": Parameter(
            name="clarification.term", value=5, unit="wd", basis="Điều 1", confidence=Confidence.V
        ),
    },
)


def test_unanswered_clarification_ends_with_its_term() -> None:
    over = datetime(2026, 11, 30, 17, tzinfo=UTC)  # Five working days after Friday, Tuesday being a holiday.
    with pytest.raises(ConditionNotMet) as early:
        closed(clarified(), at=over - timedelta(seconds=1), procedure=WITH_TERM)
    ended = closed(clarified(), at=over, procedure=WITH_TERM)
    assert early.value.condition == "clarification_term_open"
    assert ended == replace(clarified(), version=2, closed_by=BY, closed_at=over)
    assert not is_waiting(ended)
    with pytest.raises(Duplicate):
        closed(ended, at=over, procedure=WITH_TERM)


def test_without_a_term_a_letter_on_an_earlier_day_and_a_reason_end_the_waiting() -> None:
    told = NOW + timedelta(hours=1)
    tomorrow = NOW + timedelta(days=1)
    for letters, at in ((), tomorrow), ((told,), told + timedelta(hours=1)), ((NOW - timedelta(days=1),), tomorrow):
        with pytest.raises(ConditionNotMet) as caught:
            closed(clarified(), at=at, letters=letters, reason="Không trả lời.")
        assert caught.value.condition == "notice_missing"
    with pytest.raises(Invalid):
        closed(clarified(), at=tomorrow, letters=(told,))
    ended = closed(clarified(), at=tomorrow, letters=(told,), reason="Không trả lời.")
    assert (ended.closed_at, ended.closing_reason, ended.answered_at) == (tomorrow, "Không trả lời.", None)


def test_answer_that_comes_late_is_kept_and_marked() -> None:
    tomorrow = NOW + timedelta(days=1)
    ended = closed(clarified(), at=tomorrow, letters=(NOW + timedelta(hours=1),), reason="Không trả lời.")
    late = answered(ended, at=tomorrow)
    assert (late.is_late, late.answer, late.closed_at) == (True, "Máy phát.", tomorrow)
    assert answered(clarified(), at=NOW + timedelta(days=30), procedure=WITH_TERM).is_late
    assert not answered(clarified(), at=NOW + timedelta(days=300)).is_late
