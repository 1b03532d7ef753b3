"""The procedures and the calendar we ship: the values of the law, a full dossier, and the regime router."""

from datetime import date
from fractions import Fraction
from hashlib import sha256

import pytest

from sandbox_registry.domain.errors import RuleGap
from sandbox_registry.domain.identity.people import Role
from sandbox_registry.domain.rules.calendars import DayKind, Term, Unit
from sandbox_registry.domain.rules.forms import route, validate
from sandbox_registry.domain.rules.procedures import BINDING, Confidence, Council, ProcedureStatus
from sandbox_registry.domain.stages import Stage
from sandbox_registry.rulebook.calendar_files import CalendarFileError, parse_calendar
from tests.support.dossiers import ATTACHED, CALENDAR, DOSSIER, DRAFT, LAW, OURS, POLICIES, PROCEDURES


def test_one_procedure_is_in_force_and_one_is_a_draft() -> None:
    open_ones = {code: item.status for code, item in PROCEDURES.items() if item.takes_dossiers}
    assert open_ones == {"ai-decree-142-2026": ProcedureStatus.IN_FORCE, "ca-mau-2026-draft": ProcedureStatus.DRAFT}


def test_checksum_is_that_of_the_file() -> None:
    content = (POLICIES / "procedures" / "ca-mau-2026-draft.toml").read_bytes()
    assert DRAFT.checksum == sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("name", "law", "draft"),
    [
        ("completeness.term", Term(3, Unit.WD), Term(3, Unit.WD)),
        ("supplement.term", None, Term(30, Unit.CD)),
        ("appraisal.term", Term(10, Unit.WD), Term(20, Unit.WD)),
        ("consult.term", None, Term(7, Unit.WD)),
        ("decision.term", None, Term(5, Unit.WD)),
        ("duration.max", None, Term(2, Unit.Y)),
        ("extension.max_length", None, Term(1, Unit.Y)),
        ("extension.apply_before", Term(15, Unit.WD), Term(15, Unit.WD)),
        ("extension.decide", Term(10, Unit.WD), Term(10, Unit.WD)),
        ("report.period", Term(6, Unit.MO), Term(3, Unit.MO)),
        ("incident.first_report", Term(72, Unit.H), Term(72, Unit.H)),
        ("limit_breach.report", Term(72, Unit.H), Term(72, Unit.H)),
        ("final_report.due", Term(15, Unit.CD), Term(15, Unit.CD)),
        ("evaluation.term", Term(15, Unit.WD), Term(15, Unit.WD)),
        ("transition.max", Term(12, Unit.MO), None),
    ],
)
def test_terms_are_those_of_the_law_and_of_the_proposal(name: str, law: Term | None, draft: Term | None) -> None:
    assert (LAW.term(name), DRAFT.term(name)) == (law, draft)


def test_open_term_raises_where_one_is_required() -> None:
    with pytest.raises(RuleGap) as caught:
        LAW.required_term("duration.max")
    assert caught.value.parameter == "duration.max"


def test_other_parameters_read_by_their_kind() -> None:
    assert DRAFT.number("supplement.max_rounds") == 1
    assert (DRAFT.word("supplement.clock_policy"), DRAFT.flag("duration.cap_by_licence")) == ("restart", True)
    assert DRAFT.items("signer_titles") == ("Chủ tịch", "Phó Chủ tịch")
    assert (LAW.flag("decision.included_in_appraisal"), LAW.flag("resubmit_after_refusal")) == (True, None)
    assert (LAW.council, LAW.number("support.max_share")) == (None, 50)
    assert DRAFT.council == Council(
        min_members=5, quorum=Fraction(2, 3), pass_rule="majority_of_members", written_opinions_count=False
    )


def test_asking_a_parameter_for_the_wrong_kind_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError, match=r"duration\.max is a term"):
        DRAFT.number("duration.max")


def test_law_in_force_holds_only_values_read_in_an_instrument() -> None:
    values = [item for item in LAW.parameters.values() if item.value is not None]
    assert {item.confidence for item in values} <= BINDING
    assert all(item.confidence is Confidence.NS for item in LAW.parameters.values() if item.value is None)


def test_draft_marks_its_own_values_as_proposals() -> None:
    told = {item.confidence for item in DRAFT.parameters.values() if item.value is not None}
    assert told == {Confidence.I, Confidence.V, Confidence.M}
    assert DRAFT.parameters["appraisal.term"].confidence is Confidence.I


@pytest.mark.parametrize("procedure", [LAW, DRAFT], ids=lambda item: item.code)
def test_every_stage_has_a_rule_and_an_owner(procedure: object) -> None:
    rules = {rule.stage: rule.owner for rule in procedure.stages}  # type: ignore[attr-defined]
    assert set(rules) == set(Stage) - {Stage.NONE}
    assert rules[Stage.AWAITING_DECISION] is Role.DECISION_MAKER


