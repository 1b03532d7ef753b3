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
        min_members=5,
        quorum=Fraction(2, 3),
        pass_rule="majority_of_members",
        written_opinions_count=False,
        written_opinions_in_quorum=False,
        minutes_confirmed=True,
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
        ({"security_system": True}, "ai-decree-142-2026-mps"),
        ({"ai_role": "none", "security_system": True}, None),
        ({"high_risk_listed": True}, "ai-decree-142-2026"),
        ({"high_risk_listed": True, "ai_role": "none"}, None),
        ({"high_risk_listed": True, "province": "other"}, "sti-law-93-2025"),
        ({"high_risk_listed": True, "children_data": True}, "ai-decree-142-2026-mps"),
        ({"bank_fintech": "p2p_lending"}, "fintech-decree-94-2025"),
        ({"bank_fintech": "p2p_lending", "province_count": 2, "children_data": True}, "fintech-decree-94-2025"),
        ({"bank_fintech": "open_api"}, "fintech-decree-94-2025"),
        ({"province_count": 2}, "sti-law-93-2025"),
        ({"province_count": 2, "digital_product": True}, "digital-industry-decree-353-2025"),
        ({"province_count": 2, "digital_product": False}, "sti-law-93-2025"),
        ({"digital_product": True}, None),
        ({"province_count": 2, "ai_role": "core"}, "ai-decree-142-2026-ministry"),
        ({"province_count": 2, "province": "ha_noi"}, "sti-law-93-2025"),
        ({"ai_role": "core", "managed_by_ministry": True}, "ai-decree-142-2026-ministry"),
        ({"managed_by_ministry": True}, None),
        ({"ai_role": "core", "province": "ha_noi"}, "ai-decree-142-2026-province"),
        ({"ai_role": "core", "province": "other"}, "ai-decree-142-2026-province"),
        ({"province": "other"}, "sti-law-93-2025"),
        ({"province": "ha_noi"}, "hanoi-29-2025"),
        ({"province": "da_nang"}, "danang-55-2024"),
        ({"province": "ho_chi_minh"}, "hcmc-20-2024"),
        ({"province": "hai_phong"}, "haiphong-248-2025"),
        ({"ai_role": "core"}, "ai-decree-142-2026"),
        ({"data_product": True}, "data-decree-169-2025"),
        ({"data_product": True, "province": "ha_noi"}, "data-decree-169-2025"),
        ({"smart_city": True}, "smart-city-decree-269-2025"),
        ({"smart_city": True, "province": "da_nang"}, "smart-city-decree-269-2025"),
        ({"state_procurement": True}, "procurement-decree-224-2026"),
        ({"state_procurement": True, "ai_role": "core", "children_data": True}, "procurement-decree-224-2026"),
    ],
)
def test_router_of_the_draft_sends_each_case_to_its_authority(answers: dict[str, object], target: str | None) -> None:
    found = route(DRAFT, {"competence": OURS | answers})
    assert (found.target if found else None) == target


AI_OURS: dict[str, object] = {
    "open_trial": True,
    "sensitive_data": False,
    "children_data": False,
    "important_data": False,
    "security_system": False,
    "province_count": 1,
    "province": "ca_mau",
    "managed_by_ministry": False,
    "bank_fintech": "none",
    "real_users": False,
    "is_small": True,
    "short_dossier": False,
}


@pytest.mark.parametrize(
    ("answers", "target", "authority"),
    [
        ({"children_data": True}, "ai-decree-142-2026-mps", "Ministry of Public Security"),
        ({"province_count": 2}, "ai-decree-142-2026-ministry", "Ministry managing the main field of use"),
        (
            {"managed_by_ministry": True},
            "ai-decree-142-2026-ministry",
            "Ministry that directly manages the deploying body",
        ),
        (
            {"province": "other", "other_province": "An Giang"},
            "ai-decree-142-2026-province",
            "People's Committee of the province or city of the trial",
        ),
        ({"open_trial": False}, None, None),
        ({"open_trial": False, "children_data": True}, None, None),
    ],
)
def test_router_of_the_ai_decree(answers: dict[str, object], target: str | None, authority: str | None) -> None:
    found = route(LAW, {"competence": AI_OURS | answers})
    assert found is not None
    assert (found.target, found.authority and found.authority.en) == (target, authority)


def test_a_trial_in_this_province_stays_whatever_ministries_manage_its_fields() -> None:
    assert route(LAW, {"competence": AI_OURS}) is None
    assert LAW.field("competence.high_risk_listed") is None
    assert LAW.field("competence.ministry_fields") is None


@pytest.mark.parametrize(
    ("answers", "broken"),
    [
        ({"short_dossier": True}, set()),
        ({"short_dossier": True, "is_small": False}, {"implies"}),
        ({"short_dossier": True, "real_users": True}, {"excludes"}),
        ({"short_dossier": True, "is_small": False, "real_users": True}, {"implies", "excludes"}),
        ({"short_dossier": False, "is_small": False, "real_users": True}, set()),
    ],
)
def test_short_dossier_is_for_small_firms_and_level_1(answers: dict[str, object], broken: set[str]) -> None:
    errors = validate(LAW, {"competence": AI_OURS | answers}, frozenset())
    assert {each.code for each in errors if each.field == "answers.competence.short_dossier"} == broken


def test_the_ai_decree_cites_its_law_and_says_what_rests_on_a_replaced_decree() -> None:
    assert "Luật Trí tuệ nhân tạo số 134/2025/QH15" in {each.title for each in LAW.legal_documents}
    for procedure in (LAW, DRAFT):
        replaced = [
            each for each in procedure.parameters.values() if "61/2018" in each.basis and each.confidence == "V"
        ]
        assert replaced
        assert all(each.note is not None and "118/2025" in each.note.vi for each in replaced)


def test_the_full_report_counts_from_the_preliminary_one_and_an_extension_brings_both_papers() -> None:
    starts = {each.key: each.starts for each in LAW.duties}
    assert (starts["incident_report"], starts["incident_full_report"]) == ("event", "preliminary_report")
    assert {each.key: each.required for each in LAW.extension_parts} == {
        "extension_form": True,
        "summary_report": True,
    }


def test_terms_of_bank_fintech_are_tagged_as_secondary() -> None:
    fintech = PROCEDURES["fintech-decree-94-2025"]
    said = {name: fintech.parameters[name] for name in ("completeness.term", "appraisal.term", "start.deadline")}
    assert {name: (each.value, each.unit, each.confidence) for name, each in said.items()} == {
        "completeness.term": (5, "wd", "S"),
        "appraisal.term": (90, "cd", "S"),
        "start.deadline": (90, "cd", "S"),
    }


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
