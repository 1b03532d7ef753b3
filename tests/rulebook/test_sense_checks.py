"""What a procedure cannot mean is found: faults planted one at a time in the draft procedure, each different."""

import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from sandbox_registry.authz.policy import read_policy
from sandbox_registry.rulebook.faults import Fault
from sandbox_registry.rulebook.procedure_checks import faults_of
from sandbox_registry.rulebook.procedure_files import convert_procedure

SHIPPED = Path(__file__).parents[2] / "policies" / "procedures"
CONTENT = (SHIPPED / "ca-mau-2026-draft.toml").read_bytes()
POLICY = read_policy(SHIPPED.parent / "casbin")
RAW = tomllib.loads(CONTENT.decode())
GONE = object()
YES, NO = True, False
TEXT = {"vi": "Chữ", "en": "Words", "fr": "Mots"}
SPACE = RAW["permit"]["space_kinds"][0]


def when(field: str, op: str, value: object) -> dict[str, object]:
    return {"field": field, "op": op, "value": value}


def value(of: object, unit: str, confidence: str = "I") -> dict[str, object]:
    return {"value": of, "unit": unit, "basis": "Đề xuất", "confidence": confidence}


def route(*conditions: dict[str, object] | list[dict[str, object]]) -> dict[str, object]:
    return {
        "when": list(conditions),
        "target": "hanoi-29-2025",
        "authority": TEXT,
        "reason": TEXT,
        "basis": "Đề xuất",
        "confidence": "I",
    }


def rule(kind: str, field: str, other: str, **more: str) -> dict[str, object]:
    return {"kind": kind, "field": field, "other": other, "message": TEXT, **more}


def hours(start: str, end: str, **more: object) -> dict[str, object]:
    return {"start": start, "end": end, "basis": "Đề xuất", "confidence": "I", **more}


def ceiling(field: str, maximum: float, **more: object) -> dict[str, object]:
    return {
        "field": field,
        "maximum": maximum,
        "unit": "người",
        "label": TEXT,
        "basis": "Đề xuất",
        "confidence": "I",
        **more,
    }


def fee(kind: str, *, confidence: str = "I", **more: object) -> dict[str, object]:
    return {"kind": kind, "label": TEXT, "basis": "Đề xuất", "confidence": confidence, **more}


def consultation(key: str, **more: object) -> dict[str, object]:
    return {"key": key, "agency": TEXT, "basis": "Đề xuất", "confidence": "I", **more}


def phases(**rule: object) -> dict[str, object]:
    return {"basis": "Đề xuất", "confidence": "I", **rule}


OPENED: dict[str, object] = {"opened_by": "supervisor", "opening": TEXT}


def field(kind: str, **more: object) -> dict[str, object]:
    return {"key": "planted", "kind": kind, "label": TEXT, **more}