@pytest.mark.parametrize(
    ("answers", "target"),
    [
        ({}, None),
        ({"ai_role": "none", "sensitive_data": True}, None),
        ({"sensitive_data": True}, "ai-decree-142-2026-mps"),
        ({"children_data": True, "province_count": 2}, "ai-decree-142-2026-mps"),
        ({"important_data": True}, "ai-decree-142-2026-mps"),
        ({"bank_fintech": "p2p_lending"}, "fintech-decree-94-2025"),
        ({"bank_fintech": "open_api"}, "fintech-decree-94-2025"),
        ({"province_count": 2}, "digital-industry-decree-353-2025"),
        ({"province_count": 2, "ai_role": "core"}, "ai-decree-142-2026-ministry"),
        ({"province_count": 2, "province": "ha_noi"}, "digital-industry-decree-353-2025"),
        ({"province": "ha_noi"}, "hanoi-29-2025"),
        ({"province": "da_nang"}, "danang-55-2024"),
        ({"province": "ho_chi_minh"}, "hcmc-20-2024"),
        ({"province": "hai_phong"}, "haiphong-248-2025"),
        ({"ai_role": "core"}, "ai-decree-142-2026"),
        ({"data_product": True}, "data-decree-169-2025"),
        ({"state_procurement": True}, "procurement-decree-224-2026"),
    ],
)
def test_router_of_the_draft_sends_each_case_to_its_authority(answers: dict[str, object], target: str | None) -> None:
    found = route(DRAFT, {"competence": OURS | answers})
    assert (found.target if found else None) == target


def test_router_of_the_ai_decree() -> None:
    ours = {
        "sensitive_data": False,
        "children_data": False,
        "province_count": 1,
        "ministry_fields": 1,
        "bank_fintech": "none",
    }
    level_3 = route(LAW, {"competence": ours | {"children_data": True}})
    wide = route(LAW, {"competence": ours | {"province_count": 2}})
    assert route(LAW, {"competence": ours}) is None
    assert level_3 is not None
    assert wide is not None
    assert level_3.authority is not None
    assert (level_3.target, level_3.authority.en) == ("ai-decree-142-2026-mps", "Ministry of Public Security")
    assert (wide.target, wide.answers) == ("ai-decree-142-2026-ministry", {"competence.province_count": 2})


def test_full_dossier_passes() -> None:
    assert validate(DRAFT, DOSSIER, ATTACHED) == ()


@pytest.mark.parametrize(
    ("section", "change", "attached", "field"),
    [
        ("schedule", {"end": "2029-01-04"}, ATTACHED, "answers.schedule.end"),
        ("contact", {"by_delegate": True}, ATTACHED, "documents.power_of_attorney"),
        ("project", {"is_small": False}, ATTACHED, "documents.capacity"),
        ("legal", {"permit_kind": "exemption_from_provisions"}, ATTACHED, "answers.legal.exempted"),
        ("plan", {}, ATTACHED - {"trial_plan"}, "documents.trial_plan"),
        ("users", {"minors": True}, ATTACHED, "answers.users.minors_protection"),
    ],
)
def test_faulty_dossier_names_its_field(
    section: str, change: dict[str, object], attached: frozenset[str], field: str
) -> None:
    answers = DOSSIER | {section: DOSSIER[section] | change}
    assert [error.field for error in validate(DRAFT, answers, attached)] == [field]


def test_trial_may_use_the_whole_ceiling() -> None:
    answers = DOSSIER | {"schedule": DOSSIER["schedule"] | {"end": "2029-01-03"}}
    assert validate(DRAFT, answers, ATTACHED) == ()


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 1, 2), DayKind.SWAPPED_OFF),
        (date(2026, 2, 16), DayKind.HOLIDAY),
        (date(2026, 2, 20), DayKind.HOLIDAY),
        (date(2026, 4, 27), DayKind.COMPENSATION),
        (date(2026, 8, 22), DayKind.MAKEUP_WORKING),
        (date(2026, 8, 31), DayKind.SWAPPED_OFF),
        (date(2026, 11, 24), DayKind.HOLIDAY),
        (date(2026, 1, 10), DayKind.MAKEUP_WORKING),
        (date(2027, 5, 3), DayKind.COMPENSATION),
    ],
)
def test_calendar_knows_the_special_days(day: date, kind: DayKind) -> None:
    found = CALENDAR.marks[day]
    assert (found.kind, bool(found.source)) == (kind, True)


def test_calendar_names_every_day_in_three_languages() -> None:
    assert [mark.date for mark in CALENDAR.marks.values() if mark.name.vi in (mark.name.en, mark.name.fr)] == []


def test_24_november_was_a_working_day_before_2026() -> None:
    assert [CALENDAR.is_working(date(year, 11, 24)) for year in (2025, 2026)] == [True, False]


def test_24_november_on_a_weekend_moves_nothing_unless_a_document_says_so() -> None:
    monday = date(2029, 11, 26)  # The 24th is a Saturday.
    content = (POLICIES / "calendars" / "vn.toml").read_bytes()
    compensated = parse_calendar(content.replace(b"compensated = false", b"compensated = true"), file="vn.toml")
    assert CALENDAR.is_working(monday)
    assert compensated.marks[monday].kind is DayKind.COMPENSATION


def test_calendar_version_follows_its_content() -> None:
    content = (POLICIES / "calendars" / "vn.toml").read_bytes()
    changed = content.replace(b"date = 2026-01-02", b"date = 2026-01-05")
    assert parse_calendar(content, file="vn.toml").version == CALENDAR.version
    assert parse_calendar(changed, file="vn.toml").version != CALENDAR.version


def test_faulty_calendar_names_file_and_key() -> None:
    with pytest.raises(CalendarFileError, match=r"vn\.toml: Object contains unknown field `colour`"):
        parse_calendar(b'colour = "red"', file="vn.toml")
