"""The lint of procedure files: what we ship is clean, and every seeded fault is found."""

from pathlib import Path
from shutil import copytree

import pytest

from sandbox_registry.authz.policy import AuthorizationPolicy, parse_policy
from sandbox_registry.rulebook.procedure_checks import check_procedures

SHIPPED = Path(__file__).parents[2] / "policies" / "procedures"
POLICY = SHIPPED.parent / "casbin"
DRAFT = "ca-mau-2026-draft.toml"
LAW = "ai-decree-142-2026.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copytree(SHIPPED, tmp_path / "procedures")


def seed(folder: Path, file: str, old: str, new: str) -> None:
    content = (folder / file).read_text("utf-8")
    assert old in content
    (folder / file).write_text(content.replace(old, new, 1), "utf-8")


def test_shipped_files_are_clean() -> None:
    assert check_procedures(SHIPPED) == []


COMPLETENESS = (
    '"completeness.term" = { value = 3, unit = "wd", basis = "Nghị định 142/2026/NĐ-CP Điều 23(4)", confidence = "VC" }'
)
WORDING = '{ vi = "a", en = "b", fr = "c" }'
CEILING = f'label = {WORDING}, basis = "Điều 5", confidence = "I"'


def bounded(line: str) -> tuple[str, str, str]:
    """Seed a bound among those of a permit."""
    return (DRAFT, "suspension_cases = [", f"{line}\nsuspension_cases = [")