PLANTED = "sections.users.planted"
NEW_FIELD = "sections/users/fields/+"
# Where the fault is put, what is put there, and the finding: (place, value, key, code). `+` adds an item, `>` puts one first.
FAULTS: dict[str, tuple[str, object, str, str]] = {
    # --- authorities ---
    "People's Council as authority": (
        "issuing_body/vi",
        "Hội đồng nhân dân tỉnh Cà Mau",
        "issuing_body",
        "peoples_council",
    ),
    "People's Council asked": (
        "consultations",
        [consultation("hdnd", agency={**TEXT, "vi": "Thường trực HĐND tỉnh"})],
        "consultations.hdnd.agency",
        "peoples_council",
    ),
    "authority that asks itself": (
        "consultations",
        [consultation("self", agency=RAW["issuing_body"])],
        "consultations.self.agency",
        "asks_itself",
    ),
    "agency under two names of one rule": (
        "consultations",
        [consultation("army"), consultation("navy")],
        "consultations.navy.agency",
        "duplicate_key",
    ),
    "code that no agency has": (
        "consultations",
        [consultation("army", agency_code="bộ công an")],
        "consultations.army.agency_code",
        "wrong_value",
    ),
    "route to the authority itself": (
        "routes/>",
        route(when("competence.bank_fintech", "eq", "open_api")) | {"authority": RAW["issuing_body"]},
        "routes.0.authority",
        "route_to_itself",
    ),
    "transfer of which nothing is said": ("parameters/transfer.term", GONE, "parameters.transfer.term", "unsaid_gap"),
    # --- out of proportion ---
    "permit for nine centuries": ("parameters/duration.max", value(900, "y"), "parameters.duration.max", "absurd_term"),
    "trial of hours": ("parameters/duration.max", value(1, "h"), "parameters.duration.max", "absurd_term"),
    "appraisal within the hour": (
        "parameters/appraisal.term",
        value(1, "h"),
        "parameters.appraisal.term",
        "absurd_term",
    ),
    "council of a stadium": (
        "parameters/council.min_members",
        value(201, "people"),
        "parameters.council.min_members",
        "absurd_count",
    ),
    "endless supplements": (
        "parameters/supplement.max_rounds",
        value(99, "times"),
        "parameters.supplement.max_rounds",
        "absurd_count",
    ),
    "casting vote of the unanimous": (
        "parameters",
        RAW["parameters"]
        | {
            "council.casting_vote": value(YES, "yes/no"),
            "council.pass_rule": value("unanimity_of_members", "word"),
        },
        "parameters.council.casting_vote",
        "contradiction",
    ),
    # --- the window ---
    "longest trial the wrong way round": (
        "rules/>",
        {**RAW["rules"][1], "field": "schedule.start", "other": "schedule.end"},
        "rules.0",
        "reversed_rule",
    ),
    "longest trial that nothing holds to": (
        "rules",
        [each for each in RAW["rules"] if each["kind"] != "within_term"],
        "rules",
        "missing_rule",
    ),
    "end before the start": (
        "rules",
        [each for each in RAW["rules"] if each["kind"] != "not_before"],
        "rules",
        "missing_rule",
    ),
    # --- bounds that do not meet ---
    "ceiling below the least of a column": (
        "permit/ceilings",
        [ceiling("schedule.phases", -1, column="max_users")],
        "permit.ceilings.schedule.phases",
        "impossible_ceiling",
    ),
    "ceiling with half a person": (
        "permit/ceilings",
        [ceiling("users.max_users", 10.5)],
        "permit.ceilings.users.max_users",
        "wrong_bounds",
    ),
    "users in money": (
        "permit/ceilings",
        [ceiling("users.max_users", 100, unit="VND")],
        "permit.ceilings.users.max_users",
        "wrong_unit",
    ),
    "money in people": (
        "permit/ceilings",
        [ceiling("limits.money_total", 1_000_000_000)],
        "permit.ceilings.limits.money_total",
        "wrong_unit",
    ),
    "least above the most for some": (
        "permit/ceilings",
        [
            ceiling("users.max_users", 100, when=[when("users.minors", "eq", YES)]),
            {**ceiling("users.max_users", 0), "minimum": 200, "maximum": 300},
        ],
        "permit.ceilings.users.max_users",
        "contradiction",
    ),
    "hours that exclude each other": (
        "permit/hours",
        [hours("07:00:00", "12:00:00"), hours("12:00:00", "17:00:00", when=[when("users.minors", "eq", YES)])],
        "permit.hours.1",
        "contradiction",
    ),
    "signer without a title": (
        "permit/signers",
        [
            {
                "titles": [" "],
                "when": [when("users.minors", "eq", YES)],
                "basis": "Đề xuất",
                "confidence": "I",
            }
        ],
        "permit.signers.0.titles",
        "wrong_value",
    ),
    "paper for what lies beyond the ceiling": (
        "",
        {
            "permit": RAW["permit"] | {"ceilings": [ceiling("users.max_users", 500)]},
            "parts": [
                *RAW["parts"],
                {
                    "key": "planted",
                    "label": TEXT,
                    "required_when": [when("users.max_users", "gt", 1000)],
                    "basis": "Đề xuất",
                },
            ],
        },
        "parts.planted.required_when",
        "contradictory_conditions",
    ),
    # --- two of one name ---
    "publication of an unknown group": (
        "publication/+",
        {**RAW["publication"][0], "key": "gossip", "label": TEXT},
        "publication.gossip",
        "unknown_item",
    ),
    "document code given twice": (
        "legal_documents/+",
        {**RAW["legal_documents"][0], "title": "Luật khác"},
        f"legal_documents.{RAW['legal_documents'][0]['code']}",
        "duplicate_key",
    ),
    "refusal for the same reason": (
        "refusal_reasons/+",
        {**RAW["refusal_reasons"][1], "code": "again"},
        "refusal_reasons.again.label",
        "duplicate_key",
    ),
    # --- what terms are proposed from ---
    "start that may stay open": ("sections/schedule/fields/start/required", NO, "permit.asked.start", "may_stay_open"),
    "end asked of some": (
        "sections/schedule/fields/end/shown_when",
        [when("users.minors", "eq", YES)],
        "permit.asked.end",
        "may_stay_open",
    ),
    "kind that may stay open": ("sections/legal/fields/permit_kind/required", NO, "permit.asked.kind", "may_stay_open"),
    "kind from words": ("permit/asked", {"kind": "project.title"}, "permit.asked.kind", "wrong_field_kind"),
    "one day for start and end": ("permit/asked", {"end": "schedule.start"}, "permit.asked.end", "contradiction"),
    "users counted in fractions": (
        "sections/users/fields/max_users/kind",
        "decimal",
        "permit.asked.max_users",
        "wrong_field_kind",
    ),
    "summary that is not public": (
        "permit/asked",
        {"summary": "plan.hypothesis"},
        "permit.asked.summary",
        "absent_field",
    ),
    "users of no field": ("permit/asked", {"max_users": "users.seats"}, "permit.asked.max_users", "absent_field"),
    "money counted as people": (
        "permit/asked",
        {"money_total": "users.max_users"},
        "permit.asked.money_total",
        "wrong_field_kind",
    ),
    "limit of an unknown comparison": (
        "sections/limits/fields/technical/columns/comparator/choices/+",
        {"value": "about", "label": TEXT},
        "permit.asked.limits",
        "unknown_item",
    ),
    "limit without a value": (
        "sections/limits/fields/technical/columns/value/required",
        NO,
        "permit.asked.limits",
        "absent_field",
    ),
    "effect on a provision that nobody knows": (
        "sections/legal/fields/exempted/columns/effect/choices/+",
        {"value": "ignored", "label": TEXT},
        "permit.asked.exempted_provisions",
        "unknown_item",
    ),
    "phases of no day": (
        "sections/schedule/fields/phases/columns/start/kind",
        "text",
        "permit.asked.phases",
        "wrong_field_kind",
    ),
    # --- fees, consultations, phases ---
    "nothing said of fees": ("fees", [], "fees", "no_fee_statement"),
    "fees said to some": ("fees", [fee("none", when=[when("users.minors", "eq", YES)])], "fees", "no_fee_statement"),
    "fixed fee without amount": ("fees", [fee("fixed")], "fees.0.amount", "wrong_fee"),
    "fee of nothing": ("fees", [fee("fixed", amount=0)], "fees.0.amount", "wrong_fee"),
    "no fee of an amount": ("fees", [fee("none", amount=100_000)], "fees.0.amount", "wrong_fee"),
    "fee not laid down and yet read": ("fees", [fee("not_laid_down")], "fees.0.confidence", "wrong_fee"),
    "fee that nobody found": ("fees", [fee("fixed", amount=1, confidence="n/s")], "fees.0.confidence", "wrong_fee"),
    "fee beside no fee": ("fees", [fee("none"), fee("fixed", amount=100_000)], "fees.0", "contradiction"),
    "fee for nobody": (
        "fees",
        [fee("none"), fee("fixed", amount=1, when=[when("users.max_users", "lt", 0)])],
        "fees.1.when",
        "contradictory_conditions",
    ),
    "consultation about no field": (
        "consultations",
        [consultation("army", when=[when("plan.airspace", "eq", YES)])],
        "consultations.army.when",
        "absent_field",
    ),
    "consultation for nobody": (
        "consultations",
        [consultation("army", when=[when("users.minors", "eq", YES), when("users.minors", "eq", NO)])],
        "consultations.army.when",
        "contradictory_conditions",
    ),
    "consultation for everybody by a condition": (
        "consultations",
        [consultation("army", when=[[when("users.minors", "eq", YES), when("users.minors", "eq", NO)]])],
        "consultations.army.when",
        "empty_condition",
    ),
    "agency to be asked twice": (
        "consultations",
        [consultation("army"), consultation("army")],
        "consultations.army",
        "duplicate_key",
    ),
    "consultation with a slash": (
        "consultations",
        [consultation("army/navy")],
        "consultations.army/navy",
        "wrong_name",
    ),
    "gate that nobody opens": ("permit/phases", phases(gated=YES), "permit.phases", "half_a_gate"),
    "opener of no gate": (
        "permit/phases",
        phases(opened_by="supervisor", opening=TEXT),
        "permit.phases",
        "half_a_gate",
    ),
    "gate opened by the People's Council": (
        "permit/phases",
        phases(gated=YES, opened_by="hdnd_member", opening=TEXT),
        "permit.phases.opened_by",
        "wrong_opener",
    ),
    "gate that the form does not ask for": (
        "permit",
        RAW["permit"] | {"asked": {"phases": "plan.kpis"}, "phases": phases(gated=YES, **OPENED)},
        "permit.phases",
        "absent_field",
    ),
    "fewer phases than none": ("permit/phases", phases(minimum=-1), "permit.phases.minimum", "wrong_bounds"),
    "more phases than the form holds": (
        "permit/phases",
        phases(minimum=101),
        "permit.phases.minimum",
        "impossible_phases",
    ),
    # --- alternatives and levels ---
    "one alternative": (
        "parts/insurance/required_when",
        [[when("risks.serious_harm", "eq", YES)]],
        "parts.insurance.required_when",
        "lone_alternative",
    ),
    "no alternative": (
        "parts/insurance/required_when",
        [[]],
        "parts.insurance.required_when",
        "lone_alternative",
    ),
    "alternative that never holds": (
        "parts/insurance/required_when",
        [[when("risks.serious_harm", "eq", YES), when("users.max_users", "lt", 0)]],
        "parts.insurance.required_when",
        "contradictory_conditions",
    ),
    "alternatives of which one always holds": (
        "parts/insurance/required_when",
        [[when("risks.serious_harm", "eq", YES), when("risks.serious_harm", "eq", NO)]],
        "parts.insurance.required_when",
        "empty_condition",
    ),
    "alternative that contradicts what else must hold": (
        "parts/insurance/required_when",
        [
            when("risks.serious_harm", "eq", YES),
            [when("risks.serious_harm", "eq", NO), when("users.minors", "eq", YES)],
        ],
        "parts.insurance.required_when",
        "contradictory_conditions",
    ),
    "alternative about no field": (
        "parts/insurance/required_when",
        [[when("risks.serious_harm", "eq", YES), when("risks.fire", "eq", YES)]],
        "parts.insurance.required_when",
        "absent_field",
    ),
    "alternatives that send everybody away": (
        "routes",
        [route([when("competence.children_data", "eq", YES), when("competence.children_data", "eq", NO)])],
        "routes.0.when",
        "empty_condition",
    ),
    "ceiling for nobody": (
        "permit/ceilings",
        [ceiling("users.max_users", 50) | {"when": [when("users.minors", "eq", YES), when("users.minors", "eq", NO)]}],
        "permit.ceilings.users.max_users.when",
        "contradictory_conditions",
    ),
    "ceiling on rows of a quantity": (
        "permit/ceilings",
        [ceiling("plan.sites", 2) | {"quantity": "Địa điểm"}],
        "permit.ceilings.plan.sites",
        "ceiling_counts_rows",
    ),
    "ceiling on rows that no permit states": (
        "permit/ceilings",
        [ceiling("plan.kpis", 2)],
        "permit.ceilings.plan.kpis",
        "ceiling_binds_nothing",
    ),
    "ceiling on another column of the phases": (
        "permit/ceilings",
        [ceiling("schedule.phases", 2) | {"column": "name"}],
        "permit.ceilings.schedule.phases",
        "ceiling_binds_nothing",
    ),
    "value of a level that is not there": (
        "parameters/report.period/by_level",
        {"extreme": 1},
        "parameters.report.period.by_level.extreme",
        "unknown_level",
    ),
    "value of a level that is no value": (
        "parameters/report.period/by_level",
        {"high": 0},
        "parameters.report.period.by_level.high",
        "wrong_value",
    ),
    "term by level before there is one": (
        "parameters/appraisal.term/by_level",
        {"high": 30},
        "parameters.appraisal.term",
        "level_unknown_yet",
    ),
    "value by level that was not read": (
        "parameters/duration.max",
        {"by_level": {"high": 1}, "unit": "y", "basis": "", "confidence": "n/s"},
        "parameters.duration.max",
        "value_without_source",
    ),
    "period longer than a trial of one level": (
        "parameters/report.period/by_level",
        {"high": 30},
        "parameters.report.period",
        "contradiction",
    ),
    "timer that some level leaves open": (
        "parameters/report.period",
        {"by_level": {"high": 1}, "unit": "mo", "basis": "Đề xuất", "confidence": "I"},
        "duties.periodic_report.term",
        "timer_on_null",
    ),
    "council that cannot sit at one level": (
        "parameters/council.min_members/by_level",
        {"high": 4},
        "parameters.council.min_members",
        "even_council",
    ),
    # --- values ---
    "unknown kind of permit": (
        "parameters/permit_kind",
        value(["licence"], "list"),
        "parameters.permit_kind",
        "unknown_item",
    ),
    "unknown kind of applicant": (
        "parameters/applicant_kinds",
        value(["enterprise", "cooperative"], "list"),
        "parameters.applicant_kinds",
        "unknown_item",
    ),
    "a state unit applies to itself": (
        "parameters/applicant_kinds",
        value(["enterprise", "state_unit"], "list"),
        "parameters.applicant_kinds",
        "unknown_item",
    ),
    "nobody may apply": ("parameters/applicant_kinds/value", [], "parameters.applicant_kinds", "empty_list"),
    "no kind of permit": ("parameters/permit_kind/value", [], "parameters.permit_kind", "empty_list"),
    "nobody signs": ("parameters/signer_titles/value", [], "parameters.signer_titles", "empty_list"),
    "no space": ("parameters/space_kinds/value", [], "parameters.space_kinds", "empty_list"),
    "a title without words": (
        "parameters/signer_titles/value",
        ["Chủ tịch", " "],
        "parameters.signer_titles",
        "wrong_value",
    ),
    "a title twice": (
        "parameters/signer_titles/value",
        ["Chủ tịch", "Chủ tịch"],
        "parameters.signer_titles",
        "wrong_value",
    ),
    "a term without end": ("parameters/appraisal.term/value", 100_001, "parameters.appraisal.term", "wrong_value"),
    "a negative count": (
        "parameters/supplement.max_rounds/value",
        -1,
        "parameters.supplement.max_rounds",
        "wrong_value",
    ),
    "a share above all": (
        "parameters/support.max_share",
        value(101, "percent"),
        "parameters.support.max_share",
        "wrong_value",
    ),
    "a support of nothing": (
        "parameters/support.max_share",
        value(0, "percent"),
        "parameters.support.max_share",
        "contradiction",
    ),
    "an unknown policy word": (
        "parameters/grant.beyond_request/value",
        "everything",
        "parameters.grant.beyond_request",
        "wrong_value",
    ),
    "a flag that is a word": ("parameters/council.required/value", "yes", "parameters.council.required", "wrong_value"),
    "a code with spaces": ("code", "Ca Mau 2026", "code", "wrong_name"),
    "a field with a dot": (
        "sections/users/fields/max_users/key",
        "max.users",
        "sections.users.max.users",
        "wrong_name",
    ),
    "a part in capitals": ("parts/trial_plan/key", "PLAN", "parts.PLAN", "wrong_name"),
    "a reason with a slash": (
        "refusal_reasons/not_competent/code",
        "not/ours",
        "refusal_reasons.not/ours",
        "wrong_name",
    ),
    "a proposal as law": ("parameters/decision.term/confidence", "V", "parameters.decision.term", "proposal_as_law"),
    "rounds of people": (
        "parameters/supplement.max_rounds/unit",
        "people",
        "parameters.supplement.max_rounds",
        "wrong_unit",
    ),
    "members in times": (
        "parameters/council.min_members/unit",
        "times",
        "parameters.council.min_members",
        "wrong_unit",
    ),
    # --- values that contradict each other ---
    "no supplement, yet a term for one": (
        "parameters/supplement.max_rounds/value",
        0,
        "parameters.supplement.term",
        "contradiction",
    ),
    "no clarification, yet its clock": (
        "parameters/clarification.max_rounds/value",
        0,
        "parameters.clarification.clock_policy",
        "contradiction",
    ),
    "no extension, yet its length": (
        "parameters/extension.max_count/value",
        0,
        "parameters.extension.max_length",
        "contradiction",
    ),
    "no council, yet its quorum": (
        "parameters/council.required/value",
        False,
        "parameters.council.quorum",
        "contradiction",
    ),
    "a decision timed twice": (
        "parameters/decision.included_in_appraisal/value",
        True,
        "parameters.decision.term",
        "contradiction",
    ),
    "an opinion after the appraisal": ("parameters/consult.term/value", 60, "parameters.consult.term", "contradiction"),
    "full report before the first": (
        "parameters/incident.full_report",
        value(24, "h"),
        "parameters.incident.first_report",
        "contradiction",
    ),
    "reports rarer than the trial is long": (
        "parameters/report.period/value",
        30,
        "parameters.report.period",
        "contradiction",
    ),
    "an extension longer than the trial": (
        "parameters/extension.max_length/value",
        3,
        "parameters.extension.max_length",
        "contradiction",
    ),
    "a final report before the trial": (
        "parameters/final_report.due",
        value(3, "y"),
        "parameters.final_report.due",
        "contradiction",
    ),
    "a suspension longer than the trial": (
        "parameters/suspend.max",
        value(4, "y"),
        "parameters.suspend.max",
        "contradiction",
    ),
    "a start after the end": ("parameters/start.deadline", value(5, "y"), "parameters.start.deadline", "contradiction"),
    "an extension decided after the end": (
        "parameters/extension.decide",
        value(3, "mo"),
        "parameters.extension.decide",
        "contradiction",
    ),
    "an apology before the appraisal begins": (
        "parameters/apology.before/value",
        90,
        "parameters.apology.before",
        "contradiction",
    ),
    "a preliminary report after the full one": (
        "parameters/incident.preliminary_report",
        value(2, "mo"),
        "parameters.incident.preliminary_report",
        "contradiction",
    ),
    # --- the council ---
    "a council of one": ("parameters/council.min_members/value", 1, "parameters.council.min_members", "no_council"),
    "a council of nobody": ("parameters/council.min_members/value", 0, "parameters.council.min_members", "no_council"),
    "a quorum of a ninth": ("parameters/council.quorum/value", "1/9", "parameters.council.quorum", "weak_quorum"),
    "a quorum of less than half": (
        "parameters/council.quorum/value",
        "49/100",
        "parameters.council.quorum",
        "weak_quorum",
    ),
    "a quorum of nobody": ("parameters/council.quorum/value", "0/3", "parameters.council.quorum", "wrong_value"),
    "a quorum by zero": ("parameters/council.quorum/value", "2/0", "parameters.council.quorum", "wrong_value"),
    "a council that passes nothing": (
        "parameters/council.pass_rule/value",
        "by_lot",
        "parameters.council.pass_rule",
        "wrong_value",
    ),
    "opinions that are not counted make a quorum": (
        "parameters/council.written_opinions_in_quorum/value",
        True,
        "parameters.council.written_opinions_in_quorum",
        "contradiction",
    ),
    # --- the permit ---
    "the form offers a permit that is not given": (
        "parameters/permit_kind/value",
        ["time_limited_licence"],
        "sections.legal.permit_kind",
        "contradiction",
    ),
    "the form forgets a space": (
        "parameters/space_kinds/value",
        ["physical", "cyber", "air"],
        "sections.plan.space_kinds",
        "contradiction",
    ),
    "a ceiling below zero": (
        "permit/ceilings/+",
        ceiling("users.max_users", -1),
        "permit.ceilings.users.max_users",
        "impossible_ceiling",
    ),
    "a ceiling below the least": (
        "permit/ceilings/+",
        ceiling("risks.insured_amount", 0),
        "permit.ceilings.risks.insured_amount",
        "impossible_ceiling",
    ),
    "a ceiling above the most": (
        "permit/ceilings/+",
        ceiling("project.readiness", 10),
        "permit.ceilings.project.readiness",
        "idle_ceiling",
    ),
    "a ceiling on words": (
        "permit/ceilings/+",
        ceiling("project.title", 5),
        "permit.ceilings.project.title",
        "absent_field",
    ),
    # --- what is empty ---
    "no reason to refuse": ("refusal_reasons", [], "refusal_reasons", "no_refusal_reasons"),
    "no criteria": ("criteria", [], "criteria", "no_criteria"),
    "no levels": ("levels", [], "levels", "empty_list"),
    "no duties": ("duties", [], "duties", "empty_list"),
    "no legal documents": ("legal_documents", [], "legal_documents", "empty_list"),
    "nothing is public": ("publication", [], "publication", "empty_list"),
    "no documents": ("parts", [], "parts", "empty_list"),
    "no form": ("sections", [], "sections", "empty_list"),
    "a section that asks nothing": ("sections/contact/fields", [], "sections.contact", "empty_list"),
    "a criterion that counts nothing": ("criteria/plan/weight", 0, "criteria.plan", "wrong_bounds"),
    "a score of thousands": ("criteria/plan/max_score", 1000, "criteria.plan", "wrong_bounds"),
    # --- routes ---
    "a route everybody takes": (
        "routes/>",
        route(when("competence.province_count", "gte", 1)),
        "routes.0.when",
        "empty_condition",
    ),
    "a route either way": (
        "routes/>",
        route(when("competence.data_product", "in", [True, False])),
        "routes.0.when",
        "empty_condition",
    ),
    "a route for every choice": (
        "routes/>",
        route(when("competence.ai_role", "in", ["none", "auxiliary", "core"])),
        "routes.0.when",
        "empty_condition",
    ),
    "a route already taken": (
        "routes/+",
        route(when("competence.data_product", "eq", YES), when("competence.ai_role", "eq", "core")),
        "routes.21.when",
        "unreachable_route",
    ),
    "a route that a wider bound takes": (
        "routes/+",
        route(when("competence.province_count", "gte", 5)),
        "routes.21.when",
        "unreachable_route",
    ),
    "a route that two others take together": (
        "routes",
        [
            route(when("competence.data_product", "eq", YES), when("competence.ai_role", "eq", "core")),
            route(when("competence.data_product", "eq", NO), when("competence.ai_role", "eq", "core")),
            route(when("competence.ai_role", "eq", "core"), when("competence.province_count", "gt", 3)),
        ],
        "routes.2.when",
        "unreachable_route",
    ),
    "routes that leave nothing": (
        "routes",
        [route(when("competence.data_product", "eq", YES)), route(when("competence.data_product", "ne", YES))],
        "routes",
        "routes_take_all",
    ),
    "a route through a hidden question": (
        "routes/+",
        route(when("competence.province", "eq", "ca_mau"), when("competence.province_count", "gt", 1)),
        "routes.21.when",
        "contradictory_conditions",
    ),
    "a route both ways": (
        "routes/>",
        route(when("competence.data_product", "eq", YES), when("competence.data_product", "eq", NO)),
        "routes.0.when",
        "contradictory_conditions",
    ),
    "a route beyond the bounds": (
        "routes/>",
        route(when("competence.province_count", "gt", 34)),
        "routes.0.when",
        "contradictory_conditions",
    ),
    "a route between two whole numbers": (
        "routes/>",
        route(when("competence.province_count", "gt", 1), when("competence.province_count", "lt", 2)),
        "routes.0.when",
        "contradictory_conditions",
    ),
    "a route by contents of the plan": (
        "routes/>",
        route(when("users.minors", "eq", YES)),
        "routes.0.when",
        "route_outside_competence",
    ),
    "a route that says a thing twice": (
        "routes/>",
        route(when("competence.data_product", "eq", YES), when("competence.data_product", "eq", YES)),
        "routes.0.when",
        "repeated_condition",
    ),
    "a route without a condition": ("routes/>", route(), "routes.0.when", "missing_key"),
    "the questions of competence come later": (
        "sections/>",
        {"key": "first", "title": TEXT, "fields": [field("text", max_length=10)]},
        "sections",
        "competence_not_first",
    ),
    # --- operators ---
    "greater than a choice": (
        NEW_FIELD,
        field("text", shown_when=[when("project.sector", "gt", "energy")]),
        f"{PLANTED}.shown_when",
        "wrong_operator",
    ),
    "contains a word": (
        NEW_FIELD,
        field("text", shown_when=[when("project.title", "contains", "AI")]),
        f"{PLANTED}.shown_when",
        "wrong_operator",
    ),
    "several choices equal one": (
        NEW_FIELD,
        field("text", shown_when=[when("plan.space_kinds", "eq", "physical")]),
        f"{PLANTED}.shown_when",
        "wrong_operator",
    ),
    "in something that is no list": (
        NEW_FIELD,
        field("text", shown_when=[when("project.sector", "in", "energy")]),
        f"{PLANTED}.shown_when",
        "wrong_operator",
    ),
    "equal to a list": (
        NEW_FIELD,
        field("text", shown_when=[when("project.sector", "eq", ["energy"])]),
        f"{PLANTED}.shown_when",
        "wrong_operator",
    ),
    "in an empty list": (
        NEW_FIELD,
        field("text", shown_when=[when("project.sector", "in", [])]),
        f"{PLANTED}.shown_when",
        "wrong_operator",
    ),
    "a table equals": (
        NEW_FIELD,
        field("text", shown_when=[when("plan.kpis", "ne", 1)]),
        f"{PLANTED}.shown_when",
        "wrong_operator",
    ),
    "more than a word": (
        NEW_FIELD,
        field("text", shown_when=[when("project.readiness", "gt", "5")]),
        f"{PLANTED}.shown_when",
        "wrong_operator",
    ),
    "greater than a date": (
        NEW_FIELD,
        field("text", shown_when=[when("schedule.start", "gt", 2026)], key="late"),
        "sections.users.late.shown_when",
        "wrong_operator",
    ),
    # --- conditions of fields and documents ---
    "required by its own answer": (
        "sections/users/fields/protection/required_when",
        [when("users.protection", "ne", "none")],
        "sections.users.protection",
        "circular_condition",
    ),
    "two that decide on each other": (
        "sections/users/fields/vulnerable/shown_when",
        [when("users.protection", "ne", "none")],
        "sections.users.vulnerable",
        "circular_condition",
    ),
    "required sometimes and always": (
        "sections/users/fields/eligible_group/required_when",
        [when("users.protection", "ne", "none")],
        "sections.users.eligible_group.required_when",
        "required_twice",
    ),
    "shown when shown never": (
        NEW_FIELD,
        field("text", shown_when=[when("users.minors", "eq", YES), when("users.minors", "eq", NO)]),
        f"{PLANTED}.shown_when",
        "contradictory_conditions",
    ),
    "required only while hidden": (
        "sections/users/fields/minors_protection/required_when",
        [when("users.minors", "eq", NO)],
        "sections.users.minors_protection.required_when",
        "contradictory_conditions",
    ),
    "a document nobody needs": (
        "parts/insurance/required_when",
        [when("risks.serious_harm", "eq", YES), when("risks.serious_harm", "ne", YES)],
        "parts.insurance.required_when",
        "contradictory_conditions",
    ),
    "a document sometimes and always": (
        "parts/insurance/required",
        True,
        "parts.insurance.required_when",
        "required_twice",
    ),
    "a document of no type": ("parts/trial_plan/media", [], "parts.trial_plan.media", "unsatisfiable_part"),
    "a document of a type not accepted": (
        "parts/trial_plan/media",
        ["application/zip"],
        "parts.trial_plan.media",
        "unsatisfiable_part",
    ),
    "a document of no bytes": ("parts/trial_plan/max_bytes", 0, "parts.trial_plan.max_bytes", "unsatisfiable_part"),
    "a document larger than any upload": (
        "parts/trial_plan/max_bytes",
        10**10,
        "parts.trial_plan.max_bytes",
        "unsatisfiable_part",
    ),
    "a document in no file": ("parts/trial_plan/max_files", 0, "parts.trial_plan.max_files", "unsatisfiable_part"),
    # --- fields nobody can answer ---
    "half a person": (NEW_FIELD, field("integer", minimum=0.5, maximum=3), PLANTED, "wrong_bounds"),
    "negative money": (NEW_FIELD, field("money", minimum=-5), PLANTED, "wrong_bounds"),
    "the length of a number": (NEW_FIELD, field("integer", max_length=5), PLANTED, "wrong_bounds"),
    "the least of a text": (NEW_FIELD, field("text", minimum=5), PLANTED, "wrong_bounds"),
    "a text longer than texts are": (NEW_FIELD, field("text", min_length=400), PLANTED, "wrong_bounds"),
    "more rows than a table has": ("sections/plan/fields/kpis/minimum", 101, "sections.plan.kpis", "wrong_bounds"),
    "a unit of words": (NEW_FIELD, field("text", unit="km"), PLANTED, "wrong_unit"),
    "one choice": (
        NEW_FIELD,
        field("choice", choices=[{"value": "a", "label": TEXT}]),
        f"{PLANTED}.choices",
        "wrong_choices",
    ),
    "two choices that read the same": (
        NEW_FIELD,
        field("choices", choices=[{"value": "a", "label": TEXT}, {"value": "b", "label": TEXT}]),
        f"{PLANTED}.choices",
        "wrong_choices",
    ),
    "rows that may be empty": (
        NEW_FIELD,
        field("table", columns=[field("text")]),
        PLANTED,
        "wrong_columns",
    ),
    # --- rules over several answers ---
    "rows without an end": (
        "rules/+",
        rule("rows_within", "schedule.phases", "schedule.start"),
        "rules.5.until",
        "wrong_rule",
    ),
    "a bound that nothing reads": (
        "rules/+",
        rule("not_before", "schedule.end", "schedule.start", until="schedule.end"),
        "rules.5.until",
        "wrong_rule",
    ),
    "a parameter that nothing reads": (
        "rules/+",
        rule("not_before", "schedule.end", "schedule.start", parameter="duration.max"),
        "rules.5.parameter",
        "wrong_rule",
    ),
    "compared with itself": (
        "rules/+",
        rule("at_most", "limits.money_total", "limits.money_total"),
        "rules.5",
        "wrong_rule",
    ),
    "people against money": (
        "rules/+",
        rule("at_most", "users.max_users", "limits.money_total"),
        "rules.5",
        "wrong_field_kind",
    ),
    "not before a number": (
        "rules/+",
        rule("not_before", "schedule.end", "users.max_users"),
        "rules.5",
        "wrong_field_kind",
    ),
    "rows without dates": (
        "rules/+",
        rule("rows_within", "plan.kpis", "schedule.start", until="schedule.end"),
        "rules.5.field",
        "wrong_columns",
    ),
    "a term the file does not know": ("parameters/duration.max", GONE, "rules.1.parameter", "rule_without_value"),
    # --- what becomes public ---
    "the e-mail of a person": (
        "sections/contact/fields/email/public",
        True,
        "sections.contact.email.public",
        "personal_data_public",
    ),
    "a telephone elsewhere": (
        NEW_FIELD,
        field("phone", public=True),
        f"{PLANTED}.public",
        "personal_data_public",
    ),
    "the name of a person": (
        "sections/contact/fields/name/public",
        True,
        "sections.contact.name.public",
        "personal_data_public",
    ),
    "e-mails in a table": (
        NEW_FIELD,
        field("table", public=True, columns=[field("email", required=True)]),
        f"{PLANTED}.public",
        "personal_data_public",
    ),
    "trade secrets": (
        "sections/legal/fields/confidential/public",
        True,
        "sections.legal.confidential.public",
        "personal_data_public",
    ),
    "personal data on the register": (
        "publication/personal_data/audience",
        "public",
        "publication.personal_data.audience",
        "personal_data_public",
    ),
    "scores on the register": (
        "publication/appraisal/audience",
        "with_consent",
        "publication.appraisal.audience",
        "personal_data_public",
    ),
    # --- duties, stages, words ---
    "an incident report every quarter": (
        "duties/incident_report/recurring",
        True,
        "duties.incident_report.recurring",
        "wrong_duty",
    ),
    "an incident report from the start": (
        "duties/incident_report/starts",
        "issue",
        "duties.incident_report.starts",
        "wrong_duty",
    ),
    "a periodic report once": (
        "duties/periodic_report/recurring",
        False,
        "duties.periodic_report.recurring",
        "wrong_duty",
    ),
    "a stage timed by another": (
        "stages/under_appraisal/term",
        "draft.ttl",
        "stages.under_appraisal.term",
        "wrong_timer",
    ),
    "a stage after itself": (
        "stages/submitted/next",
        ["submitted", "accepted", "supplement_requested", "intake_refused", "referred", "withdrawn"],
        "stages.submitted.next",
        "duplicate_key",
    ),
    "no way to refuse": ("stages/awaiting_decision/next", ["approved", "withdrawn"], "stages", "no_refusal"),
    "no way to approve": ("stages/awaiting_decision/next", ["refused", "withdrawn"], "stages", "no_approval"),
    "words left in Vietnamese": (
        "criteria/plan/label/en",
        RAW["criteria"][2]["label"]["vi"],
        "criteria.plan.label",
        "untranslated",
    ),
    "another authority's procedure with a form": ("status", "referral", "status", "referral_with_dossier"),
    "two ceilings on one number": (
        "permit/ceilings",
        [ceiling("users.max_users", 100), ceiling("users.max_users", 200)],
        "permit.ceilings.users.max_users",
        "duplicate_key",
    ),
    "a least that no answer reaches": (
        "permit/ceilings/+",
        ceiling("project.readiness", 9) | {"minimum": 10, "maximum": 11},
        "permit.ceilings.project.readiness",
        "impossible_ceiling",
    ),
    "two duties with one term": ("duties/limit_breach_report/term", "incident.first_report", "duties", "duplicate_key"),
    "a kind of space twice": ("permit/space_kinds/+", SPACE, "permit.space_kinds", "duplicate_key"),
    "a rule twice": ("rules/+", RAW["rules"][0], f"rules.{len(RAW['rules'])}", "duplicate_key"),
    "a rule of dates on a number": (
        "rules/+",
        rule("not_before", "users.max_users", "schedule.start"),
        f"rules.{len(RAW['rules'])}.field",
        "wrong_field_kind",
    ),
    "dossiers without stages": ("stages", [], "stages", "missing_stage"),
    "a score of nothing": ("criteria/plan/max_score", 0, "criteria.plan", "wrong_bounds"),
    "a longest text shorter than the shortest": (
        NEW_FIELD,
        field("text", min_length=5, max_length=2),
        PLANTED,
        "wrong_bounds",
    ),
    "a choice without choices": (NEW_FIELD, field("choice"), PLANTED, "wrong_choices"),
    "a choice without a value": (
        NEW_FIELD,
        field("choice", choices=[{"value": " ", "label": TEXT}, {"value": "b", "label": TEXT | {"vi": "Khác"}}]),
        f"{PLANTED}.choices",
        "wrong_choices",
    ),
    "a table without columns": (NEW_FIELD, field("table"), PLANTED, "wrong_columns"),
    "a table in a table": (
        NEW_FIELD,
        field("table", columns=[field("table", required=True, columns=[field("text", required=True)])]),
        f"{PLANTED}.planted",
        "wrong_columns",
    ),
    "a list that is a word": ("parameters/permit_kind/value", "licence", "parameters.permit_kind", "wrong_value"),
    "a support below nothing": (
        "parameters/support.max_amount",
        value(-1, "VND"),
        "parameters.support.max_amount",
        "wrong_value",
    ),
}


