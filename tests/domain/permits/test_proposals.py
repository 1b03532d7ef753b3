"""Terms proposed from a dossier: what the product writes so that nobody retypes, and what goes beyond it."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from sandbox_registry.demo.dossiers import load_dossiers, load_scenarios, starting
from sandbox_registry.domain.permits.bounds import open_bounds
from sandbox_registry.domain.permits.permits import (
    DailyHours,
    Effect,
    ExemptedProvision,
    MoneyCaps,
    OpenBound,
    PermitKind,
    PermitTerms,
    Phase,
    Site,
)
from sandbox_registry.domain.permits.proposals import beyond_request, propose
from sandbox_registry.domain.permits.terms import grant_errors
from sandbox_registry.domain.rules.form_fields import Field, FieldKind, Section
from sandbox_registry.domain.rules.procedures import Ceiling, Confidence, HoursRule, PermitRules, Procedure
from sandbox_registry.rulebook.procedure_files import load_procedures
from sandbox_registry.runtime.shipped import shipped
from tests.domain.small import OTHER, WORD, local
from tests.support.decided import why_of
from tests.support.dossiers import DOSSIER, DRAFT

AT = local(2026, 12, 15, 9)
PROCEDURES = load_procedures(shipped("policies") / "procedures")
PERMITTED = sorted(slug for slug, scenario in load_scenarios().items() if scenario["course"] == "permit")
FIRST_PHASE = Phase(name="Hẹp", start=local(2027, 1, 4), end=local(2027, 7, 1), entry_gate="", max_users=50)
REFUSES = replace(
    DRAFT,
    parameters={name: each for name, each in DRAFT.parameters.items() if name != "grant.beyond_request"},
)


def proposed(rules: Procedure = DRAFT, answers: dict[str, Any] | None = None, at: datetime = AT) -> PermitTerms:
    bases = tuple(
        OpenBound(parameter=name, basis="Quyết định nêu rõ.") for name in open_bounds(rules, answers or DOSSIER)
    )
    found = propose(rules, answers or DOSSIER, supervising_unit_id=OTHER, open_bounds=bases, at=at)
    assert found is not None
    return found


def faults(allowed: PermitTerms, rules: Procedure = DRAFT, answers: dict[str, Any] | None = None) -> list[str]:
    justified = replace(allowed, justifications=why_of(allowed))
    errors = grant_errors(justified, procedure=rules, answers=answers or DOSSIER, decided_at=AT, licence_end=None)
    return [error.field for error in errors]


@pytest.mark.parametrize("slug", PERMITTED)
def test_every_example_that_can_be_filed_can_be_granted_as_it_was_asked(slug: str) -> None:
    dossier = starting(load_dossiers()[slug], date(2027, 1, 4))
    rules = PROCEDURES[dossier.procedure]
    allowed = proposed(rules, dossier.answers)
    assert faults(allowed, rules, dossier.answers) == []
    assert allowed.max_users == dossier.answers["users"]["max_users"]


def test_last_day_ends_at_midnight_and_a_decimal_stays_exact() -> None:
    rows = [{"quantity": "Sải cánh", "comparator": "at_most", "value": 1.57, "unit": "m"}]
    allowed = proposed(answers=DOSSIER | {"limits": DOSSIER["limits"] | {"technical": rows}})
    assert (allowed.start, allowed.end) == (local(2027, 1, 4), local(2028, 1, 1))
    assert [(each.value, each.scale) for each in allowed.limits] == [(157, 100)]
    assert [(each.start, each.end, each.max_users) for each in allowed.phases] == [
        (local(2027, 1, 4), local(2027, 7, 1), 50)
    ]


def test_trial_decided_late_begins_with_the_next_day() -> None:
    late = proposed(at=local(2027, 8, 2, 10))
    assert (late.start, late.end, late.phases) == (local(2027, 8, 3), local(2028, 1, 1), ())


def test_trial_without_users_can_be_granted() -> None:
    answers = DOSSIER | {"users": DOSSIER["users"] | {"max_users": 0}}
    phases = [{"name": "Hẹp", "start": "2027-01-04", "end": "2027-06-30", "max_users": 0}]
    answers = answers | {"schedule": DOSSIER["schedule"] | {"phases": phases}}
    assert faults(proposed(answers=answers), answers=answers) == []


def test_territory_alone_is_a_space() -> None:
    rules = PROCEDURES["ai-decree-142-2026"]
    answers = DOSSIER | {"plan": {"space_kinds": ["territory"]}, "legal": {}}
    allowed = proposed(rules, answers)
    assert (allowed.sites, allowed.territory) == ((), "Địa bàn thuộc thẩm quyền của Ủy ban nhân dân tỉnh Cà Mau")
    assert allowed.kind == PermitKind.CONFIRMATION


def test_bounds_of_the_law_are_written_into_the_terms() -> None:
    wind = Ceiling(quantity="Gió", maximum=10, unit="m/s", label=WORD, basis="Điều 5", confidence=Confidence.S)
    hours = HoursRule(start=time(7), end=time(17), basis="Điều 5", confidence=Confidence.S)
    rules = replace(DRAFT, permit=PermitRules(ceilings=(wind,), hours=(hours,)))
    allowed = proposed(rules)
    assert allowed.daily_hours == DailyHours(start=time(7), end=time(17))
    assert [each.quantity for each in allowed.limits] == ["Số mẫu mỗi ngày", "Gió"]
    assert faults(allowed, rules) == []


@pytest.mark.parametrize(
    ("changes", "beyond"),
    [
        ({"end": local(2028, 1, 1) - timedelta(days=30)}, []),
        ({"max_users": 1, "phases": ()}, []),
        ({"phases": ()}, ["terms.phases"]),
        ({"phases": (replace(FIRST_PHASE, max_users=51),)}, ["terms.phases"]),
        ({"phases": (replace(FIRST_PHASE, end=local(2027, 6, 30)),)}, ["terms.phases"]),
        ({"phases": (replace(FIRST_PHASE, end=local(2027, 9, 1)),)}, []),
        ({"end": local(2028, 1, 1) + timedelta(microseconds=1)}, ["terms.end"]),
        ({"start": local(2027, 1, 3)}, ["terms.start"]),
        ({"max_users": 201}, ["terms.max_users"]),
        ({"minors_allowed": True}, ["terms.minors_allowed"]),
        ({"money": MoneyCaps()}, ["terms.money.total"]),
        ({"money": MoneyCaps(total=500_000_001)}, ["terms.money.total"]),
        ({"cyber_space": "Cả mạng"}, ["terms.cyber_space"]),
        ({"eligible_users": "Mọi người"}, ["terms.eligible_users"]),
        ({"safeguards": ("Gọi điện",)}, ["terms.safeguards"]),
        ({"stop_cases": ()}, ["terms.stop_cases"]),
        ({"excluded_zones": "Chợ tạm"}, []),
        ({"data_categories": ("Sinh trắc học",)}, ["terms.data_categories"]),
        ({"limits": ()}, ["terms.limits"]),
        ({"sites": (Site(name="Chợ khác", commune="B", address="", latitude=9.0, longitude=105.0),)}, ["terms.sites"]),
        (
            {
                "kind": PermitKind.EXEMPTION_FROM_PROVISIONS,
                "exempted_provisions": (
                    ExemptedProvision(document="Luật X", article="5", clause="1", effect=Effect.SET_ASIDE),
                ),
            },
            ["terms.kind", "terms.exempted_provisions"],
        ),
    ],
)
def test_nothing_beyond_the_request_is_granted_without_a_reason(changes: dict[str, Any], beyond: list[str]) -> None:
    allowed = replace(proposed(), **changes)
    assert faults(allowed, REFUSES) == beyond
    assert faults(allowed) == (["terms.beyond_request"] if beyond else [])
    assert faults(replace(allowed, beyond_request="Theo ý kiến của hội đồng.")) == []


def test_dossier_that_asks_for_no_window_proposes_nothing() -> None:
    assert propose(DRAFT, {}, supervising_unit_id=OTHER, at=AT) is None
    beyond = [field for field, _, _ in beyond_request(proposed(), None)]
    assert [field for field, _, _ in beyond_request(replace(proposed(), territory="Toàn tỉnh"), proposed())] == [
        "territory"
    ]
    assert beyond == ["start", "end", "sites", "eligible_users", "max_users", "data_categories"]


def test_words_that_were_asked_are_not_exchanged() -> None:
    plan = DOSSIER["plan"] | {
        "space_kinds": ["physical", "cyber"],
        "cyber_environment": "Máy chủ thử nghiệm",
        "excluded_zones": "Trường học",
    }
    answers, rules = DOSSIER | {"plan": plan}, REFUSES
    asked = proposed(rules, answers)
    assert faults(asked, rules, answers) == []
    assert faults(replace(asked, cyber_space=""), rules, answers) == []
    assert faults(replace(asked, excluded_zones="Trường học, bệnh viện"), rules, answers) == []
    assert faults(replace(asked, cyber_space="Toàn bộ mạng của tỉnh"), rules, answers) == ["terms.cyber_space"]
    assert faults(replace(asked, excluded_zones="Không có"), rules, answers) == ["terms.excluded_zones"]


def test_permit_rests_on_a_document_of_its_procedure() -> None:
    first = DRAFT.legal_documents[0].title
    assert faults(replace(proposed(), legal_basis=("Luật Đất đai",))) == ["terms.legal_basis"]
    assert faults(replace(proposed(), legal_basis=("Luật Đất đai", f"Điều 9 {first}"))) == []


def exemption(effect: Effect, *, asked: str) -> list[str]:
    """What is beyond the request when the applicant asked for one effect on a provision and another is allowed."""
    row = {"document": "Luật X", "article": "5", "clause": "1", "effect": asked, "replacement": "Báo trước"}
    legal = DOSSIER["legal"] | {"permit_kind": "exemption_from_provisions", "exempted": [row]}
    answers = DOSSIER | {"legal": legal}
    provision = ExemptedProvision(document="Luật X", article="5", clause="1", effect=effect, condition="Báo trước")
    return faults(replace(proposed(answers=answers), exempted_provisions=(provision,)), REFUSES, answers)


def test_provision_may_be_replaced_where_it_was_to_be_set_aside_and_not_the_other_way() -> None:
    assert exemption(Effect.SET_ASIDE, asked="set_aside") == []
    assert exemption(Effect.REPLACED_BY, asked="set_aside") == []
    assert exemption(Effect.REPLACED_BY, asked="replaced_by") == []
    assert exemption(Effect.SET_ASIDE, asked="replaced_by") == ["terms.exempted_provisions"]


def test_zone_that_the_applicant_keeps_out_of_stays_out_of_the_trial() -> None:
    answers = DOSSIER | {"plan": DOSSIER["plan"] | {"excluded_zones": "Rừng đặc dụng"}}
    rules = replace(REFUSES, sections=tuple(map(_with_zones, REFUSES.sections)))
    allowed = proposed(rules, answers)
    assert faults(allowed, rules, answers) == []
    assert faults(replace(allowed, excluded_zones=""), rules, answers) == ["terms.excluded_zones"]


def _with_zones(section: Section) -> Section:
    zones = Field(key="excluded_zones", kind=FieldKind.LONG_TEXT, label=WORD)
    is_short = all(each.key != "excluded_zones" for each in section.fields)
    return replace(section, fields=(*section.fields, zones)) if section.key == "plan" and is_short else section