FAULTS = {
    "ceiling no permit states": (
        *bounded(f'ceilings = [{{ field = "project.readiness", maximum = 5, unit = "-", {CEILING} }}]'),
        "permit.ceilings.project.readiness",
        "ceiling_binds_nothing",
    ),
    "ceiling without bound": (
        *bounded(f'ceilings = [{{ quantity = "Gió", unit = "m/s", {CEILING} }}]'),
        "permit.ceilings.Gió",
        "missing_key",
    ),
    "ceiling upside down": (
        *bounded(f'ceilings = [{{ quantity = "Gió", minimum = 1.5, maximum = 1.2, unit = "m/s", {CEILING} }}]'),
        "permit.ceilings.Gió",
        "wrong_bounds",
    ),
    "ceiling on no number": (
        *bounded(
            f'ceilings = [{{ field = "limits.technical", column = "unit", quantity = "Gió", maximum = 1, unit = "m/s", {CEILING} }}]'
        ),
        "permit.ceilings.limits.technical",
        "absent_field",
    ),
    "hours upside down": (
        *bounded('hours = [{ start = 17:00:00, end = 07:00:00, basis = "Điều 6", confidence = "I" }]'),
        "permit.hours.0",
        "wrong_bounds",
    ),
    "signers for everybody": (
        *bounded('signers = [{ titles = ["Giám đốc"], when = [], basis = "Điều 3", confidence = "I" }]'),
        "permit.signers.0",
        "missing_key",
    ),
    "terms from no date": (
        *bounded('asked = { start = "schedule.phases" }'),
        "permit.asked.start",
        "wrong_field_kind",
    ),
    "number without serial": (
        LAW,
        '"draft.ttl" =',
        '"permit.number_format" = { value = "{year}/GXN", unit = "format", basis = "Điều 5", confidence = "V" }\n"draft.ttl" =',
        "parameters.permit.number_format",
        "wrong_value",
    ),
    **{
        f"number format {form}": (
            LAW,
            '"draft.ttl" =',
            f'"permit.number_format" = {{ value = "{form}", unit = "format", basis = "Điều 5", confidence = "V" }}\n"draft.ttl" =',
            "parameters.permit.number_format",
            code,
        )
        for form, code in {
            "{n!s:.1}/{year}": "wrong_value",
            "{n:x}/{year}": "wrong_value",
            "{n:{year}}/{year}": "wrong_value",
            "1{n}/{year}": "wrong_value",
            "{n}0/{year}": "wrong_value",
            "{n}{year}": "wrong_value",
            "{n}/{year}/{year}": "wrong_value",
            "{n}/{year:.2}": "wrong_value",
            "{{n}}/{n}/{year}": "wrong_value",
            "{n}/{year}/GP ": "wrong_value",
            "{n}/{year}/GP-mẫu": "wrong_value",
            "{n:02}/QĐ-UBND": "wrong_value",
        }.items()
    },
    "permit numbered like a decision": (
        LAW,
        '"draft.ttl" =',
        '"decision.number_format" = { value = "{n:03}/{year}/GPTN", unit = "format", basis = "Điều 5", confidence = "V" }\n"draft.ttl" =',
        "parameters.permit.number_format",
        "contradiction",
    ),
    "unknown key": (DRAFT, 'version = "2026.12.1"', 'version = "2026.12.1"\ncolour = "red"', "colour", "unknown_key"),
    "misspelt parameter": (LAW, '"draft.ttl" =', '"draft.tll" =', "parameters.draft.tll", "unknown_key"),
    "route without an authority": (
        DRAFT,
        'authority = { vi = "Người đứng đầu cơ quan nhà nước mời thử nghiệm", en = "Head of the inviting state body", fr = "Chef de l\'organisme public invitant" }\n',
        "",
        "routes.0.target",
        "half_a_target",
    ),
    "full report counted from the event": (
        LAW,
        'starts = "preliminary_report"',
        'starts = "event"',
        "duties.incident_full_report.starts",
        "wrong_duty",
    ),
    "yes and no of a field that is neither": (
        LAW,
        'other = "competence.is_small"',
        'other = "competence.province_count"',
        "rules.0",
        "wrong_field_kind",
    ),
    "document of an extension that nobody can attach": (
        LAW,
        'key = "extension_form"\n',
        'key = "extension_form"\nmedia = []\n',
        "extension_parts.extension_form.media",
        "unsatisfiable_part",
    ),
    "missing unit": (
        LAW,
        COMPLETENESS,
        COMPLETENESS.replace(', unit = "wd"', ""),
        "parameters.completeness.term.unit",
        "missing_unit",
    ),
    "missing basis": (
        LAW,
        COMPLETENESS,
        COMPLETENESS.replace(', basis = "Nghị định 142/2026/NĐ-CP Điều 23(4)"', ""),
        "parameters.completeness.term.basis",
        "missing_basis",
    ),
    "missing confidence": (
        LAW,
        COMPLETENESS,
        COMPLETENESS.replace(', confidence = "VC"', ""),
        "parameters.completeness.term.confidence",
        "missing_confidence",
    ),
    "null without n/s": (
        LAW,
        COMPLETENESS,
        COMPLETENESS.replace("value = 3, ", ""),
        "parameters.completeness.term",
        "null_without_reason",
    ),
    "value with n/s": (
        LAW,
        COMPLETENESS,
        COMPLETENESS.replace('"VC"', '"n/s"'),
        "parameters.completeness.term",
        "value_without_source",
    ),
    "wrong unit": (
        LAW,
        COMPLETENESS,
        COMPLETENESS.replace('"wd"', '"weeks"'),
        "parameters.completeness.term",
        "wrong_unit",
    ),
    "wrong type": (
        LAW,
        COMPLETENESS,
        COMPLETENESS.replace("value = 3", 'value = "three"'),
        "parameters.completeness.term",
        "wrong_value",
    ),
    "zero term": (
        LAW,
        COMPLETENESS,
        COMPLETENESS.replace("value = 3", "value = 0"),
        "parameters.completeness.term",
        "wrong_value",
    ),
    "proposal in force": (
        LAW,
        COMPLETENESS,
        COMPLETENESS.replace('"VC"', '"I"'),
        "parameters.completeness.term",
        "draft_value_in_force",
    ),
    "remembered in force": (
        LAW,
        COMPLETENESS,
        COMPLETENESS.replace('"VC"', '"M"'),
        "parameters.completeness.term",
        "draft_value_in_force",
    ),
    "hearsay in force": (
        LAW,
        COMPLETENESS,
        COMPLETENESS.replace('"VC"', '"S"'),
        "parameters.completeness.term",
        "draft_value_in_force",
    ),
    "in force since when": (LAW, "effective_from = 2026-05-01\n", "", "effective_from", "missing_key"),
    "unreachable stage": (
        DRAFT,
        'next = ["accepted", "x"]'.replace('["accepted", "x"]', '["under_appraisal", "referred", "withdrawn"]'),
        'next = ["referred", "withdrawn"]',
        "stages.under_appraisal",
        "unreachable_stage",
    ),
    "endless stage": (
        DRAFT,
        'stage = "permit_transition"\nowner = "supervisor"',
        'stage = "permit_transition"\nowner = "supervisor"\nnext = ["permit_completed"]',
        "stages.permit_completed",
        "endless_stage",
    ),
    "stage without owner": (
        DRAFT,
        'stage = "accepted"\nowner = "focal_officer"',
        'stage = "accepted"',
        "stages.accepted.owner",
        "missing_owner",
    ),
    "owner that is nobody": (
        DRAFT,
        'stage = "lapsed"',
        'stage = "lapsed"\nowner = "clerk"',
        "stages[9].owner",
        "wrong_value",
    ),
    "owner of an end where nothing is done": (
        DRAFT,
        'stage = "lapsed"',
        'stage = "lapsed"\nowner = "one_stop_officer"',
        "stages.lapsed.owner",
        "owner_cannot_act",
    ),
    "owner of an end who can do there only what is done at every stage": (
        DRAFT,
        'stage = "lapsed"',
        'stage = "lapsed"\nowner = "decision_maker"',
        "stages.lapsed.owner",
        "owner_cannot_act",
    ),
    "owner of the other side": (
        DRAFT,
        'stage = "submitted"\nowner = "one_stop_officer"',
        'stage = "submitted"\nowner = "applicant"',
        "stages.submitted.owner",
        "owner_cannot_act",
    ),
    "owner with another office": (
        DRAFT,
        'stage = "awaiting_decision"\nowner = "decision_maker"',
        'stage = "awaiting_decision"\nowner = "focal_head"',
        "stages.awaiting_decision.owner",
        "owner_cannot_act",
    ),
    "step that no act takes": (
        DRAFT,
        'next = ["under_appraisal", "referred", "withdrawn"]',
        'next = ["under_appraisal", "refused", "referred", "withdrawn"]',
        "stages.accepted.next",
        "step_without_act",
    ),
    "undescribed stage": (
        DRAFT,
        '[[stages]]\nstage = "lapsed"\n',
        "",
        "stages.supplement_requested.next",
        "unknown_stage",
    ),
    "stage timer on null": (
        LAW,
        'stage = "supplement_requested"\nowner = "applicant"',
        'stage = "supplement_requested"\nowner = "applicant"\nterm = "supplement.term"',
        "stages.supplement_requested.term",
        "timer_on_null",
    ),
    "duty timer on null": (
        DRAFT,
        'term = "final_report.due"',
        'term = "transition.max"',
        "duties.final_report.term",
        "timer_on_null",
    ),
    "duty without a term": (
        DRAFT,
        'term = "final_report.due"',
        'term = "final.report"',
        "duties.final_report.term",
        "unknown_key",
    ),
    "guard on absent field": (
        DRAFT,
        'field = "users.vulnerable"',
        'field = "users.fragile"',
        "sections.users.protection.required_when",
        "absent_field",
    ),
    "part guarded by absent field": (
        DRAFT,
        'field = "contact.by_delegate"',
        'field = "contact.proxy"',
        "parts.power_of_attorney.required_when",
        "absent_field",
    ),
    "route guarded by absent field": (
        DRAFT,
        'field = "competence.children_data"',
        'field = "competence.kids"',
        "routes.4.when",
        "absent_field",
    ),
    "rule on absent field": (
        DRAFT,
        'other = "limits.money_total"',
        'other = "limits.money"',
        "rules.3",
        "absent_field",
    ),
    "condition on a choice that is none": (
        DRAFT,
        'op = "eq", value = "p2p_lending"',
        'op = "eq", value = "p2p"',
        "routes.1.when",
        "impossible_condition",
    ),
    "condition on a later field": (
        DRAFT,
        'shown_when = [{ field = "project.sector", op = "eq", value = "other" }]',
        'shown_when = [{ field = "contact.by_delegate", op = "eq", value = true }]',
        "sections.project.other_sector.shown_when",
        "condition_on_later_field",
    ),
    "missing translation": (
        DRAFT,
        ', fr = "Intitulé"',
        "",
        "sections.project.fields.title.label.fr",
        "missing_translation",
    ),
    "blank translation": (
        DRAFT,
        'fr = "Intitulé"',
        'fr = " "',
        "sections.project.fields.title.label.fr",
        "missing_translation",
    ),
    "key written twice": (DRAFT, '"decision.term" =', '"appraisal.term" =', "-", "duplicate_key"),
    "field key twice": (DRAFT, 'key = "readiness"', 'key = "title"', "sections.project.title", "duplicate_key"),
    "reason twice": (
        DRAFT,
        'code = "not_innovative"',
        'code = "not_competent"',
        "refusal_reasons.not_competent",
        "duplicate_key",
    ),
    "code of another file": (DRAFT, 'code = "ca-mau-2026-draft"', 'code = "hcmc-20-2024"', "code", "duplicate_key"),
    "referral to nowhere": (
        DRAFT,
        'target = "hanoi-29-2025"',
        'target = "hue-2026"',
        "routes.16.target",
        "unknown_target",
    ),
    "referral to itself": (
        DRAFT,
        'target = "hanoi-29-2025"',
        'target = "ca-mau-2026-draft"',
        "routes.16.target",
        "route_to_itself",
    ),
    "even council": (
        DRAFT,
        'value = 5, unit = "people"',
        'value = 6, unit = "people"',
        "parameters.council.min_members",
        "even_council",
    ),
    "quorum above all": (DRAFT, 'value = "2/3"', 'value = "3/2"', "parameters.council.quorum", "wrong_value"),
    "council without quorum": (
        DRAFT,
        'value = "2/3", unit = "ratio", basis = "Đề xuất theo thông lệ hội đồng khoa học và công nghệ", confidence = "I"',
        'confidence = "n/s"',
        "parameters.council.quorum",
        "council_gap",
    ),
    "weights": (DRAFT, "weight = 25", "weight = 26", "criteria", "wrong_weights"),
    "ceiling in working days": (
        DRAFT,
        'value = 2, unit = "y"',
        'value = 2, unit = "wd"',
        "rules.1.parameter",
        "wrong_unit",
    ),
    "message with a stranger": (DRAFT, "({limit})", "({length})", "rules.1.message", "wrong_value"),
    "end before the beginning": (
        LAW,
        "effective_from = 2026-05-01",
        "effective_from = 2026-05-01\neffective_to = 2026-04-30",
        "effective_to",
        "ends_before_start",
    ),
    "no TOML": (DRAFT, "[summary]", "[summary", "-", "not_toml"),
    "no end": (DRAFT, 'version = "2026.12.1"', 'version = "2026.12.1', "-", "not_toml"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_seeded_fault_is_found(folder: Path, fault: str) -> None:
    file, old, new, key, code = FAULTS[fault]
    seed(folder, file, old, new)
    assert (key, code) in {(finding.key, finding.code) for finding in check_procedures(folder / file)}


def test_owner_is_judged_by_the_policy_given() -> None:
    lines = (POLICY / "policy.csv").read_text("utf-8")
    without = lines.replace("p, r:records_officer, unit, approved, permit:issue, allow, A23; Decree 30/2020\n", "")
    policy = parse_policy((POLICY / "model.conf").read_text("utf-8"), without)
    found = {(finding.file, finding.key, finding.code) for finding in check_procedures(SHIPPED, policy=policy)}
    assert found == {(file, "stages.approved.owner", "owner_cannot_act") for file in (DRAFT, LAW)}


def policy_without(act: str) -> AuthorizationPolicy:
    """The policy with every permission for one act taken away."""
    lines = (POLICY / "policy.csv").read_text("utf-8").splitlines()
    kept = [line for line in lines if not (line.startswith("p,") and f", {act}, allow," in line)]
    assert len(kept) < len(lines)
    return parse_policy((POLICY / "model.conf").read_text("utf-8"), "\n".join(kept))


@pytest.mark.parametrize(
    ("file", "act", "state"),
    [
        (LAW, "clarification:close", "under_appraisal[clarification=waiting]"),
        (LAW, "application:lapse", "supplement_requested[supplement=waiting]"),
        (LAW, "consultation:close", "under_appraisal[consultation=waiting]"),
        (LAW, "assignment:release", "under_appraisal[reviewer=absent]"),
        (DRAFT, "clarification:close", "under_appraisal[clarification=waiting]"),
        (DRAFT, "council:convene", "accepted[]"),
    ],
)
def test_state_that_no_official_can_end_is_named(file: str, act: str, state: str) -> None:
    found = check_procedures(SHIPPED / file, policy=policy_without(act))
    assert [each.key for each in found if each.code == "trap"] == [f"stages.{state}"]


def test_supplement_that_cannot_lapse_is_a_trap(folder: Path) -> None:
    seed(folder, LAW, 'next = ["submitted", "lapsed", "withdrawn"]', 'next = ["submitted", "withdrawn"]')
    seed(folder, LAW, '[[stages]]\nstage = "lapsed"\n', "")
    found = [(each.key, each.code) for each in check_procedures(folder / LAW)]
    assert found == [("stages.supplement_requested[supplement=waiting]", "trap")]


def test_end_that_no_case_reaches_is_found() -> None:
    found = check_procedures(SHIPPED / LAW, policy=policy_without("decision:refuse"))
    assert [(each.key, each.code) for each in found] == [("stages.refused", "never_reached")]


def test_many_faults_are_reported_together(folder: Path) -> None:
    for fault in ("missing unit", "unknown key", "missing translation"):
        file, old, new, _, _ = FAULTS[fault]
        seed(folder, file, old, new)
    assert sorted(
        (finding.file, finding.code) for finding in check_procedures(folder) if finding.code != "unknown_target"
    ) == [
        (LAW, "missing_unit"),
        (DRAFT, "missing_translation"),
        (DRAFT, "unknown_key"),
    ]


def test_one_file_is_judged_beside_its_neighbours(folder: Path) -> None:
    seed(folder, LAW, "weight = 25", "weight = 24")
    assert check_procedures(folder / DRAFT) == []
    assert [finding.code for finding in check_procedures(folder / LAW)] == ["wrong_weights"]


def test_file_is_called_like_its_procedure(folder: Path) -> None:
    (folder / DRAFT).rename(folder / "draft.toml")
    assert [(finding.file, finding.code) for finding in check_procedures(folder)] == [("draft.toml", "wrong_file_name")]