def plant(raw: Any, place: str, planted: object) -> None:
    """Put a value at a place: a key of a table, or an item of a list by what identifies it."""
    if not place:
        raw.update(planted)
        return
    *path, last = place.split("/")
    for step in path:
        raw = (
            next(item for item in raw if step in item.values())
            if isinstance(raw, list)
            else raw.setdefault(step, [] if step == "ceilings" else {})
        )
    if planted is GONE:
        del raw[last]
    elif last in {"+", ">"}:
        raw.insert(0 if last == ">" else len(raw), planted)
    else:
        raw[last] = planted


def planted_faults(fault: str) -> tuple[Fault, ...]:
    """Everything that is said of the draft with this fault in it."""
    place, planted, _, _ = FAULTS[fault]
    raw = deepcopy(RAW)
    plant(raw, place, planted)
    return tuple(faults_of(convert_procedure(raw, CONTENT, file="planted.toml"), POLICY))


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_found(fault: str) -> None:
    _, _, key, code = FAULTS[fault]
    assert (key, code) in {(each.key, each.code) for each in planted_faults(fault)}


def test_what_is_sound_is_not_reported() -> None:
    assert list(faults_of(convert_procedure(RAW, CONTENT, file="sound.toml"), POLICY)) == []


def test_kind_that_the_file_labels_is_sound() -> None:
    raw = deepcopy(RAW)
    decision = {"value": "decision", "label": TEXT}
    for place in ("parameters/permit_kind/value/+", "permit/kinds/+", "sections/legal/fields/permit_kind/choices/+"):
        plant(raw, place, "decision" if place.startswith("parameters") else decision)
    assert list(faults_of(convert_procedure(raw, CONTENT, file="sound.toml"), POLICY)) == []


def test_faults_are_different() -> None:
    assert len({(place, str(planted)) for place, planted, _, _ in FAULTS.values()}) == len(FAULTS)
