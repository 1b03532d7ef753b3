"""Permits: where they stand by the clock, what terms they may have, the last possible end, what is owed when."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_registry.domain.permits.obligations import PermitObligation, obligations_of
from sandbox_registry.domain.permits.permits import (
    Comparator,
    DailyHours,
    Effect,
    ExemptedProvision,
    MoneyCaps,
    Permit,
    PermitKind,
    PermitTerms,
    Phase,
    Site,
    TechnicalLimit,
    first_version,
    latest_end,
)
from sandbox_registry.domain.permits.terms import grant_errors
from sandbox_registry.domain.rules.calendars import Term, Unit, add_months, local_date, start_of
from sandbox_registry.domain.rules.form_fields import Field, FieldKind, FormRule, RuleKind, Section
from sandbox_registry.domain.rules.forms import validate
from sandbox_registry.domain.rules.procedures import (
    Confidence,
    DutyStart,
    PermitKindRule,
    PermitRules,
    Procedure,
    TrialObligation,
)
from sandbox_registry.domain.stages import PERMIT_STAGES, Stage, stage_name
from tests.domain.small import CALENDAR, WORD, local, procedure
from tests.domain.small_permits import DECIDED, TERMS, permit
from tests.support.decided import TRIAL_END, TRIAL_START, why_of

INSTANT = timedelta(microseconds=1)
RULES = procedure()


@pytest.mark.parametrize(
    ("at", "stage"),
    [
        (DECIDED, Stage.PERMIT_ISSUED),
        (TRIAL_START - INSTANT, Stage.PERMIT_ISSUED),
        (TRIAL_START, Stage.PERMIT_ACTIVE),
        (TRIAL_END - INSTANT, Stage.PERMIT_ACTIVE),
        (TRIAL_END, Stage.PERMIT_ENDED),
    ],
)
def test_stage_follows_from_the_clock(at: datetime, stage: Stage) -> None:
    assert permit().stage(at=at) is stage


@given(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2029, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone is added.
def test_permit_is_active_exactly_inside_its_window(at: datetime) -> None:
    assert (permit().stage(at=at) is Stage.PERMIT_ACTIVE) is (TRIAL_START <= at < TRIAL_END)


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ({"suspended_at": DECIDED}, Stage.PERMIT_SUSPENDED),
        ({"terminated_at": DECIDED, "suspended_at": DECIDED}, Stage.PERMIT_TERMINATED),
        ({"completion_refused_at": DECIDED}, Stage.PERMIT_COMPLETION_REFUSED),
        ({"completed_at": DECIDED}, Stage.PERMIT_COMPLETED),
        ({"completed_at": DECIDED, "transition_until": TRIAL_END}, Stage.PERMIT_TRANSITION),
        ({"completed_at": DECIDED, "transition_until": TRIAL_START}, Stage.PERMIT_COMPLETED),
        ({"revoked_at": DECIDED, "suspended_at": DECIDED, "completed_at": DECIDED}, Stage.PERMIT_REVOKED),
    ],
)
def test_facts_come_before_the_clock(facts: dict[str, Any], stage: Stage) -> None:
    assert permit(**facts).stage(at=TRIAL_START) is stage


def test_suspended_permit_ends_all_the_same() -> None:
    assert permit(suspended_at=DECIDED).stage(at=TRIAL_END) is Stage.PERMIT_ENDED


def test_every_stage_has_a_name() -> None:
    assert len({stage_name(stage).vi for stage in PERMIT_STAGES}) == len(PERMIT_STAGES)


def test_first_version_governs_the_whole_window() -> None:
    version = first_version(permit(), ceiling=local(2029, 1, 4))
    assert (version.start, version.end, version.ceiling, version.terms) == (
        TRIAL_START,
        TRIAL_END,
        local(2029, 1, 4),
        TERMS,
    )


# --- The last possible end ------------------------------------------------------------------------------------------


def test_longest_duration_counts_the_first_day() -> None:
    assert latest_end(TRIAL_START, procedure=RULES, licence_end=None) == local(2029, 1, 4)


@pytest.mark.parametrize(
    ("rules", "licence_end", "expected"),
    [
        (procedure(), local(2028, 1, 1), local(2028, 1, 1)),
        (procedure(), local(2030, 1, 1), local(2029, 1, 4)),
        (procedure(duration__cap_by_licence=None), local(2028, 1, 1), local(2029, 1, 4)),
        (procedure(duration__max=None), local(2028, 1, 1), local(2028, 1, 1)),
        (procedure(duration__max=None), None, None),
        (procedure(duration__max=None, duration__cap_by_licence=None), local(2028, 1, 1), None),
    ],
)
def test_last_end_is_the_earlier_of_procedure_and_licence(
    rules: Procedure, licence_end: datetime | None, expected: datetime | None
) -> None:
    assert latest_end(TRIAL_START, procedure=rules, licence_end=licence_end) == expected


@settings(deadline=None)
@given(st.dates(min_value=date(2026, 1, 1), max_value=date(2030, 12, 31)), st.integers(min_value=-3, max_value=3))
def test_form_and_decision_agree_on_the_last_day(start: date, more: int) -> None:
    rule = FormRule(
        kind=RuleKind.WITHIN_TERM, field="plan.end", other="plan.start", parameter="duration.max", message=WORD
    )
    dates = tuple(Field(key=key, kind=FieldKind.DATE, label=WORD) for key in ("start", "end"))
    plan = Section(key="plan", title=WORD, fields=dates)
    rules = procedure(more={"rules": (rule,), "sections": (plan,)})
    last = add_months(start, 24) + timedelta(days=more)
    answers = {"plan": {"start": start.isoformat(), "end": last.isoformat()}}
    refused_by_form = validate(rules, answers, frozenset({"trial_plan"})) != ()
    ceiling = latest_end(start_of(start), procedure=rules, licence_end=None)
    assert ceiling is not None
    assert refused_by_form is (start_of(last + timedelta(days=1)) > ceiling)


# --- What terms a permit may have -----------------------------------------------------------------------------------


def broken(
    allowed: PermitTerms,
    *,
    rules: Procedure = RULES,
    licence_end: datetime | None = None,
    answers: dict[str, Any] | None = None,
) -> list[tuple[str, str]]:
    justified = replace(allowed, justifications=why_of(allowed))
    errors = grant_errors(
        justified, procedure=rules, answers=answers or {}, decided_at=DECIDED, licence_end=licence_end
    )
    return [(error.field, error.code) for error in errors]


def test_good_terms_break_nothing() -> None:
    assert broken(TERMS, licence_end=TRIAL_END) == []


def phase(start: datetime, end: datetime, max_users: int | None = None) -> Phase:
    return Phase(name="Pha", start=start, end=end, entry_gate="", max_users=max_users)


PROVISION = ExemptedProvision(document="Luật X", article="5", clause="1", effect=Effect.SET_ASIDE)
MIDDLE = TRIAL_START + timedelta(days=90)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"start": local(2026, 12, 14, 23)}, [("start", "start_in_past")]),
        ({"start": local(2026, 12, 15)}, []),
        ({"end": TRIAL_START, "phases": ()}, [("end", "end_before_start")]),
        ({"end": TRIAL_END + INSTANT}, [("end", "end_beyond_ceiling")]),
        ({"daily_hours": DailyHours(start=time(18), end=time(18))}, [("daily_hours.end", "end_before_start")]),
        ({"daily_hours": None}, []),
        ({"kind": PermitKind.CONFIRMATION}, [("kind", "unknown_kind")]),
        (
            {"kind": PermitKind.EXEMPTION_FROM_PROVISIONS},
            [("exempted_provisions", "exemption_names_no_provision")],
        ),
        ({"kind": PermitKind.EXEMPTION_FROM_PROVISIONS, "exempted_provisions": (PROVISION,)}, []),
        (
            {
                "kind": PermitKind.EXEMPTION_FROM_PROVISIONS,
                "exempted_provisions": (PROVISION, replace(PROVISION, effect=Effect.REPLACED_BY)),
            },
            [("exempted_provisions.1.condition", "required")],
        ),
        ({"exempted_provisions": (PROVISION,)}, [("exempted_provisions", "licence_exempts_nothing")]),
        (
            {"territory": "Tỉnh Cà Mau"},
            [("territory", "space_not_allowed")],
        ),
        ({"legal_basis": ()}, [("legal_basis", "required")]),
        ({"sites": ()}, [("sites", "no_space")]),
        ({"sites": (), "cyber_space": "Nền tảng thử nghiệm tách biệt"}, []),
        (
            {"sites": (Site(name="A", commune="B", address="", latitude=9.0),)},
            [("sites.0", "half_a_position")],
        ),
        ({"phases": ()}, []),
        ({"phases": (phase(MIDDLE, TRIAL_END), phase(TRIAL_START, MIDDLE))}, [("phases.1", "phase_out_of_order")]),
        (
            {"phases": (phase(TRIAL_START, MIDDLE), phase(MIDDLE - INSTANT, TRIAL_END))},
            [("phases.1", "phase_out_of_order")],
        ),
        ({"phases": (phase(MIDDLE, MIDDLE),)}, [("phases.0", "phase_out_of_order")]),
        ({"phases": (phase(TRIAL_START - INSTANT, MIDDLE),)}, [("phases.0", "phase_out_of_order")]),
        ({"phases": (phase(MIDDLE, TRIAL_END + INSTANT),)}, [("phases.0", "phase_out_of_order")]),
        ({"phases": (phase(TRIAL_START, MIDDLE, 201),)}, [("phases.0.max_users", "phase_users_above_cap")]),
        ({"phases": (phase(TRIAL_START, MIDDLE, 0),)}, []),
        ({"phases": (phase(TRIAL_START, MIDDLE, -1),)}, [("phases.0.max_users", "negative")]),
        ({"max_users": 0, "phases": ()}, []),
        ({"max_users": -1, "phases": ()}, [("max_users", "negative")]),
        ({"money": MoneyCaps()}, []),
        ({"money": MoneyCaps(per_person=0, total=0)}, []),
        ({"money": MoneyCaps(per_day=-1)}, [("money.per_day", "negative")]),
        ({"money": MoneyCaps(per_person=6, per_day=5, total=5)}, [("money.per_person", "above_total")]),
        (
            {"limits": (TechnicalLimit(quantity="Gió", comparator=Comparator.AT_MOST, value=10, scale=0, unit="m/s"),)},
            [("limits.0.scale", "not_positive")],
        ),
    ],
)
def test_terms_name_the_broken_rule(changes: dict[str, Any], errors: list[tuple[str, str]]) -> None:
    found = broken(replace(TERMS, **changes), licence_end=TRIAL_END)
    assert found == [(f"terms.{field}", code) for field, code in errors]


def test_trial_of_the_decision_day_that_is_over_already_is_refused() -> None:
    today = replace(TERMS, start=local(2026, 12, 15), end=local(2026, 12, 15, 9), phases=())
    assert broken(today) == [("terms.end", "end_in_past")]


def test_every_broken_rule_comes_at_once() -> None:
    worst = replace(
        TERMS,
        kind=PermitKind.CONFIRMATION,
        legal_basis=(),
        sites=(),
        start=local(2026, 12, 1),
        end=local(2026, 11, 1),
        phases=(phase(TRIAL_START, MIDDLE, 500),),
        max_users=-1,
        money=MoneyCaps(total=-5),
    )
    assert broken(worst, licence_end=local(2026, 10, 1)) == [
        ("terms.end", "end_beyond_ceiling"),
        ("terms.kind", "unknown_kind"),
        ("terms.start", "start_in_past"),
        ("terms.end", "end_before_start"),
        ("terms.legal_basis", "required"),
        ("terms.sites", "no_space"),
        ("terms.phases.0", "phase_out_of_order"),
        ("terms.phases.0.max_users", "phase_users_above_cap"),
        ("terms.max_users", "negative"),
        ("terms.money.total", "negative"),
    ]


@pytest.mark.parametrize(
    ("rules", "known"),
    [
        (procedure(permit_kind=None), True),
        (procedure(permit_kind=(("confirmation",), "list")), False),
        (
            procedure(
                permit_kind=None,
                more={"permit": PermitRules(kinds=(PermitKindRule(value="confirmation", label=WORD),))},
            ),
            False,
        ),
        (
            procedure(more={"permit": PermitRules(kinds=(PermitKindRule(value="time_limited_licence", label=WORD),))}),
            True,
        ),
    ],
)
def test_kind_is_one_the_procedure_gives(rules: Procedure, known: bool) -> None:  # noqa: FBT001 - a case.
    assert (("terms.kind", "unknown_kind") not in broken(TERMS, rules=rules)) is known


def test_procedure_names_kinds_of_its_own_and_says_whether_they_exempt() -> None:
    for exempts, provisions, code in (
        (None, (), None),
        (None, (PROVISION,), None),
        (True, (), "exemption_names_no_provision"),
        (False, (PROVISION,), "licence_exempts_nothing"),
    ):
        kind = PermitKindRule(value="decision", label=WORD, exempts=exempts)
        rules = procedure(permit_kind=(("decision",), "list"), more={"permit": PermitRules(kinds=(kind,))})
        terms = replace(TERMS, kind="decision", exempted_provisions=provisions)
        assert [each for _, each in broken(terms, rules=rules)] == ([] if code is None else [code])


# --- What is owed when ----------------------------------------------------------------------------------------------


def duty(key: str, starts: DutyStart, term: str, *, recurring: bool = False) -> TrialObligation:
    return TrialObligation(
        key=key,
        label=WORD,
        starts=starts,
        term=term,
        recurring=recurring,
        recipient=WORD,
        basis="Điều 25",
        confidence=Confidence.V,
    )


PERIODIC = duty("periodic_report", DutyStart.ISSUE, "report.period", recurring=True)
FINAL = duty("final_report", DutyStart.BEFORE_END, "final_report.due")
INCIDENT = duty("incident_report", DutyStart.EVENT, "incident.first_report")
WIND_DOWN = duty("wind_down", DutyStart.COMPLETION, "wind_down.term")
OWING = procedure(
    more={"duties": (PERIODIC, FINAL, INCIDENT, WIND_DOWN)},
    report__period=(6, "mo"),
    final_report__due=(15, "cd"),
    incident__first_report=(72, "h"),
    wind_down__term=(10, "wd"),
)


def owed(which: TrialObligation, held: Permit, rules: Procedure = OWING) -> PermitObligation:
    return next(each for each in obligations_of(held, rules, CALENDAR) if each.obligation is which)


def days(of: PermitObligation) -> list[date | None]:
    return [due.due_date for due in of.dues]


def until(end: datetime, **facts: Any) -> Permit:
    return permit(replace(TERMS, start=local(2026, 12, 15), end=end, phases=()), **facts)


def test_worked_example_of_reports() -> None:
    held = until(local(2027, 7, 1))  # The trial ends on Wednesday 30 June 2027 at 24:00.
    assert days(owed(PERIODIC, held)) == [date(2027, 6, 15)]
    assert days(owed(FINAL, held)) == [date(2027, 6, 15)]


def test_event_duty_has_hours_and_no_dates() -> None:
    incident = owed(INCIDENT, until(local(2027, 7, 1)))
    assert (incident.term, incident.dues, incident.is_complete) == (Term(72, Unit.H), (), True)


def test_open_term_is_a_gap() -> None:
    rules = replace(OWING, parameters={})
    assert [(each.term, each.dues) for each in obligations_of(permit(), rules, CALENDAR)] == [(None, ())] * 4


def test_duty_after_completion_waits_for_it() -> None:
    held = until(local(2027, 7, 1))
    completed = replace(held, completed_at=local(2026, 11, 20, 10))
    assert days(owed(WIND_DOWN, held)) == []
    assert days(owed(WIND_DOWN, completed)) == [date(2026, 12, 7)]


def test_periods_are_counted_from_the_issue_so_month_ends_do_not_drift() -> None:
    rules = procedure(more={"duties": (PERIODIC,)}, report__period=(1, "mo"))
    held = until(local(2027, 6, 1), issued_at=local(2027, 1, 31, 9))
    # 28 February is a Sunday, so that report is due on Monday 1 March; the next is due on 31 March again.
    assert days(owed(PERIODIC, held, rules)) == [
        date(2027, 3, 1),
        date(2027, 3, 31),
        date(2027, 4, 30),
        date(2027, 5, 31),
    ]


def test_last_period_ends_with_the_trial_at_the_latest() -> None:
    rules = procedure(more={"duties": (PERIODIC,)}, report__period=(3, "mo"))
    one_day_short = until(local(2027, 3, 15), issued_at=DECIDED)
    to_the_day = until(local(2027, 3, 16), issued_at=DECIDED)
    assert days(owed(PERIODIC, one_day_short, rules)) == []
    assert days(owed(PERIODIC, to_the_day, rules)) == [date(2027, 3, 15)]


def test_report_due_once_after_the_issue() -> None:
    once = duty("start_notice", DutyStart.ISSUE, "start.deadline")
    rules = procedure(more={"duties": (once,)}, start__deadline=(5, "wd"))
    assert days(owed(once, permit(), rules)) == [date(2026, 12, 22)]


def test_dates_beyond_the_calendar_are_left_out_and_said_so() -> None:
    far = owed(PERIODIC, until(local(2036, 12, 15)))
    assert (far.is_complete, days(far)[-1]) == (False, date(2030, 12, 16))
    assert owed(PERIODIC, until(local(2027, 7, 1))).is_complete


@pytest.mark.parametrize("unit", [Unit.WD, Unit.H, Unit.CD])
def test_many_periods_are_cut_and_said_so(unit: Unit) -> None:
    rules = procedure(more={"duties": (PERIODIC,)}, report__period=(1, unit.value))
    many = owed(PERIODIC, until(local(2028, 12, 15)), rules)
    assert (len(many.dues), many.is_complete) == (100, False)


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=24), st.integers(min_value=1, max_value=1000))
def test_periodic_reports_stand_in_order_and_inside_the_trial(months: int, length: int) -> None:
    rules = procedure(more={"duties": (PERIODIC,)}, report__period=(months, "mo"))
    held = until(DECIDED + timedelta(days=length))
    dues = days(owed(PERIODIC, held, rules))
    # A last day on a day off moves the due date by a weekend and a holiday at most.
    latest = local_date(held.terms.end) + timedelta(days=4)
    assert dues == sorted(set(dues), key=str)
    assert all(day is not None and day <= latest for day in dues)
